/* SPDX-License-Identifier: Apache-2.0 */
/* The `time` counter as nanoseconds, and the one-shot timer of each hart (Sstc, or SBI TIME).
 * ns = ticks * 10^9 / timebase, exactly, counted from kernel entry: libc computes the same from the system page. */
#include "arch/riscv64/riscv.h"
#include "machine.h"

#define NS_PER_SEC 1000000000UL

static uint64_t hz, entry_time;
static uint64_t ns_per_tick; /* when it divides evenly, else 0 */
static bool have_sstc;

void riscv_time_init(uint64_t timebase_hz, bool sstc)
{
    if (timebase_hz < 1000 || timebase_hz > 100 * NS_PER_SEC)
        panic("timebase-frequency %lu makes no sense", timebase_hz);
    hz = timebase_hz;
    ns_per_tick = NS_PER_SEC % hz == 0 ? NS_PER_SEC / hz : 0;
    have_sstc = sstc;
    entry_time = arch_ticks();
}

uint64_t riscv_time_hz(void)
{
    return hz;
}

uint64_t riscv_entry_time(void)
{
    return entry_time;
}

nsec_t arch_ticks_ns(uint64_t t)
{
    if (ns_per_tick != 0)
        return t * ns_per_tick;
    if (hz == 0)
        return 0; /* a message before time is set up */
    return t / hz * NS_PER_SEC + t % hz * NS_PER_SEC / hz;
}

nsec_t arch_time_of(uint64_t reading)
{
    return arch_ticks_ns(reading - entry_time);
}

nsec_t arch_now(void)
{
    return arch_time_of(arch_ticks());
}

/* Rounded up: never before its time. */
uint64_t arch_ticks_for(nsec_t ns)
{
    return ns_per_tick != 0 ? (ns + ns_per_tick - 1) / ns_per_tick
                            : ns / NS_PER_SEC * hz + (ns % NS_PER_SEC * hz + NS_PER_SEC - 1) / NS_PER_SEC;
}

uint64_t arch_reading_at(nsec_t when)
{
    return when < UINT64_MAX / 2 ? entry_time + arch_ticks_for(when) : UINT64_MAX;
}

void arch_timer_set(nsec_t when)
{
    uint64_t t = arch_reading_at(when);
    if (have_sstc)
        csr_write(CSR_STIMECMP, t);
    else
        sbi_set_timer(t);
}
