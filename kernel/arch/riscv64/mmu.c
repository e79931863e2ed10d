/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel page tables, satp, TLB and instruction-cache upkeep.
 *
 * All roots share the kernel half: its top-level entries (direct map, image, device window) are complete when
 * riscv_map_final() returns and never change.  No ASIDs are used: every switch flushes.
 * Flush protocol: a hart names the address space in hart.aspace before it loads the root, and flushes after; a changer writes the
 * entry, fences, then reads every hart.aspace.  Either the changer sees the name or the loader's walks see the new entry.
 */
#include "arch/riscv64/pte.h"
#include "arch/riscv64/quick.h"
#include "arch/riscv64/riscv.h"
#include "lib/string.h"
#include "mm/mm.h"

#define DEVICE_WINDOW 0x200000UL

extern uint64_t riscv_early_root[PT_ENTRIES], riscv_image_l1[PT_ENTRIES];

paddr_t riscv_image_pa;
uint64_t riscv_kernel_satp;
static uint64_t kernel_root[PT_ENTRIES] __attribute__((aligned(4096)));
static uint64_t device_l1[PT_ENTRIES] __attribute__((aligned(4096)));
static unsigned device_used; /* boot only */
static unsigned asid_bits;
static bool flush_whole; /* erratum CIP-1200: only the flush of everything works */
static paddr_t (*alloc_table)(void);

/* Leaf table of a place in the window of spare stacks, which has one. */
static uint64_t *leaf_of(uint64_t va)
{
    return phys_to_virt(PTE_PA(device_l1[PT_INDEX(va, 1)]));
}

paddr_t virt_to_phys(const void *p)
{
    uint64_t va = (uint64_t)p;
    if (va >= STACKS_BASE)
        return PTE_PA(leaf_of(va)[PT_INDEX(va, 0)]) + va % PAGE_SIZE;
    if (va >= KERNEL_BASE)
        return va - KERNEL_BASE + riscv_image_pa;
    kassert(va >= DIRECT_BASE);
    return va - DIRECT_BASE;
}

static void sfence_all(void)
{
    __asm__ volatile("sfence.vma" ::: "memory");
}

void riscv_map_early(paddr_t pa, uint64_t bytes)
{
    for (paddr_t gib = ALIGN_DOWN(pa, 1UL << 30); gib < pa + bytes && gib < DIRECT_BYTES; gib += 1UL << 30)
        riscv_early_root[PT_INDEX(DIRECT_BASE + gib, 2)] =
            PTE_FROM_PA(gib) | PTE_R | PTE_W | PTE_V | PTE_A | PTE_D | PTE_G;
    sfence_all();
}

static uint64_t *table_of(uint64_t *entry)
{
    if (*entry == 0)
        *entry = PTE_FROM_PA(alloc_table()) | PTE_V;
    kassert(PTE_IS_TABLE(*entry));
    return phys_to_virt(PTE_PA(*entry));
}

/* Largest pages that fit; nothing may be mapped there yet. */
static void map_direct(paddr_t pa, paddr_t end, uint64_t rights)
{
    while (pa < end) {
        uint64_t va = DIRECT_BASE + pa;
        int level = 2;
        while (level > 0 && ((pa & ((1UL << PT_SHIFT(level)) - 1)) != 0 || end - pa < 1UL << PT_SHIFT(level)))
            level--;
        uint64_t *table = kernel_root;
        for (int l = 2; l > level; l--)
            table = table_of(&table[PT_INDEX(va, l)]);
        uint64_t *entry = &table[PT_INDEX(va, level)];
        kassert(*entry == 0);
        *entry = PTE_FROM_PA(pa) | rights | PTE_V | PTE_A | PTE_G;
        pa += 1UL << PT_SHIFT(level);
    }
}

static void probe_asids(void)
{
    uint64_t satp = csr_read("satp");
    csr_write("satp", satp | 0xffffUL << SATP_ASID_SHIFT);
    asid_bits = (unsigned)__builtin_popcountl(csr_read("satp") >> SATP_ASID_SHIFT & 0xffff);
    csr_write("satp", satp);
    sfence_all();
}

void riscv_map_final(const struct phys_range *ram, unsigned count, paddr_t (*alloc)(void))
{
    alloc_table = alloc;
    paddr_t ro = riscv_image_pa;
    paddr_t ro_end = riscv_image_pa + (uint64_t)(__data_start - _start);
    for (unsigned i = 0; i < count; i++) {
        paddr_t base = ram[i].base, end = base + ram[i].bytes;
        if (end <= ro || base >= ro_end) {
            map_direct(base, end, PTE_R | PTE_W | PTE_D);
            continue;
        }
        map_direct(base, MAX(base, ro), PTE_R | PTE_W | PTE_D);
        map_direct(MAX(base, ro), MIN(end, ro_end), PTE_R); /* code and constants: no writable alias */
        map_direct(MIN(end, ro_end), end, PTE_R | PTE_W | PTE_D);
    }
    kernel_root[PT_INDEX(KERNEL_BASE, 2)] = PTE_FROM_PA(virt_to_phys(riscv_image_l1)) | PTE_V;
    kernel_root[PT_INDEX(DEVICE_BASE, 2)] = PTE_FROM_PA(virt_to_phys(device_l1)) | PTE_V;
    riscv_kernel_satp = SATP_SV39 | virt_to_phys(kernel_root) >> 12;
    __asm__ volatile("fence rw, rw" ::: "memory");
    csr_write("satp", riscv_kernel_satp);
    sfence_all();
    probe_asids();
    flush_whole = sbi_call(0x10, 4, 0, 0, 0, 0, 0).value == 0x489; /* mvendorid: SiFive */
}

void *riscv_map_device(paddr_t pa, uint64_t bytes)
{
    paddr_t base = ALIGN_DOWN(pa, DEVICE_WINDOW);
    uint64_t n = (ALIGN_UP(pa + bytes, DEVICE_WINDOW) - base) / DEVICE_WINDOW;
    if (bytes == 0 || pa + bytes < pa || n > PT_INDEX(STACKS_BASE, 1) - device_used)
        return NULL;
    uint64_t va = DEVICE_BASE + device_used * DEVICE_WINDOW;
    for (uint64_t i = 0; i < n; i++)
        device_l1[device_used++] =
            PTE_FROM_PA(base + i * DEVICE_WINDOW) | PTE_R | PTE_W | PTE_V | PTE_A | PTE_D | PTE_G;
    sfence_all();
    return (void *)(va + (pa - base));
}

bool riscv_map_stack_page(uint64_t va, paddr_t pa)
{
    uint64_t *middle = &device_l1[PT_INDEX(va, 1)];
    if (*middle == 0) {
        paddr_t table = frame_alloc();
        if (table == 0)
            return false;
        __atomic_store_n(middle, PTE_FROM_PA(table) | PTE_V, __ATOMIC_RELEASE); /* zeroes first */
    }
    leaf_of(va)[PT_INDEX(va, 0)] = PTE_FROM_PA(pa) | PTE_R | PTE_W | PTE_V | PTE_A | PTE_D | PTE_G;
    return true;
}

paddr_t arch_kernel_root(void)
{
    return virt_to_phys(kernel_root);
}

unsigned riscv_asid_bits(void)
{
    return asid_bits;
}

void arch_aspace_load(struct aspace *as)
{
    struct hart *h = this_hart();
    if (as)
        arch_aspace_switch(h, as);
    else if (h->aspace)
        arch_aspace_set(h, NULL, riscv_kernel_satp);
}

/* Bit per hart that may have translations of as. */
static uint32_t users_of(const struct aspace *as)
{
    uint32_t set = 0;
    for (uint32_t i = 0; i < num_harts; i++)
        if (racy_read(harts[i].aspace) == as)
            set |= 1U << i;
    return set;
}

void arch_tlb_flush(struct aspace *as, uint64_t va, uint64_t bytes)
{
    uint32_t self = 1U << this_hart()->index;
    atomic_thread_fence(memory_order_seq_cst);
    uint32_t set = users_of(as);
    bool whole = flush_whole || bytes > 32 * PAGE_SIZE;
    if (set & self) {
        if (whole) {
            sfence_all();
        } else {
            for (uint64_t a = va; a < va + bytes; a += PAGE_SIZE)
                __asm__ volatile("sfence.vma %0, zero" ::"r"(a) : "memory");
        }
    }
    if (set & ~self)
        sbi_remote_sfence(set & ~self, whole ? 0 : va, whole ? UINT64_MAX : bytes);
}

void arch_tlb_flush_local(uint64_t va)
{
    if (flush_whole)
        sfence_all();
    else
        __asm__ volatile("sfence.vma %0, zero" ::"r"(va) : "memory");
}

/* No thread of as is left to load it again: a hart that names it no more is done with it once its satp has changed too. */
void arch_aspace_evict(struct aspace *as)
{
    if (this_hart()->aspace == as)
        arch_aspace_load(NULL);
    for (uint32_t i = 0; i < num_harts; i++) {
        while (racy_read(harts[i].aspace) == as) {
            arch_kick(&harts[i]); /* trap.c: drops a dying root */
            for (int spin = 0; spin < 1000 && racy_read(harts[i].aspace) == as; spin++)
                arch_relax();
        }
        while (__atomic_load_n(&harts[i].aspace_left, __ATOMIC_ACQUIRE) == as)
            arch_relax();
    }
}

void arch_icache_sync_all(void)
{
    struct hart *h = this_hart();
    __asm__ volatile("fence rw, rw\n\tfence.i" ::: "memory");
    uint32_t others = ((1U << num_harts) - 1) & ~(1U << h->index);
    if (others != 0)
        sbi_remote_fence_i(others);
}
