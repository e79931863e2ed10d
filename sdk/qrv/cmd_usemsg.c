/* SPDX-License-Identifier: Apache-2.0 */
/* qrv usemsg: puts the text that "use PROGRAM" shows on the target into the program file. */
#include "../common/elf64.h"
#include "../common/fs.h"
#include "../common/json.h"
#include "../common/options.h"
#include "../common/sdk.h"
#include "usage_text.h"
#include "verbs.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char help[] =
    "usage: qrv usemsg PROGRAM TEXTFILE\n"
    "       qrv usemsg --show [--json] PROGRAM\n"
    "\n"
    "Links a usage message into PROGRAM; the command \"use PROGRAM\" prints it on the target. "
    "TEXTFILE is\n"
    "the message itself, or a C source in which it stands between #ifdef __USAGE and #endif. %C in "
    "the text\n"
    "stands for the name of the command. A message that is there already is replaced.\n"
    "--show prints the message that is in a program.\n"
    "\n"
    "Examples:\n"
    "  qrv usemsg build/mydev mydev.use\n"
    "  qrv usemsg --show build/mydev\n"
    "\n"
    "Exit code: 1 with --show also when there is no message; 3 not a program, or a bad text "
    "file.\n";

static int set_usage(const char *program, const char *textfile)
{
    struct buf elf = {0};
    struct buf source = {0};
    struct buf out = {0};
    struct stat st;
    const char *message;
    size_t message_len;
    int result = EXIT_OK;
    int error = fs_read(program, &elf);
    if (error == 0 && stat(program, &st) != 0)
        error = -1;
    if (error != 0)
        result = complain(EXIT_INPUT, "%s: %s", program, strerror(-error));
    else if ((error = fs_read(textfile, &source)) != 0)
        result = complain(EXIT_INPUT, "%s: %s", textfile, strerror(-error));
    else if (usage_extract(source.data, source.len, &message, &message_len) != 0)
        result = complain(EXIT_INPUT, "%s: #ifdef __USAGE has no #endif", textfile);
    else if (message_len == 0)
        result = complain(EXIT_INPUT, "%s: the usage message is empty", textfile);
    else {
        const char *why = elf_set_usage(elf.data, elf.len, message, message_len, &out);
        if (why != NULL)
            result = complain(EXIT_INPUT, "%s: %s", program, why);
        else if ((error = fs_write(program, out.data, out.len, st.st_mode & 07777)) != 0)
            result = complain(EXIT_FAILED, "%s: %s", program, strerror(-error));
    }
    buf_free(&elf);
    buf_free(&source);
    buf_free(&out);
    return result;
}

static int show_usage(const char *program, bool json)
{
    struct buf elf = {0};
    size_t len;
    int result = EXIT_OK;
    int error = fs_read(program, &elf);
    const char *text = error == 0 ? elf_usage(elf.data, elf.len, &len) : NULL;
    if (error != 0)
        result = complain(EXIT_INPUT, "%s: %s", program, strerror(-error));
    else if (text == NULL)
        result = complain(EXIT_FAILED, "%s: no usage message", program);
    else if (json) {
        struct json j = {0};
        json_object(&j, NULL);
        json_string(&j, "program", program);
        json_text(&j, "usage", text, len);
        json_end(&j);
        json_print(&j);
    } else
        fwrite(text, 1, len, stdout);
    buf_free(&elf);
    return result;
}

int cmd_usemsg(int argc, char **argv)
{
    bool show = false;
    bool json = false;
    bool want_help = false;
    const struct option_spec specs[] = {{"--show", .flag = &show},
                                        {"--json", .flag = &json},
                                        {"--help", .flag = &want_help},
                                        {NULL}};
    int n = options_parse(argc, argv, specs, NULL);
    if (want_help) {
        fputs(help, stdout);
        return EXIT_OK;
    }
    if (n != (show ? 1 : 2))
        return n < 0 ? EXIT_USAGE : complain(EXIT_USAGE, "usage: qrv usemsg PROGRAM TEXTFILE");
    if (json && !show)
        return complain(EXIT_USAGE, "--json goes with --show");
    return show ? show_usage(argv[1], json) : set_usage(argv[1], argv[2]);
}
