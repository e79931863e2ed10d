/* SPDX-License-Identifier: Apache-2.0 */
/* qrv trace: records what the kernel does while a program runs, or takes a file of tracelogger, and shows or converts it. */
#include "../common/fs.h"
#include "../common/options.h"
#include "../common/sdk.h"
#include "../trace/trace.h"
#include "verbs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char help[] =
    "usage: qrv trace [options] FILE\n"
    "       qrv trace [options] -- PROGRAM [ARGUMENT...]\n"
    "\n"
    "Shows what the kernel did: kernel calls, thread states, messages, interrupts. FILE was written by\n"
    "tracelogger on a target. With a program, runs it as qrv exec does and records meanwhile.\n"
    "\n"
    "      --perfetto OUT       write a trace for https://ui.perfetto.dev (JSON)\n"
    "      --ctf DIR            write a directory in the Common Trace Format (babeltrace2, Trace Compass)\n"
    "      --text               print every event as a line\n"
    "      --json               the summary for machines\n"
    "      --keep FILE          keep what was recorded\n"
    "      --smp N, --mem SIZE, --timeout SECONDS   of the machine, as for qrv exec\n"
    "      --buffers N          of 16 KiB in the kernel while recording (default 512)\n"
    "\n"
    "Without --perfetto, --ctf and --text it prints a summary: events by class, and each thread's time.\n"
    "\n"
    "Examples:\n"
    "  qrv trace --perfetto out.json -- build/mydev -v\n"
    "  qrv trace --smp 2 --ctf out.ctf -- pidin && babeltrace2 out.ctf\n"
    "  qrv trace --text tracebuffer.kev | grep MsgSendv\n"
    "\n"
    "Exit code: 3 FILE is no trace; with a program its own, as qrv exec gives it.\n";

struct request {
    const char *perfetto, *ctf, *keep, *smp, *mem, *timeout, *buffers;
    bool text, json, want_help;
    char **program; /* NULL: convert */
};

/* ------------------------------------------------------------------ recording */

static char **recorder_argv(const struct request *r, const char *file)
{
    size_t n = 0, words = 0;
    while (r->program[words] != NULL)
        words++;
    char **argv = xmalloc((words + 20) * sizeof *argv);
    argv[n++] = (char *)"qrv";
    argv[n++] = (char *)"exec";
    const char *const passed[] = {"--smp", r->smp, "--mem", r->mem, "--timeout", r->timeout};
    for (size_t i = 0; i < sizeof passed / sizeof passed[0]; i += 2)
        if (passed[i + 1] != NULL) {
            argv[n++] = (char *)passed[i];
            argv[n++] = (char *)passed[i + 1];
        }
    argv[n++] = (char *)"--";
    argv[n++] = (char *)"tracelogger";
    argv[n++] = (char *)"-k";
    argv[n++] = (char *)(r->buffers != NULL ? r->buffers : "512");
    argv[n++] = (char *)"-f";
    argv[n++] = (char *)file;
    memcpy(argv + n, r->program, (words + 1) * sizeof *argv);
    return argv;
}

/* The exit code of the program, or of qrv exec. */
static int record(const struct request *r, const char *file)
{
    int status;
    char **argv = recorder_argv(r, file);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        execv("/proc/self/exe", argv);
        _exit(EXIT_NOT_STARTED);
    }
    free(argv);
    if (pid < 0)
        return complain(EXIT_NOT_STARTED, "fork: %s", strerror(errno));
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* An empty file that is ours; a heap string, or NULL with errno. The target sees it at the same path. */
static char *temporary(void)
{
    const char *dir = getenv("TMPDIR");
    char *path = xprintf("%s/qrv-trace.XXXXXX", dir != NULL && dir[0] == '/' ? dir : "/tmp");
    int fd = mkstemp(path);
    if (fd < 0) {
        free(path);
        return NULL;
    }
    close(fd);
    return path;
}

/* ------------------------------------------------------------------ converting */

static int write_perfetto(const struct trace *t, const char *file)
{
    FILE *to = strcmp(file, "-") == 0 ? stdout : fopen(file, "w");
    int rc = to != NULL ? trace_write_perfetto(t, to) : -1;
    if (to != NULL && to != stdout && fclose(to) != 0)
        rc = -1;
    return rc == 0 ? EXIT_OK : complain(EXIT_FAILED, "%s: %s", file, strerror(errno));
}

static int convert(const struct request *r, const struct trace *t)
{
    int result = EXIT_OK;
    if (r->perfetto != NULL)
        result = write_perfetto(t, r->perfetto);
    if (result == EXIT_OK && r->ctf != NULL && trace_write_ctf(t, r->ctf) != 0)
        result = complain(EXIT_FAILED, "%s: %s", r->ctf, strerror(errno));
    if (result == EXIT_OK && r->text)
        trace_write_text(t, stdout);
    if (result == EXIT_OK && (r->json || (r->perfetto == NULL && r->ctf == NULL && !r->text)))
        trace_write_summary(t, r->json, stdout);
    return result;
}

static int convert_file(const struct request *r, const char *file)
{
    struct buf bytes = {0};
    struct trace t;
    size_t where;
    int result;
    int error = fs_read(file, &bytes);
    if (error != 0)
        return complain(EXIT_INPUT, "%s: %s", file, strerror(-error));
    const char *why = trace_parse(bytes.data, bytes.len, &t, &where);
    if (why != NULL)
        result = complain(EXIT_INPUT, "%s: byte %zu: %s", file, where, why);
    else
        result = convert(r, &t);
    trace_free(&t);
    buf_free(&bytes);
    return result;
}

static int record_and_convert(const struct request *r)
{
    char *own = r->keep == NULL ? temporary() : NULL;
    char *file = r->keep != NULL ? fs_absolute(r->keep) : own;
    if (file == NULL)
        return complain(EXIT_FAILED, "no temporary file: %s", strerror(errno));
    int result = record(r, file);
    if (result < EXIT_TIMEOUT || result > EXIT_NO_PROGRAM) {
        int converted = convert_file(r, file);
        result = converted != EXIT_OK ? converted : result;
    }
    if (own != NULL)
        unlink(own);
    free(file);
    return result;
}

int cmd_trace(int argc, char **argv)
{
    struct request r = {0};
    long number;
    int rest;
    const struct option_spec specs[] = {{"--perfetto", .value = &r.perfetto},
                                        {"--ctf", .value = &r.ctf},
                                        {"--keep", .value = &r.keep},
                                        {"--text", .flag = &r.text},
                                        {"--json", .flag = &r.json},
                                        {"--smp", .value = &r.smp},
                                        {"--mem", .value = &r.mem},
                                        {"--timeout", .value = &r.timeout},
                                        {"--buffers", .value = &r.buffers},
                                        {"--help", .flag = &r.want_help},
                                        {"-h", .flag = &r.want_help},
                                        {NULL}};
    int n = options_parse(argc, argv, specs, &rest);
    if (r.want_help) {
        fputs(help, stdout);
        return EXIT_OK;
    }
    r.program = rest < argc ? argv + rest : NULL;
    if (n < 0 || (r.buffers != NULL && !option_number("--buffers", r.buffers, 1, QRV_TRACE_BUFFERS_MAX, &number)))
        return EXIT_USAGE;
    if (n != (r.program == NULL ? 1 : 0))
        return complain(EXIT_USAGE, "a FILE is needed, or -- and a PROGRAM");
    if (r.program == NULL && (r.keep || r.smp || r.mem || r.timeout || r.buffers))
        return complain(EXIT_USAGE, "--keep, --smp, --mem, --timeout and --buffers go with -- PROGRAM");
    return r.program != NULL ? record_and_convert(&r) : convert_file(&r, argv[1]);
}
