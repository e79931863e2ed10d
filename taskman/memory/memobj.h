/* SPDX-License-Identifier: Apache-2.0 */
/* Memory objects: frames that several address spaces may map.  A kernel object id plus size and
 * reference count. Used for boot files, /dev/shmem and the program loader. */
#pragma once
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include "main/lock.h"

struct memobj {
    _Atomic uint32_t refs;
    struct lock lock;
    int32_t id;      /* lock: kernel object, -1 while the size is 0; never changes once set */
    uint64_t bytes;  /* lock: logical size */
    uint64_t room;   /* lock: page-aligned size of the kernel object */
    uint8_t *window; /* lock: where taskman has it mapped, NULL */
    uint64_t window_bytes;
};

struct memobj *memobj_new(void); /* size 0, one reference; NULL */
/* One filled with data: NULL when memory is out. */
struct memobj *memobj_from(const void *data, uint64_t bytes);
void memobj_get(struct memobj *o);
void memobj_put(struct memobj *o); /* NULL allowed */
/* 0, -EFBIG, -ENOMEM. */
int memobj_set_size(struct memobj *o, uint64_t bytes);
uint64_t memobj_size(struct memobj *o);
/* Copies between the object and a client's message; bytes done or -errno. */
int64_t memobj_read(struct memobj *o, int32_t rcvid, uint64_t offset, uint64_t bytes);
int64_t memobj_write(struct memobj *o, int32_t rcvid, uint64_t source, uint64_t offset,
                     uint64_t bytes);
uint32_t memobj_count(void);
