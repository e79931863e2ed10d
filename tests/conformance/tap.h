/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TAP for target test programs: one header, no library, works before stdio does anything clever.
 *
 *     #include "../tap.h"
 *     int main(void)
 *     {
 *         tap_plan(3);
 *         ok(chid != -1, "ChannelCreate gives a channel");
 *         is_int(MsgSend(-1, 0, 0, 0, 0), -1, "MsgSend on a bad coid fails");
 *         is_errno(EBADF, "... with EBADF");
 *         return done();
 *     }
 *
 * Every line goes out with one write(), so lines of several threads or processes do not mix.
 * Counters are atomic: ok() may be called from any thread. A forked child has its own counters and
 * must not print results; let it exit with a status and judge that in the parent.
 */
#pragma once

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __cplusplus
#include <atomic>
using std::atomic_fetch_add;
using std::atomic_int;
#else
#include <stdatomic.h>
#endif

static atomic_int tap_planned = -1;
static atomic_int tap_run;
static atomic_int tap_failed;
static __thread char tap_cells[600]; /* what the next result of this thread covers */

static inline void tap_emit(const char *text, int len)
{
    while (len > 0) {
        ssize_t n = write(STDOUT_FILENO, text, (size_t)len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            _exit(99); /* nobody can hear us: the harness sees the missing results */
        text += n;
        len -= (int)n;
    }
}

/* Announce how many results follow. Give 0 when it is not known; done() then prints the plan. */
static inline void tap_plan(int count)
{
    char line[32];
    tap_planned = count;
    if (count > 0)
        tap_emit(line, snprintf(line, sizeof line, "1..%d\n", count));
}

/* A comment line for the reader of the log. */
__attribute__((format(printf, 1, 2), unused)) static void diag(const char *format, ...)
{
    char line[400] = "# ";
    int saved_errno = errno;
    va_list ap;
    va_start(ap, format);
    int n = 2 + vsnprintf(line + 2, sizeof line - 3, format, ap);
    va_end(ap);
    if (n > (int)sizeof line - 2)
        n = (int)sizeof line - 2;
    line[n] = '\n';
    tap_emit(line, n + 1);
    errno = saved_errno;
}

/*
 * covers("MsgSend:EBADF MsgSend_r:EBADF"): the next result of this thread is the proof of these cells of
 * the coverage table (tests/README.md). It counts only when that result passes. errno is left as it was.
 */
__attribute__((format(printf, 1, 2), unused)) static void covers(const char *format, ...)
{
    int saved_errno = errno;
    size_t used = strlen(tap_cells);
    va_list ap;
    if (used == 0)
        used = (size_t)snprintf(tap_cells, sizeof tap_cells, " # covers");
    tap_cells[used++] = ' ';
    va_start(ap, format);
    int n = vsnprintf(tap_cells + used, sizeof tap_cells - used, format, ap);
    va_end(ap);
    if (n >= (int)(sizeof tap_cells - used))
        abort(); /* a cell must not get lost in silence */
    errno = saved_errno;
}

__attribute__((format(printf, 5, 6), unused)) static int
tap_result(int pass, const char *what, const char *file, int line_no, const char *format, ...)
{
    char line[400 + sizeof tap_cells];
    int saved_errno = errno;
    int number = atomic_fetch_add(&tap_run, 1) + 1;
    int n = snprintf(line, sizeof line, "%sok %d - ", pass ? "" : "not ", number);
    va_list ap;
    va_start(ap, format);
    n += vsnprintf(line + n, 399 - (size_t)n, format, ap);
    va_end(ap);
    if (n > 398)
        n = 398;
    n += snprintf(line + n, sizeof line - (size_t)n, "%s\n", tap_cells);
    tap_cells[0] = '\0';
    tap_emit(line, n);
    if (!pass) {
        atomic_fetch_add(&tap_failed, 1);
        diag("failed: %s at %s:%d (errno %d, %s)", what, file, line_no, saved_errno,
             strerror(saved_errno));
    }
    errno = saved_errno;
    return pass;
}

static inline int tap_is_int(long long got, long long want, const char *what, const char *file,
                             int line_no, const char *name)
{
    int saved_errno = errno;
    int pass = tap_result(got == want, what, file, line_no, "%s", name);
    if (!pass)
        diag("got %lld (0x%llx), wanted %lld (0x%llx)", got, (unsigned long long)got, want,
             (unsigned long long)want);
    errno = saved_errno;
    return pass;
}

static inline int tap_is_str(const char *got, const char *want, const char *what, const char *file,
                             int line_no, const char *name)
{
    int equal = got == want || (got != NULL && want != NULL && strcmp(got, want) == 0);
    int pass = tap_result(equal, what, file, line_no, "%s", name);
    if (!pass)
        diag("got \"%s\", wanted \"%s\"", got ? got : "(null)", want ? want : "(null)");
    return pass;
}

/* ok(condition, "text with %d", args...): errno is left as it was. Returns whether it passed. */
#define ok(cond, ...) tap_result(!!(cond), #cond, __FILE__, __LINE__, __VA_ARGS__)
#define is_int(got, want, name)                                                                    \
    tap_is_int((long long)(got), (long long)(want), #got, __FILE__, __LINE__, name)
#define is_str(got, want, name) tap_is_str(got, want, #got, __FILE__, __LINE__, name)
#define is_errno(want, name)    tap_is_int(errno, want, "errno", __FILE__, __LINE__, name)

/* Count one result as passed because it cannot run here; the text must say why. */
#define skip(why) tap_result(1, "skip", __FILE__, __LINE__, "# SKIP %s", why)

/* Give up at once: the harness reports the program as failed. */
#define bail_out(...) (diag(__VA_ARGS__), tap_emit("Bail out!\n", 10), exit(98))

/* Prints the plan if it was open and returns the exit status: 0 only if all planned results passed.
 */
static inline int done(void)
{
    char line[64];
    if (tap_planned <= 0)
        tap_emit(line, snprintf(line, sizeof line, "1..%d\n", (int)tap_run));
    else if (tap_planned != tap_run)
        diag("planned %d results but ran %d", (int)tap_planned, (int)tap_run);
    return tap_failed == 0 && (tap_planned <= 0 || tap_planned == tap_run) && tap_run > 0 ? 0 : 1;
}
