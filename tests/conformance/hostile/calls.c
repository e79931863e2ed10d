/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernel calls with hostile arguments: every number, addresses that are null, misaligned, unmapped, read-only, the kernel's own or
 * wrap around, structures and I/O vectors full of the same, from several threads of an unprivileged process. The
 * kernel answers with an errno or the process dies of a signal; nothing else in the system notices. Numbers that belong
 * to taskman are EPERM, unknown ones ENOSYS.
 * Rule checked: System Architecture, "The QNX Neutrino Microkernel" (a process cannot harm the kernel).
 */
#include "../tap.h"

#include <abi/ecall.h>
#include <abi/kercall.h>
#include <abi/time.h>
#include <abi/tm.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/neutrino.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 6
#define THREADS 4
#define AREA 16384

static long call(long number, const uint64_t a[6])
{
    return _kc_call6(number, (long)a[0], (long)a[1], (long)a[2], (long)a[3], (long)a[4], (long)a[5]);
}

static uint64_t next(uint64_t *s)
{
    *s ^= *s << 13;
    *s ^= *s >> 7;
    *s ^= *s << 17;
    return *s;
}

static uint64_t nasty(uint64_t *s, char *area)
{
    uint64_t r = next(s) >> 8;
    switch (next(s) % 14) {
    case 0:
        return 0;
    case 1:
        return r % 8;
    case 2:
    case 3:
        return (uint64_t)area + r % AREA / 8 * 8;
    case 4:
        return (uint64_t)area + r % (AREA + 64); /* misaligned, or over the end */
    case 5:
        return (uint64_t)call; /* code: not writable */
    case 6:
        return 0 - r % 300;
    case 7:
        return 0xffffffc080200000 + r % 65536 * 8;
    case 8:
        return 0xffffffff80000000 + r % 0x100000;
    case 9:
        return QRV_USER_END - r % 8192;
    case 10:
        return 1UL << r % 64;
    case 11:
        return 0x40000000 + r % 4;
    case 12:
        return r % 300;
    default:
        return next(s);
    }
}

/* These end the process or the thread sooner or later: asked for now and then only. */
static int is_deadly(long n)
{
    return n == KC_PROC_EXIT || n == KC_THREAD_EXIT || n == KC_THREAD_DESTROY || n == KC_THREAD_CREATE ||
           n == KC_SIGNAL_KILL || n == KC_SIGNAL_RETURN || n == KC_THREAD_CTL || n == KC_TIMER_ALARM;
}

static void *attack(void *arg)
{
    uint64_t seed = 88172645463325252UL * ((uint64_t)(uintptr_t)arg * 2 + 1);
    char *area = mmap(NULL, AREA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
    if (area == MAP_FAILED)
        return NULL;
    for (;;) {
        uint64_t ms = next(&seed) % 2000000;
        const uint64_t limit[6] = { _KC_CLOCK_MONOTONIC, _NTO_TIMEOUT_MASK, 0, (uint64_t)&ms, 0, 0 };
        uint64_t a[6];
        long n = (long)(next(&seed) % 160);
        if (is_deadly(n) && next(&seed) % 512 != 0)
            continue;
        for (int i = 0; i < 6; i++)
            a[i] = nasty(&seed, area);
        for (int i = 0; i < 64; i++)
            ((uint64_t *)area)[next(&seed) % (AREA / 8)] = nasty(&seed, area);
        call(KC_TIMER_TIMEOUT, limit);
        call(n, a);
    }
}

static int child(int round)
{
    struct sched_param prio = { .sched_priority = 8 };
    pthread_t t;
    if (SchedSet(0, 0, SCHED_RR, &prio) == -1 || setgid(4000) == -1 || setuid(4000) == -1)
        return 3;
    for (long i = 0; i < THREADS; i++)
        if (pthread_create(&t, NULL, attack, (void *)(round * THREADS + i)) != 0)
            return 4;
    for (;;)
        pause();
}

static void rounds(void)
{
    int killed = 0, died = 0, broken = 0;
    for (int round = 0; round < ROUNDS; round++) {
        pid_t pid = fork();
        if (pid == 0)
            _exit(child(round));
        struct timespec second = { .tv_sec = 1 };
        nanosleep(&second, NULL);
        kill(pid, SIGKILL);
        int status = 0;
        if (pid < 0 || waitpid(pid, &status, 0) != pid)
            broken++;
        else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
            killed++;
        else if (WIFEXITED(status) && (WEXITSTATUS(status) == 3 || WEXITSTATUS(status) == 4))
            broken++;
        else
            died++;
    }
    diag("%d attackers were killed, %d had died before", killed, died);
    ok(broken == 0, "every attacker started, and could be killed and waited for");
    ok(killed > 0, "some lived for a second of it");
}

static void numbers(void)
{
    const uint64_t zero[6] = { 0 };
    int wrong = 0;
    for (long n = 128; n <= TM_DEBUG_CORE; n++)
        wrong += call(n, zero) != -EPERM;
    is_int(wrong, 0, "taskman's calls: EPERM, also for root");
    wrong = 0;
    for (long n = TM_DEBUG_CORE + 1; n < TM_DEBUG_CORE + 1000; n++)
        wrong += call(n, zero) != -ENOSYS;
    is_int(wrong, 0, "numbers above the table: ENOSYS");
    is_int(call(-1, zero), -ENOSYS, "a negative number: ENOSYS");
    is_int(call(INT64_MIN, zero), -ENOSYS, "the most negative one: ENOSYS");
}

int main(void)
{
    struct sched_param prio = { .sched_priority = 40 };
    numbers();
    ok(SchedSet(0, 0, SCHED_RR, &prio) != -1, "above the attackers");
    rounds();
    pid_t pid = fork();
    int status;
    if (pid == 0)
        _exit(7);
    ok(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 7, "processes work as before");
    return done();
}
