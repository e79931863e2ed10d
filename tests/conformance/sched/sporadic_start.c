/* SPDX-License-Identifier: Apache-2.0 */
/* Threads and programs that begin as SCHED_SPORADIC: by attributes, and by inheriting it.
 * Pages: Library Reference, pthread_attr_setschedparam(), pthread_attr_setschedpolicy(), ThreadCreate(), posix_spawnattr_setschedparam(),
 * spawn(), sched_setparam(), pthread_setschedparam(). */
#define _GNU_SOURCE
#include <fcntl.h>
#include <process.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include "../rendezvous.h"

extern char **environ;
static char *pause_argv[] = {"sh", "-c", "read x", NULL};

static const struct sched_param server = {.sched_priority = 21,
                                          .sched_ss_low_priority = 8,
                                          .sched_ss_max_repl = 65535,
                                          .sched_ss_repl_period = {999999999, 999999999},
                                          .sched_ss_init_budget = {70, 1}};

static int is_server(int policy, const struct sched_param *sp)
{
    return policy == SCHED_SPORADIC && sp->sched_priority == 21 && sp->sched_ss_low_priority == 8 &&
           sp->sched_ss_max_repl == 65535 && sp->sched_ss_repl_period.tv_sec == 999999999 &&
           sp->sched_ss_repl_period.tv_nsec == 999999999 && sp->sched_ss_init_budget.tv_sec == 70 &&
           sp->sched_ss_init_budget.tv_nsec == 1;
}

static void *look(void *arg)
{
    struct sched_param sp = {0};
    int policy = SchedGet(0, 0, &sp);
    *(int *)arg = is_server(policy, &sp) && sp.sched_curpriority == 21 ? 1 : policy == SCHED_FIFO ? 2 : -1;
    return NULL;
}

static pthread_attr_t attributes(int policy, const struct sched_param *sp)
{
    pthread_attr_t a;
    pthread_attr_init(&a);
    pthread_attr_setinheritsched(&a, PTHREAD_EXPLICIT_SCHED);
    pthread_attr_setschedparam(&a, sp);
    pthread_attr_setschedpolicy(&a, policy);
    return a;
}

static int run(const pthread_attr_t *a)
{
    pthread_t t;
    int seen = 0, rc = pthread_create(&t, a, look, &seen);
    if (rc == 0)
        pthread_join(t, NULL);
    return rc ? rc : seen;
}

static void kept_apart(void)
{
    struct sched_param got = {0};
    size_t bytes = 0;
    int v = -1;
    pthread_attr_t a = attributes(SCHED_SPORADIC, &server);
    pthread_attr_setstacklazy(&a, PTHREAD_STACK_NOTLAZY);
    pthread_attr_setstackprealloc(&a, 5000);
    ok(pthread_attr_getschedpolicy(&a, &v) == 0 && pthread_attr_getschedparam(&a, &got) == 0 && is_server(v, &got),
       "attributes keep all parameters");
    ok(pthread_attr_getstacklazy(&a, &v) == 0 && v == PTHREAD_STACK_NOTLAZY &&
           pthread_attr_getstackprealloc(&a, &bytes) == 0 && bytes == 8192,
       "... and those of the stack, in pages (%zu)", bytes);
    pthread_attr_setschedparam(&a, &server);
    pthread_attr_getstacklazy(&a, &v);
    is_int(v, PTHREAD_STACK_NOTLAZY, "none disturbs another");
    pthread_attr_setstacklazy(&a, PTHREAD_STACK_LAZY);
    pthread_attr_getschedparam(&a, &got);
    ok(is_server(SCHED_SPORADIC, &got), "... nor the other way round");
    is_int(pthread_attr_setschedpolicy(&a, 1000), EINVAL, "a policy out of range: EINVAL");
}

static void threads(void)
{
    struct sched_param sp = server;
    pthread_attr_t a = attributes(SCHED_SPORADIC, &server);
    is_int(run(&a), 1, "a thread begins as its attributes say");
    sp.sched_ss_low_priority = 21;
    a = attributes(SCHED_SPORADIC, &sp);
    is_int(run(&a), EINVAL, "low priority not below the normal one: EINVAL");
    sp = server;
    sp.sched_ss_init_budget.tv_nsec = 1000000000;
    a = attributes(SCHED_SPORADIC, &sp);
    is_int(run(&a), EINVAL, "nanoseconds out of range: EINVAL");
    sp = (struct sched_param){.sched_priority = 12};
    a = attributes(SCHED_SPORADIC, &sp);
    is_int(run(&a), EINVAL, "a priority only: EINVAL");
    memset(&sp, 0xff, sizeof(sp));
    sp.sched_priority = 12;
    a = attributes(SCHED_FIFO, &sp);
    is_int(run(&a), 2, "other policies do not look at them");
}

static volatile int created;

static void *note(void *arg)
{
    int seen = 0;
    (void)arg;
    look(&seen);
    created = seen;
    return NULL;
}

static void by_kernel_call(void)
{
    struct _thread_attr a = {.__flags = _KC_TC_SCHED, .__policy = SCHED_SPORADIC, .__param = server};
    void *status;
    int tid = ThreadCreate(0, note, NULL, &a);
    ok(tid > 0 && ThreadJoin(tid, &status) == 0 && created == 1, "ThreadCreate() with its record");
    a.__param.sched_ss_max_repl = 0;
    is_int(ThreadCreate_r(0, note, NULL, &a), -EINVAL, "no replenishment: EINVAL");
}

/* The child's policy and parameters, and its end. */
static int child_is_server(pid_t pid)
{
    struct sched_param sp = {0};
    if (pid <= 0)
        return 0;
    int policy = SchedGet(pid, 1, &sp);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return is_server(policy, &sp);
}

static void programs(void)
{
    struct inheritance i = {.flags = SPAWN_EXPLICIT_SCHED, .policy = SCHED_SPORADIC, .param = server};
    struct sched_param got = {0};
    posix_spawnattr_t at;
    pid_t pid = 0;
    posix_spawnattr_init(&at);
    posix_spawnattr_setflags(&at, POSIX_SPAWN_SETSCHEDULER | POSIX_SPAWN_SETSCHEDPARAM);
    posix_spawnattr_setschedpolicy(&at, SCHED_SPORADIC);
    posix_spawnattr_setschedparam(&at, &server);
    ok(posix_spawnattr_getschedparam(&at, &got) == 0 && is_server(SCHED_SPORADIC, &got), "spawn attributes keep them");
    is_int(posix_spawn(&pid, "/bin/sh", NULL, &at, pause_argv, environ), 0, "posix_spawn() with attributes");
    ok(child_is_server(pid), "... is a sporadic server");
    got.sched_ss_low_priority = 22;
    posix_spawnattr_setschedparam(&at, &got);
    is_int(posix_spawn(&pid, "/bin/sh", NULL, &at, pause_argv, environ), EINVAL, "wrong parameters: EINVAL");
    ok(child_is_server(spawn("/bin/sh", 0, NULL, &i, pause_argv, environ)), "spawn() with SPAWN_EXPLICIT_SCHED");
}

static int unprivileged(void)
{
    struct inheritance i = {.flags = SPAWN_EXPLICIT_SCHED, .policy = SCHED_RR, .param = {.sched_priority = 64}};
    if (setuid(1000) != 0)
        return 1;
    if (spawn("/bin/sh", 0, NULL, &i, pause_argv, environ) != -1 || errno != EPERM)
        return 2;
    i.param.sched_priority = 63;
    pid_t pid = spawn("/bin/sh", 0, NULL, &i, pause_argv, environ);
    if (pid <= 0)
        return 3;
    kill(pid, SIGKILL); /* it would read what other programs type at the terminal */
    waitpid(pid, NULL, 0);
    return 0;
}

static void inherited(void)
{
    int status = -1, seen = 0;
    pid_t pid;
    is_int(pthread_setschedparam(pthread_self(), SCHED_SPORADIC, &server), 0, "pthread_setschedparam()");
    is_int(run(NULL), 1, "a thread of it is one");
    pid = fork();
    if (pid == 0) {
        look(&seen);
        _exit(seen);
    }
    waitpid(pid, &status, 0);
    is_int(WEXITSTATUS(status), 1, "a forked child is one");
    ok(child_is_server(spawnv(P_NOWAIT, "/bin/sh", pause_argv)), "so is a program that it starts");
    int fd[2];
    char c;
    (void)!pipe2(fd, O_CLOEXEC);
    pid = fork();
    if (pid == 0) {
        execv("/bin/sh", pause_argv);
        _exit(1);
    }
    close(fd[1]);
    (void)!read(fd[0], &c, 1); /* its end is there when the program is */
    close(fd[0]);
    ok(child_is_server(pid), "... and one that takes its place");
}

static void all_at_once(void)
{
    struct sched_param sp = server, got = {0};
    sp.sched_ss_low_priority = 7;
    is_int(sched_setparam(0, &sp), 0, "sched_setparam() of a sporadic server");
    SchedGet(0, 0, &got);
    is_int(got.sched_ss_low_priority, 7, "... sets all parameters");
    sp.sched_ss_low_priority = 30;
    ok(sched_setparam(0, &sp) == -1 && errno == EINVAL, "... and looks at them: EINVAL");
    sp.sched_priority = 10;
    is_int(sched_setscheduler(0, SCHED_RR, &sp), SCHED_SPORADIC, "sched_setscheduler() tells what it was");
    ok(sched_setscheduler(0, SCHED_SPORADIC, &server) == SCHED_RR && sched_getscheduler(0) == SCHED_SPORADIC,
       "... and makes it one");
    sched_setscheduler(0, SCHED_RR, &sp);
}

int main(void)
{
    int status = -1;
    tap_plan(28);
    kept_apart();
    threads();
    by_kernel_call();
    programs();
    inherited();
    all_at_once();
    pid_t child = fork();
    if (child == 0)
        _exit(unprivileged());
    waitpid(child, &status, 0);
    is_int(status, 0, "a program at a privileged priority: EPERM");
    return done();
}
