/* SPDX-License-Identifier: Apache-2.0 */
/* Manager ids for _IO_MSG messages: a server answers those that carry an id it knows. */
#pragma once

#define _IOMGR_FSYS         0x0001
#define _IOMGR_CONSOLE      0x0002
#define _IOMGR_CHAR         0x0003
#define _IOMGR_NET          0x0004
#define _IOMGR_PCI          0x0005
#define _IOMGR_PRIVATE_BASE 0xf000
#define _IOMGR_PRIVATE_MAX  0xffff
