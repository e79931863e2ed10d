/* SPDX-License-Identifier: Apache-2.0 */
/* Address spaces: where what may be mapped.  Each change: check everything, reserve bookkeeping,
 * let the kernel do its part (all or nothing), then record it, which cannot fail.  Lock:
 * aspace.lock (rank 3) around each change and the kernel call in it.
 *
 *   0x0000001000 .. mmap_top     mappings, placed from the top down, one free page between any two
 *   mmap_top     .. 0x3f00000000 random gap
 *   0x3f80000000 .. 0x3fe0000000 main stack, random top, guard page below
 *   0x3ff0000000 ..              the program loader
 *   0x3fffffe000                 system page (kernel's) */
#pragma once
#include <abi/taskman.h>
#include "main/lock.h"
#include "memory/regions.h"

#define USER_LOW           0x1000UL
#define USER_HIGH          (QRV_USER_END - QRV_PAGE_SIZE) /* the system page lies above */
#define MMAP_TOP           0x3f00000000UL
#define MMAP_RANDOM_PAGES  0x100000UL /* 4 GiB */
#define STACK_TOP          0x3fe0000000UL
#define STACK_RANDOM_PAGES 0x4000UL /* 64 MiB */
#define LOADER_BASE        0x3ff0000000UL
#define LOADER_STACK_BYTES 65536UL /* what the loader itself needs below the final stack */
#define MAIN_STACK_DEFAULT (1UL << 20)
#define MAIN_STACK_MIN     (256UL << 10)
#define MAIN_STACK_MAX     (1UL << 30)

struct aspace {
    struct lock lock;
    struct regions regions; /* lock, all below */
    uint64_t mmap_top, peak_bytes;
    bool is_dead, is_random;
};
struct stack_place {
    uint64_t low, high; /* usable, without the guard page */
};
struct map_request {
    int32_t pid;
    uint32_t prot, max_prot; /* TM_PROT_* */
    uint32_t tm_flags;       /* TM_MAP_* for the kernel */
    uint32_t flags;          /* REGION_* */
    struct memobj *obj;      /* the callee takes its own reference */
    uint64_t obj_bytes;      /* page-aligned: what may be mapped of it */
    uint64_t addr, bytes, offset;
    uint64_t limit;             /* RLIMIT_AS */
    bool is_fixed, keep_others; /* MAP_FIXED, MAP_FIXED_NOREPLACE */
};

int aspaces_init(void); /* makes the loader's memory object */
void aspace_init(struct aspace *as, bool is_random);
void aspace_fini(struct aspace *as);
void aspace_died(struct aspace *as);  /* the kernel has torn it down for good */
/* ... for a new program, by exec, or when nothing is in it yet; is_random: mappings and stack begin at random addresses */
void aspace_reset(struct aspace *as, bool is_random);
bool aspace_is_random(struct aspace *as);
/* Loader and main stack for a process without any mapping.  0 or -errno. */
int aspace_load_loader(struct aspace *as, int32_t pid, uint64_t stack_bytes,
                       struct stack_place *stack);
/* TM_PROC_FORK on behalf of rcvid; child is fresh.  pid or -errno. */
long aspace_fork(struct aspace *parent, struct aspace *child, int32_t rcvid);

int aspace_map(struct aspace *as, const struct map_request *req, uint64_t *addr);
int aspace_unmap(struct aspace *as, int32_t pid, uint64_t addr, uint64_t bytes);
int aspace_protect(struct aspace *as, int32_t pid, uint64_t addr, uint64_t bytes, uint32_t prot);
/* Copy of the first region that ends above addr: false when there is none. */
bool aspace_region(struct aspace *as, uint64_t addr, struct region *out);
uint32_t aspace_region_count(struct aspace *as);
