/* SPDX-License-Identifier: Apache-2.0 */
/* dumper: writes core files. Page: QNX Neutrino Utilities Reference, "dumper". */
/* clang-format off */
#ifdef __USAGE
%C - write a core file of each program that a signal ends

%C [-mnStvw] [-d path] [-N files] [-s size[G|M|K]] &
%C [-mnStvw] [-d path] [-s size[G|M|K]] -p pid

The file is PROGRAM.core; it is opened with "qrv core" on the build machine, or with any GDB for QRV.
 -d path   directory of the files; the default is /tmp
 -m        no memory: registers and names of threads only
 -N files  as -n, and no more than so many files of one program
 -n        keep older files, as PROGRAM.1.core, PROGRAM.2.core, ...: the higher, the older
 -p pid    write a core file of this process now, let it go on, and end
 -S        no memory that is shared with other processes
 -s size   no more than so many bytes; RLIMIT_CORE of the process counts too.  What does not fit is left out
 -t        only the thread that was hit
 -v        tell on standard error what is done
 -w        everybody may read the files
#endif
/* clang-format on */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/procmgr.h>
#include <sys/slog.h>
#include <sys/slogcodes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dumper.h"

#define KEEP_MAX 1000

static struct dump_options options = {.limit = UINT64_MAX};
static const char *directory = "/tmp";
static long keep; /* older files of one program */
static bool is_verbose;

static void tell(const char *program, pid_t pid, const char *what, int error)
{
    slogf(_SLOG_SETCODE(_SLOGC_PROC, 0), error != 0 ? _SLOG_ERROR : _SLOG_INFO, "dumper: %s[%d]: %s%s%s", program, (int)pid, what,
          error != 0 ? ": " : "", error != 0 ? strerror(error) : "");
    if (is_verbose || error != 0)
        fprintf(stderr, "dumper: %s[%d]: %s%s%s\n", program, (int)pid, what, error != 0 ? ": " : "", error != 0 ? strerror(error) : "");
}

/* DIRECTORY/PROGRAM[.NUMBER].core, or "" when that is too long. */
static void file_name(char *file, const char *program, long number)
{
    char middle[24] = "";
    if (number > 0)
        snprintf(middle, sizeof middle, ".%ld", number);
    if (snprintf(file, PATH_MAX, "%s/%s%s.core", directory, program, middle) >= PATH_MAX)
        file[0] = '\0';
}

/* Makes room for a new file: the others become one number older, the oldest goes. */
static void rotate(const char *program)
{
    static char from[PATH_MAX], to[PATH_MAX];
    long last = 0;
    for (file_name(to, program, last); last < keep && access(to, F_OK) == 0; file_name(to, program, last))
        last++;
    for (; last > 0; last--) {
        file_name(from, program, last - 1);
        file_name(to, program, last);
        rename(from, to);
    }
}

static const char *program_of(const struct victim *v)
{
    const char *slash = strrchr(v->path, '/'), *program = slash != NULL ? slash + 1 : v->path;
    return program[0] != '\0' ? program : "unknown";
}

static int dump(pid_t pid, int signo, uint64_t limit, struct victim *v, uint64_t *bytes)
{
    static char file[PATH_MAX];
    struct dump_options o = options;
    int error = victim_open(v, pid, signo);
    *bytes = 0;
    if (error != 0)
        return error;
    if (limit < o.limit)
        o.limit = limit;
    if (keep > 0)
        rotate(program_of(v));
    file_name(file, program_of(v), 0);
    return file[0] == '\0' ? ENAMETOOLONG : core_write(v, file, &o, bytes);
}

static void tell_outcome(const struct victim *v, pid_t pid, uint64_t bytes, int error)
{
    char text[80];
    snprintf(text, sizeof text, error != 0 ? "no core file" : "core file of %llu bytes", (unsigned long long)bytes);
    tell(program_of(v), pid, text, error);
}

/* Processes that the kernel has stopped, one after the other; they end when we say so, or go. */
static int serve(void)
{
    struct qrv_core_request request;
    struct victim v;
    int fd = open("/proc/dumper", O_RDWR | O_CLOEXEC);
    if (fd == -1) {
        fprintf(stderr, "dumper: /proc/dumper: %s\n", errno == EBUSY ? "another dumper is running" : strerror(errno));
        return EXIT_FAILURE;
    }
    procmgr_daemon(EXIT_SUCCESS, PROCMGR_DAEMON_NOCHDIR | PROCMGR_DAEMON_NODEVNULL | PROCMGR_DAEMON_NOCLOSE);
    for (;;) {
        ssize_t n = read(fd, &request, sizeof request);
        if (n < 0 && errno == EINTR)
            continue;
        if (n != (ssize_t)sizeof request) {
            fprintf(stderr, "dumper: /proc/dumper: %s\n", n < 0 ? strerror(errno) : "a short record");
            return EXIT_FAILURE;
        }
        uint64_t bytes;
        int error = dump(request.pid, request.signo, request.limit, &v, &bytes);
        struct qrv_core_done done = {.pid = request.pid, .is_written = error == 0};
        while (write(fd, &done, sizeof done) == -1 && errno == EINTR)
            ; /* ESRCH: somebody has killed it */
        tell_outcome(&v, request.pid, bytes, error); /* it may be what serves /dev/slog or the terminal: only now it is gone */
        victim_close(&v);
    }
}

static bool parse_size(const char *text, uint64_t *size)
{
    char *end;
    unsigned long long n = strtoull(text, &end, 10);
    unsigned shift = *end == 'G' ? 30 : *end == 'M' ? 20 : *end == 'K' ? 10 : 0;
    if (end == text || text[0] == '-' || end[shift != 0] != '\0' || n == 0 || n > UINT64_MAX >> shift)
        return false;
    *size = n << shift;
    return true;
}

static bool parse_number(const char *text, long max, long *number)
{
    char *end;
    *number = strtol(text, &end, 10);
    return end != text && *end == '\0' && *number > 0 && *number <= max;
}

int main(int argc, char **argv)
{
    struct victim v;
    long pid = 0;
    bool is_good = true;
    int c;
    while ((c = getopt(argc, argv, "d:mN:np:Ss:tvw")) != -1) {
        switch (c) {
        case 'd': directory = optarg; break;
        case 'm': options.no_memory = true; break;
        case 'N': is_good = parse_number(optarg, KEEP_MAX, &keep) && is_good; break;
        case 'n': keep = KEEP_MAX; break;
        case 'p': is_good = parse_number(optarg, INT_MAX, &pid) && is_good; break;
        case 'S': options.no_shared = true; break;
        case 's': is_good = parse_size(optarg, &options.limit) && is_good; break;
        case 't': options.only_one = true; break;
        case 'v': is_verbose = true; break;
        case 'w': options.is_readable = true; break;
        default: is_good = false;
        }
    }
    if (!is_good || optind != argc) {
        fprintf(stderr, "usage: dumper [-mnStvw] [-d path] [-N files] [-s size[G|M|K]] [-p pid]\n");
        return 2;
    }
    if (pid == 0)
        return serve();
    uint64_t bytes;
    int error = dump((pid_t)pid, 0, UINT64_MAX, &v, &bytes);
    tell_outcome(&v, (pid_t)pid, bytes, error);
    victim_close(&v);
    return error != 0;
}
