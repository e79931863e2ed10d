/* SPDX-License-Identifier: Apache-2.0 */
/* musl's <sys/mman.h> with Neutrino's mappings.  Documentation followed: Library Reference mmap(),
 * mmap_device_memory(), mem_offset(), shm_ctl(), posix_typed_mem_open(). */
#pragma once
#include <abi/mman.h>
#include <musl/sys/mman.h>
#include <stdint.h>
#include <sys/cdefs.h>
#include <sys/types.h>

__BEGIN_DECLS

#if defined(_BSD_SOURCE) || defined(_GNU_SOURCE)
#define MAP_DEVICE_FAILED ((uintptr_t)-1)

void *mmap_device_memory(void *addr, size_t len, int prot, int flags, uint64_t physical);
int munmap_device_memory(void *addr, size_t len);
uintptr_t mmap_device_io(size_t len, uint64_t io); /* for <hw/inout.h> */
int munmap_device_io(uintptr_t io, size_t len);
int munmap_flags(void *addr, size_t len, unsigned flags);
/* The physical address of addr and how many bytes go on from there without a gap. */
int mem_offset(const void *addr, int fd, size_t len, off_t *offset, size_t *contig_len);
int posix_mem_offset(const void *__restrict addr, size_t len, off_t *__restrict offset,
                     size_t *__restrict contig_len, int *__restrict fildes);
#define mem_offset64       mem_offset
#define posix_mem_offset64 posix_mem_offset

int shm_ctl(int fd, int flags, uint64_t paddr, uint64_t size);
int shm_ctl_special(int fd, int flags, uint64_t paddr, uint64_t size, unsigned special);

#define POSIX_TYPED_MEM_ALLOCATE        0x1
#define POSIX_TYPED_MEM_ALLOCATE_CONTIG 0x2
#define POSIX_TYPED_MEM_MAP_ALLOCATABLE 0x4
struct posix_typed_mem_info {
    size_t posix_tmi_length;
};
int posix_typed_mem_open(const char *name, int oflag, int tflag);
int posix_typed_mem_get_info(int fd, struct posix_typed_mem_info *info);
#endif

__END_DECLS
