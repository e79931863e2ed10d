/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <abi/procfs.h>
#include "main/heap.h"
#include "process/breaks.h"
#include "process/process.h"

struct breakpoint {
    struct list link;
    uint64_t addr;
    uint8_t saved[2];
};
static const uint8_t trap[2] = {0x02, 0x90}; /* c.ebreak: the first half of a longer instruction will do */

static struct breakpoint *break_at(const struct breaks *b, uint64_t addr)
{
    list_for_each(pos, &b->all)
    {
        struct breakpoint *p = container_of(pos, struct breakpoint, link);
        if (p->addr == addr)
            return p;
    }
    return NULL;
}

void breaks_forget(struct breaks *b)
{
    list_for_each_safe(pos, tmp, &b->all)
    {
        list_remove(pos);
        heap_free(container_of(pos, struct breakpoint, link));
    }
    b->count = 0;
}

void breaks_undo(const struct breaks *b, int32_t pid)
{
    list_for_each(pos, &b->all)
    {
        struct breakpoint *p = container_of(pos, struct breakpoint, link);
        tmk_copy(pid, p->addr, p->saved, sizeof(p->saved), TM_COPY_POKE);
    }
}

int breaks_set(struct breaks *b, int32_t pid, uint64_t addr)
{
    struct breakpoint *p;
    uint8_t code[2];
    uint8_t copy[2];

    if (break_at(b, addr))
        return 0;
    if (b->count >= QRV_PROC_BREAKS_MAX || break_at(b, addr - 1) || break_at(b, addr + 1))
        return -EAGAIN;
    if (tmk_copy(pid, addr, code, sizeof(code), TM_COPY_READ) < 0)
        return -EFAULT;
    p = heap_alloc(sizeof(*p));
    if (!p)
        return -ENOMEM;
    memcpy(copy, trap, sizeof(copy));
    if (tmk_copy(pid, addr, copy, sizeof(copy), TM_COPY_POKE) < 0) {
        heap_free(p);
        return -EFAULT;
    }
    p->addr = addr;
    memcpy(p->saved, code, sizeof(code));
    list_append(&b->all, &p->link);
    b->count++;
    return 0;
}

int breaks_clear(struct breaks *b, int32_t pid, uint64_t addr)
{
    struct breakpoint *p = break_at(b, addr);

    if (!p)
        return -ESRCH;
    tmk_copy(pid, addr, p->saved, sizeof(p->saved), TM_COPY_POKE); /* unmapped meanwhile: nothing to restore */
    list_remove(&p->link);
    heap_free(p);
    b->count--;
    return 0;
}

void breaks_overlay(const struct breaks *b, uint64_t va, uint8_t *bytes, size_t count, bool is_write)
{
    list_for_each(pos, &b->all)
    {
        struct breakpoint *p = container_of(pos, struct breakpoint, link);
        for (unsigned i = 0; i < sizeof(trap); i++) {
            uint64_t at = p->addr + i - va;
            if (at >= count)
                continue;
            if (is_write) {
                p->saved[i] = bytes[at];
                bytes[at] = trap[i];
            } else {
                bytes[at] = p->saved[i];
            }
        }
    }
}
