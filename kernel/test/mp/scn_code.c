/* SPDX-License-Identifier: Apache-2.0 */
/* Programs in memory that other programs were in before: a hart must never run what its instruction cache still has of them. */
#include <abi/tm.h>
#include "mp.h"

#define CODE_VA 0x800000UL
#define CODE_BYTES 8192UL
#define FUNCTION 256UL /* bytes of each page that are written and run */

static _Atomic uint64_t next_program;
static _Atomic uint32_t loaded;

static void executor(void *arg)
{
    uint64_t program = (uint64_t)(uintptr_t)arg;
    for (unsigned i = 0; i < mp_rounds(12); i++) {
        uint64_t at = CODE_VA + mp_range(0, 1) * 4096 + mp_range(0, FUNCTION / 8 - 1) * 8;
        MP_CHECK(u_fetch(at) == program);
        mp_pause();
    }
}

/* As the loader does: written through taskman, then made executable. */
static void program_main(void *arg)
{
    (void)arg;
    uint64_t program = atomic_fetch_add(&next_program, 1);
    MP_CHECK(mp_tm(TM_MAP, u_pid(), CODE_VA, CODE_BYTES, TM_PROT_READ | TM_PROT_WRITE) == 0);
    for (uint64_t at = 0; at < CODE_BYTES; at += 4096)
        MP_CHECK(mp_tm(TM_COPY, u_pid(), CODE_VA + at, FUNCTION, program) == 0);
    MP_CHECK(mp_tm(TM_PROTECT, u_pid(), CODE_VA, CODE_BYTES, TM_PROT_READ | TM_PROT_EXEC) == 0);
    atomic_fetch_add(&loaded, 1);
    for (int i = 0; i < 3; i++)
        mp_thread(executor, (void *)(uintptr_t)program, 0, 10);
    executor((void *)(uintptr_t)program);
    for (int tid = 2; tid < 5; tid++)
        MP_CHECK(kc(KC_THREAD_JOIN, tid, 0) == 0);
}

void scn_code(void)
{
    atomic_store(&next_program, 0x1000);
    atomic_store(&loaded, 0);
    unsigned n = mp_rounds(8);
    for (unsigned i = 0; i < n; i++) {
        int32_t a = mp_spawn(program_main, NULL), b = mp_spawn(program_main, NULL);
        while (kc(KC_SIGNAL_KILL, a, 0, 0, 0, 0, 0) == 0 || kc(KC_SIGNAL_KILL, b, 0, 0, 0, 0, 0) == 0)
            mp_sleep(300 * MP_USEC);
    }
    MP_CHECK(atomic_load(&loaded) == 2 * n);
}
