/* SPDX-License-Identifier: Apache-2.0 */
/* qrv exec: its command line. See cmd_exec.h. */
#include "cmd_exec.h"

#include "../common/fs.h"
#include "../common/options.h"
#include "../common/sdk.h"
#include "kernel_file.h"
#include "machine.h"
#include "verbs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "usage: qrv exec [OPTIONS] [--] PROGRAM [ARGUMENT...]\n"
    "\n"
    "Runs a program of the target as if it were one of this machine: boots QRV in QEMU, with the\n"
    "directories of this machine at the same paths, and passes on arguments, environment, working\n"
    "directory, umask, standard input, output and error, signals and the exit status. It is the\n"
    "CMAKE_CROSSCOMPILING_EMULATOR of the SDK: ctest, try_run() and add_custom_command() use it.\n"
    "\n"
    "      --smp N              harts, 1 to 8 (default 1)\n"
    "      --mem SIZE           memory, as 512M or 2G (default 512M)\n"
    "      --timeout SECONDS    end the program after that time (exit code 124)\n"
    "      --env NAME=VALUE     a variable of the program's environment (may be repeated)\n"
    "      --net                sockets, and a network: this machine is 10.0.2.2\n"
    "      --console            show the machine's console on standard error\n"
    "  -v, --verbose            say on standard error where the time went\n"
    "      --dry-run            print the command line of QEMU instead of running it\n"
    "      --kernel FILE, --image FILE, --bios FILE, --qemu FILE   instead of those of the SDK\n"
    "\n"
    "PROGRAM with a slash is a file of this machine; without one it is a command of the target "
    "(ls,\n"
    "sh, pidin), looked for in the SDK's sysroot. It runs as user 0 of the target and owns there\n"
    "what you own here; what it changes is changed here.\n"
    "\n"
    "Directories: every top-level directory of this machine except those of the system (/bin "
    "/boot\n"
    "/dev /etc /lib* /proc /sbin /sys /usr), which are the target's own: /bin, /sbin and /usr "
    "come\n"
    "from the SDK's sysroot. The directories of PROGRAM, of the working directory and of TMPDIR "
    "are\n"
    "there even below those. /tmp is this machine's /tmp.\n"
    "\n"
    "Environment: all of it except PATH, SHELL, PWD, OLDPWD, _ and LD_*, which would name things "
    "of\n"
    "this machine; PATH, SHELL and PWD are set for the target. --env sets or replaces any of "
    "them.\n"
    "QRV_EXEC_OPTIONS may hold options, divided by blanks, that are read before the command line.\n"
    "\n"
    "Signals: INT and QUIT go to the program and its group, TERM, HUP, USR1 and USR2 to the "
    "program.\n"
    "If it has not ended 5 seconds after TERM or HUP, or when INT comes for the third time, the\n"
    "machine is ended.\n"
    "\n"
    "When PROGRAM ends, what it left running ends with the machine.\n"
    "\n"
    "Exit code: the program's; 128 + N when signal N ended it (a report is on standard error); "
    "124\n"
    "time over; 125 the machine was not started; 126 PROGRAM cannot be run; 127 there is no "
    "PROGRAM.\n"
    "\n"
    "Examples:\n"
    "  qrv exec build/tests/unit --verbose\n"
    "  qrv exec --smp 4 --timeout 60 -- ./stress 4 < input > output\n"
    "  qrv exec ls -l /tmp\n"
    "  QRV_EXEC_OPTIONS=\"--smp 2 --mem 1G\" ctest --test-dir build -j4\n";

struct raw { /* options as they were typed */
    const char *smp, *mem, *timeout;
};

/* Splits QRV_EXEC_OPTIONS in front of argv; what it returns lives as long as the program. */
static char **with_environment(int *argc, char **argv)
{
    const char *text = getenv("QRV_EXEC_OPTIONS");
    size_t n = 0;
    char **all = xmalloc(((size_t)*argc + 2 + (text ? strlen(text) : 0)) * sizeof *all);
    all[n++] = argv[0];
    for (char *word = text ? strtok(xstrdup(text), " \t\n") : NULL; word != NULL;
         word = strtok(NULL, " \t\n"))
        all[n++] = word;
    for (int i = 1; i < *argc; i++)
        all[n++] = argv[i];
    all[n] = NULL;
    *argc = (int)n;
    return all;
}

/* How many words from argv[1] on are ours: options end at "--" or at the first word without a dash.
 */
static int own_words(int argc, char **argv)
{
    static const char *const valued[] = {"--smp",    "--mem",   "--timeout", "--env",
                                         "--kernel", "--image", "--bios",    "--qemu"};
    int i = 1;
    while (i < argc && argv[i][0] == '-' && strcmp(argv[i], "--") != 0) {
        bool takes = false;
        for (size_t k = 0; k < sizeof valued / sizeof valued[0]; k++)
            takes = takes || strcmp(argv[i], valued[k]) == 0;
        i += takes ? 2 : 1;
    }
    return i < argc ? i : argc;
}

static int check(struct exec *e, const struct raw *raw)
{
    char *end;
    e->harts = 1;
    e->memory = (uint64_t)512 << 20;
    if (raw->smp != NULL && !option_number("--smp", raw->smp, 1, 8, &e->harts))
        return EXIT_USAGE;
    if (raw->mem != NULL && !machine_parse_memory(raw->mem, &e->memory))
        return complain(EXIT_USAGE, "--mem %s: a size from 64M to 64G is needed", raw->mem);
    if (raw->timeout != NULL) {
        e->seconds = strtod(raw->timeout, &end);
        if (end == raw->timeout || *end != '\0' || !(e->seconds > 0 && e->seconds <= 864000))
            return complain(EXIT_USAGE, "--timeout %s: seconds are needed", raw->timeout);
    }
    for (const char **env = e->env; env != NULL && *env != NULL; env++)
        if (strchr(*env, '=') == NULL || (*env)[0] == '=')
            return complain(EXIT_USAGE, "--env %s: NAME=VALUE is needed", *env);
    if (e->argv[0] == NULL)
        return complain(EXIT_USAGE, "which program? qrv exec --help explains");
    if (e->argv[0][0] == '\0')
        return complain(EXIT_USAGE, "the name of the program is empty");
    return EXIT_OK;
}

static int find_parts(struct exec *e, char **found)
{
    const struct sdk *sdk = sdk_locate();
    found[0] = machine_find_qemu();
    found[1] = machine_find_bios();
    found[2] = fs_join(sdk->images, "Image");
    found[3] = fs_join(sdk->images, "exec.cpio");
    e->qemu = e->qemu != NULL ? e->qemu : found[0];
    e->bios = e->bios != NULL ? e->bios : found[1];
    e->kernel = e->kernel != NULL ? e->kernel : found[2];
    e->image = e->image != NULL ? e->image : found[3];
    if (e->qemu == NULL)
        return complain(EXIT_NOT_STARTED,
                        "there is no qemu-system-riscv64; qrv doctor says how to get it");
    if (e->bios == NULL || !fs_is_file(e->bios))
        return complain(EXIT_NOT_STARTED,
                        "there is no OpenSBI firmware (%s); qrv doctor says how to get it",
                        e->bios ? e->bios : "fw_dynamic.bin");
    const char *const files[] = {e->kernel, e->image};
    for (int i = 0; i < 2; i++)
        if (!fs_is_file(files[i]))
            return complain(EXIT_NOT_STARTED, "%s is missing; qrv verify checks the SDK", files[i]);
    return EXIT_OK;
}

static int dry_run(char *const *machine)
{
    struct buf line = {0};
    machine_quote(machine, &line);
    fputs(line.data, stdout);
    buf_free(&line);
    return EXIT_OK;
}

int cmd_exec(int argc, char **argv)
{
    struct exec e = {0};
    struct raw raw = {0};
    struct buf start = {0};
    char *found[4] = {NULL};
    bool want_help = false;
    const struct option_spec specs[] = {{"--smp", .value = &raw.smp},
                                        {"--mem", .value = &raw.mem},
                                        {"--timeout", .value = &raw.timeout},
                                        {"--env", .list = &e.env},
                                        {"--net", .flag = &e.net},
                                        {"--console", .flag = &e.console},
                                        {"--verbose", .flag = &e.verbose},
                                        {"-v", .flag = &e.verbose},
                                        {"--dry-run", .flag = &e.dry_run},
                                        {"--kernel", .value = &e.kernel},
                                        {"--image", .value = &e.image},
                                        {"--bios", .value = &e.bios},
                                        {"--qemu", .value = &e.qemu},
                                        {"--help", .flag = &want_help},
                                        {"-h", .flag = &want_help},
                                        {NULL}};
    char **all = with_environment(&argc, argv);
    int own = own_words(argc, all);
    e.argv = all + own + (own < argc && strcmp(all[own], "--") == 0);
    char *program = all[own];
    all[own] = NULL;
    int result = options_parse(own, all, specs, NULL) != 0 ? EXIT_USAGE : EXIT_OK;
    all[own] = program;
    if (want_help) {
        fputs(help, stdout);
        result = EXIT_OK;
    } else {
        if (result == EXIT_OK)
            result = check(&e, &raw);
        if (result == EXIT_OK)
            result = find_parts(&e, found);
        if (result == EXIT_OK)
            result = exec_plan(&e, &start);
        if (result == EXIT_OK) {
            char **machine = exec_machine(&e, 3);
            result = e.dry_run ? dry_run(machine) : exec_run(&e, &start, machine);
            machine_argv_free(machine);
        }
    }
    buf_free(&start);
    for (int i = 0; i < 4; i++)
        free(found[i]);
    free(e.env);
    free(all);
    return result;
}
