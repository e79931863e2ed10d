/* SPDX-License-Identifier: Apache-2.0 */
/* Floating-point registers and fcsr belong to the thread: they stay over switches, calls, other threads' use and fork(), and begin
 * as zero. */
#include <pthread.h>
#include <stdint.h>
#include <sys/neutrino.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../tap.h"

#define THREADS 6
#define ROUNDS 2000

/* Fills fs0..fs11 and ft0..ft7 with patterns of seed, calls a function in between that does not use them, and reads them back.  Number of
 * registers that differ. */
#define REGISTERS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(18) X(19) X(20) X(21) X(22) X(23) X(24) X(25) X(26) X(27)
#define SET(n) __asm__ volatile("fmv.d.x f" #n ", %0" ::"r"(seed + (n)) : "f" #n, "memory");
#define GET(n)                                                    \
    do {                                                          \
        uint64_t v;                                               \
        __asm__ volatile("fmv.x.d %0, f" #n : "=r"(v)::"memory"); \
        bad += v != seed + (n);                                   \
    } while (0);

static __attribute__((noinline)) int differ(uint64_t seed, void (*between)(void))
{
    int bad = 0;
    REGISTERS(SET)
    between();
    REGISTERS(GET)
    return bad;
}

static void yield(void)
{
    SchedYield();
}

static void *worker(void *arg)
{
    uint64_t seed = 0x3ff0000000000000ULL + (uint64_t)(uintptr_t)arg * 0x10000;
    uint64_t mode = (uintptr_t)arg % 5, was;
    intptr_t bad = 0;
    __asm__ volatile("fsrm %0" ::"r"(mode));
    for (int i = 0; i < ROUNDS; i++)
        bad += differ(seed + ((uint64_t)i << 20), yield);
    __asm__ volatile("frrm %0" : "=r"(was));
    __asm__ volatile("fsrm zero");
    return (void *)(bad + (was != mode));
}

static void *fresh(void *arg)
{
    uint64_t v, csr;
    __asm__ volatile("fmv.x.d %0, fs3" : "=r"(v));
    __asm__ volatile("frcsr %0" : "=r"(csr));
    return (void *)(uintptr_t)(v | csr | (uintptr_t)arg);
}

static int child_status;

static void fork_and_wait(void)
{
    pid_t pid = fork();
    if (pid == 0)
        return; /* the child looks at its registers, too */
    waitpid(pid, &child_status, 0);
}

int main(void)
{
    pthread_t t[THREADS];
    void *ret;
    int bad = 0;
    for (long i = 0; i < THREADS; i++)
        pthread_create(&t[i], NULL, worker, (void *)(i + 1));
    for (int i = 0; i < THREADS; i++) {
        pthread_join(t[i], &ret);
        bad += (int)(intptr_t)ret;
    }
    is_int(bad, 0, "registers and rounding mode of threads that take turns");

    pthread_create(&t[0], NULL, fresh, NULL);
    pthread_join(t[0], &ret);
    is_int((intptr_t)ret, 0, "a new thread's are zero");

    pid_t self = getpid();
    bad = differ(0x4000000000000000ULL, fork_and_wait);
    if (getpid() != self)
        _exit(bad != 0);
    is_int(bad, 0, "a parent's over fork()");
    ok(WIFEXITED(child_status) && WEXITSTATUS(child_status) == 0, "the child's are its parent's");
    return done();
}
