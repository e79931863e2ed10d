/* SPDX-License-Identifier: Apache-2.0 */
/* See panic_test.h.  In debug kernels only. */
#include "core/panic_test.h"
#include <abi/syspage.h>
#include "arch/riscv64/riscv.h"
#include "core/boot.h"
#include "core/panic.h"
#include "lib/string.h"
#include "mm/mm.h"

static struct spinlock outer = SPINLOCK_INIT(RANK_PROC), inner = SPINLOCK_INIT(RANK_WAIT), of_another = SPINLOCK_INIT(RANK_TIMER);
static _Atomic uint32_t others_hold;

static bool is_asked_for(const char *name)
{
    static const char word[] = "panic-test=";
    const struct qrv_syspage *sp = phys_to_virt(kernel_info.syspage);
    size_t n = sizeof(word) - 1, len = strlen(name);
    for (const char *at = sp->cmdline; at + n + len < sp->cmdline + sizeof(sp->cmdline) && *at; at++)
        if (memcmp(at, word, n) == 0 && memcmp(at + n, name, len) == 0)
            return true;
    return false;
}

static __attribute__((noinline)) void panic_test_inner(volatile uint32_t *nowhere)
{
    spin_lock(&inner);
    *nowhere = 1;
    spin_unlock(&inner);
}

static __attribute__((noinline)) void panic_test_outer(volatile uint32_t *nowhere)
{
    spin_lock(&outer);
    panic_test_inner(nowhere);
    spin_unlock(&outer);
}

/* Uses up the stack; what it returns keeps it from being a loop. */
static __attribute__((noinline)) uint64_t panic_test_deep(uint64_t n)
{
    volatile char frame[512];
    frame[n % sizeof(frame)] = (char)n;
    return n == UINT64_MAX ? 0 : panic_test_deep(n + 1) + (uint64_t)frame[n % sizeof(frame)];
}

void panic_test(void)
{
    if (is_asked_for("fault")) {
        while (num_harts > 1 && atomic_load(&others_hold) == 0)
            arch_relax();
        panic_test_outer((volatile uint32_t *)0x5a5a5000);
    }
    if (is_asked_for("console")) /* its address is translated with the console held */
        console_write((const char *)0x1000, 16);
    if (is_asked_for("stack"))
        kprintf("%lu\n", panic_test_deep(0));
    if (is_asked_for("thread")) { /* the report itself stumbles over it */
        this_hart()->current = (struct thread *)0x5a5a5000;
        panic("a broken thread");
    }
}

void panic_test_hart(void)
{
    if (!is_asked_for("fault") || this_hart()->index != 1)
        return;
    spin_lock(&of_another);
    atomic_store(&others_hold, 1);
    riscv_park();
}
