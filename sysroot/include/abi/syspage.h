/* SPDX-License-Identifier: Apache-2.0 */
/* System page: one read-only page-aligned block the kernel fills at boot and maps into every process at QRV_SYSPAGE_ADDR.
 * Time of day is realtime_offset_ns + monotonic; a reader retries while seq is odd or changed. */
#pragma once
#include <stdint.h>
#include <abi/limits.h>

#define QRV_SYSPAGE_ADDR 0x3fffffe000UL /* QRV_USER_END - one page */
#define QRV_SYSPAGE_MAGIC 0x51525653

struct qrv_syspage {
    uint32_t magic;
    uint32_t size;
    uint32_t num_cpu;
    uint32_t boot_hart;
    uint64_t cycles_per_sec; /* timebase: rate of the `time` CSR */
    uint64_t boot_time_sec;  /* UNIX time of boot, 0 unknown */
    volatile uint32_t seq;
    uint32_t tick_ns;            /* ClockPeriod */
    volatile uint64_t realtime_offset_ns;
    uint64_t ram_bytes;
    uint64_t entry_time;         /* `time` CSR at kernel entry */
    struct {
        uint64_t paddr;          /* 0: none */
        uint32_t irq;
        uint32_t reg_shift;
        uint32_t reg_io_width;
        uint32_t clock_hz;
        char     compatible[32]; /* "ns16550a", "sifive,uart0" */
    } console;
    char machine[64];            /* model of the device tree */
    char isa[128];               /* riscv,isa of the boot hart */
    char cmdline[512];           /* /chosen bootargs */
    uint32_t hartid[QRV_HARTS_MAX];
};
