/* SPDX-License-Identifier: Apache-2.0 */
/* Private to kernel/arch/riscv64, kernel/platform and main.c: CSRs, SBI, page-table set-up, hart start. */
#pragma once
#include <abi/limits.h>
#include "arch/riscv64/layout.h"
#include "core/arch.h"
#include "core/hart.h"

#define csr_read(csr)                                            \
    ({                                                           \
        uint64_t v_;                                             \
        __asm__ volatile("csrr %0, " csr : "=r"(v_)::"memory"); \
        v_;                                                      \
    })
#define csr_write(csr, v) __asm__ volatile("csrw " csr ", %0" ::"rK"((uint64_t)(v)) : "memory")
#define csr_set(csr, v) __asm__ volatile("csrs " csr ", %0" ::"rK"((uint64_t)(v)) : "memory")
#define csr_clear(csr, v) __asm__ volatile("csrc " csr ", %0" ::"rK"((uint64_t)(v)) : "memory")

#define CSR_STIMECMP "0x14d"
#define SSTATUS_SPIE (1UL << 5)
#define SSTATUS_SPP (1UL << 8)
#define SSTATUS_FS (3UL << 13)
#define SSTATUS_FS_CLEAN (2UL << 13)
#define SSTATUS_FS_DIRTY (3UL << 13)
#define SSTATUS_SUM (1UL << 18)
#define SIP_SSIP (1UL << 1)
#define SIP_STIP (1UL << 5)
#define SIP_SEIP (1UL << 9)

/* ---- SBI (sbi.c) */
struct sbi_ret {
    int64_t error;
    int64_t value;
};
struct sbi_ret sbi_call(uint64_t ext, uint64_t fn, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4);
void sbi_init(void); /* probes extensions */
/* Text to the firmware's console; any context. */
void sbi_console_write(const char *text, size_t bytes);
void sbi_set_timer(uint64_t time);
void sbi_send_ipi(uint32_t hartid);
int64_t sbi_hart_start(uint32_t hartid, paddr_t entry, uint64_t opaque);
void sbi_remote_sfence(uint32_t harts, uint64_t va, uint64_t bytes); /* bit per hart index, not hartid */
void sbi_remote_fence_i(uint32_t harts);
void sbi_system_reset(bool cold_reboot); /* returns when it cannot */
uint32_t sbi_version(void);

/* ---- translation (mmu.c, early.c) */
extern char _start[], __rodata_start[], __data_start[], __bss_start[], _end[], __stacks_start[];
extern paddr_t riscv_image_pa; /* where _start was loaded */
extern uint64_t riscv_kernel_satp; /* read by secondary harts with translation off */
/* Lets RAM be reached through the direct map before riscv_map_final(): whole GiB. */
void riscv_map_early(paddr_t pa, uint64_t bytes);
/* Builds the final kernel root: direct map of the given ranges, with alloc giving zeroed pages; switches to it. */
struct phys_range {
    paddr_t base;
    uint64_t bytes;
};
void riscv_map_final(const struct phys_range *ram, unsigned count, paddr_t (*alloc)(void));
void *riscv_map_device(paddr_t pa, uint64_t bytes); /* boot only; NULL when the window is full */
bool riscv_map_stack_page(uint64_t va, paddr_t pa); /* below STACKS_BASE + STACKS_BYTES; false: out of memory.  Caller fences. */
bool riscv_is_device_map(const void *va);
unsigned riscv_asid_bits(void);

/* ---- harts (smp.c) and traps (trap.c) */
void riscv_hart_init(struct hart *h);  /* CSRs of this hart */
/* Starts every hart of the list but this one and sets num_harts; they wait at a gate before they schedule. */
void riscv_start_harts(const uint32_t *hartids, unsigned count);
void riscv_open_gate(void);
void riscv_time_init(uint64_t timebase_hz, bool sstc);
uint64_t riscv_time_hz(void);
uint64_t riscv_entry_time(void);
extern _Atomic bool riscv_stopping;    /* a panic: every hart parks at its next interrupt */
_Noreturn void riscv_park(void);

/* ---- assembly */
void riscv_trap_entry(void);
_Noreturn void riscv_enter_user(void); /* kernel_exit() and sret */
void riscv_secondary_entry(void);
bool riscv_fp_first_use(struct thread *t); /* an illegal instruction: the first of t with floating point since it was dispatched? */
void riscv_fp_save(struct fpregs *f);
void riscv_fp_load(const struct fpregs *f);
