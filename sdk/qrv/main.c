/* SPDX-License-Identifier: Apache-2.0 */
/* The qrv command: the table of verbs, finding one of them, and help. */
#include "../common/fs.h"
#include "../common/json.h"
#include "../common/nearest.h"
#include "../common/options.h"
#include "../common/sdk.h"
#include "verbs.h"

#include <stdio.h>
#include <string.h>

const struct verb verbs[] = {
    {"new", cmd_new, "start a project from a template", "qrv new resmgr mydev"},
    {"run", cmd_run, "boot QRV in QEMU", "qrv run --add build/mydev"},
    {"exec", cmd_exec, "run one program of the target as if it were of this machine",
     "qrv exec build/tests/unit"},
    {"core", cmd_core, "GDB on the core file of a program that crashed",
     "qrv core mydev.core build/mydev"},
    {"kernel-debug", cmd_kernel_debug, "GDB on the whole machine, kernel included",
     "qrv kernel-debug --attach :1234"},
    {"trace", cmd_trace, "show what the kernel did while a program ran",
     "qrv trace --perfetto out.json -- build/mydev"},
    {"debug", cmd_debug, "GDB on a program, on a target or in QEMU", "qrv debug build/mydev"},
    {"attach", cmd_attach, "GDB on a process of a running target", "qrv attach mydev"},
    {"deploy", cmd_deploy, "put files onto a running target", "qrv deploy build/mydev:/tmp/"},
    {"pull", cmd_pull, "fetch files from a running target", "qrv pull /tmp/result:."},
    {"shell", cmd_shell, "a shell or a command on a running target", "qrv shell ls /dev"},
    {"ps", cmd_ps, "the processes of a running target", "qrv ps"},
    {"log", cmd_log, "the system log of a running target", "qrv log"},
    {"reset", cmd_reset, "make a running target start again", "qrv reset --target board"},
    {"link", cmd_link, "hold the line to a target", "qrv link --tcp 8000=gdb"},
    {"nfs", cmd_nfs, "serve a directory to targets by NFS", "qrv nfs serve build"},
    {"image", cmd_image, "make a boot image from a build file", "qrv image my.build my.cpio"},
    {"usemsg", cmd_usemsg, "put a usage message into a program",
     "qrv usemsg build/mydev mydev.use"},
    {"doctor", cmd_doctor, "check this machine and the SDK", "qrv doctor"},
    {"verify", cmd_verify, "compare the installed SDK with its manifest", "qrv verify"},
    {"version", cmd_version, "what this is and where it lies", "qrv version --json"},
    {"meson-cross", cmd_meson_cross, "print a Meson cross file for this SDK",
     "qrv meson-cross >qrv.ini"},
    {"completion", cmd_completion, "print a completion script for a shell",
     "source <(qrv completion bash)"},
    {NULL},
};

static const char help_head[] =
    "usage: qrv VERB [options]\n"
    "\n"
    "The development kit of QRV, a QNX-Neutrino-compatible system for 64-bit RISC-V.\n"
    "\n";

static const char help_tail[] =
    "\n"
    "qrv VERB --help explains a verb. More: qrv help exit-codes, qrv help environment.\n"
    "\n"
    "The first minutes with the SDK:\n"
    "  qrv new resmgr mydev && cd mydev\n"
    "  cmake -B build -DCMAKE_TOOLCHAIN_FILE=<sdk>/qrv.cmake && cmake --build build\n"
    "  qrv run --add build/mydev      (leave the emulator with Ctrl-A x)\n"
    "\n"
    "qrv asks no questions: what it needs is on the command line.\n";

static const char help_environment[] =
    "The variables that qrv looks at. It needs none of them: the SDK is found from the place of "
    "qrv.\n"
    "\n"
    "  PATH               where qemu-system-riscv64, cmake and other tools are looked for\n"
    "  TMPDIR             where temporary files go; /tmp when it is not set\n"
    "  QRV_EXEC_OPTIONS   options of qrv exec, before those on its command line\n"
    "  SOURCE_DATE_EPOCH  time of files in images, in seconds; 0 when it is not set\n"
    "  NO_COLOR           no colour on a terminal when set to anything\n"
    "  TERM               neither colour nor progress bars when it is dumb or not set\n";

static const char version_help[] = "usage: qrv version [--json]\n"
                                   "\n"
                                   "Shows the version of this SDK; with --json also where it lies "
                                   "and whether it is installed (or a\n"
                                   "build tree).\n"
                                   "\n"
                                   "Examples:\n"
                                   "  qrv version\n"
                                   "  qrv version --json\n";

int cmd_version(int argc, char **argv)
{
    bool json = false;
    bool want_help = false;
    const struct option_spec specs[] = {
        {"--json", .flag = &json}, {"--help", .flag = &want_help}, {NULL}};
    int n = options_parse(argc, argv, specs, NULL);
    if (want_help) {
        fputs(version_help, stdout);
        return EXIT_OK;
    }
    if (n != 0)
        return n < 0 ? EXIT_USAGE : complain(EXIT_USAGE, "usage: qrv version [--json]");
    const struct sdk *sdk = sdk_locate();
    if (json) {
        struct json j = {0};
        json_object(&j, NULL);
        json_string(&j, "version", QRV_VERSION);
        json_string(&j, "sdk", sdk->root);
        json_bool(&j, "installed", sdk->installed);
        json_end(&j);
        json_print(&j);
    } else
        printf("qrv %s\n", QRV_VERSION);
    return EXIT_OK;
}

static const struct verb *find_verb(const char *name)
{
    for (const struct verb *v = verbs; v->name != NULL; v++)
        if (strcmp(name, v->name) == 0)
            return v;
    return NULL;
}

static int no_such_verb(const char *name)
{
    struct nearest nearest = {.typed = name};
    for (const struct verb *v = verbs; v->name != NULL; v++)
        nearest_offer(&nearest, v->name);
    if (nearest.best != NULL)
        return complain(EXIT_USAGE, "there is no verb %s; did you mean %s?", name, nearest.best);
    return complain(EXIT_USAGE, "there is no verb %s; qrv help lists them", name);
}

static void print_help(FILE *to)
{
    fputs(help_head, to);
    for (const struct verb *v = verbs; v->name != NULL; v++)
        fprintf(to, "  %-12s %-44s %s\n", v->name, v->summary, v->example);
    fputs(help_tail, to);
    if (sdk_locate()->installed)
        fprintf(to, "The guide: %s/doc/guide/index.html\n", sdk_locate()->root);
}

static void print_help_json(void)
{
    struct json j = {0};
    json_object(&j, NULL);
    json_array(&j, "verbs");
    for (const struct verb *v = verbs; v->name != NULL; v++) {
        json_object(&j, NULL);
        json_string(&j, "name", v->name);
        json_string(&j, "summary", v->summary);
        json_string(&j, "example", v->example);
        json_end(&j);
    }
    json_end(&j);
    json_array(&j, "exit_codes");
#define X(name, number, meaning)                                                                   \
    json_object(&j, NULL);                                                                         \
    json_number(&j, "code", number);                                                               \
    json_string(&j, "meaning", meaning);                                                           \
    json_end(&j);
    QRV_EXIT_CODES(X)
#undef X
    json_end(&j);
    json_end(&j);
    json_print(&j);
}

static void print_exit_codes(void)
{
    puts("The exit codes of qrv. A code keeps its meaning from version to version.\n");
#define X(name, code, meaning) printf("  %-4d %s\n", code, meaning);
    QRV_EXIT_CODES(X)
#undef X
    puts("\nqrv run and qrv exec otherwise end with the code of the target: what was given to\n"
         "shutdown, or the exit status of the program (128 plus the number of the signal that ended it).");
}

static int cmd_help(int argc, char **argv)
{
    const char *topic = argc > 1 ? argv[1] : NULL;
    const struct verb *verb = topic != NULL ? find_verb(topic) : NULL;
    if (argc > 2)
        return complain(EXIT_USAGE, "usage: qrv help [VERB | exit-codes | environment | --json]");
    if (topic == NULL)
        print_help(stdout);
    else if (strcmp(topic, "--json") == 0)
        print_help_json();
    else if (strcmp(topic, "exit-codes") == 0)
        print_exit_codes();
    else if (strcmp(topic, "environment") == 0)
        fputs(help_environment, stdout);
    else if (verb == NULL)
        return no_such_verb(topic);
    else {
        set_verb(verb->name);
        return verb->run(2, (char *[]){(char *)verb->name, (char *)"--help", NULL});
    }
    return EXIT_OK;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--version") == 0)
        name = "version";
    if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        return cmd_help(argc - 1, argv + 1);
    const struct verb *verb = find_verb(name);
    if (verb == NULL)
        return no_such_verb(name);
    set_verb(verb->name);
    return verb->run(argc - 1, argv + 1);
}
