/* SPDX-License-Identifier: Apache-2.0 */
/* The system page.  SYSPAGE_ENTRY(qtime), SYSPAGE_ENTRY(cpuinfo), SYSPAGE_ENTRY(strings) and
 * _syspage_ptr are views that libc fills from the kernel's page (abi/syspage.h) at each use. */
#pragma once
#include <abi/syspage.h>
#include <stdint.h>
#include <sys/cdefs.h>

__BEGIN_DECLS

struct qtime_entry {
    uint64_t cycles_per_sec;  /* rate of ClockCycles() */
    uint64_t nsec_tod_adjust; /* nsec + nsec_tod_adjust = time of day */
    volatile uint64_t nsec;   /* since boot */
    uint32_t nsec_inc;        /* tick */
    uint32_t boot_time;       /* seconds since 1970, 0 unknown */
    uint32_t intr;            /* interrupt of the clock: UINT32_MAX, it is no PLIC source */
    uint32_t flags;
};
struct cpuinfo_entry {
    uint32_t cpu;   /* hart id */
    uint32_t speed; /* MHz, 0 unknown */
    uint32_t flags;
    uint32_t name; /* offset of the ISA string in SYSPAGE_ENTRY(strings) */
};
struct syspage_entry {
    uint16_t size;
    uint16_t total_size;
    uint16_t type;
    uint16_t num_cpu;
};

const struct syspage_entry *__qrv_syspage(void);
struct qtime_entry *__qrv_syspage_qtime(void);
struct cpuinfo_entry *__qrv_syspage_cpuinfo(void);
const char *__qrv_syspage_strings(void);

#define _syspage_ptr         (__qrv_syspage())
#define SYSPAGE_ENTRY(entry) (__qrv_syspage_##entry())

__END_DECLS
