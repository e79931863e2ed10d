/* SPDX-License-Identifier: Apache-2.0 */
/* Unlike musl's, an address between pages is an error here. */
#include <errno.h>
#include <sys/mman.h>
#include "libc.h"
#include "syscall.h"

int __mprotect(void *addr, size_t len, int prot)
{
    if ((uintptr_t)addr & (PAGE_SIZE - 1)) {
        errno = EINVAL;
        return -1;
    }
    return syscall(SYS_mprotect, addr, len, prot);
}
weak_alias(__mprotect, mprotect);
