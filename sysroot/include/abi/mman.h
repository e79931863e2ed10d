/* SPDX-License-Identifier: Apache-2.0 */
/* Memory-map bits beyond musl's <sys/mman.h>, chosen clear of every bit that one uses.
 * Documentation followed: Library Reference mmap(), shm_ctl().  taskman reads them in tmsg_map.flags. */
#pragma once

/* clang-format off */
#define PROT_NOCACHE   0x00000800 /* same bit as TM_PROT_NOCACHE */

#define MAP_NOINIT     0x00000040
#define MAP_BELOW      0x00000080
#define MAP_NOSYNCFILE 0x00000200
#define MAP_SYSRAM     0x00000400
#define MAP_PHYS       0x00200000 /* offset is a physical address; with MAP_ANON: contiguous memory */
#define MAP_LAZY       0x00400000
#define MAP_BELOW16M   0x00800000
#define MAP_NOX64K     0x01000000
#define MAP_ELF        0x02000000

#define SHMCTL_ANON      0x0001
#define SHMCTL_PHYS      0x0002
#define SHMCTL_PRIV      0x0004
#define SHMCTL_LAZY      0x0008
#define SHMCTL_GLOBAL    0x0010
#define SHMCTL_LOWERPROT 0x0020
#define SHMCTL_HIGHUSAGE 0x0040
#define SHMCTL_LOWUSAGE  0x0080

#define UNMAP_INIT_REQUIRED 0x1
#define UNMAP_INIT_OPTIONAL 0x2

#define NOFD (-1)
/* clang-format on */
