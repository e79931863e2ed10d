/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of arch/host, and for the tests that boot it. */
#pragma once
#include "core/arch.h"
#include "core/hart.h"
#include "sim.h"

#define HOST_RAM_BASE 0x80000000UL
#define HOST_RAM_PAGES 12288UL
#define HOST_VECTORS 8

/* Boots the portable kernel with taskman's first thread at entry (a user program, user.h); harts are started by sim_run(host_hart). */
void host_boot(void (*taskman_main)(void *));
void host_hart_main(unsigned index);
_Noreturn void host_panic_exit(void);
void host_report(void); /* every process and thread, to stderr */

/* ---- ram.c */
void host_ram_init(void);
#define HOST_ACCESS_MAX 64UL
/* A load or store of user code on this hart, of up to HOST_ACCESS_MAX bytes to or from host_bounce(): 0, or 1 with the hart's fixup_addr. */
int host_user_access(uint64_t va, size_t bytes, bool write);
char *host_bounce(void);
/* Host address of a user word of this hart's address space, NULL: not there. */
void *host_user_word(uint64_t va, bool write);
/* Eight bytes as this hart would fetch them as instructions, perhaps stale; 0: nothing is there. */
uint64_t host_fetch(uint64_t va);

/* Who takes what another user thread has left behind (its stack) comes after it: as in a libc that reuses stacks. */
void host_left(_Atomic uint32_t *word);
void host_taken(_Atomic uint32_t *word);

/* ---- board.c: interrupts of devices */
void host_raise(uint32_t vector);
void host_external_interrupts(void);

/* ---- a user thread between two traps: user.c */
enum host_trap { HOST_CALL, HOST_INTERRUPT, HOST_FAULT };
struct co {
    struct regs regs;
    enum host_trap cause;
    uint64_t fault_va;
    bool fault_write;
    struct context *context;
    void *private;
};
void host_regs_set(struct co *c, const struct regs *r);
void host_regs_get(const struct co *c, struct regs *r);
void host_thread_over(struct co *c); /* its last call was ThreadExit(): it never comes back to user mode */
