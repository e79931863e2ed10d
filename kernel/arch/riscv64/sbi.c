/* SPDX-License-Identifier: Apache-2.0 */
/* Calls to the firmware (RISC-V SBI specification 2.0).  Version 0.2 of the call convention is needed; DBCN and SRST are optional. */
#include "arch/riscv64/riscv.h"
#include "mm/mm.h"

#define EXT_LEGACY_PUTCHAR 1
#define EXT_BASE 0x10
#define EXT_TIME 0x54494d45
#define EXT_IPI 0x735049
#define EXT_RFENCE 0x52464e43
#define EXT_HSM 0x48534d
#define EXT_SRST 0x53525354
#define EXT_DBCN 0x4442434e

static bool have_dbcn, have_srst, have_time, have_ipi, have_rfence, have_hsm;
static uint32_t version;

struct sbi_ret sbi_call(uint64_t ext, uint64_t fn, uint64_t x0, uint64_t x1, uint64_t x2, uint64_t x3, uint64_t x4)
{
    register uint64_t a0 __asm__("a0") = x0;
    register uint64_t a1 __asm__("a1") = x1;
    register uint64_t a2 __asm__("a2") = x2;
    register uint64_t a3 __asm__("a3") = x3;
    register uint64_t a4 __asm__("a4") = x4;
    register uint64_t a6 __asm__("a6") = fn;
    register uint64_t a7 __asm__("a7") = ext;
    __asm__ volatile("ecall"
                     : "+r"(a0), "+r"(a1)
                     : "r"(a2), "r"(a3), "r"(a4), "r"(a6), "r"(a7)
                     : "memory");
    return (struct sbi_ret){ (int64_t)a0, (int64_t)a1 };
}

static bool probe(uint64_t ext)
{
    struct sbi_ret r = sbi_call(EXT_BASE, 3, ext, 0, 0, 0, 0);
    return r.error == 0 && r.value != 0;
}

void sbi_init(void)
{
    version = (uint32_t)sbi_call(EXT_BASE, 0, 0, 0, 0, 0, 0).value;
    have_dbcn = probe(EXT_DBCN);
    have_srst = probe(EXT_SRST);
    have_time = probe(EXT_TIME);
    have_ipi = probe(EXT_IPI);
    have_rfence = probe(EXT_RFENCE);
    have_hsm = probe(EXT_HSM);
    if (!have_time || !have_ipi || !have_rfence)
        panic("the firmware lacks SBI TIME, IPI or RFENCE");
}

uint32_t sbi_version(void)
{
    return version;
}

void sbi_console_write(const char *text, size_t bytes)
{
    while (have_dbcn && bytes > 0) {
        struct sbi_ret r = sbi_call(EXT_DBCN, 0, bytes, virt_to_phys(text), 0, 0, 0);
        if (r.error != 0)
            break;
        text += r.value; /* 0 when the device is busy: ask again */
        bytes -= (size_t)r.value;
    }
    for (; bytes > 0; bytes--)
        sbi_call(EXT_LEGACY_PUTCHAR, 0, (unsigned char)*text++, 0, 0, 0, 0);
}

void sbi_set_timer(uint64_t time)
{
    sbi_call(EXT_TIME, 0, time, 0, 0, 0, 0);
}

void sbi_send_ipi(uint32_t hartid)
{
    sbi_call(EXT_IPI, 0, 1, hartid, 0, 0, 0);
}

int64_t sbi_hart_start(uint32_t hartid, paddr_t entry, uint64_t opaque)
{
    return have_hsm ? sbi_call(EXT_HSM, 0, hartid, entry, opaque, 0, 0).error : -2;
}

/* hartids may lie anywhere: those within 64 of the lowest share one call. */
static void rfence(uint64_t fn, uint32_t set, uint64_t va, uint64_t bytes)
{
    while (set != 0) {
        uint32_t base = UINT32_MAX;
        for (uint32_t i = 0; i < num_harts; i++)
            if ((set & 1U << i) && harts[i].hartid < base)
                base = harts[i].hartid;
        uint64_t mask = 0;
        for (uint32_t i = 0; i < num_harts; i++) {
            if ((set & 1U << i) && harts[i].hartid - base < 64) {
                mask |= 1UL << (harts[i].hartid - base);
                set &= ~(1U << i);
            }
        }
        if (mask == 0)
            panic("remote fence for harts 0x%x that do not exist", set);
        struct sbi_ret r = sbi_call(EXT_RFENCE, fn, mask, base, va, bytes, 0);
        if (r.error != 0)
            panic("SBI RFENCE %lu failed: %ld", fn, r.error);
    }
}

void sbi_remote_sfence(uint32_t set, uint64_t va, uint64_t bytes)
{
    rfence(1, set, va, bytes);
}

void sbi_remote_fence_i(uint32_t set)
{
    rfence(0, set, 0, 0);
}

void sbi_system_reset(bool cold_reboot)
{
    if (have_srst)
        sbi_call(EXT_SRST, 0, cold_reboot ? 1 : 0, 0, 0, 0, 0);
}
