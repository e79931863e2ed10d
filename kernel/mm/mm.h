/* SPDX-License-Identifier: Apache-2.0 */
/* Physical frames, kernel heap, address spaces, memory objects, access to user memory. */
#pragma once
#include <abi/tm.h>
#include "core/lock.h"
#include "machine.h" /* phys_to_virt() */

/* ---- frames: 4 KiB, reference counted (mm/frame.c) */
#define PAGE_SIZE 4096UL
paddr_t frame_alloc(void);                      /* zero-filled, one reference; 0 when memory is out */
paddr_t frame_alloc_contig(size_t pages);       /* zero-filled run, one reference each; 0 */
paddr_t frame_alloc_run(size_t pages);          /* the same for many: no lock held, interrupts are looked at (core/preempt.h) */
void frame_get(paddr_t pa);
bool frame_get_ram(paddr_t pa);                 /* the same; false: it is not RAM */
void frame_put(paddr_t pa);                     /* frees at zero */
uint32_t frame_refs(paddr_t pa);
paddr_t virt_to_phys(const void *va);
void frame_stats(uint64_t *total_pages, uint64_t *free_pages);

/* ---- injected failures (mm/failpoint.c): true when this allocation has to fail */
#if QRV_LOCK_DEBUG
bool alloc_fails(void);
#else
static inline bool alloc_fails(void)
{
    return false;
}
#endif

/* ---- kernel heap: type-stable slabs (mm/slab.c).  An object freed keeps its memory type for ever; `refs` words stay 0. */
struct slab {
    const char *name;
    uint32_t size;
    struct spinlock lock; /* RANK_HEAP */
    void *free;           /* linked through a word at offset link_offset, which a freed object may lose */
    uint32_t link_offset;
    _Atomic uint32_t used, total;
};
#define SLAB_INIT(n, type, link_member) \
    { .name = (n), .size = sizeof(type), .lock = SPINLOCK_INIT(RANK_HEAP), .link_offset = offsetof(type, link_member) }
/* Memory is NOT cleared on reuse (type stability); the first time it is zero.  NULL when memory is out. */
void *slab_alloc(struct slab *s);
void slab_free(struct slab *s, void *obj);
/* Plain kernel memory up to 64 KiB, zero-filled. */
void *kmalloc(size_t bytes);
void kfree(void *p, size_t bytes);
uint64_t kheap_bytes(void); /* now in use */
uint64_t slab_pages(void);  /* frames that slabs have taken, for ever */

/* ---- address spaces (mm/aspace.c) */
struct aspace {
    struct spinlock lock;      /* RANK_ASPACE: page tables and counters */
    paddr_t root;
    uint64_t satp;             /* root as arch_aspace_switch() loads it */
    uint64_t pages;            /* lock: frames mapped */
    uint64_t max_pages;        /* 0 none */
    uint32_t preparing;        /* lock: mappings in progress that rely on empty tables */
    _Atomic uint32_t users;    /* aspace_hold(): teardown waits for 0 */
    _Atomic uint32_t refs;     /* aspace_get(): the last one destroys it */
    _Atomic bool dying;        /* being destroyed: harts that have it loaded drop it at the next IPI */
    void *slab_link;
};
/* Keeps the structure alive for long work from outside the process (which may give way, core/preempt.h); call with the lock held
 * under which the pointer was read (process.lock). */
void aspace_get(struct aspace *as);
void aspace_put(struct aspace *as); /* no lock held */
/* The same for a few instructions in any context: teardown spins until they are over. */
void aspace_hold(struct aspace *as);
void aspace_release(struct aspace *as);
struct aspace *aspace_create(void); /* kernel half shared, syspage mapped; NULL */
void aspace_destroy(struct aspace *as); /* user half must be empty, nobody has it loaded (waits for stragglers) */
/* All on page-aligned user ranges below QRV_USER_END (not the syspage).  -EINVAL, -ENOMEM (all or nothing), -EFAULT. */
int aspace_map_anon(struct aspace *as, uint64_t va, uint64_t bytes, uint32_t prot, uint32_t flags);
int aspace_map_phys(struct aspace *as, uint64_t va, uint64_t bytes, uint32_t prot, paddr_t pa);
struct memobj;
int aspace_map_obj(struct aspace *as, uint64_t va, uint64_t bytes, uint32_t prot, bool shared, struct memobj *o, uint64_t off);
void aspace_unmap(struct aspace *as, uint64_t va, uint64_t bytes);
int aspace_protect(struct aspace *as, uint64_t va, uint64_t bytes, uint32_t prot);
int aspace_fork(struct aspace *parent, struct aspace *child); /* copy-on-write; -ENOMEM leaves child empty */
/* Frees some pages of the user half from va on; returns where to go on, QRV_USER_END when empty. */
uint64_t aspace_teardown(struct aspace *as, uint64_t va);
/* A page fault: lazy zero page or copy-on-write resolved -> 0; -EFAULT no such access; -ENOMEM. */
int aspace_fault(struct aspace *as, uint64_t va, bool write, bool exec);
bool aspace_is_mapped(struct aspace *as, uint64_t va);
/* The first run of executable pages at or after *va: its start goes to *va, its end is returned; 0: there is none. */
uint64_t aspace_next_text(struct aspace *as, uint64_t *va);
/* The frame behind a user page, faults resolved, referenced (frame_put); RAM only.  -EFAULT, -ENOMEM. */
int aspace_pin(struct aspace *as, uint64_t va, bool write, paddr_t *frame, bool *shared);
/* For a debugger that writes where the process itself may not: va's frame, referenced, after a copy of its own where others have it too.
 * -EFAULT also for shared memory without the right to write. */
int aspace_pin_private(struct aspace *as, uint64_t va, paddr_t *frame);
/* Kernel alias of va when its page is there with the right asked for, as->lock held then; NULL, nothing held. */
void *aspace_lock_page(struct aspace *as, uint64_t va, bool write);
int aspace_translate(struct aspace *as, uint64_t va, paddr_t *pa); /* also devices; -EFAULT when absent */
void aspace_set_syspage(paddr_t pa); /* boot */

/* ---- memory objects (mm/memobj.c): frames that several address spaces may map.  Ids are taskman's. */
int memobj_create(uint64_t bytes);
struct memobj *memobj_get(int id);
void memobj_put(struct memobj *o);
int memobj_resize(int id, uint64_t bytes);
int memobj_destroy(int id);
uint32_t memobj_count(void);
uint64_t memobj_pages(struct memobj *o);
paddr_t memobj_frame(struct memobj *o, uint64_t page); /* referenced; 0 beyond the end */

/* ---- user memory (mm/uaccess.c).  -EFAULT on any bad address; lazy and copy-on-write pages are resolved on the way. */
struct thread;
int copy_from_user(void *dst, struct uaddr src, size_t bytes); /* the hart's loaded address space */
int copy_to_user(struct uaddr dst, const void *src, size_t bytes);
/* Between the loaded address space and another one, both user addresses; 0 or which side faulted. */
#define COPY_FAULT_SELF (-EFAULT)
#define COPY_FAULT_OTHER (-ESRCH)
int copy_from_aspace(struct uaddr dst, struct aspace *from, struct uaddr src, size_t bytes); /* other -> self */
int copy_to_aspace(struct aspace *to, struct uaddr dst, struct uaddr src, size_t bytes);     /* self -> other */
/* The same with aspace_pin_private(); whoever wrote code has the instruction caches synchronised. */
int poke_aspace(struct aspace *to, struct uaddr dst, struct uaddr src, size_t bytes);
/* What of a long copy is done between two preempt_point()s. */
#define COPY_STEP 12288UL
/* Up to COPY_SHORT_MAX bytes in one step, if that is possible without a fault: both pages there, neither buffer across a page.
 * to_other: own -> other, else other -> own.  false: nothing or a part was copied; do it the long way. */
#define COPY_SHORT_MAX 1024
bool copy_short(struct aspace *as, struct uaddr other, struct uaddr own, size_t bytes, bool to_other);
/* Kernel buffer <-> any address space (short records). */
int read_aspace(struct aspace *as, void *dst, struct uaddr src, size_t bytes);
int write_aspace(struct aspace *as, struct uaddr dst, const void *src, size_t bytes);
/* Kernel alias of a writable, aligned 32-bit user word of the loaded address space, for atomic operations.
 * key[0..1] identifies the word system-wide: (physical address, 0) in shared memory, (va, pid) in private memory.
 * Pins the frame until uword_put. */
struct uword {
    _Atomic uint32_t *p;
    paddr_t frame;
    uint64_t key[2];
};
int uword_get(struct thread *t, uint64_t va, struct uword *w); /* -EFAULT, -EINVAL misaligned */
void uword_put(struct uword *w);
