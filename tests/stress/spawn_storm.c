/* SPDX-License-Identifier: Apache-2.0 */
/* Thousands of programs started and waited for in a row, several at a time; now and then one that does not exist, one that dies while
 * it is loaded, and one whose arguments its stack cannot hold.  -n: programs. */
#include <spawn.h>
#include <sys/resource.h>
#include "stress.h"

extern char **environ;

#define AT_ONCE 4

static int failures;

static void must(int is_good, const char *what, int value)
{
    if (is_good)
        return;
    failures++;
    diag("%s: %d", what, value);
}

static void collect(const pid_t *pid, int count)
{
    for (int i = 0; i < count; i++) {
        int status = -1;
        must(waitpid(pid[i], &status, 0) == pid[i] && WIFEXITED(status) && WEXITSTATUS(status) == 7, "status", status);
    }
}

static void start_many(const char *self, uint64_t count)
{
    char *argv[] = { (char *)self, "child", NULL };
    pid_t pid[AT_ONCE];
    int running = 0;
    for (uint64_t i = 0; i < count; i++) {
        int rc = posix_spawn(&pid[running], self, NULL, NULL, argv, environ);
        must(rc == 0, "posix_spawn", rc);
        running += rc == 0;
        if (running == AT_ONCE) {
            collect(pid, running);
            running = 0;
        }
        if (i % 500 == 499)
            diag("%lu programs", (unsigned long)i + 1);
    }
    collect(pid, running);
}

static void start_missing(void)
{
    char *argv[] = { "missing", NULL };
    pid_t pid;
    int rc = posix_spawn(&pid, "/proc/boot/no/such/program", NULL, NULL, argv, environ);
    must(rc == ENOENT || rc == ENOTDIR, "a program that is not there", rc);
}

/* It has no thread yet when taskman gives it up. */
static void start_too_large(const char *self)
{
    static char text[400 * 1024];
    char *argv[] = { (char *)self, text, NULL };
    struct rlimit was, small = { 65536, 65536 };
    pid_t pid = -1;
    getrlimit(RLIMIT_STACK, &was);
    small.rlim_max = was.rlim_max;
    memset(text, 'x', sizeof(text) - 1);
    setrlimit(RLIMIT_STACK, &small);
    int rc = posix_spawn(&pid, self, NULL, NULL, argv, environ);
    setrlimit(RLIMIT_STACK, &was);
    must(rc == E2BIG, "arguments larger than the stack", rc);
}

/* Killed with its parent's group while it is loaded. */
static void start_and_kill(const char *self, struct rng *r)
{
    char *argv[] = { (char *)self, "child", NULL };
    pid_t pid = fork(), child;
    if (pid == 0) {
        setpgid(0, 0);
        for (;;)
            posix_spawn(&child, self, NULL, NULL, argv, environ);
    }
    setpgid(pid, pid);
    sleep_ms(rng_below(r, 20));
    kill(-pid, SIGKILL);
    int status;
    must(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status), "killed with its group", status);
}

static void everything(const char *self, uint64_t count, struct rng *r)
{
    uint64_t odd = count / 50 + 2;
    for (uint64_t i = 0; i < odd; i++) {
        start_missing();
        start_too_large(self);
        start_and_kill(self, r);
    }
    start_many(self, count);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "child") == 0)
        return 7;
    struct options o = options_parse(argc, argv, 150);
    struct rng r = rng_of(o.seed, 0);
    everything(argv[0], 8, &r);
    struct holdings before = holdings_now();
    everything(argv[0], o.amount, &r);
    is_int(failures, 0, "every program started and ended as it should");
    check_holdings(&before);
    return done();
}
