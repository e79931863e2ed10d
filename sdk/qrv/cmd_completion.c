/* SPDX-License-Identifier: Apache-2.0 */
/*
 * qrv completion: scripts for bash and zsh. They ask qrv itself ("qrv completion words", "qrv VERB
 * --list-options") each time, so they know every verb and option without a second list.
 */
#include "../common/options.h"
#include "../common/sdk.h"
#include "verbs.h"

#include <stdio.h>
#include <string.h>

static const char help[] =
    "usage: qrv completion bash|zsh\n"
    "       qrv completion words\n"
    "\n"
    "Prints a script that makes the shell complete verbs, options and file names of qrv. words "
    "prints the\n"
    "verbs, one a line.\n"
    "\n"
    "Examples:\n"
    "  source <(qrv completion bash)               in ~/.bashrc\n"
    "  source <(qrv completion zsh)                in ~/.zshrc, behind compinit\n";

static const char bash_script[] =
    "_qrv() {\n"
    "    local word=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]} words=\n"
    "    if [ \"$COMP_CWORD\" = 1 ]; then\n"
    "        words=$(\"${COMP_WORDS[0]}\" completion words 2>/dev/null)\n"
    "    elif [ \"$verb\" = new ] && [ \"$COMP_CWORD\" = 2 ]; then\n"
    "        words=$(\"${COMP_WORDS[0]}\" new --list 2>/dev/null | cut -d' ' -f1)\n"
    "    elif [ \"$verb\" = help ]; then\n"
    "        words=\"$(\"${COMP_WORDS[0]}\" completion words 2>/dev/null) exit-codes "
    "environment\"\n"
    "    fi\n"
    "    case $word in\n"
    "    -*) words=$(\"${COMP_WORDS[0]}\" \"$verb\" --list-options 2>/dev/null) ;;\n"
    "    esac\n"
    "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
    "}\n"
    "complete -o default -F _qrv qrv\n";

static const char zsh_script[] =
    "_qrv() {\n"
    "    local -a list\n"
    "    if (( CURRENT == 2 )); then\n"
    "        list=(${(f)\"$($words[1] completion words 2>/dev/null)\"})\n"
    "    elif [[ $PREFIX == -* ]]; then\n"
    "        list=(${(f)\"$($words[1] $words[2] --list-options 2>/dev/null)\"})\n"
    "    elif [[ $words[2] == new ]] && (( CURRENT == 3 )); then\n"
    "        list=(${${(f)\"$($words[1] new --list 2>/dev/null)\"}%% *})\n"
    "    else\n"
    "        _files\n"
    "        return\n"
    "    fi\n"
    "    compadd -a list\n"
    "}\n"
    "compdef _qrv qrv\n";

int cmd_completion(int argc, char **argv)
{
    bool want_help = false;
    const struct option_spec specs[] = {{"--help", .flag = &want_help}, {NULL}};
    int n = options_parse(argc, argv, specs, NULL);
    if (n < 0)
        return EXIT_USAGE;
    if (want_help)
        fputs(help, stdout);
    else if (n == 1 && strcmp(argv[1], "bash") == 0)
        fputs(bash_script, stdout);
    else if (n == 1 && strcmp(argv[1], "zsh") == 0)
        fputs(zsh_script, stdout);
    else if (n == 1 && strcmp(argv[1], "words") == 0)
        for (const struct verb *v = verbs; v->name != NULL; v++)
            puts(v->name);
    else
        return complain(EXIT_USAGE, "usage: qrv completion bash|zsh|words");
    return EXIT_OK;
}
