/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread that blocks in a call, and what can happen to it there: a timeout, a signal, a cancellation, the end of its process.
 * A call is described by a function that makes it and gives one number, the value or -errno (see calls.h).
 */
#pragma once
#include "calls.h"
#include "state.h"

typedef long blocked_call(void *arg);

struct blocked {
    blocked_call *call;
    void *arg;
    int timeout;      /* _NTO_TIMEOUT_*: armed before the call, 15 ms; 0 none */
    pthread_t thread;
    volatile int tid; /* set when the thread runs */
    long result;
};

static volatile sig_atomic_t blocked_handled;

static inline void blocked_on_signal(int sig)
{
    (void)sig;
    blocked_handled++;
}

/* A handler that interrupts calls; installed once by every program that uses signals here. */
static inline void blocked_handle(int sig)
{
    struct sigaction sa = {.sa_handler = blocked_on_signal};
    sigaction(sig, &sa, NULL);
}

static inline void *blocked_main(void *p)
{
    struct blocked *b = p;
    uint64_t ns = 15000000;
    b->tid = gettid();
    if (b->timeout)
        TimerTimeout(CLOCK_MONOTONIC, b->timeout, NULL, &ns, NULL);
    b->result = b->call(b->arg);
    return NULL;
}

static inline void blocked_start(struct blocked *b)
{
    b->tid = 0;
    b->result = 12345678;
    if (pthread_create(&b->thread, NULL, blocked_main, b) != 0)
        bail_out("pthread_create");
    while (!b->tid)
        rv_sleep_ms(1);
}

/* Starts it and sees it block. */
static inline int blocked_enter(struct blocked *b, int state)
{
    blocked_start(b);
    return blocked_wait_state(getpid(), b->tid, state);
}

static inline long blocked_join(struct blocked *b)
{
    pthread_join(b->thread, NULL);
    return b->result;
}

/* A kernel timeout ends the call with ETIMEDOUT. */
static inline void blocked_times_out(const char *name, blocked_call *call, void *arg, int flag)
{
    struct blocked b = {.call = call, .arg = arg, .timeout = flag};
    blocked_start(&b);
    long got = blocked_join(&b);
    covers("%s:timeout %s:ETIMEDOUT", name, name);
    ok(got == -ETIMEDOUT, "%s: a kernel timeout ends it (%ld)", name, got);
}

/* A handler ends the call with EINTR. */
static inline void blocked_is_interrupted(const char *name, blocked_call *call, void *arg, int state)
{
    struct blocked b = {.call = call, .arg = arg};
    int before = blocked_handled, there = blocked_enter(&b, state);
    pthread_kill(b.thread, SIGUSR1);
    long got = blocked_join(&b);
    covers("%s:signal %s:EINTR", name, name);
    ok(there && got == -EINTR && blocked_handled == before + 1,
       "%s: a signal's handler runs and ends it (%ld)", name, got);
}

/* It is a cancellation point: the thread ends in it. */
static inline void blocked_is_cancelled(const char *name, blocked_call *call, void *arg, int state)
{
    struct blocked b = {.call = call, .arg = arg};
    void *status = NULL;
    int there = blocked_enter(&b, state);
    pthread_cancel(b.thread);
    pthread_join(b.thread, &status);
    covers("%s:cancel", name);
    ok(there && status == PTHREAD_CANCELED, "%s: pthread_cancel ends the thread in it", name);
}

/* A process that is killed in the call ends at once. The child has the call to itself, in its first thread. */
static inline void blocked_is_killed(const char *name, blocked_call *call, void *arg, int state)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        call(arg);
        _exit(0);
    }
    int there = blocked_wait_state(pid, 1, state);
    kill(pid, SIGKILL);
    pid_t got = waitpid(pid, &status, 0);
    covers("%s:kill", name);
    ok(there && got == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
       "%s: SIGKILL ends a process in it (%#x)", name, status);
}
