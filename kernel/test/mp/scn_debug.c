/* SPDX-License-Identifier: Apache-2.0 */
/* A debugger that stops a process by signals and by itself, and lets it go on with others, while the process never enters the kernel of its own
 * accord: what it is told only by a flag it has to find. */
#include <abi/tm.h>
#include "mp.h"

#define SIGUSR2_NUMBER 12 /* its action is the end of the process: it must never act */
#define BYSTANDERS 2

static _Atomic uint32_t handled;
static _Atomic bool over, debugger_over, shoot;

static void on_signal(int signo)
{
    MP_CHECK(signo == MP_SIGUSR1);
    atomic_fetch_add(&handled, 1);
}

static void block_signals(void)
{
    uint64_t both = QRV_SIG_BIT(MP_SIGUSR1) | QRV_SIG_BIT(SIGUSR2_NUMBER);
    u_write(u_buf(), &both, sizeof(both));
    MP_CHECK(kc(KC_SIGNAL_PROCMASK, 0, u_buf(), 0) == 0);
}

static void bystander(void *arg)
{
    (void)arg;
    while (!atomic_load(&over))
        mp_pause();
}

static void subject_main(void *arg)
{
    (void)arg;
    block_signals(); /* the bystanders inherit it */
    for (int i = 0; i < BYSTANDERS; i++)
        mp_thread(bystander, NULL, 0, 10);
    uint64_t none = 0;
    mp_handler(MP_SIGUSR1, on_signal, 0);
    u_write(u_buf(), &none, sizeof(none));
    MP_CHECK(kc(KC_SIGNAL_PROCMASK, 2, u_buf(), 0) == 0);
    atomic_fetch_add(&handled, 1);
    while (!atomic_load(&over))
        u_poll();
}

/* Takes the hart away from threads that are about to park, or have just been let go. */
static void noise(void *arg)
{
    (void)arg;
    while (!atomic_load(&debugger_over)) {
        mp_sleep(mp_range(1, 30) * MP_USEC);
        for (uint64_t n = mp_range(1, 60); n > 0; n--)
            u_poll();
    }
}

/* Sends the signal about when the debugger lets its process go. */
static void shooter(void *arg)
{
    while (!atomic_load(&debugger_over)) {
        u_poll();
        if (!atomic_load(&shoot))
            continue;
        for (uint64_t n = mp_range(0, 150); n > 0; n--)
            u_poll();
        MP_CHECK(kc(KC_SIGNAL_KILL, (intptr_t)arg, 0, SIGUSR2_NUMBER, 0, 0, 0) == 0);
        atomic_store(&shoot, false);
    }
}

/* Without a call: that one could wake the hart which is to wake by itself. */
static void await_handled(uint32_t n)
{
    uint64_t end = sim_now() + (sim_config.free_running ? 20000 : 500) * MP_MSEC;
    while (atomic_load(&handled) != n) {
        u_poll();
        MP_CHECK(sim_now() < end && "the signal that a debugger gave is handled");
    }
}

static void await_stop(int32_t pid)
{
    for (int tid = 1; tid <= 1 + BYSTANDERS; tid++) {
        int64_t r;
        while ((r = mp_tm(TM_DEBUG_REGS, pid, (uint64_t)tid, 0, TM_REGS_READ)) == -EBUSY)
            mp_pause();
        MP_CHECK(r == 0 && "what a debugger is told first does not act");
    }
}

static void stop(int32_t pid)
{
    if (mp_chance(2))
        MP_CHECK(mp_tm(TM_DEBUG_STOP, pid, 0, 0, 0) == 0);
    else
        MP_CHECK(kc(KC_SIGNAL_KILL, pid, 0, SIGUSR2_NUMBER, 0, 0, 0) == 0);
}

static void go_on_with_signal(int32_t pid)
{
    MP_CHECK(mp_tm(TM_DEBUG_RUN, pid, 1, MP_SIGUSR1, TM_DR_KEEP) == 0);
    MP_CHECK(mp_tm(TM_DEBUG_RUN, pid, 0, 0, TM_DR_KEEP) == 0);
}

static void debug(int32_t pid)
{
    uint32_t given = 1;
    await_handled(given); /* the subject is at work */
    MP_CHECK(mp_tm(TM_DEBUG_ATTACH, pid, ~0UL, 0, 0) == 0);
    for (unsigned i = 0; i < mp_rounds(100); i++) {
        stop(pid);
        await_stop(pid);
        while (mp_chance(2)) {
            atomic_store(&shoot, true);
            MP_CHECK(mp_tm(TM_DEBUG_RUN, pid, 0, 0, 0) == 0);
            while (atomic_load(&shoot))
                u_poll();
            await_stop(pid);
        }
        go_on_with_signal(pid);
        await_handled(++given);
    }
    MP_CHECK(mp_tm(TM_DEBUG_DETACH, pid, 0, 0, 0) == 0);
}

/* ---- a debugger of single threads (TM_DA_ALONE) */

static void await_thread(int32_t pid, int tid)
{
    int64_t r;
    while ((r = mp_tm(TM_DEBUG_REGS, pid, (uint64_t)tid, 0, TM_REGS_READ)) == -EBUSY)
        mp_pause();
    MP_CHECK(r == 0);
}

static void others_are_free(int32_t pid, int held)
{
    for (int tid = 1; tid <= 1 + BYSTANDERS; tid++)
        if (tid != held)
            MP_CHECK(mp_tm(TM_DEBUG_REGS, pid, (uint64_t)tid, 0, TM_REGS_READ) == -EBUSY && "what stops one thread holds no other");
}

/* The subject by a signal, anybody by a request. */
static int stop_one(int32_t pid)
{
    int tid = mp_chance(2) ? 1 : (int)mp_range(1, 1 + BYSTANDERS);
    if (tid == 1 && mp_chance(2))
        MP_CHECK(kc(KC_SIGNAL_KILL, pid, 0, SIGUSR2_NUMBER, 0, 0, 0) == 0);
    else
        MP_CHECK(mp_tm(TM_DEBUG_STOP, pid, (uint64_t)tid, 0, 0) == 0);
    return tid;
}

static void debug_threads(int32_t pid)
{
    uint32_t given = 1;
    await_handled(given);
    MP_CHECK(mp_tm(TM_DEBUG_ATTACH, pid, ~0UL, TM_DA_ALONE, 0) == 0);
    for (unsigned i = 0; i < mp_rounds(100); i++) {
        int tid = stop_one(pid);
        await_thread(pid, tid);
        others_are_free(pid, tid);
        int signo = tid == 1 ? MP_SIGUSR1 : 0;
        MP_CHECK(mp_tm(TM_DEBUG_RUN, pid, (uint64_t)tid, (uint64_t)signo, 0) == 0);
        if (mp_chance(2)) { /* perhaps before it has come to its signal, which it keeps */
            MP_CHECK(mp_tm(TM_DEBUG_STOP, pid, mp_chance(2) ? 0 : (uint64_t)tid, 0, 0) == 0);
            await_thread(pid, tid);
            MP_CHECK(mp_tm(TM_DEBUG_RUN, pid, 0, 0, 0) == 0);
        }
        given += signo != 0;
        await_handled(given);
    }
    MP_CHECK(mp_tm(TM_DEBUG_DETACH, pid, 0, 0, 0) == 0);
}

static _Atomic bool is_alone;

static void debugger_main(void *arg)
{
    mp_thread(atomic_load(&is_alone) ? noise : shooter, arg, 0, 10);
    int last = 1 + (int)mp_range(1, 4);
    for (int tid = 3; tid <= last; tid++)
        mp_thread(noise, NULL, 0, 15);
    if (atomic_load(&is_alone))
        debug_threads((int32_t)(intptr_t)arg);
    else
        debug((int32_t)(intptr_t)arg);
    atomic_store(&over, true);
    atomic_store(&debugger_over, true);
    for (int tid = 2; tid <= last; tid++)
        MP_CHECK(kc(KC_THREAD_JOIN, tid, 0) == 0);
}

static void begin(bool of_threads)
{
    atomic_store(&is_alone, of_threads);
    atomic_store(&handled, 0);
    atomic_store(&over, false);
    atomic_store(&debugger_over, false);
    atomic_store(&shoot, false);
    int32_t pid = mp_spawn(subject_main, NULL);
    mp_spawn(debugger_main, (void *)(intptr_t)pid);
}

void scn_debugger(void)
{
    begin(false);
}

void scn_debugger_threads(void)
{
    begin(true);
}
