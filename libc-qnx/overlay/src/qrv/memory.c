/* SPDX-License-Identifier: Apache-2.0 */
/* Address space: requests to the memory manager.  Files of servers other than it are mapped by
 * reading them into private memory, which is all that MAP_PRIVATE promises; MAP_SHARED with
 * PROT_WRITE on them is refused. */
#include <sys/mman.h>
#include <sys/syscall.h>
#include "qrv.h"

static long range(uint16_t sub, void *addr, size_t len, unsigned prot)
{
    struct tmsg_range m = {
        .type = TMSG_MEM, .subtype = sub, .prot = prot, .addr = (uint64_t)addr, .bytes = len};
    return __qrv_tm(&m, sizeof m, 0, 0);
}

static long map(void *addr, size_t len, int prot, int flags, int fd, uint64_t off)
{
    struct tmsg_map m = {.type = TMSG_MEM,
                         .subtype = TMSG_MEM_MAP,
                         .prot = (uint32_t)prot,
                         .flags = (uint32_t)flags,
                         .fd = fd,
                         .addr = (uint64_t)addr,
                         .bytes = len,
                         .offset = off};
    struct tmsg_map_reply r = {0, 0};
    long rc = __qrv_tm(&m, sizeof m, &r, sizeof r);
    return rc < 0 ? rc : (long)r.addr;
}

/* Fills [p, p + len) from the file; what lies behind its end stays zero. */
static long fill(char *p, size_t len, int fd, uint64_t off)
{
    size_t done = 0;
    while (done < len) {
        long n = __qrv_pread(fd, p + done, len - done, (int64_t)(off + done), KC_SEND_NC);
        if (n == -EINTR)
            continue;
        if (n < 0)
            return n;
        if (n == 0)
            break;
        done += (size_t)n;
    }
    return 0;
}

static long map_by_reading(void *addr, size_t len, int prot, int flags, int fd, uint64_t off)
{
    struct stat st;
    long rc = __qrv_fstat(fd, &st);
    if (rc < 0)
        return rc;
    if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
        return -ENODEV;
    if ((flags & MAP_TYPE) != MAP_PRIVATE && (prot & PROT_WRITE))
        return -ENODEV;
    flags = (flags & ~MAP_TYPE) | MAP_PRIVATE | MAP_ANON;
    long at = map(addr, len, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (at < 0)
        return at;
    rc = fill((char *)at, len, fd, off);
    if (rc == 0 && prot != (PROT_READ | PROT_WRITE))
        rc = range(TMSG_MEM_PROTECT, (void *)at, len, (unsigned)prot);
    if (rc < 0) {
        range(TMSG_MEM_UNMAP, (void *)at, len, 0);
        return rc;
    }
    return at;
}

static long do_mmap(void *addr, size_t len, int prot, int flags, int fd, uint64_t off)
{
    struct _msg_info info;
    if (len == 0 || (off & (QRV_PAGE_SIZE - 1)))
        return -EINVAL;
    if (flags & MAP_ANON || fd == -1)
        return map(addr, len, prot, flags, -1, off);
    if (__qrv_badfd(fd))
        return -EBADF;
    long rc = __kercall3(KC_CONNECT_SERVER_INFO, 0, fd, (long)&info);
    if (rc != fd)
        return -EBADF;
    if (info.pid == TASKMAN_PID)
        return map(addr, len, prot, flags, fd, off);
    return map_by_reading(addr, len, prot, flags, fd, off);
}

static long do_mremap(char *old, size_t oldlen, size_t newlen, int flags)
{
    oldlen = (oldlen + QRV_PAGE_SIZE - 1) & -QRV_PAGE_SIZE;
    newlen = (newlen + QRV_PAGE_SIZE - 1) & -QRV_PAGE_SIZE;
    if (((uintptr_t)old & (QRV_PAGE_SIZE - 1)) || newlen == 0)
        return -EINVAL;
    if (newlen > oldlen || (flags & MREMAP_FIXED))
        return -ENOSYS; /* realloc() copies then */
    long rc = newlen == oldlen ? 0 : range(TMSG_MEM_UNMAP, old + newlen, oldlen - newlen, 0);
    return rc < 0 ? rc : (long)old;
}

static long do_madvise(int advice)
{
    switch (advice) {
    case MADV_NORMAL:
    case MADV_RANDOM:
    case MADV_SEQUENTIAL:
    case MADV_WILLNEED:
        return 0;
    default:
        return -EINVAL; /* the others change contents: nothing may believe they worked */
    }
}

/* msync() and mlock() have nothing to do but to say whether the range is sound. */
static long aligned(uintptr_t addr)
{
    return addr & (QRV_PAGE_SIZE - 1) ? -EINVAL : 0;
}

long __qrv_memory(long n, long a, long b, long c, long d, long e, long f)
{
    switch (n) {
    case SYS_mmap:
        return do_mmap((void *)a, (size_t)b, (int)c, (int)d, (int)e, (uint64_t)f);
    case SYS_munmap:
        return range(TMSG_MEM_UNMAP, (void *)a, (size_t)b, 0);
    case SYS_mprotect:
        return range(TMSG_MEM_PROTECT, (void *)a, (size_t)b, (unsigned)c);
    case SYS_mremap:
        return do_mremap((char *)a, (size_t)b, (size_t)c, (int)d);
    case SYS_madvise:
        return do_madvise((int)c);
    case SYS_msync:
        return aligned((uintptr_t)a);
    case SYS_mlock:
    case SYS_mlock2:
    case SYS_munlock:
    case SYS_mlockall:
    case SYS_munlockall:
        return 0; /* nothing is ever paged out */
    default:
        return -ENOSYS;
    }
}
