/* SPDX-License-Identifier: Apache-2.0 */
/*
 * qrv kernel-debug: GDB on the whole machine, kernel included. Starts an emulator that waits for it ("qrv run" with QEMU's stub on
 * a socket of the file system, so no port is open), or goes to a stub that is there already: QEMU's, or that of a JTAG probe.
 */
#include "../common/fs.h"
#include "../common/json.h"
#include "../common/options.h"
#include "../common/sdk.h"
#include "companion.h"
#include "gdb.h"
#include "machine.h"
#include "verbs.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "usage: qrv kernel-debug [options] [-- GDB-ARGUMENT...]\n"
    "\n"
    "Starts QRV in QEMU, halted before its first instruction, and GDB connected to it with the kernel's\n"
    "symbols. GDB's end ends the machine. With --attach it is a machine that runs already, and goes on afterwards.\n"
    "In GDB: info qrv processes|threads|channels|connections|timers|locks, qrv why-blocked, qrv use-process,\n"
    "qrv backtrace (help qrv).\n"
    "\n"
    "      --attach HOST:PORT    QEMU's stub (qrv run --gdb), or OpenOCD's for a board; :PORT is this machine\n"
    "      --console FILE        where the machine's console goes; a new file in TMPDIR otherwise\n"
    "      --debug-kernel        the kernel that checks the order of its locks\n"
    "      --symbols FILE        the kernel's ELF file instead of the one in the SDK\n"
    "      --kernel FILE, --image FILE, --add FILE[=NAME], --append \"WORD...\", --machine NAME, --smp N, --mem SIZE\n"
    "                            as for qrv run\n"
    "      --gdb FILE            another GDB\n"
    "      --dry-run [--json]    print the command lines instead of running them\n"
    "\n"
    "Examples:\n"
    "  qrv kernel-debug                                 then: break kernel_main, continue\n"
    "  qrv kernel-debug --attach :1234                  beside a \"qrv run --gdb\" in another terminal\n"
    "  qrv kernel-debug --attach :1234 -- -batch -ex \"qrv why-blocked\"\n"
    "\n"
    "Exit code: that of GDB; 125 the machine did not start.\n";

struct session {
    const char *attach, *console, *symbols, *gdb;
    const char *values[6]; /* for qrv run, in the order of run_options */
    const char **add;
    bool debug_kernel, dry_run, json, want_help;
    char **extra; /* GDB's */
    char *directory, *socket, *log;
};

static const char *const run_options[6] = {"--kernel",  "--image", "--append",
                                           "--machine", "--smp",   "--mem"};

struct words {
    char **argv;
    size_t count;
};

static void push(struct words *w, const char *word)
{
    w->argv = xrealloc(w->argv, (w->count + 2) * sizeof *w->argv);
    w->argv[w->count++] = xstrdup(word);
    w->argv[w->count] = NULL;
}

static char **machine_words(const struct session *s)
{
    struct words w = {0};
    char *stub = xprintf("unix:%s,server=on,wait=off", s->socket);
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    self[n > 0 ? n : 0] = '\0';
    push(&w, self);
    push(&w, "run");
    for (int i = 0; i < 6; i++) {
        if (s->values[i] != NULL) {
            push(&w, run_options[i]);
            push(&w, s->values[i]);
        }
    }
    for (const char **add = s->add; add != NULL && *add != NULL; add++) {
        push(&w, "--add");
        push(&w, *add);
    }
    if (s->debug_kernel)
        push(&w, "--debug-kernel");
    push(&w, "--");
    push(&w, "-S");
    push(&w, "-gdb");
    push(&w, stub);
    free(stub);
    return w.argv;
}

static char **gdb_words(const struct session *s)
{
    struct words w = {0};
    char *commands = gdb_commands();
    char *source = xprintf("source %s", commands);
    char *connect = xprintf("qrv connect %s", s->attach != NULL ? s->attach : s->socket);
    push(&w, s->gdb);
    push(&w, "-q");
    push(&w, "-iex");
    push(&w, source);
    char *sysroot = xprintf("set sysroot %s", sdk_locate()->sysroot);
    push(&w, "-iex");
    push(&w, sysroot);
    free(sysroot);
    if (!sdk_locate()->installed) { /* GDB's own setup looks for the sources in the SDK */
        char *sources = xprintf("set substitute-path /usr/src/qrv \"%s\"", sdk_locate()->share);
        push(&w, "-iex");
        push(&w, sources);
        free(sources);
    }
    push(&w, s->symbols);
    push(&w, "-ex");
    push(&w, connect);
    for (char **extra = s->extra; *extra != NULL; extra++)
        push(&w, *extra);
    free(commands);
    free(source);
    free(connect);
    return w.argv;
}

static int run_both(const struct session *s, char **machine_argv_, char **gdb_argv)
{
    signal(SIGINT, SIG_IGN); /* from the start: what is in TMPDIR has to be removed */
    if (s->attach != NULL)
        return gdb_run(gdb_argv, -1);
    pid_t machine = companion_machine(machine_argv_, s->log, s->socket);
    if (machine < 0)
        return EXIT_NOT_STARTED;
    fprintf(stderr, "qrv kernel-debug: the console goes to %s\n", s->log);
    int result = gdb_run(gdb_argv, -1);
    companion_end(machine, SIGKILL);
    return result;
}

static void print_words(struct json *j, const char *name, char **argv)
{
    if (j != NULL) {
        json_array(j, name);
        for (; *argv != NULL; argv++)
            json_string(j, NULL, *argv);
        json_end(j);
    } else {
        struct buf out = {0};
        machine_quote(argv, &out);
        fputs(out.data, stdout);
        buf_free(&out);
    }
}

static int print_commands(const struct session *s, char **machine, char **gdb)
{
    struct json j = {0};
    if (s->json)
        json_object(&j, NULL);
    if (s->attach == NULL)
        print_words(s->json ? &j : NULL, "machine", machine);
    print_words(s->json ? &j : NULL, "gdb", gdb);
    if (s->json) {
        json_end(&j);
        json_print(&j);
    }
    return EXIT_OK;
}

/* A directory of our own for the socket: nobody else can connect. */
static int make_directory(struct session *s)
{
    const char *tmp = getenv("TMPDIR");
    s->directory = xprintf("%s/qrv-kernel-XXXXXX", tmp != NULL && *tmp != '\0' ? tmp : "/tmp");
    if (!s->dry_run && mkdtemp(s->directory) == NULL)
        return complain(EXIT_FAILED, "%s: %s", s->directory, strerror(errno));
    s->socket = fs_join(s->directory, "gdb");
    s->log = s->console != NULL ? xstrdup(s->console) : xprintf("%s.console", s->directory);
    if (strlen(s->socket) > 100)
        return complain(EXIT_FAILED, "%s is too long for a socket: set TMPDIR to something short", s->socket);
    return 0;
}

static int debug(struct session *s)
{
    char *elf = fs_join(sdk_locate()->images, s->debug_kernel ? "debug/kernel.elf" : "kernel.elf");
    char *gdb = gdb_find();
    int result = 0;
    if (s->gdb == NULL)
        s->gdb = gdb;
    if (s->symbols == NULL)
        s->symbols = elf;
    if (s->gdb == NULL)
        result = complain(EXIT_MISSING, "this SDK has no GDB (riscv64-unknown-qrv-gdb); qrv doctor says more");
    else if (!fs_is_file(s->symbols))
        result = complain(EXIT_INPUT, "%s: there is no such file", s->symbols);
    else
        result = make_directory(s);
    if (result == 0) {
        char **machine = machine_words(s);
        char **words = gdb_words(s);
        result = s->dry_run ? print_commands(s, machine, words) : run_both(s, machine, words);
        machine_argv_free(machine);
        machine_argv_free(words);
    }
    if (s->socket != NULL && !s->dry_run) {
        unlink(s->socket);
        rmdir(s->directory);
    }
    free(s->directory);
    free(s->socket);
    free(s->log);
    free(elf);
    free(gdb);
    return result;
}

static int check_options(const struct session *s)
{
    bool starts = s->add != NULL || s->console != NULL;
    for (int i = 0; i < 6; i++)
        starts = starts || s->values[i] != NULL;
    if (s->attach != NULL && starts)
        return complain(EXIT_USAGE, "--attach goes to a machine that runs: the options of qrv run are for one to start");
    if (s->attach != NULL && strchr(s->attach, ':') == NULL && strchr(s->attach, '/') == NULL)
        return complain(EXIT_USAGE, "--attach %s: HOST:PORT is needed", s->attach);
    if (s->debug_kernel && s->values[0] != NULL)
        return complain(EXIT_USAGE, "--debug-kernel and --kernel exclude each other");
    if (s->values[0] != NULL && s->symbols == NULL)
        return complain(EXIT_USAGE, "--kernel needs --symbols: the ELF file that belongs to it");
    if (s->json && !s->dry_run)
        return complain(EXIT_USAGE, "--json goes with --dry-run");
    return 0;
}

int cmd_kernel_debug(int argc, char **argv)
{
    struct session s = {0};
    int rest;
    const struct option_spec specs[] = {{"--attach", .value = &s.attach},
                                        {"--console", .value = &s.console},
                                        {"--debug-kernel", .flag = &s.debug_kernel},
                                        {"--symbols", .value = &s.symbols},
                                        {"--kernel", .value = &s.values[0]},
                                        {"--image", .value = &s.values[1]},
                                        {"--append", .value = &s.values[2]},
                                        {"--machine", .value = &s.values[3]},
                                        {"--smp", .value = &s.values[4]},
                                        {"--mem", .value = &s.values[5]},
                                        {"--add", .list = &s.add},
                                        {"--gdb", .value = &s.gdb},
                                        {"--dry-run", .flag = &s.dry_run},
                                        {"--json", .flag = &s.json},
                                        {"--help", .flag = &s.want_help},
                                        {"-h", .flag = &s.want_help},
                                        {NULL}};
    int n = options_parse(argc, argv, specs, &rest);
    int result;
    s.extra = argv + rest;
    if (s.want_help) {
        fputs(help, stdout);
        result = EXIT_OK;
    } else if (n != 0)
        result = n < 0 ? EXIT_USAGE
                       : complain(EXIT_USAGE, "unexpected %s; GDB's own arguments go behind --", argv[1]);
    else {
        result = check_options(&s);
        if (result == 0)
            result = debug(&s);
    }
    free(s.add);
    return result;
}
