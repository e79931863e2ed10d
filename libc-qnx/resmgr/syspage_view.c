/* SPDX-License-Identifier: Apache-2.0 */
/* SYSPAGE_ENTRY(): the kernel's page under the documented names. */
#include <abi/syspage.h>
#include <sys/syspage.h>
#include <sys/neutrino.h>

static const struct qrv_syspage *page(void)
{
    return (const struct qrv_syspage *)QRV_SYSPAGE_ADDR;
}

const struct syspage_entry *__qrv_syspage(void)
{
    static struct syspage_entry entry;

    entry.size = sizeof(entry);
    entry.total_size = sizeof(entry);
    entry.num_cpu = (uint16_t)page()->num_cpu;
    return &entry;
}

/* Threads may fill it at once: each stores the same values but for the time, which is one aligned
 * word. */
struct qtime_entry *__qrv_syspage_qtime(void)
{
    static struct qtime_entry qtime;
    uint64_t rate = page()->cycles_per_sec, ticks = ClockCycles() - page()->entry_time;

    qtime.cycles_per_sec = rate;
    qtime.nsec_tod_adjust = page()->realtime_offset_ns;
    qtime.nsec = ticks / rate * 1000000000 + ticks % rate * 1000000000 / rate;
    qtime.nsec_inc = page()->tick_ns;
    qtime.boot_time = (uint32_t)page()->boot_time_sec;
    qtime.intr = UINT32_MAX;
    return &qtime;
}

struct cpuinfo_entry *__qrv_syspage_cpuinfo(void)
{
    static struct cpuinfo_entry cpu[QRV_HARTS_MAX];

    for (unsigned i = 0; i < QRV_HARTS_MAX; i++)
        cpu[i].cpu = page()->hartid[i];
    return cpu;
}

const char *__qrv_syspage_strings(void)
{
    return page()->isa;
}
