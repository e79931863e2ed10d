/* SPDX-License-Identifier: Apache-2.0 */
/* The qrv command: finds the verb, nothing else. */
#include "../common/buf.h"
#include "../common/fs.h"
#include "../common/options.h"
#include "../common/sdk.h"
#include "verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "usage: qrv VERB [options]\n"
    "\n"
    "The development kit of QRV, a QNX-Neutrino-compatible system for 64-bit RISC-V.\n"
    "\n"
    "  new      start a project from a template:     qrv new resmgr mydev\n"
    "  run      boot QRV in QEMU:                    qrv run --add build/mydev\n"
    "  image    make a boot image from a build file: qrv image my.build my.cpio\n"
    "  usemsg   link a usage message into a program: qrv usemsg build/mydev mydev.use\n"
    "  doctor   check this machine and the SDK, with a remedy for each finding\n"
    "  verify   compare the installed SDK with its manifest\n"
    "  version  what this is\n"
    "\n"
    "qrv VERB --help explains a verb. The first minutes with the SDK:\n"
    "  qrv new resmgr mydev && cd mydev\n"
    "  cmake -B build -DCMAKE_TOOLCHAIN_FILE=<sdk>/qrv.cmake && cmake --build build\n"
    "  qrv run --add build/mydev      (leave the emulator with Ctrl-A x)\n"
    "\n"
    "Exit codes: 0 success; 1 a check found something or the work failed; 2 bad command line; 3 "
    "bad input\n"
    "file, the message names file and line; 4 a part of this machine or of the SDK is missing. qrv "
    "run gives\n"
    "the exit code of the target, or 124 time is over, 125 not started, 126 the console script "
    "failed.\n"
    "qrv asks no questions: what it needs is on the command line.\n";

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} verbs[] = {{"new", cmd_new},        {"run", cmd_run},       {"image", cmd_image},
             {"usemsg", cmd_usemsg},  {"doctor", cmd_doctor}, {"verify", cmd_verify},
             {"version", cmd_version}};

int cmd_version(int argc, char **argv)
{
    bool json = false;
    bool want_help = false;
    const struct option_spec specs[] = {
        {"--json", .flag = &json}, {"--help", .flag = &want_help}, {NULL}};
    int n = options_parse(argc, argv, specs, NULL);
    if (n != 0)
        return n < 0 ? EXIT_USAGE : complain(EXIT_USAGE, "usage: qrv version [--json]");
    if (want_help) {
        puts("usage: qrv version [--json]\n\nShows the version and the place of this SDK.");
        return EXIT_OK;
    }
    const struct sdk *sdk = sdk_locate();
    if (json) {
        struct buf root = {0};
        buf_json(&root, sdk->root);
        printf("{\"version\": \"%s\", \"sdk\": %s, \"installed\": %s}\n", QRV_VERSION, root.data,
               sdk->installed ? "true" : "false");
        buf_free(&root);
    } else
        printf("qrv %s\n", QRV_VERSION);
    return EXIT_OK;
}

int main(int argc, char **argv)
{
    const char *verb = argc > 1 ? argv[1] : "--help";
    if (strcmp(verb, "--version") == 0)
        verb = "version";
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(verb, verbs[i].name) == 0) {
            set_verb(verb);
            return verbs[i].run(argc - 1, argv + 1);
        }
    }
    if (strcmp(verb, "--help") == 0 || strcmp(verb, "-h") == 0 || strcmp(verb, "help") == 0) {
        for (size_t i = 0; argc > 2 && i < sizeof verbs / sizeof verbs[0]; i++)
            if (strcmp(argv[2], verbs[i].name) == 0)
                return verbs[i].run(2, (char *[]){argv[2], (char *)"--help", NULL});
        fputs(help, argc > 1 ? stdout : stderr);
        return argc > 1 ? EXIT_OK : EXIT_USAGE;
    }
    return complain(EXIT_USAGE, "there is no verb %s; qrv --help lists them", verb);
}
