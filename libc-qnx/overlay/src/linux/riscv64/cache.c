/* SPDX-License-Identifier: Apache-2.0 */
/* Instructions were written at [start, end): any thread of the process may run them afterwards. */
#include "syscall.h"

int __riscv_flush_icache(void *start, void *end, unsigned long flags)
{
    return syscall(SYS_riscv_flush_icache, start, end, flags);
}
weak_alias(__riscv_flush_icache, riscv_flush_icache);
