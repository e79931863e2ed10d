/* SPDX-License-Identifier: Apache-2.0 */
/* Faults as signals: code and address, to the thread that did it; blocked or ignored they end the
 * process. Pages: QNX Neutrino System Architecture, "Signals"; Library Reference, siginfo_t,
 * sigaction(). */
#define _GNU_SOURCE
#include <setjmp.h>
#include <sys/mman.h>
#include "../rendezvous.h"

static sigjmp_buf back;
static siginfo_t last;
static pthread_t who;
static volatile char *volatile nowhere = (char *)16;

static void on_fault(int s, siginfo_t *si, void *uc)
{
    (void)s;
    (void)uc;
    last = *si;
    who = pthread_self();
    siglongjmp(back, 1);
}

static int fault_at(volatile char *p, int store)
{
    last = (siginfo_t){0};
    if (sigsetjmp(back, 1) == 0) {
        if (store)
            *p = 1;
        else
            (void)*p;
    }
    return last.si_signo;
}

static void jump_to(void *p)
{
    last = (siginfo_t){0};
    if (sigsetjmp(back, 1) == 0)
        ((void (*)(void))p)();
}

static void *faulty_thread(void *arg)
{
    fault_at(arg, 0);
    return (void *)(intptr_t)pthread_equal(who, pthread_self());
}

static int child_status(int how)
{
    pid_t pid = fork();
    if (pid == 0) {
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGSEGV);
        if (how == 1)
            sigprocmask(SIG_BLOCK, &set, NULL);
        if (how == 2)
            signal(SIGSEGV, SIG_IGN);
        if (how == 3)
            signal(SIGSEGV, SIG_DFL);
        rv_sleep_ms(20); /* what was printed is out before the kernel reports */
        *nowhere = 1;
        _exit(0);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : -status;
}

int main(void)
{
    tap_plan(14);
    struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &sa, NULL);
    sigaction(SIGBUS, &sa, NULL);
    sigaction(SIGILL, &sa, NULL);
    sigaction(SIGTRAP, &sa, NULL);
    char *ro = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANON, -1, 0);
    char *none = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANON, -1, 0);
    is_int(fault_at((char *)24, 1), SIGSEGV, "a store nowhere");
    ok(last.si_code == SEGV_MAPERR && last.si_addr == (void *)24, "SEGV_MAPERR and its address");
    is_int(fault_at(ro + 5, 1), SIGSEGV, "a store to read-only memory");
    ok(last.si_code == SEGV_ACCERR && last.si_addr == ro + 5,
       "SEGV_ACCERR and its address (%d, %p)", last.si_code, last.si_addr);
    is_int(fault_at(none + 9, 0), SIGSEGV, "a load from inaccessible memory");
    is_int(fault_at((char *)0xffffffff80000000UL, 0), SIGSEGV, "a load from the kernel");
    jump_to(ro);
    ok(last.si_signo == SIGSEGV && last.si_addr == ro, "a jump to data (%p)", last.si_addr);
    last = (siginfo_t){0};
    if (sigsetjmp(back, 1) == 0)
        __asm__ volatile(".4byte 0x0000000b"); /* custom-0 */
    ok(last.si_signo == SIGILL && last.si_code == ILL_ILLOPC,
       "an illegal instruction: SIGILL (%d, %d)", last.si_signo, last.si_code);
    last = (siginfo_t){0};
    if (sigsetjmp(back, 1) == 0)
        __asm__ volatile("ebreak");
    is_int(last.si_signo, SIGTRAP, "ebreak: SIGTRAP");
    pthread_t t;
    void *r;
    pthread_create(&t, NULL, faulty_thread, (void *)32);
    pthread_join(t, &r);
    ok(r != NULL, "the thread that faults gets it");
    is_int(child_status(1), SIGSEGV, "a blocked fault ends the process");
    is_int(child_status(2), SIGSEGV, "an ignored one, too");
    is_int(child_status(3), SIGSEGV, "and an uncaught one");
    is_int(fault_at((char *)24, 1), SIGSEGV, "still handled here");
    return done();
}
