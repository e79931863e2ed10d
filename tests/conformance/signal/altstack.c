/* SPDX-License-Identifier: Apache-2.0 */
/* The alternate signal stack.  Pages: QNX Neutrino Library Reference, sigaltstack(), sigaction().
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <sys/mman.h>
#include "../rendezvous.h"

static char alt[16384];
static sigjmp_buf back;
static volatile int inside, flags_inside, refused;

static int on_alt(void)
{
    char here;
    return (uintptr_t)&here - (uintptr_t)alt < sizeof(alt);
}

static void plain(int s)
{
    (void)s;
    stack_t now, other = {.ss_sp = alt, .ss_size = sizeof(alt)};
    inside = on_alt();
    sigaltstack(NULL, &now);
    flags_inside = now.ss_flags;
    refused = sigaltstack(&other, NULL) == -1 ? errno : 0;
}

static void overflow_handler(int s)
{
    (void)s;
    inside = on_alt();
    siglongjmp(back, 1);
}

__attribute__((noinline)) static int eat(int n)
{
    volatile char block[4096];
    block[0] = (char)n;
    return n < 0 ? 0 : eat(n + 1) + block[0];
}

static void install(int s, void (*fn)(int), int flags)
{
    struct sigaction sa = {.sa_handler = fn, .sa_flags = flags};
    sigaction(s, &sa, NULL);
}

static int dies_without(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        stack_t off = {.ss_flags = SS_DISABLE};
        sigaltstack(&off, NULL);
        rv_sleep_ms(20); /* what was printed is out before the kernel reports */
        eat(1);
        _exit(0);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

int main(void)
{
    stack_t st = {.ss_sp = alt, .ss_size = sizeof(alt)}, old;
    tap_plan(12);
    ok(sigaltstack(NULL, &old) == 0 && (old.ss_flags & SS_DISABLE), "none at first");
    is_int(sigaltstack(&st, NULL), 0, "one is set");
    install(SIGUSR1, plain, 0);
    raise(SIGUSR1);
    is_int(inside, 0, "without SA_ONSTACK it is not used");
    install(SIGUSR1, plain, SA_ONSTACK);
    raise(SIGUSR1);
    is_int(inside, 1, "with SA_ONSTACK it is");
    is_int(flags_inside, SS_ONSTACK, "and reported in use");
    is_int(refused, EPERM, "changing it then: EPERM");
    install(SIGSEGV, overflow_handler, SA_ONSTACK);
    inside = 0;
    if (sigsetjmp(back, 1) == 0)
        eat(1);
    is_int(inside, 1, "a stack overflow is handled on it");
    inside = 0;
    if (sigsetjmp(back, 1) == 0)
        eat(1);
    is_int(inside, 1, "twice");
    is_int(dies_without(), SIGSEGV, "without one it ends the process");
    st.ss_size = 100;
    ok(sigaltstack(&st, NULL) == -1 && errno == ENOMEM, "too small: ENOMEM");
    st.ss_size = sizeof(alt);
    st.ss_flags = 0x40;
    ok(sigaltstack(&st, NULL) == -1 && errno == EINVAL, "unknown flags: EINVAL");
    st = (stack_t){.ss_flags = SS_DISABLE};
    sigaltstack(&st, NULL);
    raise(SIGUSR1);
    is_int(inside, 0, "switched off, the handler runs on the normal stack");
    return done();
}
