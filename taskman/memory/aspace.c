/* SPDX-License-Identifier: Apache-2.0 */
/* Address-space policy: placement with ASLR, guard gaps, W^X, limits.  See aspace.h for the layout
 * and the lock. */
#include <errno.h>
#include "main/heap.h"
#include "main/print.h"
#include "main/rng.h"
#include "memory/aspace.h"
#include "memory/memobj.h"

extern const uint8_t loader_image[], loader_image_end[];

static struct memobj *loader_object; /* constant after aspaces_init */

int aspaces_init(void)
{
    loader_object = memobj_from(loader_image, (uint64_t)(loader_image_end - loader_image));
    return loader_object ? 0 : -ENOMEM;
}

static uint64_t choose(const struct aspace *as, uint64_t top, uint64_t pages)
{
    return as->is_random ? top - rng_u64() % pages * QRV_PAGE_SIZE : top;
}

static void choose_top(struct aspace *as, bool is_random)
{
    as->is_random = is_random;
    as->mmap_top = choose(as, MMAP_TOP, MMAP_RANDOM_PAGES);
}

void aspace_init(struct aspace *as, bool is_random)
{
    lock_init(&as->lock, RANK_ASPACE);
    regions_init(&as->regions);
    as->peak_bytes = 0;
    as->is_dead = false;
    choose_top(as, is_random);
}

void aspace_fini(struct aspace *as)
{
    regions_clear(&as->regions);
}

void aspace_died(struct aspace *as)
{
    lock_acquire(&as->lock);
    regions_clear(&as->regions);
    as->is_dead = true;
    lock_release(&as->lock);
}

void aspace_reset(struct aspace *as, bool is_random)
{
    lock_acquire(&as->lock);
    regions_clear(&as->regions);
    choose_top(as, is_random);
    lock_release(&as->lock);
}

bool aspace_is_random(struct aspace *as)
{
    bool is_random;

    lock_acquire(&as->lock);
    is_random = as->is_random;
    lock_release(&as->lock);
    return is_random;
}

static uint64_t page_up(uint64_t bytes)
{
    return (bytes + QRV_PAGE_SIZE - 1) & ~(QRV_PAGE_SIZE - 1);
}

/* Where the mapping goes: 0 and *start, or -errno. */
static int place_locked(struct aspace *as, const struct map_request *req, uint64_t bytes,
                        uint64_t *start)
{
    uint64_t addr = req->addr;

    if (req->is_fixed || req->keep_others) {
        if (addr % QRV_PAGE_SIZE || addr < USER_LOW || addr >= USER_HIGH ||
            bytes > USER_HIGH - addr)
            return req->keep_others || addr % QRV_PAGE_SIZE ? -EINVAL : -ENOMEM;
        if (req->keep_others && !regions_is_free(&as->regions, addr, addr + bytes))
            return -EEXIST;
        *start = addr;
        return 0;
    }
    addr &= ~(QRV_PAGE_SIZE - 1);
    if (addr >= USER_LOW && addr < USER_HIGH && bytes <= USER_HIGH - addr &&
        regions_is_free(&as->regions, addr, addr + bytes)) {
        *start = addr; /* a hint that can be met */
        return 0;
    }
    *start = regions_place(&as->regions, USER_LOW, as->mmap_top, bytes, QRV_PAGE_SIZE);
    return *start ? 0 : -ENOMEM;
}

/* The kernel's part: an object's frames end where the object ends; what is mapped beyond stays
 * empty and faults. */
static int map_in_kernel(const struct map_request *req, uint64_t start, uint64_t bytes)
{
    struct tm_map map = {.pid = req->pid,
                         .prot = req->prot,
                         .flags = req->tm_flags,
                         .va = start,
                         .bytes = bytes,
                         .offset = req->offset};
    long rc;

    if (req->obj) {
        uint64_t there = req->offset < req->obj_bytes ? req->obj_bytes - req->offset : 0;

        map.obj = req->obj->id;
        map.bytes = bytes < there ? bytes : there;
    }
    if (map.bytes) {
        rc = tmk_map(&map);
        if (rc < 0)
            return (int)rc;
    }
    if (map.bytes < bytes && req->is_fixed)
        tmk_unmap(req->pid, start + map.bytes, bytes - map.bytes);
    return 0;
}

static int map_locked(struct aspace *as, const struct map_request *req, uint64_t *addr)
{
    uint64_t bytes = page_up(req->bytes), start, replaced;
    struct region n;
    int rc;

    if (as->is_dead)
        return -ESRCH;
    if (req->bytes == 0)
        return -EINVAL;
    if (req->bytes > USER_HIGH)
        return -ENOMEM;
    rc = place_locked(as, req, bytes, &start);
    if (rc < 0)
        return rc;
    replaced = regions_overlap(&as->regions, start, start + bytes);
    if (as->regions.bytes - replaced > req->limit ||
        bytes > req->limit - (as->regions.bytes - replaced))
        return -ENOMEM;
    rc = regions_reserve(&as->regions, 3);
    if (rc < 0)
        return rc;
    rc = map_in_kernel(req, start, bytes);
    if (rc < 0)
        return rc;
    /* Commit point: nothing below fails. */
    regions_remove(&as->regions, start, start + bytes);
    n = (struct region){.start = start,
                        .end = start + bytes,
                        .offset = req->offset,
                        .obj = req->obj,
                        .prot = req->prot,
                        .max_prot = req->max_prot,
                        .flags = req->flags};
    if (n.obj)
        memobj_get(n.obj);
    regions_insert(&as->regions, &n);
    if (as->regions.bytes > as->peak_bytes)
        as->peak_bytes = as->regions.bytes;
    *addr = start;
    return 0;
}

int aspace_map(struct aspace *as, const struct map_request *req, uint64_t *addr)
{
    int rc;

    lock_acquire(&as->lock);
    rc = map_locked(as, req, addr);
    lock_release(&as->lock);
    return rc;
}

static int check_range(uint64_t addr, uint64_t bytes)
{
    if (addr % QRV_PAGE_SIZE || bytes == 0)
        return -EINVAL;
    return addr < USER_HIGH && bytes <= USER_HIGH - addr ? 0 : -EINVAL;
}

int aspace_unmap(struct aspace *as, int32_t pid, uint64_t addr, uint64_t bytes)
{
    int rc = check_range(addr, bytes);

    if (rc < 0)
        return rc;
    bytes = page_up(bytes);
    lock_acquire(&as->lock);
    rc = as->is_dead ? -ESRCH : regions_reserve(&as->regions, 1);
    if (rc == 0 && !regions_is_free(&as->regions, addr, addr + bytes)) {
        rc = (int)tmk_unmap(pid, addr, bytes);
        if (rc >= 0)
            regions_remove(&as->regions, addr, addr + bytes);
    }
    lock_release(&as->lock);
    return rc < 0 ? rc : 0;
}

static int protect_locked(struct aspace *as, int32_t pid, uint64_t addr, uint64_t bytes,
                          uint32_t prot)
{
    uint64_t end = addr + bytes;
    int rc;

    if (as->is_dead)
        return -ESRCH;
    if (!regions_is_covered(&as->regions, addr, end))
        return -ENOMEM;
    for (uint64_t at = addr; at < end;) {
        const struct region *r = regions_find(&as->regions, at);
        if ((prot & (TM_PROT_READ | TM_PROT_WRITE | TM_PROT_EXEC)) & ~r->max_prot)
            return -EACCES;
        at = r->end;
    }
    rc = regions_reserve(&as->regions, 2);
    if (rc < 0)
        return rc;
    rc = (int)tmk_protect(pid, addr, bytes, prot);
    if (rc >= 0)
        regions_protect(&as->regions, addr, end, prot);
    return rc < 0 ? rc : 0;
}

int aspace_protect(struct aspace *as, int32_t pid, uint64_t addr, uint64_t bytes, uint32_t prot)
{
    int rc;

    if (bytes == 0)
        return addr % QRV_PAGE_SIZE ? -EINVAL : 0;
    if (check_range(addr, bytes) < 0)
        return addr % QRV_PAGE_SIZE ? -EINVAL : -ENOMEM;
    lock_acquire(&as->lock);
    rc = protect_locked(as, pid, addr, page_up(bytes), prot);
    lock_release(&as->lock);
    return rc;
}

int aspace_load_loader(struct aspace *as, int32_t pid, uint64_t stack_bytes,
                       struct stack_place *stack)
{
    uint64_t loader_bytes = page_up((uint64_t)(loader_image_end - loader_image)), addr;
    struct map_request text = {.pid = pid,
                               .prot = TM_PROT_READ | TM_PROT_EXEC,
                               .max_prot = TM_PROT_READ | TM_PROT_EXEC,
                               .tm_flags = TM_MAP_OBJ | TM_MAP_SHARED,
                               .flags = REGION_LOADER | REGION_SHARED,
                               .obj = loader_object,
                               .obj_bytes = loader_bytes,
                               .addr = LOADER_BASE,
                               .bytes = loader_bytes,
                               .limit = UINT64_MAX,
                               .is_fixed = true};
    struct map_request space = {.pid = pid,
                                .prot = TM_PROT_READ | TM_PROT_WRITE,
                                .max_prot = TM_PROT_READ | TM_PROT_WRITE,
                                .tm_flags = TM_MAP_ANON | TM_MAP_LAZY,
                                .flags = REGION_STACK | REGION_LAZY,
                                .limit = UINT64_MAX,
                                .is_fixed = true};
    int rc;

    if (stack_bytes > MAIN_STACK_MAX)
        stack_bytes = stack_bytes == UINT64_MAX ? MAIN_STACK_DEFAULT : MAIN_STACK_MAX;
    if (stack_bytes < MAIN_STACK_MIN)
        stack_bytes = MAIN_STACK_MIN;
    stack_bytes = page_up(stack_bytes);
    lock_acquire(&as->lock);
    stack->high = choose(as, STACK_TOP, STACK_RANDOM_PAGES);
    lock_release(&as->lock);
    stack->low = stack->high - stack_bytes;
    /* Nothing is placed below the stack by choice: the page under it is its guard. */
    space.addr = stack->low;
    space.bytes = stack_bytes;
    rc = aspace_map(as, &text, &addr);
    return rc < 0 ? rc : aspace_map(as, &space, &addr);
}

long aspace_fork(struct aspace *parent, struct aspace *child, int32_t rcvid)
{
    long rc;

    lock_acquire(&parent->lock);
    rc = parent->is_dead ? -ESRCH : regions_copy(&child->regions, &parent->regions);
    if (rc == 0) {
        child->mmap_top = parent->mmap_top;
        child->peak_bytes = parent->regions.bytes;
        rc = kcall(TM_PROC_FORK, rcvid, 0, 0, 0, 0, 0);
    }
    lock_release(&parent->lock);
    return rc;
}

bool aspace_region(struct aspace *as, uint64_t addr, struct region *out)
{
    const struct region *r;

    lock_acquire(&as->lock);
    r = regions_find(&as->regions, addr);
    if (r)
        *out = *r;
    lock_release(&as->lock);
    return r != NULL;
}

uint32_t aspace_region_count(struct aspace *as)
{
    uint32_t n;

    lock_acquire(&as->lock);
    n = as->regions.count;
    lock_release(&as->lock);
    return n;
}
