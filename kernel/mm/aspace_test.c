/* SPDX-License-Identifier: Apache-2.0 */
/* Address spaces against a model: random mapping, protecting, forking, writing in several address spaces, with memory running
 * out at times.  After every step each page must show exactly what the model says; in the end no frame is missing. */
#include <string.h>
#include "arch/riscv64/pte.h"
#include "mm/frame.h"
#include "mm/mm.h"
#include "test/fake.h"
#include "test/test.h"

#define SPACES 4
#define PAGES 48
#define BASE (0x40000000UL - 24 * PAGE_SIZE) /* over the border of two tables and of two GiB */
#define OBJ_PAGES 16

struct page {
    bool mapped, shared;
    uint32_t prot;
    uint64_t *cell; /* content; shared pages share it */
};

static struct {
    struct aspace *as;
    struct page page[PAGES];
} space[SPACES];

static uint64_t cells[1 << 20];
static size_t cells_used;
static uint64_t object_cells[OBJ_PAGES];
static int object;

static uint64_t *new_cell(uint64_t v)
{
    CHECK(cells_used < sizeof(cells) / sizeof(cells[0]));
    cells[cells_used] = v;
    return &cells[cells_used++];
}

static uint64_t va_of(int i)
{
    return BASE + (uint64_t)i * PAGE_SIZE;
}

/* pinned access, as uaccess.c does it */
static int access_page(struct aspace *as, uint64_t va, bool write, uint64_t *v)
{
    paddr_t f;
    bool shared;
    int err = aspace_pin(as, va, write, &f, &shared);
    if (err != 0)
        return err;
    uint64_t *word = (uint64_t *)((char *)phys_to_virt(f) + 64);
    if (write)
        *word = *v;
    else
        *v = *word;
    frame_put(f);
    return 0;
}

static bool readable(const struct page *p)
{
    return p->mapped && (p->prot & (TM_PROT_READ | TM_PROT_WRITE)) != 0;
}

static void check_entry(struct aspace *as, uint64_t va)
{
    uint64_t *t = phys_to_virt(as->root);
    for (int l = 2; l > 0; l--) {
        uint64_t e = t[PT_INDEX(va, l)];
        if (e == 0)
            return;
        CHECK(PTE_IS_TABLE(e));
        t = phys_to_virt(PTE_PA(e));
    }
    uint64_t e = t[PT_INDEX(va, 0)];
    if (!(e & PTE_V))
        return;
    CHECK((e & PTE_A) && (e & PTE_U) && !(e & PTE_G));
    CHECK(((e & PTE_W) != 0) == ((e & PTE_D) != 0));
    CHECK(!(e & PTE_W) || (e & PTE_R));
    CHECK(!((e & PTE_COW) && (e & (PTE_W | PTE_SHARED))));
    if ((e & PTE_W) && !(e & PTE_SHARED))
        CHECK(frame_refs(PTE_PA(e)) == 1);
}

static void check_space(int s)
{
    if (space[s].as == NULL)
        return;
    for (int i = 0; i < PAGES; i++) {
        const struct page *p = &space[s].page[i];
        uint64_t v = 0;
        check_entry(space[s].as, va_of(i));
        CHECK(aspace_is_mapped(space[s].as, va_of(i)) == p->mapped);
        int err = access_page(space[s].as, va_of(i), false, &v);
        CHECK(err == -ENOMEM || (err == 0) == readable(p));
        CHECK(err != 0 || v == *p->cell);
    }
}

static void op_write(int s, int i)
{
    struct page *p = &space[s].page[i];
    uint64_t v = test_random();
    int err = access_page(space[s].as, va_of(i), true, &v);
    CHECK(err == -ENOMEM || (err == 0) == (p->mapped && (p->prot & TM_PROT_WRITE)));
    if (err == 0)
        *p->cell = v;
}

static void op_map_anon(int s, int i, int n, uint32_t prot)
{
    uint32_t flags = TM_MAP_ANON;
    if (test_random() % 2)
        flags |= TM_MAP_LAZY;
    if (test_random() % 4 == 0)
        flags |= TM_MAP_SHARED;
    if (test_random() % 8 == 0)
        flags |= TM_MAP_CONTIG;
    if (aspace_map_anon(space[s].as, va_of(i), (uint64_t)n * PAGE_SIZE, prot, flags) != 0)
        return; /* out of memory: nothing may have changed */
    for (int k = i; k < i + n; k++)
        space[s].page[k] = (struct page){ true, (flags & TM_MAP_SHARED) != 0, prot, new_cell(0) };
}

static void op_map_obj(int s, int i, int n, uint32_t prot)
{
    int first = (int)(test_random() % OBJ_PAGES);
    struct memobj *o = memobj_get(object);
    int err = aspace_map_obj(space[s].as, va_of(i), (uint64_t)n * PAGE_SIZE, prot, true, o,
                             (uint64_t)first * PAGE_SIZE);
    memobj_put(o);
    if (first + n > OBJ_PAGES) {
        CHECK(err == -EINVAL);
        return;
    }
    if (err != 0)
        return;
    for (int k = 0; k < n; k++)
        space[s].page[i + k] = (struct page){ true, true, prot, &object_cells[first + k] };
}

static void op_fork(int from, int to)
{
    if (space[to].as != NULL) {
        aspace_destroy(space[to].as);
        space[to].as = NULL;
        memset(space[to].page, 0, sizeof(space[to].page));
    }
    struct aspace *as = aspace_create();
    if (as == NULL)
        return;
    if (aspace_fork(space[from].as, as) != 0) {
        CHECK(as->pages == 0);
        aspace_destroy(as);
        return;
    }
    space[to].as = as;
    for (int i = 0; i < PAGES; i++) {
        struct page p = space[from].page[i];
        if (p.mapped && !p.shared)
            p.cell = new_cell(*p.cell);
        space[to].page[i] = p;
    }
}

static void step(void)
{
    int s = (int)(test_random() % SPACES);
    if (space[s].as == NULL) {
        space[s].as = aspace_create();
        return;
    }
    int i = (int)(test_random() % PAGES), n = 1 + (int)(test_random() % (uint64_t)(PAGES - i));
    uint32_t prot = (uint32_t)(test_random() % 8);
    switch (test_random() % 10) {
    case 0:
    case 1:
        op_map_anon(s, i, n, prot);
        break;
    case 2:
        op_map_obj(s, i, n > 4 ? 4 : n, prot);
        break;
    case 3:
        aspace_unmap(space[s].as, va_of(i), (uint64_t)n * PAGE_SIZE);
        memset(&space[s].page[i], 0, (size_t)n * sizeof(struct page));
        break;
    case 4:
        CHECK(aspace_protect(space[s].as, va_of(i), (uint64_t)n * PAGE_SIZE, prot) == 0);
        for (int k = i; k < i + n; k++)
            space[s].page[k].prot = prot;
        break;
    case 5:
        if ((int)(test_random() % SPACES) != s)
            op_fork(s, (s + 1) % SPACES);
        break;
    default:
        for (int k = 0; k < 8; k++)
            op_write(s, (int)(test_random() % PAGES));
        break;
    }
}

static uint64_t free_pages(void)
{
    uint64_t total, free;
    frame_stats(&total, &free);
    return free;
}

static void random_walk(bool starve)
{
    paddr_t hoard = 0;
    if (starve) { /* leave little: failures must not lose or keep anything */
        while (free_pages() > 150) {
            paddr_t f = frame_alloc_dirty();
            *(paddr_t *)phys_to_virt(f) = hoard;
            hoard = f;
        }
    }
    for (int round = 0; round < 4000; round++) {
        if (round % 256 == 0)
            cells_used = 0;
        if (round % 256 == 0) {
            for (int s = 0; s < SPACES; s++) {
                if (space[s].as != NULL)
                    aspace_destroy(space[s].as);
                memset(&space[s], 0, sizeof(space[s]));
            }
        }
        step();
        for (int s = 0; s < SPACES; s++)
            check_space(s);
    }
    for (int s = 0; s < SPACES; s++) {
        if (space[s].as != NULL) {
            for (uint64_t va = 0; va < QRV_USER_END;)
                va = aspace_teardown(space[s].as, va);
            CHECK(space[s].as->pages == 0);
            aspace_destroy(space[s].as);
        }
        memset(&space[s], 0, sizeof(space[s]));
    }
    while (hoard != 0) {
        paddr_t next = *(paddr_t *)phys_to_virt(hoard);
        frame_put(hoard);
        hoard = next;
    }
}

static void edges(void)
{
    struct aspace *as = aspace_create();
    CHECK(aspace_map_anon(as, 1, PAGE_SIZE, 3, TM_MAP_ANON) == -EINVAL);
    CHECK(aspace_map_anon(as, 0x1000, 0, 3, TM_MAP_ANON) == -EINVAL);
    CHECK(aspace_map_anon(as, QRV_USER_END - PAGE_SIZE, PAGE_SIZE, 3, TM_MAP_ANON) == -EINVAL); /* the syspage */
    CHECK(aspace_map_anon(as, QRV_USER_END - 2 * PAGE_SIZE, PAGE_SIZE, 3, TM_MAP_ANON) == 0);
    CHECK(aspace_map_anon(as, UINT64_MAX & ~0xfffUL, PAGE_SIZE, 3, TM_MAP_ANON) == -EINVAL);
    CHECK(aspace_map_anon(as, 0x1000, UINT64_MAX, 3, TM_MAP_ANON) == -EINVAL);
    CHECK(aspace_protect(as, 0x1000, UINT64_MAX - 5, 3) == -EINVAL);
    CHECK(aspace_map_phys(as, 0x1000, PAGE_SIZE, 3, FAKE_BASE) == -EINVAL); /* RAM of the allocator */
    CHECK(aspace_map_phys(as, 0x1000, PAGE_SIZE, 3, 0x10000000) == 0);
    paddr_t f;
    bool shared;
    CHECK(aspace_pin(as, 0x1000, false, &f, &shared) == -EFAULT); /* a device is not reached through the direct map */
    CHECK(aspace_translate(as, 0x1234, &f) == 0 && f == 0x10000234);
    CHECK(aspace_fault(as, UINT64_MAX, false, false) == -EFAULT && aspace_fault(NULL, 0, false, false) == -EFAULT);
    CHECK(aspace_fault(as, QRV_USER_END - PAGE_SIZE, false, false) == 0);
    CHECK(aspace_fault(as, QRV_USER_END - PAGE_SIZE, true, false) == -EFAULT);
    as->max_pages = as->pages + 2;
    CHECK(aspace_map_anon(as, 0x10000, 3 * PAGE_SIZE, 3, TM_MAP_ANON) == -ENOMEM);
    CHECK(aspace_map_anon(as, 0x10000, 3 * PAGE_SIZE, 3, TM_MAP_ANON | TM_MAP_LAZY) == 0);
    CHECK(aspace_fault(as, 0x10000, true, false) == 0 && aspace_fault(as, 0x11000, true, false) == 0);
    CHECK(aspace_fault(as, 0x12000, true, false) == -ENOMEM);
    uint64_t syncs = fake.icache_syncs;
    CHECK(aspace_protect(as, 0x10000, PAGE_SIZE, TM_PROT_READ | TM_PROT_EXEC) == 0 && fake.icache_syncs > syncs);
    CHECK(aspace_fault(as, 0x10000, false, true) == 0);
    aspace_destroy(as);
}

/* The pin stays with the parent: what the kernel writes through it after a fork is the parent's. */
static void pin_over_fork(void)
{
    struct aspace *a = aspace_create(), *b = aspace_create();
    paddr_t f;
    bool shared;
    uint64_t v = 1;
    CHECK(aspace_map_anon(a, BASE, PAGE_SIZE, 3, TM_MAP_ANON) == 0);
    CHECK(access_page(a, BASE, true, &v) == 0);
    CHECK(aspace_pin(a, BASE, true, &f, &shared) == 0 && !shared);
    CHECK(aspace_fork(a, b) == 0);
    *(uint64_t *)((char *)phys_to_virt(f) + 64) = 2;
    frame_put(f);
    CHECK(access_page(a, BASE, false, &v) == 0 && v == 2);
    CHECK(access_page(b, BASE, false, &v) == 0 && v == 1);
    aspace_destroy(a);
    aspace_destroy(b);
}

static void private_object_page(void)
{
    struct aspace *a = aspace_create(), *b = aspace_create();
    int id = memobj_create(PAGE_SIZE);
    struct memobj *o = memobj_get(id);
    uint64_t v = 5;
    CHECK(aspace_map_obj(a, BASE, PAGE_SIZE, 3, true, o, 0) == 0);
    CHECK(aspace_map_obj(b, BASE, PAGE_SIZE, 1, false, o, 0) == 0);
    CHECK(access_page(a, BASE, true, &v) == 0);
    CHECK(access_page(b, BASE, false, &v) == 0 && v == 5);
    CHECK(access_page(b, BASE, true, &v) == -EFAULT);
    CHECK(aspace_protect(b, BASE, PAGE_SIZE, 3) == 0);
    v = 6;
    CHECK(access_page(b, BASE, true, &v) == 0);
    CHECK(access_page(a, BASE, false, &v) == 0 && v == 5);
    memobj_put(o);
    CHECK(memobj_destroy(id) == 0);
    CHECK(access_page(a, BASE, false, &v) == 0 && v == 5); /* mapped frames outlive the object */
    aspace_destroy(a);
    aspace_destroy(b);
}

static void objects(void)
{
    uint64_t before = free_pages();
    int id = memobj_create(5 * PAGE_SIZE + 1);
    CHECK(id > 0);
    struct memobj *o = memobj_get(id);
    CHECK(memobj_pages(o) == 6 && memobj_frame(o, 6) == 0);
    CHECK(memobj_resize(id, 700 * PAGE_SIZE) == 0 && memobj_pages(o) == 700);
    CHECK(memobj_resize(id, PAGE_SIZE) == 0 && memobj_pages(o) == 1);
    CHECK(memobj_resize(id, (FAKE_PAGES + 1) * PAGE_SIZE) == -ENOMEM && memobj_pages(o) == 1);
    CHECK(memobj_create(UINT64_MAX) == -ENOMEM && memobj_create(FAKE_PAGES * PAGE_SIZE) == -ENOMEM);
    CHECK(memobj_destroy(id) == 0 && memobj_destroy(id) == -EINVAL && memobj_get(id) == NULL);
    CHECK(memobj_destroy(0) == -EINVAL && memobj_destroy(-1) == -EINVAL && memobj_get(INT32_MAX) == NULL);
    memobj_put(o);
    CHECK(memobj_count() == 0);
    CHECK(before - free_pages() < 40); /* slabs and the id table stay */
}

/* Every number of pages around the size of a batch, over the border of two tables, whose tables go too. */
static void batches(void)
{
    struct aspace *as = aspace_create();
    uint64_t border = 0x200000;
    CHECK(aspace_map_anon(as, border, PAGE_SIZE, 3, TM_MAP_ANON) == 0); /* what stays: the upper tables */
    aspace_unmap(as, border, 0x200000);
    uint64_t before = free_pages();
    for (uint64_t n = 1; n < 140; n++) {
        for (int way = 0; way < 2; way++) {
            CHECK(aspace_map_anon(as, border - n * PAGE_SIZE, 2 * n * PAGE_SIZE, 3, TM_MAP_ANON) == 0);
            if (way == 0)
                aspace_unmap(as, 0, 2 * border);
            for (uint64_t va = 0; way > 0 && va < QRV_USER_END;)
                va = aspace_teardown(as, va);
            CHECK(as->pages == 0 && free_pages() == before);
        }
    }
    aspace_destroy(as);
}

/* Runs of executable pages: over the border of two tables, next to each other, with and without a table between them. */
static void text_runs(void)
{
    struct aspace *as = aspace_create();
    const uint32_t rx = TM_PROT_READ | TM_PROT_EXEC;
    uint64_t border = 0x200000, far = 0x40000000UL, va = 0;
    CHECK(aspace_next_text(as, &va) == 0 && va == 0);
    CHECK(aspace_map_anon(as, border - 2 * PAGE_SIZE, 5 * PAGE_SIZE, rx, TM_MAP_ANON) == 0);
    CHECK(aspace_map_anon(as, border + 3 * PAGE_SIZE, PAGE_SIZE, 3, TM_MAP_ANON) == 0);
    CHECK(aspace_map_anon(as, border + 4 * PAGE_SIZE, PAGE_SIZE, rx, TM_MAP_ANON) == 0);
    CHECK(aspace_map_anon(as, far - PAGE_SIZE, PAGE_SIZE, rx, TM_MAP_ANON) == 0);
    CHECK(aspace_map_anon(as, 3 * far, PAGE_SIZE, rx, TM_MAP_ANON) == 0);
    static const struct {
        uint64_t start, pages;
    } runs[] = { { 0x200000 - 2 * PAGE_SIZE, 5 }, { 0x200000 + 4 * PAGE_SIZE, 1 }, { 0x40000000UL - PAGE_SIZE, 1 },
                 { 3 * 0x40000000UL, 1 } };
    for (unsigned i = 0; i < ARRAY_SIZE(runs); i++) {
        uint64_t end = aspace_next_text(as, &va);
        CHECK(va == runs[i].start && end == va + runs[i].pages * PAGE_SIZE);
        va = end;
    }
    CHECK(aspace_next_text(as, &va) == 0);
    va = border;
    CHECK(aspace_next_text(as, &va) == border + 3 * PAGE_SIZE && va == border);
    aspace_unmap(as, 0, 4 * far);
    aspace_destroy(as);
}

int main(void)
{
    fake_init();
    text_runs();
    batches();
    edges();
    pin_over_fork();
    private_object_page();
    objects();
    object = memobj_create(OBJ_PAGES * PAGE_SIZE);
    random_walk(false);
    uint64_t before = free_pages();
    random_walk(false);
    CHECK(free_pages() == before);
    random_walk(true);
    CHECK(free_pages() == before);
    return test_done("aspace");
}
