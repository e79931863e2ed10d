/* SPDX-License-Identifier: Apache-2.0 */
/* taskman's calls about memory and the machine (abi/tm.h), and the cache call every process has. */
#include <abi/intr.h>
#include "core/boot.h"
#include "core/panic.h"
#include "core/preempt.h"
#include "kercall/kercall.h"
#include "mm/mm.h"
#include "object/channel.h"
#include "object/intr.h"
#include "object/timer.h"

#define PRINT_MAX 4096UL

extern struct slab process_slab, thread_slab;

/* The address space of a process, kept from going away until target_end(). */
struct target {
    struct process *p;
    struct aspace *as;
};

static int target_begin(int32_t pid, struct target *g)
{
    g->p = process_get(pid);
    if (!g->p)
        return -ESRCH;
    spin_lock(&g->p->lock);
    g->as = g->p->as;
    if (g->as)
        aspace_get(g->as);
    spin_unlock(&g->p->lock);
    if (!g->as) {
        process_put(g->p);
        return -ESRCH;
    }
    return 0;
}

static void target_end(struct target *g)
{
    aspace_put(g->as);
    process_put(g->p);
}

static int map_target(struct aspace *as, const struct tm_map *m)
{
    uint32_t kind = m->flags & (TM_MAP_ANON | TM_MAP_OBJ | TM_MAP_PHYS);
    if (kind == TM_MAP_ANON)
        return aspace_map_anon(as, m->va, m->bytes, m->prot, m->flags);
    if (kind == TM_MAP_PHYS)
        return aspace_map_phys(as, m->va, m->bytes, m->prot, m->offset);
    if (kind != TM_MAP_OBJ)
        return -EINVAL;
    struct memobj *o = memobj_get(m->obj);
    if (!o)
        return -EINVAL;
    int err = aspace_map_obj(as, m->va, m->bytes, m->prot, (m->flags & TM_MAP_SHARED) != 0, o, m->offset);
    memobj_put(o);
    return err;
}

KC_HANDLER(tm_map)
{
    (void)t;
    struct tm_map m;
    struct target g;
    if (copy_from_user(&m, UADDR(a[0]), sizeof(m)))
        return -EFAULT;
    int err = target_begin(m.pid, &g);
    if (err)
        return err;
    err = map_target(g.as, &m);
    target_end(&g);
    return err;
}

KC_HANDLER(tm_unmap)
{
    (void)t;
    struct target g;
    int err = target_begin((int32_t)a[0], &g);
    if (err)
        return err;
    if (a[1] % PAGE_SIZE || a[2] > QRV_USER_END || a[1] > QRV_USER_END - a[2])
        err = -EINVAL;
    else
        aspace_unmap(g.as, a[1], a[2]);
    target_end(&g);
    return err;
}

KC_HANDLER(tm_protect)
{
    (void)t;
    struct target g;
    int err = target_begin((int32_t)a[0], &g);
    if (err)
        return err;
    err = aspace_protect(g.as, a[1], a[2], (uint32_t)a[3]);
    target_end(&g);
    return err;
}

KC_HANDLER(tm_obj_create)
{
    (void)t;
    return memobj_create(a[0]);
}

KC_HANDLER(tm_obj_resize)
{
    (void)t;
    return a[0] > INT32_MAX ? -EINVAL : memobj_resize((int)a[0], a[1]);
}

KC_HANDLER(tm_obj_destroy)
{
    (void)t;
    return a[0] > INT32_MAX ? -EINVAL : memobj_destroy((int)a[0]);
}

KC_HANDLER(tm_mem_info)
{
    (void)t;
    uint64_t total, free;
    frame_stats(&total, &free);
    struct tm_mem_info info = {
        .total_bytes = total * PAGE_SIZE,
        .free_bytes = free * PAGE_SIZE,
        .kernel_bytes = kernel_info.kernel_bytes + kheap_bytes(),
    };
    return copy_to_user(UADDR(a[0]), &info, sizeof(info));
}

KC_HANDLER(tm_copy)
{
    (void)t;
    struct target g;
    uint64_t va = a[1], own = a[2], bytes = a[3];
    if (a[4] > TM_COPY_POKE || bytes > QRV_USER_END)
        return -EINVAL;
    int err = target_begin((int32_t)a[0], &g);
    if (err)
        return err;
    uint64_t step = (va ^ own) & 7 ? COPY_STEP / 2 : COPY_STEP;
    for (uint64_t off = 0; off < bytes && err == 0; off += step) {
        uint64_t n = MIN(bytes - off, step);
        if (a[4] == TM_COPY_READ)
            err = copy_from_aspace(UADDR(own + off), g.as, UADDR(va + off), n);
        else if (a[4] == TM_COPY_WRITE)
            err = copy_to_aspace(g.as, UADDR(va + off), UADDR(own + off), n);
        else
            err = poke_aspace(g.as, UADDR(va + off), UADDR(own + off), n);
        preempt_point();
    }
    if (a[4] == TM_COPY_POKE)
        arch_icache_sync_all();
    target_end(&g);
    return err ? -EFAULT : (int64_t)bytes;
}

KC_HANDLER(tm_kprint)
{
    (void)t;
    char buf[256];
    uint64_t bytes = MIN(a[1], PRINT_MAX);
    for (uint64_t off = 0; off < bytes; off += sizeof(buf)) {
        size_t n = MIN(bytes - off, sizeof(buf));
        if (copy_from_user(buf, UADDR(a[0] + off), n))
            return -EFAULT;
        console_write(buf, n);
        preempt_point();
    }
    return (int64_t)bytes;
}

KC_HANDLER(tm_reboot)
{
    (void)t;
    if (a[0] != TM_REBOOT_POWEROFF && a[0] != TM_REBOOT_RESET)
        return -EINVAL;
    arch_reboot((int)a[0], (int)a[1]);
}

KC_HANDLER(tm_virt_to_phys)
{
    (void)t;
    struct target g;
    paddr_t pa;
    int err = target_begin((int32_t)a[0], &g);
    if (err)
        return err;
    err = aspace_translate(g.as, a[1], &pa);
    target_end(&g);
    return err ? err : copy_to_user(UADDR(a[2]), &pa, sizeof(pa));
}

static uint32_t used(struct slab *s)
{
    return atomic_load_explicit(&s->used, memory_order_relaxed);
}

KC_HANDLER(tm_kstat)
{
    (void)t;
    uint64_t total;
    struct tm_kstat s = {
        .kernel_heap_bytes = kheap_bytes(),
        .slab_pages = slab_pages() + arch_stack_pages(),
        .processes = used(&process_slab),
        .threads = used(&thread_slab),
        .channels = used(&channel_slab),
        .connections = used(&conn_slab),
        .sconns = used(&sconn_slab),
        .timers = timer_count(),
        .interrupts = intr_count(),
        .objects = memobj_count(),
        .pulses = used(&pulse_slab),
    };
    frame_stats(&total, &s.free_pages);
    return copy_to_user(UADDR(a[0]), &s, sizeof(s));
}

KC_HANDLER(tm_fdt)
{
    (void)t;
    if (a[2] >= kernel_info.fdt_bytes)
        return 0;
    uint64_t n = MIN(a[1], kernel_info.fdt_bytes - a[2]);
    int err = copy_to_user(UADDR(a[0]), (const char *)kernel_info.fdt + a[2], n);
    return err ? err : (int64_t)n;
}

KC_HANDLER(cache_sync)
{
    (void)t;
    if (a[1] > QRV_USER_END || a[0] > QRV_USER_END - a[1])
        return -EINVAL;
    arch_icache_sync_all();
    return 0;
}
