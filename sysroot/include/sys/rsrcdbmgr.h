/* SPDX-License-Identifier: Apache-2.0 */
/* Resource database: ranges of memory, interrupts, ports and so on.  Nobody keeps it yet: every
 * call fails with ENOSYS (docs/caveats.md).  Documentation followed: Library Reference
 * rsrcdbmgr_*(). */
#pragma once
#include <stdint.h>
#include <sys/cdefs.h>
#include <sys/types.h>

__BEGIN_DECLS

typedef struct _rsrc_alloc {
    uint64_t start, end;
    uint32_t flags; /* RSRCDBMGR_* */
    const char *name;
} rsrc_alloc_t;
typedef struct _rsrc_request {
    uint64_t length, align;
    uint64_t start, end;
    uint32_t flags;
    uint32_t zero[2];
    const char *name;
} rsrc_request_t;

#define RSRCDBMGR_TYPE_MASK    0x000000ff
#define RSRCDBMGR_IO_PORT      1
#define RSRCDBMGR_MEMORY       2
#define RSRCDBMGR_IRQ          3
#define RSRCDBMGR_DMA_CHANNEL  4
#define RSRCDBMGR_PCI_MEMORY   5
#define RSRCDBMGR_DEVNO        6
#define RSRCDBMGR_FLAG_NAME    0x00000100
#define RSRCDBMGR_FLAG_ALIGN   0x00000200
#define RSRCDBMGR_FLAG_RANGE   0x00000400
#define RSRCDBMGR_FLAG_SHARE   0x00000800
#define RSRCDBMGR_FLAG_TOPDOWN 0x00001000
#define RSRCDBMGR_FLAG_USED    0x00002000
#define RSRCDBMGR_FLAG_LIST    0x00004000

int rsrcdbmgr_attach(rsrc_request_t *list, int count);
int rsrcdbmgr_detach(rsrc_request_t *list, int count);
int rsrcdbmgr_create(rsrc_alloc_t *item, int count);
int rsrcdbmgr_destroy(rsrc_alloc_t *item, int count);
int rsrcdbmgr_query(rsrc_alloc_t *list, int size, int start, uint32_t flags);

__END_DECLS
