/* SPDX-License-Identifier: Apache-2.0 */
/* qrv core: GDB on a core file, with its program and libraries; "qrv core-file" in GDB (sdk/gdb) finds them. */
#include "../common/buf.h"
#include "../common/fs.h"
#include "../common/options.h"
#include "../common/sdk.h"
#include "gdb.h"
#include "machine.h"
#include "verbs.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char help[] =
    "usage: qrv core [options] FILE [PROGRAM] [-- GDB-ARGUMENT...]\n"
    "\n"
    "Opens a core file, which dumper has written on the target, in GDB. PROGRAM and its libraries are found by\n"
    "build ID in the current directory, in build/, in the SDK and where --search says.\n"
    "\n"
    "      --target T            FILE is on that target: it is fetched into the current directory first (qrv pull)\n"
    "      --search DIR          look there for the program, too (may be repeated)\n"
    "      --batch               print every thread's backtrace instead of asking for commands\n"
    "      --gdb FILE            another GDB\n"
    "      --dry-run             print GDB's command line instead of running it\n"
    "\n"
    "Examples:\n"
    "  qrv core mydev.core build/mydev\n"
    "  qrv core --target board /tmp/mydev.core --batch\n"
    "\n"
    "Exit code: that of GDB; 3 there is no such file.\n";

struct request {
    const char *target, *gdb;
    const char **search;
    bool batch, dry_run, want_help;
};

/* A word as gdb.string_to_argv() reads it back. */
static void add_word(struct buf *out, const char *word)
{
    buf_puts(out, " \"");
    for (const char *c = word; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\')
            buf_puts(out, "\\");
        buf_append(out, c, 1);
    }
    buf_puts(out, "\"");
}

/* "qrv pull" of this same program. 0, or an exit code; the message was given. */
static int fetch(const char *target, const char *file)
{
    char self[PATH_MAX];
    int status;
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    self[n > 0 ? n : 0] = '\0';
    char *what = xprintf("%s:.", file);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        execl(self, self, "pull", "--target", target, what, (char *)NULL);
        _exit(EXIT_FAILED);
    }
    free(what);
    if (pid < 0)
        return complain(EXIT_FAILED, "fork: %s", strerror(errno));
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILED;
}

static char *open_command(const struct request *r, const char *file, const char *program)
{
    struct buf text = {0};
    buf_puts(&text, "qrv open-core");
    for (const char **dir = r->search; dir != NULL && *dir != NULL; dir++) {
        buf_puts(&text, " --search");
        add_word(&text, *dir);
    }
    if (program != NULL) {
        buf_puts(&text, " --program");
        add_word(&text, program);
    }
    add_word(&text, file);
    return text.data;
}

static int start(const struct request *r, const char *gdb, const char *file, const char *program, char **extra)
{
    char *commands = gdb_commands();
    char *source = xprintf("source %s", commands);
    char *sysroot = xprintf("set sysroot %s", sdk_locate()->sysroot);
    char *open = open_command(r, file, program);
    const char *argv[64] = {gdb, "-q", "-iex", source, "-iex", sysroot, "-ex", open};
    size_t n = 8;
    int result = EXIT_OK;
    if (r->batch) {
        argv[n++] = "-batch";
        argv[n++] = "-iex";
        argv[n++] = "set width 0";
        argv[n++] = "-ex";
        argv[n++] = "info threads";
        argv[n++] = "-ex";
        argv[n++] = "thread apply all backtrace";
    }
    for (; *extra != NULL && n < 63; extra++)
        argv[n++] = *extra;
    if (*extra != NULL) {
        result = complain(EXIT_USAGE, "too many arguments for GDB");
    } else if (r->dry_run) {
        struct buf line = {0};
        machine_quote((char *const *)argv, &line);
        fputs(line.data, stdout);
        buf_free(&line);
    } else {
        fflush(NULL);
        execv(gdb, (char *const *)argv);
        result = complain(EXIT_MISSING, "%s: %s", gdb, strerror(errno));
    }
    free(commands);
    free(source);
    free(sysroot);
    free(open);
    return result;
}

static int core(const struct request *r, const char *file, const char *program, char **extra)
{
    char *found = gdb_find();
    const char *gdb = r->gdb != NULL ? r->gdb : found;
    int result = 0;
    if (gdb == NULL)
        result = complain(EXIT_MISSING, "this SDK has no GDB (riscv64-unknown-qrv-gdb); qrv doctor says more");
    if (result == 0 && r->target != NULL && !r->dry_run)
        result = fetch(r->target, file);
    if (result == 0 && r->target != NULL)
        file = fs_basename(file);
    if (result == 0 && !r->dry_run && !fs_is_file(file))
        result = complain(EXIT_INPUT, "%s: there is no such file", file);
    if (result == 0 && program != NULL && !fs_is_file(program))
        result = complain(EXIT_INPUT, "%s: there is no such file", program);
    if (result == 0)
        result = start(r, gdb, file, program, extra);
    free(found);
    return result;
}

int cmd_core(int argc, char **argv)
{
    struct request r = {0};
    int rest;
    const struct option_spec specs[] = {{"--target", .value = &r.target}, {"--search", .list = &r.search},
                                        {"--batch", .flag = &r.batch},    {"--gdb", .value = &r.gdb},
                                        {"--dry-run", .flag = &r.dry_run}, {"--help", .flag = &r.want_help},
                                        {"-h", .flag = &r.want_help},     {NULL}};
    int n = options_parse(argc, argv, specs, &rest);
    int result;
    if (r.want_help) {
        fputs(help, stdout);
        result = EXIT_OK;
    } else if (n < 0) {
        result = EXIT_USAGE;
    } else if (n < 1 || n > 2) {
        result = complain(EXIT_USAGE, "usage: qrv core [options] FILE [PROGRAM]");
    } else {
        result = core(&r, argv[1], n > 1 ? argv[2] : NULL, argv + rest);
    }
    free(r.search);
    return result;
}
