/* SPDX-License-Identifier: Apache-2.0 */
/* TMSG_MEM: mmap(), munmap(), mprotect(), mem_offset(), shm_ctl().  Turns flags of libc into a
 * struct map_request. Policy: PROT_WRITE with PROT_EXEC is EACCES (W^X); memory is allocated at
 * once unless MAP_LAZY, MAP_NORESERVE, MAP_STACK or PROT_NONE says otherwise; physical addresses
 * are for euid 0. */
#include <abi/mman.h> /* first: the Neutrino bits, whatever <sys/mman.h> is found */
#include <sys/mman.h>
#include <errno.h>
#include "builtin/ocb.h"
#include "main/message.h"
#include "memory/memobj.h"

#define RWX (TM_PROT_READ | TM_PROT_WRITE | TM_PROT_EXEC)
#define FLAGS_KNOWN                                                                                \
    (MAP_SHARED | MAP_PRIVATE | MAP_FIXED | MAP_ANON | 0x100000 /* MAP_FIXED_NOREPLACE */ |        \
     MAP_NORESERVE | MAP_STACK | MAP_POPULATE | MAP_NONBLOCK | MAP_LOCKED | MAP_GROWSDOWN |        \
     MAP_DENYWRITE | MAP_EXECUTABLE | MAP_NOINIT | MAP_BELOW | MAP_NOSYNCFILE | MAP_SYSRAM |       \
     MAP_PHYS | MAP_LAZY | MAP_BELOW16M | MAP_NOX64K | MAP_ELF)

static int check_prot(uint32_t prot)
{
    if (prot & ~(RWX | TM_PROT_NOCACHE))
        return -EINVAL;
    return (prot & TM_PROT_WRITE) && (prot & TM_PROT_EXEC) ? -EACCES : 0;
}

static int anonymous(const struct tmsg_map *req, struct map_request *r)
{
    r->tm_flags = TM_MAP_ANON;
    r->offset = 0;
    if (req->flags & MAP_PHYS)
        r->tm_flags |= TM_MAP_CONTIG;
    else if ((req->flags & (MAP_LAZY | MAP_NORESERVE | MAP_STACK)) || (req->prot & RWX) == 0)
        r->tm_flags |= TM_MAP_LAZY;
    if (req->flags & MAP_SHARED) {
        r->tm_flags |= TM_MAP_SHARED;
        r->flags |= REGION_SHARED;
        r->tm_flags &= ~(uint32_t)TM_MAP_LAZY; /* fork shares frames, and there are none yet */
    }
    if (r->tm_flags & TM_MAP_LAZY)
        r->flags |= REGION_LAZY;
    return 0;
}

static int physical(const struct message *m, const struct tmsg_map *req, struct map_request *r)
{
    if (m->proc->cred.euid != 0)
        return -EPERM;
    if (req->offset % QRV_PAGE_SIZE || req->bytes == 0 || req->offset + req->bytes < req->offset)
        return -EINVAL;
    if (req->prot & TM_PROT_EXEC)
        return -EACCES;
    r->tm_flags = TM_MAP_PHYS;
    r->flags |= REGION_PHYS | REGION_SHARED;
    return 0;
}

static int object(const struct message *m, const struct tmsg_map *req, struct map_request *r)
{
    struct ocb_memory mem;
    int rc;

    if (req->offset % QRV_PAGE_SIZE || req->offset + req->bytes < req->offset)
        return -EINVAL;
    rc = ocb_memory(m->info.scoid, req->fd, &mem);
    if (rc < 0)
        return rc;
    if (mem.paddr_bytes) { /* shm_ctl(SHMCTL_PHYS): root made it, whoever may open it may map it */
        if (req->offset > mem.paddr_bytes || req->bytes > mem.paddr_bytes - req->offset)
            return -ENXIO;
        r->tm_flags = TM_MAP_PHYS;
        r->flags |= REGION_PHYS | REGION_SHARED;
        r->offset = mem.paddr + req->offset;
        r->max_prot &= ~(uint32_t)TM_PROT_EXEC;
    } else {
        r->tm_flags = TM_MAP_OBJ | (req->flags & MAP_SHARED ? TM_MAP_SHARED : 0);
        r->flags |= req->flags & MAP_SHARED ? REGION_SHARED : 0;
        r->obj = mem.obj;
        r->obj_bytes = (mem.bytes + QRV_PAGE_SIZE - 1) & ~(QRV_PAGE_SIZE - 1);
    }
    if (!mem.may_read || (r->prot & ~r->max_prot & RWX) ||
        ((req->flags & MAP_SHARED) && (req->prot & TM_PROT_WRITE) && !mem.may_write)) {
        memobj_put(mem.obj);
        return -EACCES;
    }
    if ((req->flags & MAP_SHARED) && !mem.may_write)
        r->max_prot &= ~(uint32_t)TM_PROT_WRITE;
    return 0;
}

static int64_t mem_map(struct message *m)
{
    const struct tmsg_map *req = message_as(m, sizeof(*req));
    struct tmsg_map_reply *out = (void *)m->buffer;
    struct map_request r = {.pid = m->proc->pid, .max_prot = RWX};
    int kind, rc;

    if (!req || (req->flags & ~(uint32_t)FLAGS_KNOWN))
        return -EINVAL;
    kind = req->flags & (MAP_SHARED | MAP_PRIVATE);
    if (kind != MAP_SHARED && kind != MAP_PRIVATE)
        return -EINVAL;
    rc = check_prot(req->prot);
    if (rc < 0)
        return rc;
    r.prot = req->prot;
    r.addr = req->addr;
    r.bytes = req->bytes;
    r.offset = req->offset;
    r.keep_others = (req->flags & 0x100000) != 0;
    r.is_fixed = (req->flags & MAP_FIXED) && !r.keep_others;
    lock_acquire(&m->proc->lock);
    r.limit = m->proc->limit[9].cur; /* RLIMIT_AS */
    lock_release(&m->proc->lock);
    if (req->flags & MAP_ANON)
        rc = anonymous(req, &r);
    else if (req->flags & MAP_PHYS)
        rc = physical(m, req, &r);
    else
        rc = object(m, req, &r);
    if (rc < 0)
        return rc;
    rc = aspace_map(&m->proc->as, &r, &out->addr);
    memobj_put(r.obj);
    if (rc < 0)
        return rc;
    out->bytes = (req->bytes + QRV_PAGE_SIZE - 1) & ~(QRV_PAGE_SIZE - 1);
    return message_answer(m, out, sizeof(*out), 0);
}

static int64_t mem_unmap(struct message *m)
{
    const struct tmsg_range *req = message_as(m, sizeof(*req));

    return req ? aspace_unmap(&m->proc->as, m->proc->pid, req->addr, req->bytes) : -EINVAL;
}

static int64_t mem_protect(struct message *m)
{
    const struct tmsg_range *req = message_as(m, sizeof(*req));
    int rc = req ? check_prot(req->prot) : -EINVAL;

    return rc < 0 ? rc
                  : aspace_protect(&m->proc->as, m->proc->pid, req->addr, req->bytes, req->prot);
}

#define INFO_PAGES_MAX 4096 /* bound of one answer: 16 MiB */

static int64_t mem_info(struct message *m)
{
    const struct tmsg_range *req = message_as(m, sizeof(*req));
    struct tmsg_map_reply *out = (void *)m->buffer;
    uint64_t first = 0, next = 0, page, offset;
    long rc;

    if (!req)
        return -EINVAL;
    offset = req->addr % QRV_PAGE_SIZE;
    page = req->addr - offset;
    rc = kcall(TM_VIRT_TO_PHYS, m->proc->pid, (long)page, (long)&first, 0, 0, 0);
    if (rc < 0)
        return rc == -EFAULT ? -EAGAIN : rc;
    out->addr = (first & ~(QRV_PAGE_SIZE - 1)) + offset;
    out->bytes = QRV_PAGE_SIZE - offset;
    for (unsigned i = 1; i < INFO_PAGES_MAX && out->bytes < req->bytes; i++) {
        rc = kcall(TM_VIRT_TO_PHYS, m->proc->pid, (long)(page + i * QRV_PAGE_SIZE), (long)&next, 0,
                   0, 0);
        if (rc < 0 ||
            (next & ~(QRV_PAGE_SIZE - 1)) != (first & ~(QRV_PAGE_SIZE - 1)) + i * QRV_PAGE_SIZE)
            break;
        out->bytes += QRV_PAGE_SIZE;
    }
    if (req->bytes && out->bytes > req->bytes)
        out->bytes = req->bytes;
    return message_answer(m, out, sizeof(*out), 0);
}

static int64_t mem_shmctl(struct message *m)
{
    const struct tmsg_shmctl *req = message_as(m, sizeof(*req));

    if (!req)
        return -EINVAL;
    if ((req->flags & SHMCTL_PHYS) && !(req->flags & SHMCTL_ANON)) {
        if (m->proc->cred.euid != 0)
            return -EPERM;
        if (req->paddr % QRV_PAGE_SIZE || req->bytes == 0 || req->paddr + req->bytes < req->paddr)
            return -EINVAL;
        return ocb_set_memory(m->info.scoid, req->fd, req->paddr, req->bytes);
    }
    if (req->flags & (SHMCTL_PHYS | SHMCTL_PRIV))
        return -ENOSYS; /* contiguous objects: MAP_PHYS|MAP_ANON gives contiguous memory to one
                           process */
    return ocb_set_memory(m->info.scoid, req->fd, 0, req->bytes);
}

/* Shrinks in place; anything else is a new mapping and a copy, which libc does. */
static int64_t mem_remap(struct message *m)
{
    const struct tmsg_range *req = message_as(m, sizeof(*req));
    uint64_t keep;

    if (!req || req->prot == 0)
        return -EINVAL;
    keep = ((uint64_t)req->prot + QRV_PAGE_SIZE - 1) & ~(QRV_PAGE_SIZE - 1);
    if (keep > req->bytes)
        return -ENOSYS;
    if (keep == ((req->bytes + QRV_PAGE_SIZE - 1) & ~(QRV_PAGE_SIZE - 1)))
        return 0;
    return aspace_unmap(&m->proc->as, m->proc->pid, req->addr + keep, req->bytes - keep);
}

int64_t tm_memory(struct message *m)
{
    const struct tmsg_hdr *req = message_as(m, 4);

    switch (req ? req->subtype : 0) {
    case TMSG_MEM_MAP:
        return mem_map(m);
    case TMSG_MEM_UNMAP:
        return mem_unmap(m);
    case TMSG_MEM_PROTECT:
        return mem_protect(m);
    case TMSG_MEM_INFO:
        return mem_info(m);
    case TMSG_MEM_SHMCTL:
        return mem_shmctl(m);
    case TMSG_MEM_REMAP:
        return mem_remap(m);
    default:
        return -ENOSYS;
    }
}
