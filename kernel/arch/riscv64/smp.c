/* SPDX-License-Identifier: Apache-2.0 */
/* Starting the other harts.  Each comes up in riscv_secondary_main() and waits at the gate until the boot hart has counted
 * them all: num_harts is final before any of them schedules. */
#include "arch/riscv64/riscv.h"
#include "core/boot.h"
#include "core/panic_test.h"
#include "core/sched.h"
#include "mm/mm.h"

#define START_TIMEOUT_NS 1000000000UL

static _Atomic bool gate_open;
_Noreturn void riscv_secondary_main(struct hart *h);

void riscv_hart_init(struct hart *h)
{
    (void)h;
    csr_write("scounteren", 7); /* cycle, time, instret are the user's to read */
    csr_clear("sstatus", SSTATUS_SUM | SSTATUS_FS | SSTATUS_SPP);
    csr_set("sstatus", SSTATUS_SPIE); /* entry.S relies on SPP and SPIE */
    arch_timer_set((nsec_t)-1);
    h->timer_armed = (nsec_t)-1;
    h->armed = UINT64_MAX;
    csr_write("sie", SIP_SSIP | SIP_STIP | SIP_SEIP);
}

_Noreturn void riscv_secondary_main(struct hart *h)
{
    riscv_hart_init(h);
    atomic_store_explicit(&h->online, true, memory_order_release);
    while (!atomic_load_explicit(&gate_open, memory_order_acquire))
        arch_relax();
    if (h->index >= num_harts)
        riscv_park(); /* came too late to be counted */
    __asm__ volatile("sfence.vma\n\tfence.i" ::: "memory");
    if (QRV_LOCK_DEBUG)
        panic_test_hart();
    sched_start_hart();
    riscv_enter_user();
}

enum start { STARTED, REFUSED, TIMED_OUT };

static enum start start_one(struct hart *h)
{
    int64_t err = sbi_hart_start(h->hartid, virt_to_phys(riscv_secondary_entry), h->index);
    if (err != 0) {
        kprintf("hart %u: the firmware cannot start it (%ld)\n", h->hartid, err);
        return REFUSED;
    }
    nsec_t end = arch_now() + START_TIMEOUT_NS;
    while (!atomic_load_explicit(&h->online, memory_order_acquire)) {
        if (arch_now() > end) {
            kprintf("hart %u: no sign of life, no further harts are started\n", h->hartid);
            return TIMED_OUT; /* its slot stays its own: it may still come */
        }
        arch_relax();
    }
    return STARTED;
}

void riscv_start_harts(const uint32_t *hartids, unsigned count)
{
    unsigned n = 1;
    for (unsigned i = 0; i < count; i++) {
        if (hartids[i] == harts[0].hartid)
            continue;
        if (n == QRV_HARTS_MAX) {
            kprintf("hart %u: left alone, this kernel uses %u\n", hartids[i], QRV_HARTS_MAX);
            continue;
        }
        hart_setup(&harts[n], n, hartids[i]);
        enum start r = start_one(&harts[n]);
        if (r == TIMED_OUT)
            break;
        if (r == STARTED)
            n++;
    }
    num_harts = n;
    for (unsigned i = 0; i < n; i++)
        harts[i].others = n - 1;
}

void riscv_open_gate(void)
{
    atomic_store_explicit(&gate_open, true, memory_order_release);
}
