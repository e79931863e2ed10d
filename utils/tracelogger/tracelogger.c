/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
#ifdef __USAGE
%C - records what the kernel does in a file

%C [-acErvw] [-A name=value] [-b num] [-D seconds] [-d 1] [-F num]... [-f file] [-k num] [-M -S size]
   [-n num] [-s seconds] [command [argument...]]

 -A name=value  a remark for the file (may be repeated)
 -a             security events: there are none, accepted
 -b num         read num buffers of the kernel into one block of the file at most (default 64)
 -c             until it is ended (Ctrl-C, slay), or until the command ends
 -D seconds     accepted: events can always be read
 -d 1           wait until a program starts tracing with TraceEvent() and end when it stops it
 -E             with -d 1: enable all events, less those of -F
 -F num         leave out: 1 kernel calls, 2 interrupts, 3 processes, 4 threads, 6 messages, 7 system; 0 nothing
 -f file        default /dev/shmem/tracebuffer.kev; - is standard output
 -k num         buffers of 16 KiB in the kernel (default 32)
 -M -S size     keep the file in memory until the end; at most size bytes, or size K, M
 -n num         end after num buffers (default 32; 0: as -c)
 -r             ring mode: keep the newest events in the kernel, read them when ended or stopped
 -s seconds     end after that time
 -v             say what was recorded
 -w             wide mode: all arguments of kernel calls
With a command, records while it runs (as -c) and ends with its exit status.
"qrv trace" shows and converts the file on the build machine.
#endif
/* clang-format on */
#include "tracelogger.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/neutrino.h>
#include <sys/syspage.h>
#include <sys/trace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define POLL_MS     5
#define CHUNK_BYTES 4096 /* the kernel's limit for one read */

extern char **environ;

static struct options {
    const char *file;
    const char *remarks[32];
    unsigned remark_count;
    unsigned long buffers, batch, iterations, seconds, limit;
    bool daemon, enable, ring, wide, memory, verbose;
    unsigned leave_out; /* bit per number of -F */
    char **command;
} opt = {.file = "/dev/shmem/tracebuffer.kev", .buffers = 32, .batch = 64, .iterations = 32};

static volatile sig_atomic_t ended;
static struct trace_out out;
static unsigned long long records;
static bool command_ended;
static int command_status;
static pid_t command_pid;

static void end(int signo)
{
    (void)signo;
    ended = 1;
}

static int fail(const char *what)
{
    fprintf(stderr, "tracelogger: %s: %s\n", what, strerror(errno));
    return EXIT_FAILURE;
}

/* ---- options */

static bool number(const char *text, unsigned long *out_number)
{
    char *rest;
    errno = 0;
    *out_number = strtoul(text, &rest, 10);
    if (*rest == 'K' || *rest == 'k')
        *out_number <<= 10, rest++;
    else if (*rest == 'M' || *rest == 'm')
        *out_number <<= 20, rest++;
    return rest != text && *rest == '\0' && errno == 0 && text[0] != '-';
}

static bool add_remark(const char *text)
{
    const char *eq = strchr(text, '=');
    if (eq == NULL || strchr(eq + 1, '=') || strstr(text, "::") || strstr(text, "TRACE_")) {
        fprintf(stderr, "tracelogger: -A %s is ignored: it has to be name=value, without ::, TRACE_ or another =\n", text);
        return true;
    }
    if (opt.remark_count == sizeof(opt.remarks) / sizeof(opt.remarks[0]))
        return false;
    opt.remarks[opt.remark_count++] = text;
    return true;
}

static bool take_number(int letter, unsigned long n)
{
    switch (letter) {
    case 'b':
        opt.batch = n;
        return n > 0 && n <= 4096;
    case 'D':
        return true;
    case 'd':
        opt.daemon = true;
        return n == 1;
    case 'F':
        opt.leave_out |= n < 8 ? 1U << n : 0;
        return n < 8;
    case 'k':
        opt.buffers = n;
        return n > 0 && n <= QRV_TRACE_BUFFERS_MAX;
    case 'n':
        opt.iterations = n;
        return true;
    case 's':
        opt.seconds = n;
        opt.iterations = 0;
        return n > 0;
    case 'S':
        opt.limit = n;
        return n >= 4096;
    }
    return false;
}

static bool take_option(int letter)
{
    unsigned long n;
    switch (letter) {
    case 'A':
        return add_remark(optarg);
    case 'a':
        return true;
    case 'c':
        opt.iterations = 0;
        return true;
    case 'E':
        return opt.enable = true;
    case 'f':
        opt.file = optarg;
        return true;
    case 'M':
        return opt.memory = true;
    case 'r':
        opt.iterations = 0;
        return opt.ring = true;
    case 'v':
        return opt.verbose = true;
    case 'w':
        return opt.wide = true;
    case '?':
        return false;
    }
    if (number(optarg, &n) && take_number(letter, n))
        return true;
    fprintf(stderr, "tracelogger: -%c %s makes no sense; use tracelogger\n", letter, optarg);
    return false;
}

static bool read_options(int argc, char **argv)
{
    int letter;
    while ((letter = getopt(argc, argv, "+A:ab:cD:d:EF:f:k:MS:n:rs:vw")) != -1)
        if (!take_option(letter))
            return false;
    if (optind < argc) {
        opt.command = argv + optind;
        opt.iterations = 0;
    }
    if (opt.memory != (opt.limit != 0)) {
        fprintf(stderr, "tracelogger: -M and -S size go together\n");
        return false;
    }
    return true;
}

/* ---- the kernel's side */

static int enable_events(void)
{
    static const int classes[8] = {
        [1] = _NTO_TRACE_KERCALL, [2] = _NTO_TRACE_INT,     [3] = _NTO_TRACE_PROCESS, [4] = _NTO_TRACE_THREAD,
        [5] = _NTO_TRACE_VTHREAD, [6] = _NTO_TRACE_COMM,    [7] = _NTO_TRACE_SYSTEM,
    };
    static const int by_thread[] = {_NTO_TRACE_COMM, _NTO_TRACE_KERCALL, _NTO_TRACE_SYSTEM, _NTO_TRACE_THREAD};
    for (unsigned i = 0; i < sizeof(by_thread) / sizeof(by_thread[0]); i++)
        TraceEvent(_NTO_TRACE_CLRCLASSPID, by_thread[i]);
    if (TraceEvent(_NTO_TRACE_ADDALLCLASSES) == -1)
        return -1;
    for (int i = 1; i < 8; i++)
        if (opt.leave_out & 1U << i)
            TraceEvent(_NTO_TRACE_DELCLASS, classes[i]);
    return TraceEvent(opt.wide ? _NTO_TRACE_SETALLCLASSESWIDE : _NTO_TRACE_SETALLCLASSESFAST);
}

/* What one hart has, up to a batch; -1 with errno. */
static long drain_hart(unsigned hart, char *buffer, size_t room)
{
    size_t got = 0;
    uint64_t dropped = 0;
    while (got + CHUNK_BYTES <= room) {
        int n = TraceEvent(_QRV_TRACE_READ, hart, buffer + got, CHUNK_BYTES, &dropped);
        if (n == -1)
            return -1;
        got += (size_t)n;
        if (n < CHUNK_BYTES) /* the rest is what reading causes */
            break;
    }
    if (got && trace_out_block(&out, hart, buffer, got, dropped) == -1)
        return -1;
    records += got / sizeof(struct qrv_trace_record);
    return (long)got;
}

/* Everything that is there now; bytes, -1. */
static long drain(void)
{
    static char *buffer;
    size_t room = opt.batch * QRV_TRACE_BUFFER_BYTES;
    long all = 0;
    if (buffer == NULL && (buffer = malloc(room)) == NULL)
        return -1;
    for (unsigned hart = 0; hart < _syspage_ptr->num_cpu; hart++) {
        long n = drain_hart(hart, buffer, room);
        if (n == -1)
            return -1;
        all += n;
    }
    return all;
}

static void pause_ms(long ms)
{
    struct timespec ts = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&ts, NULL);
}

/* ---- the command */

static int start_command(void)
{
    if (opt.command == NULL)
        return 0;
    int error = posix_spawnp(&command_pid, opt.command[0], NULL, NULL, opt.command, environ);
    if (error)
        errno = error;
    return error ? -1 : 0;
}

static void look_at_command(void)
{
    int status;
    if (command_pid > 0 && !command_ended && waitpid(command_pid, &status, WNOHANG) == command_pid) {
        command_ended = true;
        command_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
}

/* ---- capturing */

static bool is_on(void)
{
    return TraceEvent(_QRV_TRACE_IS_ON) == 1;
}

/* Until something ends it; -1 with errno. */
static int capture(void)
{
    unsigned long long bytes = 0, enough = (unsigned long long)opt.iterations * QRV_TRACE_BUFFER_BYTES;
    struct timespec now, start;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (;;) {
        bool on = is_on(); /* before the last look */
        long n = opt.ring ? 0 : drain();
        if (n == -1)
            return -1;
        bytes += (unsigned long long)n;
        look_at_command();
        clock_gettime(CLOCK_MONOTONIC, &now);
        bool late = opt.seconds && (unsigned long)(now.tv_sec - start.tv_sec) * 1000000000UL + (unsigned long)now.tv_nsec >=
                                       opt.seconds * 1000000000UL + (unsigned long)start.tv_nsec;
        if (!on || ended || late || command_ended || out.full || (enough && bytes >= enough))
            return 0;
        pause_ms(POLL_MS);
    }
}

static int wait_for_start(void)
{
    while (!ended && !is_on())
        pause_ms(POLL_MS);
    return ended ? -1 : 0;
}

/* In ring mode names and states may have been overwritten: they are told once more. */
static int finish(void)
{
    TraceEvent(_NTO_TRACE_STOP);
    while (drain() > 0)
        ;
    if (opt.ring) {
        TraceEvent(_NTO_TRACE_SETLINEARMODE);
        TraceEvent(_NTO_TRACE_START);
        TraceEvent(_NTO_TRACE_STOP);
        while (drain() > 0)
            ;
    }
    TraceEvent(_NTO_TRACE_DEALLOCBUFFER);
    return trace_out_close(&out);
}

static int run(void)
{
    if (opt.daemon)
        return wait_for_start() == 0 ? capture() : 0;
    if (TraceEvent(opt.ring ? _NTO_TRACE_SETRINGMODE : _NTO_TRACE_SETLINEARMODE) == -1 ||
        TraceEvent(_NTO_TRACE_START) == -1 || start_command() == -1)
        return -1;
    return capture();
}

static int write_head(void)
{
    char text[4096] = "";
    size_t at = 0;
    for (unsigned i = 0; i < opt.remark_count && at < sizeof(text); i++)
        at += (size_t)snprintf(text + at, sizeof(text) - at, "%s\n", opt.remarks[i]);
    return trace_out_head(&out, text);
}

int main(int argc, char **argv)
{
    struct sigaction sa = {.sa_handler = end};
    if (!read_options(argc, argv))
        return 2;
    sigaction(SIGINT, &sa, NULL);
    sigaction(SIGTERM, &sa, NULL);
    sigaction(SIGHUP, &sa, NULL);
    if (TraceEvent(_NTO_TRACE_ALLOCBUFFER, opt.buffers, NULL) == -1)
        return fail("the kernel's buffers");
    if (trace_out_open(&out, opt.file, opt.memory, opt.limit) == -1 || write_head() == -1) {
        int error = errno;
        TraceEvent(_NTO_TRACE_DEALLOCBUFFER);
        errno = error;
        return fail(opt.file);
    }
    if ((!opt.daemon || opt.enable) && enable_events() == -1)
        return fail("events");
    int rc = run();
    int error = errno;
    if (finish() == -1 && rc == 0) {
        rc = -1;
        error = errno;
    }
    errno = error;
    if (rc == -1)
        return fail(opt.command && command_pid == 0 ? opt.command[0] : opt.file);
    if (opt.verbose)
        fprintf(stderr, "tracelogger: %llu records%s\n", records, out.full ? "; the file is full" : "");
    return command_status;
}
