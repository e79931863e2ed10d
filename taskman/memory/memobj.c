/* SPDX-License-Identifier: Apache-2.0 */
/* Memory objects.  Lock: memobj.lock (rank 8).  taskman maps an object into its own space (the
 * window) only to read or write it for a client; the window goes with the object or with a change
 * of size. */
#include <errno.h>
#include <string.h>
#include "main/heap.h"
#include "memory/memobj.h"
#include "memory/regions.h"

#define OBJECT_MAX (1UL << 36)

static _Atomic uint32_t live_objects;

uint32_t memobj_count(void)
{
    return atomic_load_explicit(&live_objects, memory_order_relaxed);
}

static uint64_t page_up(uint64_t bytes)
{
    return (bytes + QRV_PAGE_SIZE - 1) & ~(QRV_PAGE_SIZE - 1);
}

struct memobj *memobj_new(void)
{
    struct memobj *o = heap_alloc(sizeof(*o));

    if (!o)
        return NULL;
    atomic_init(&o->refs, 1);
    lock_init(&o->lock, RANK_OBJECT);
    o->id = -1;
    atomic_fetch_add_explicit(&live_objects, 1, memory_order_relaxed);
    return o;
}

void memobj_get(struct memobj *o)
{
    atomic_fetch_add_explicit(&o->refs, 1, memory_order_relaxed);
}

static void drop_window_locked(struct memobj *o)
{
    if (!o->window)
        return;
    tmk_unmap(TASKMAN_PID, (uint64_t)o->window, o->window_bytes);
    range_free((uint64_t)o->window, o->window_bytes);
    o->window = NULL;
    o->window_bytes = 0;
}

void memobj_put(struct memobj *o)
{
    if (!o || atomic_fetch_sub_explicit(&o->refs, 1, memory_order_acq_rel) != 1)
        return;
    drop_window_locked(o);
    if (o->id >= 0)
        tmk_obj_destroy(o->id);
    heap_free(o);
    atomic_fetch_sub_explicit(&live_objects, 1, memory_order_relaxed);
}

void regions_obj_get(struct memobj *obj)
{
    memobj_get(obj);
}

void regions_obj_put(struct memobj *obj)
{
    memobj_put(obj);
}

uint64_t memobj_size(struct memobj *o)
{
    uint64_t bytes;

    lock_acquire(&o->lock);
    bytes = o->bytes;
    lock_release(&o->lock);
    return bytes;
}

static int map_window_locked(struct memobj *o)
{
    struct tm_map map = {.pid = TASKMAN_PID,
                         .prot = TM_PROT_READ | TM_PROT_WRITE,
                         .flags = TM_MAP_OBJ | TM_MAP_SHARED,
                         .obj = o->id,
                         .bytes = o->room};

    if (o->window || o->id < 0)
        return 0;
    map.va = range_alloc(o->room);
    if (map.va == 0)
        return -ENOMEM;
    if (tmk_map(&map) < 0) {
        range_free(map.va, o->room);
        return -ENOMEM;
    }
    o->window = (uint8_t *)map.va;
    o->window_bytes = o->room;
    return 0;
}

/* Bytes between the old logical end and the new one read as zero, also after a shrink inside one
 * page. */
static int clear_tail_locked(struct memobj *o, uint64_t from, uint64_t to)
{
    uint64_t end = page_up(from) < to ? page_up(from) : to;

    if (from >= end || o->id < 0)
        return 0;
    if (map_window_locked(o) < 0)
        return -ENOMEM;
    memset(o->window + from, 0, end - from);
    return 0;
}

static int set_size_locked(struct memobj *o, uint64_t bytes)
{
    uint64_t room = page_up(bytes);
    long rc = 0;

    if (bytes > OBJECT_MAX)
        return -EFBIG;
    if (bytes < o->bytes && clear_tail_locked(o, bytes, o->bytes) < 0)
        return -ENOMEM;
    if (room != o->room) {
        if (room < o->room || o->id >= 0)
            drop_window_locked(o);
        rc = o->id < 0 ? tmk_obj_create(room, 0) : tmk_obj_resize(o->id, room);
        if (rc < 0)
            return rc == -EFBIG ? -EFBIG : -ENOMEM;
        if (o->id < 0)
            o->id = (int32_t)rc;
        o->room = room;
    }
    o->bytes = bytes;
    return 0;
}

int memobj_set_size(struct memobj *o, uint64_t bytes)
{
    int rc;

    lock_acquire(&o->lock);
    rc = set_size_locked(o, bytes);
    lock_release(&o->lock);
    return rc;
}

struct memobj *memobj_from(const void *data, uint64_t bytes)
{
    struct memobj *o = memobj_new();

    if (!o)
        return NULL;
    lock_acquire(&o->lock);
    if (set_size_locked(o, bytes) < 0 || map_window_locked(o) < 0) {
        lock_release(&o->lock);
        memobj_put(o);
        return NULL;
    }
    if (bytes)
        memcpy(o->window, data, bytes);
    drop_window_locked(o);
    lock_release(&o->lock);
    return o;
}

int64_t memobj_read(struct memobj *o, int32_t rcvid, uint64_t offset, uint64_t bytes)
{
    int64_t rc = 0;

    lock_acquire(&o->lock);
    if (offset < o->bytes && bytes) {
        if (bytes > o->bytes - offset)
            bytes = o->bytes - offset;
        rc = map_window_locked(o);
        if (rc == 0)
            rc = k_msg_write(rcvid, o->window + offset, bytes, 0);
    }
    lock_release(&o->lock);
    return rc;
}

int64_t memobj_write(struct memobj *o, int32_t rcvid, uint64_t source, uint64_t offset,
                     uint64_t bytes)
{
    int64_t rc = 0;

    if (bytes == 0)
        return 0;
    if (offset > OBJECT_MAX || bytes > OBJECT_MAX - offset)
        return -EFBIG;
    lock_acquire(&o->lock);
    if (offset + bytes > o->bytes)
        rc = set_size_locked(o, offset + bytes) < 0 ? -ENOSPC : 0;
    if (rc == 0)
        rc = map_window_locked(o);
    if (rc == 0)
        rc = k_msg_read(rcvid, o->window + offset, bytes, source);
    lock_release(&o->lock);
    return rc;
}
