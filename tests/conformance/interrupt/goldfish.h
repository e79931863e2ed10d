/* SPDX-License-Identifier: Apache-2.0 */
/* The alarm of QEMU's "Goldfish" real-time clock: an interrupt at will.  Only on QEMU's virt
 * machine, vector 11. */
#pragma once
#include <hw/inout.h>
#include <sys/mman.h>
#include <sys/syspage.h>
#include "../rendezvous.h"

#define RTC_BASE            0x101000
#define RTC_VECTOR          11
#define RTC_TIME_LOW        0x00
#define RTC_TIME_HIGH       0x04
#define RTC_ALARM_LOW       0x08
#define RTC_ALARM_HIGH      0x0c
#define RTC_IRQ_ENABLED     0x10
#define RTC_CLEAR_ALARM     0x14
#define RTC_CLEAR_INTERRUPT 0x1c

static uintptr_t rtc;

static inline int rtc_open(void)
{
    const struct qrv_syspage *sp = (const struct qrv_syspage *)QRV_SYSPAGE_ADDR;
    if (strncmp(sp->machine, "riscv-virtio", 12) != 0)
        return 0;
    rtc = mmap_device_io(4096, RTC_BASE);
    return rtc != (uintptr_t)MAP_FAILED;
}

static inline void rtc_alarm_in(uint64_t ns)
{
    uint64_t at = in32(rtc + RTC_TIME_LOW);
    at |= (uint64_t)in32(rtc + RTC_TIME_HIGH) << 32;
    at += ns;
    out32(rtc + RTC_CLEAR_INTERRUPT, 1);
    out32(rtc + RTC_ALARM_HIGH, (uint32_t)(at >> 32));
    out32(rtc + RTC_IRQ_ENABLED, 1);
    out32(rtc + RTC_ALARM_LOW, (uint32_t)at);
}

static inline void rtc_quiet(void)
{
    out32(rtc + RTC_CLEAR_ALARM, 1);
    out32(rtc + RTC_CLEAR_INTERRUPT, 1);
}
