/* SPDX-License-Identifier: Apache-2.0 */
/* Device memory, physical addresses and shared-memory control. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "../qrv/qrv.h"
#include "kcall.h"

#define PAGE_MASK (QRV_PAGE_SIZE - 1)

/* Maps the pages around [physical, physical + len) and points at its first byte. */
static void *map_physical(void *addr, size_t len, int prot, int flags, uint64_t physical)
{
    size_t skew = physical & PAGE_MASK;
    if (len == 0 || len + skew < len) {
        errno = EINVAL;
        return MAP_FAILED;
    }
    char *p =
        mmap(addr, len + skew, prot, flags | MAP_PHYS | MAP_SHARED, NOFD, (off_t)(physical - skew));
    return p == MAP_FAILED ? p : p + skew;
}

static int unmap_physical(uintptr_t addr, size_t len)
{
    size_t skew = addr & PAGE_MASK;
    return munmap((void *)(addr - skew), len + skew);
}

void *mmap_device_memory(void *addr, size_t len, int prot, int flags, uint64_t physical)
{
    return map_physical(addr, len, prot, flags & ~MAP_TYPE, physical);
}

int munmap_device_memory(void *addr, size_t len)
{
    return unmap_physical((uintptr_t)addr, len);
}

/* RISC-V has no port space: I/O is memory. */
uintptr_t mmap_device_io(size_t len, uint64_t io)
{
    return (uintptr_t)map_physical(0, len, PROT_READ | PROT_WRITE | PROT_NOCACHE, 0, io);
}

int munmap_device_io(uintptr_t io, size_t len)
{
    return unmap_physical(io, len);
}

/* UNMAP_INIT_*: memory is cleared when it is given out again, so both are kept anyhow. */
int munmap_flags(void *addr, size_t len, unsigned flags)
{
    if (flags & ~(unsigned)(UNMAP_INIT_REQUIRED | UNMAP_INIT_OPTIONAL)) {
        errno = EINVAL;
        return -1;
    }
    return munmap(addr, len);
}

int mem_offset(const void *addr, int fd, size_t len, off_t *offset, size_t *contig_len)
{
    struct tmsg_range m = {
        .type = TMSG_MEM, .subtype = TMSG_MEM_INFO, .addr = (uint64_t)addr, .bytes = len};
    struct tmsg_map_reply r = {0, 0};
    if (fd != NOFD) { /* only physical addresses are known, not places in a file */
        errno = EINVAL;
        return -1;
    }
    long rc = __qrv_tm(&m, sizeof m, &r, sizeof r);
    if (rc < 0)
        return __qrv_ok(rc);
    *offset = (off_t)r.addr;
    if (contig_len)
        *contig_len = r.bytes < len ? r.bytes : len;
    return 0;
}

int posix_mem_offset(const void *restrict addr, size_t len, off_t *restrict offset,
                     size_t *restrict contig_len, int *restrict fildes)
{
    if (fildes)
        *fildes = NOFD;
    return mem_offset(addr, NOFD, len, offset, contig_len);
}

int shm_ctl(int fd, int flags, uint64_t paddr, uint64_t size)
{
    struct tmsg_shmctl m = {.type = TMSG_MEM,
                            .subtype = TMSG_MEM_SHMCTL,
                            .fd = fd,
                            .flags = (uint32_t)flags,
                            .paddr = paddr,
                            .bytes = size};
    if (__qrv_badfd(fd)) {
        errno = EBADF;
        return -1;
    }
    return __qrv_ok(__qrv_tm(&m, sizeof m, 0, 0));
}

int shm_ctl_special(int fd, int flags, uint64_t paddr, uint64_t size, unsigned special)
{
    if (special) {
        errno = ENOTSUP;
        return -1;
    }
    return shm_ctl(fd, flags, paddr, size);
}

/* There are no typed memory pools. */
int posix_typed_mem_open(const char *name, int oflag, int tflag)
{
    (void)name, (void)oflag, (void)tflag;
    errno = ENOENT;
    return -1;
}

int posix_typed_mem_get_info(int fd, struct posix_typed_mem_info *info)
{
    (void)info;
    errno = fcntl(fd, F_GETFD) == -1 ? EBADF : ENODEV;
    return -1;
}
