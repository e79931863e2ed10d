/* SPDX-License-Identifier: Apache-2.0 */
/* Access to user memory.  The loaded address space is read and written in place with a fixup for faults; other address spaces
 * through the direct map, a pinned page at a time.  Takes aspace locks only inside. */
#include "core/arch.h"
#include "core/hart.h"
#include "lib/string.h"
#include "mm/mm.h"
#include "object/process.h"

#define TRIES_MAX 64 /* faults on one page before we give up: another thread keeps changing it */

static bool range_ok(uint64_t va, size_t bytes)
{
    return bytes <= QRV_USER_END && va <= QRV_USER_END - bytes;
}

static size_t to_page_end(uint64_t va, size_t bytes)
{
    return MIN(bytes, PAGE_SIZE - va % PAGE_SIZE);
}

static int user_fault(bool write)
{
    struct hart *h = this_hart();
    uint64_t va = h->fixup_addr;
    if (va >= QRV_USER_END)
        panic("user copy faulted on kernel address 0x%lx", va);
    return aspace_fault(h->aspace, va, write, false);
}

int copy_from_user(void *dst, struct uaddr src, size_t bytes)
{
    if (!range_ok(src.va, bytes))
        return -EFAULT;
    if (src.va % PAGE_SIZE + bytes <= PAGE_SIZE && arch_user_read(dst, src.va, bytes) == 0)
        return 0;
    char *d = dst;
    for (uint64_t va = src.va; bytes > 0;) {
        size_t n = to_page_end(va, bytes);
        for (int tries = 0; arch_user_read(d, va, n) != 0; tries++)
            if (tries == TRIES_MAX || user_fault(false) != 0)
                return -EFAULT;
        d += n;
        va += n;
        bytes -= n;
    }
    return 0;
}

int copy_to_user(struct uaddr dst, const void *src, size_t bytes)
{
    if (!range_ok(dst.va, bytes))
        return -EFAULT;
    if (dst.va % PAGE_SIZE + bytes <= PAGE_SIZE && arch_user_write(dst.va, src, bytes) == 0)
        return 0;
    const char *s = src;
    for (uint64_t va = dst.va; bytes > 0;) {
        size_t n = to_page_end(va, bytes);
        for (int tries = 0; arch_user_write(va, s, n) != 0; tries++)
            if (tries == TRIES_MAX || user_fault(true) != 0)
                return -EFAULT;
        s += n;
        va += n;
        bytes -= n;
    }
    return 0;
}

/* Walks [va, va + bytes) of another address space page by page: fn gets the kernel alias of each part. */
static int each_page(struct aspace *as, uint64_t va, size_t bytes, bool write,
                     int (*fn)(void *arg, char *page, size_t off, size_t n), void *arg)
{
    if (!range_ok(va, bytes))
        return COPY_FAULT_OTHER;
    for (size_t off = 0; off < bytes;) {
        size_t n = to_page_end(va + off, bytes - off);
        paddr_t frame;
        bool shared;
        if (aspace_pin(as, va + off, write, &frame, &shared) != 0)
            return COPY_FAULT_OTHER;
        int err = fn(arg, (char *)phys_to_virt(frame) + (va + off) % PAGE_SIZE, off, n);
        frame_put(frame);
        if (err != 0)
            return err;
        off += n;
    }
    return 0;
}

static int part_to_self(void *arg, char *page, size_t off, size_t n)
{
    return copy_to_user(UADDR(((struct uaddr *)arg)->va + off), page, n);
}

static int part_from_self(void *arg, char *page, size_t off, size_t n)
{
    return copy_from_user(page, UADDR(((struct uaddr *)arg)->va + off), n);
}

int copy_from_aspace(struct uaddr dst, struct aspace *from, struct uaddr src, size_t bytes)
{
    if (!range_ok(dst.va, bytes))
        return COPY_FAULT_SELF;
    return each_page(from, src.va, bytes, false, part_to_self, &dst);
}

int copy_to_aspace(struct aspace *to, struct uaddr dst, struct uaddr src, size_t bytes)
{
    if (!range_ok(src.va, bytes))
        return COPY_FAULT_SELF;
    return each_page(to, dst.va, bytes, true, part_from_self, &src);
}

/* In one store: another hart may be about to execute it, the old instruction or the new one but no mixture. */
static int poke_half(void *at, struct uaddr src)
{
    uint16_t half;
    int err = copy_from_user(&half, src, sizeof(half));
    if (err == 0)
        __atomic_store_n((uint16_t *)at, half, __ATOMIC_RELAXED);
    return err;
}

int poke_aspace(struct aspace *to, struct uaddr dst, struct uaddr src, size_t bytes)
{
    if (!range_ok(src.va, bytes))
        return COPY_FAULT_SELF;
    if (!range_ok(dst.va, bytes))
        return COPY_FAULT_OTHER;
    for (size_t off = 0; off < bytes;) {
        size_t n = to_page_end(dst.va + off, bytes - off);
        paddr_t frame;
        if (aspace_pin_private(to, dst.va + off, &frame) != 0)
            return COPY_FAULT_OTHER;
        char *at = (char *)phys_to_virt(frame) + (dst.va + off) % PAGE_SIZE;
        int err = n == sizeof(uint16_t) && dst.va % 2 == 0 ? poke_half(at, UADDR(src.va + off)) : copy_from_user(at, UADDR(src.va + off), n);
        frame_put(frame);
        if (err != 0)
            return COPY_FAULT_SELF;
        off += n;
    }
    return 0;
}

bool copy_short(struct aspace *as, struct uaddr other, struct uaddr own, size_t bytes, bool to_other)
{
    if (other.va % PAGE_SIZE + bytes > PAGE_SIZE || !range_ok(own.va, bytes))
        return false;
    void *page = aspace_lock_page(as, other.va, to_other);
    if (!page)
        return false;
    /* A fault on our own side only ends the copy: nothing looks at it while the lock is held. */
    int fault = to_other ? arch_user_read(page, own.va, bytes) : arch_user_write(own.va, page, bytes);
    spin_unlock(&as->lock);
    return fault == 0;
}

static int part_to_kernel(void *arg, char *page, size_t off, size_t n)
{
    memcpy((char *)arg + off, page, n);
    return 0;
}

static int part_from_kernel(void *arg, char *page, size_t off, size_t n)
{
    memcpy(page, (const char *)arg + off, n);
    return 0;
}

int read_aspace(struct aspace *as, void *dst, struct uaddr src, size_t bytes)
{
    return each_page(as, src.va, bytes, false, part_to_kernel, dst) == 0 ? 0 : -EFAULT;
}

int write_aspace(struct aspace *as, struct uaddr dst, const void *src, size_t bytes)
{
    return each_page(as, dst.va, bytes, true, part_from_kernel, (void *)(uintptr_t)src) == 0 ? 0 : -EFAULT;
}

int uword_get(struct thread *t, uint64_t va, struct uword *w)
{
    bool shared;
    if (va % sizeof(uint32_t) != 0)
        return -EINVAL;
    int err = aspace_pin(this_hart()->aspace, va, true, &w->frame, &shared);
    if (err != 0)
        return -EFAULT;
    w->p = (_Atomic uint32_t *)((char *)phys_to_virt(w->frame) + va % PAGE_SIZE);
    w->key[0] = shared ? w->frame + va % PAGE_SIZE : va;
    w->key[1] = shared ? 0 : (uint64_t)t->proc->pid;
    return 0;
}

void uword_put(struct uword *w)
{
    frame_put(w->frame);
}
