/* SPDX-License-Identifier: Apache-2.0 */
/* Scenarios for the kernel on many harts of the build machine.  A scenario runs in the root process (pid 2), starts processes and
 * threads that get in each other's way, checks what they see, and ends when all of them are told to; main.c then waits until they are
 * gone and compares the kernel's objects with those before. */
#pragma once
#include <abi/limits.h>
#include <abi/msg.h>
#include <abi/signal.h>
#include <abi/sync.h>
#include <abi/time.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include "arch/host/sim.h"
#include "arch/host/user.h"

#define MP_USEC 1000UL
#define MP_MSEC 1000000UL
#define MP_SIGKILL 9
#define MP_ERESTART 316 /* kernel/lib/errno.h */
#define MP_SIGUSR1 10
#define MP_SA_RESTART 0x10000000UL

struct scenario {
    const char *name;
    void (*run)(void);
};
extern const struct scenario mp_scenarios[];
void scn_rendezvous(void), scn_two_replies(void), scn_objects(void), scn_kill(void);
void scn_mutex(void), scn_robust(void), scn_condvar(void), scn_semaphore(void), scn_flags(void);
void scn_threads(void), scn_priorities(void), scn_timers(void), scn_interrupts(void), scn_signals(void);
void scn_code(void), scn_debugger(void), scn_debugger_threads(void);

void mp_failed(const char *file, int line, const char *what, long got);
#define MP_CHECK(cond) ((cond) ? (void)0 : mp_failed(__FILE__, __LINE__, #cond, 0))
/* One of the named results, or the run has failed. */
#define MP_ONE_OF(r, ...)                                                        \
    do {                                                                         \
        const int64_t ok_[] = { __VA_ARGS__ };                                   \
        bool found_ = false;                                                     \
        int64_t r_ = (r);                                                        \
        for (size_t i_ = 0; i_ < sizeof(ok_) / sizeof(ok_[0]); i_++)             \
            found_ = found_ || ok_[i_] == r_;                                    \
        if (!found_)                                                             \
            mp_failed(__FILE__, __LINE__, #r " is one of " #__VA_ARGS__, r_);    \
    } while (0)

unsigned mp_rounds(unsigned n);          /* scaled by --work */
bool mp_chance(unsigned one_in);
uint64_t mp_range(uint64_t from, uint64_t to);
int32_t mp_spawn(void (*fn)(void *), void *arg); /* pid; the process ends when fn returns */
int64_t mp_thread(void (*fn)(void *), void *arg, uint32_t flags, int priority); /* tid; the process may be dying */
void mp_kill(int32_t pid);               /* SIGKILL; it may be gone */
void mp_sleep(uint64_t ns);
void mp_timeout(uint32_t states, uint64_t ns); /* TimerTimeout() for the next call */
void mp_pause(void);                     /* some user instructions, a yield, or a short sleep */
int64_t mp_receive(int32_t chid, uint64_t msg, int64_t bytes, uint64_t info);
int64_t mp_send(int32_t coid, uint64_t smsg, int64_t sbytes, uint64_t rmsg, int64_t rbytes);
void mp_handler(int signo, void (*fn)(int), uint64_t flags);
/* Taskman's calls, done by taskman for the caller. */
struct tm_map;
int64_t mp_tm(uint32_t call, int32_t pid, uint64_t va, uint64_t bytes, uint64_t extra);
