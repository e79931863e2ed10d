/* SPDX-License-Identifier: Apache-2.0 */
/* The machine under the memory code in host tests: one hart, RAM in a static array, counters instead of flushes. */
#include "test/fake.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "core/arch.h"
#include "core/hart.h"
#include "core/preempt.h"
#include "mm/frame.h"
#include "mm/mm.h"

struct hart harts[QRV_HARTS_MAX];
uint32_t num_harts = 1;
__thread struct hart *host_hart = &harts[0];
struct fake_machine fake;

static _Alignas(4096) char ram[FAKE_PAGES][4096];

void *phys_to_virt(paddr_t pa)
{
    if (pa < FAKE_BASE || pa >= FAKE_BASE + sizeof(ram))
        panic("access to 0x%lx outside RAM", pa);
    return (char *)ram + (pa - FAKE_BASE);
}

paddr_t virt_to_phys(const void *va)
{
    return (paddr_t)((const char *)va - (char *)ram) + FAKE_BASE;
}

void fake_init(void)
{
    void *table = calloc(1, frame_table_bytes(FAKE_PAGES));
    frame_add_zone(FAKE_BASE, FAKE_PAGES, table);
    frame_release_range(FAKE_BASE, FAKE_BASE + sizeof(ram));
    fake.kernel_root = frame_alloc();
    fake.syspage = frame_alloc();
    aspace_set_syspage(fake.syspage);
}

void panic(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fprintf(stderr, "panic: ");
    vfprintf(stderr, fmt, ap);
    fprintf(stderr, "\n");
    abort();
}

void kprintf(const char *fmt, ...)
{
    (void)fmt;
}

paddr_t arch_kernel_root(void)
{
    return fake.kernel_root;
}

void arch_tlb_flush(struct aspace *as, uint64_t va, uint64_t bytes)
{
    (void)as;
    (void)va;
    fake.flushes++;
    fake.flushed_bytes += bytes;
}

void arch_tlb_flush_local(uint64_t va)
{
    (void)va;
}

void arch_aspace_evict(struct aspace *as)
{
    (void)as;
}

void arch_icache_sync_all(void)
{
    fake.icache_syncs++;
}

void preempt_point(void)
{
    if (harts[0].lock_depth != 0)
        panic("a thread may give way with a lock held");
}

void arch_relax(void)
{
}

nsec_t arch_now(void)
{
    return fake.now;
}

void arch_timer_set(nsec_t when)
{
    fake.timer = when;
}

/* Nothing is made to fail here. */
bool alloc_fails(void)
{
    return false;
}
