/* SPDX-License-Identifier: Apache-2.0 */
/* Memory: RAM in an array, user addresses through the kernel's own page tables, walked in software at every access without a lock, as
 * the hardware does.
 *
 * There is no TLB.  What a remote sfence.vma gives (no hart is still using an old translation) is the wait for `access` below: an access
 * is a walk and a copy of some bytes with this hart's flag up.  Instruction fetches go through a small cache per hart that only
 * fence.i empties, because real harts have one.
 */
#include "arch/riscv64/pte.h"
#include "host.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "mm/mm.h"

#define LINES 1024
#define LINE 64UL

struct line {
    paddr_t pa;
    uint64_t words[LINE / 8];
};

static _Alignas(4096) char ram[HOST_RAM_PAGES][4096];
static paddr_t kernel_root;
static _Atomic uint32_t access[QRV_HARTS_MAX];
static struct line icache[QRV_HARTS_MAX][LINES];
static _Atomic uint32_t fenced[QRV_HARTS_MAX]; /* fence.i of this hart asked for, perhaps by another */

void *phys_to_virt(paddr_t pa)
{
    if (pa < HOST_RAM_BASE || pa >= HOST_RAM_BASE + sizeof(ram))
        panic("access to 0x%lx outside RAM", pa);
    return (char *)ram + (pa - HOST_RAM_BASE);
}

paddr_t virt_to_phys(const void *va)
{
    return (paddr_t)((const char *)va - (char *)ram) + HOST_RAM_BASE;
}

static char frame_records[HOST_RAM_PAGES * 32];

void host_ram_init(void)
{
    kassert(frame_table_bytes(HOST_RAM_PAGES) <= sizeof(frame_records));
    frame_add_zone(HOST_RAM_BASE, HOST_RAM_PAGES, frame_records);
    frame_release_range(HOST_RAM_BASE, HOST_RAM_BASE + sizeof(ram));
    kernel_root = frame_alloc();
}

paddr_t arch_kernel_root(void)
{
    return kernel_root;
}

/* ---- translation */

/* Acquire: whoever sees an entry sees what it points at as it was when the entry was stored (the address dependency of the hardware). */
static uint64_t walk(const struct aspace *as, uint64_t va, uint64_t right)
{
    if (as == NULL || va >= QRV_USER_END)
        return 0;
    uint64_t e = PTE_FROM_PA(as->root) | PTE_V;
    for (int level = PT_LEVELS - 1; level >= 0; level--) {
        if (!PTE_IS_TABLE(e))
            return 0;
        uint64_t *table = phys_to_virt(PTE_PA(e));
        e = __atomic_load_n(&table[PT_INDEX(va, level)], __ATOMIC_ACQUIRE);
    }
    return (e & PTE_V) && (e & PTE_U) && (e & right) ? PTE_PA(e) + va % PAGE_SIZE : 0;
}

static void begin(void)
{
    atomic_store_explicit(&access[this_hart()->index], 1, memory_order_seq_cst);
}

static void end(void)
{
    atomic_store_explicit(&access[this_hart()->index], 0, memory_order_release);
}

/* The kernel's side: b is kernel memory. */
static int copy(uint64_t va, char *b, size_t bytes, bool write, uint64_t *fault)
{
    while (bytes > 0) {
        size_t n = MIN(MIN(bytes, HOST_ACCESS_MAX), PAGE_SIZE - va % PAGE_SIZE);
        begin();
        paddr_t pa = walk(this_hart()->aspace, va, write ? PTE_W : PTE_R);
        if (pa != 0 && write)
            memcpy(phys_to_virt(pa), b, n);
        else if (pa != 0)
            memcpy(b, phys_to_virt(pa), n);
        end();
        if (pa == 0) {
            *fault = va;
            return 1;
        }
        b += n;
        va += n;
        bytes -= n;
    }
    return 0;
}

int arch_user_read(void *dst, uint64_t src, size_t bytes)
{
    return copy(src, dst, bytes, false, &this_hart()->fixup_addr);
}

int arch_user_write(uint64_t dst, const void *src, size_t bytes)
{
    return copy(dst, (void *)(uintptr_t)src, bytes, true, &this_hart()->fixup_addr);
}

/* User code's side goes through a buffer of the hart: user stacks are not for ThreadSanitizer to see. */
static char bounce[QRV_HARTS_MAX][HOST_ACCESS_MAX];

char *host_bounce(void)
{
    return bounce[this_hart()->index];
}

int host_user_access(uint64_t va, size_t bytes, bool write)
{
    return copy(va, host_bounce(), bytes, write, &this_hart()->fixup_addr);
}

void *host_user_word(uint64_t va, bool write)
{
    paddr_t pa = walk(this_hart()->aspace, va, write ? PTE_W : PTE_R);
    return pa != 0 ? phys_to_virt(pa) : NULL;
}

void arch_aspace_load(struct aspace *as)
{
    struct hart *h = this_hart();
    if (h->aspace == as)
        return;
    racy_write(h->aspace, as);
    atomic_thread_fence(memory_order_seq_cst);
    __atomic_store_n(&h->aspace_left, as, __ATOMIC_RELEASE);
}

void arch_tlb_flush(struct aspace *as, uint64_t va, uint64_t bytes)
{
    (void)va;
    (void)bytes;
    atomic_thread_fence(memory_order_seq_cst);
    for (uint32_t i = 0; i < num_harts; i++)
        while (i != this_hart()->index && racy_read(harts[i].aspace) == as &&
               atomic_load_explicit(&access[i], memory_order_acquire) != 0)
            arch_relax();
}

void arch_tlb_flush_local(uint64_t va)
{
    (void)va;
}

void arch_aspace_evict(struct aspace *as)
{
    if (this_hart()->aspace == as)
        arch_aspace_load(NULL);
    for (uint32_t i = 0; i < num_harts; i++) {
        while (racy_read(harts[i].aspace) == as) {
            arch_kick(&harts[i]);
            arch_relax();
        }
        while (__atomic_load_n(&harts[i].aspace_left, __ATOMIC_ACQUIRE) == as)
            arch_relax();
    }
}

void host_left(_Atomic uint32_t *word)
{
    __atomic_fetch_add(word, 1, __ATOMIC_RELEASE);
}

void host_taken(_Atomic uint32_t *word)
{
    (void)__atomic_load_n(word, __ATOMIC_ACQUIRE);
}

/* ---- instruction fetch */

uint64_t host_fetch(uint64_t va)
{
    uint64_t insn = 0;
    uint32_t me = this_hart()->index;
    if (atomic_exchange_explicit(&fenced[me], 0, memory_order_acquire) != 0)
        memset(icache[me], 0, sizeof(icache[me]));
    begin();
    paddr_t pa = walk(this_hart()->aspace, va, PTE_X);
    if (pa != 0) {
        struct line *l = &icache[me][pa / LINE % LINES];
        if (l->pa != ALIGN_DOWN(pa, LINE)) {
            l->pa = ALIGN_DOWN(pa, LINE);
            memcpy(l->words, phys_to_virt(l->pa), LINE);
        }
        insn = l->words[pa % LINE / 8];
    }
    end();
    return insn;
}

void arch_icache_sync_all(void)
{
    for (uint32_t i = 0; i < num_harts; i++)
        atomic_store_explicit(&fenced[i], 1, memory_order_release);
}
