/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of ended threads, kept for the next ones: mapping, guarding and unmapping a stack are three messages to the process
 * manager, most of what a short thread costs.  What is kept is bounded, and only given back for exactly the same shape.
 * Contents are undefined.  The lock is a leaf. */
#include <sys/mman.h>
#include "../qrv/qrv.h"
#include "../qrv/thread.h"
#include "lock.h"

#define KEEP_MAX 8
#define KEEP_BYTES_MAX (1 << 20) /* address space; pages that were touched stay in memory */

static volatile int lock[1];
static struct kept {
    void *map;
    size_t size, guard;
} kept[KEEP_MAX];
static size_t kept_bytes;

void *__qrv_stack_get(size_t size, size_t guard)
{
    void *map = 0;
    LOCK(lock);
    for (struct kept *k = kept; k < kept + KEEP_MAX; k++) {
        if (k->map && k->size == size && k->guard == guard) {
            map = k->map;
            k->map = 0;
            kept_bytes -= size;
            break;
        }
    }
    UNLOCK(lock);
    return map;
}

void __qrv_stack_put(void *map, size_t size, size_t guard)
{
    struct kept *free = 0;
    LOCK(lock);
    for (struct kept *k = kept; k < kept + KEEP_MAX && !free; k++)
        if (!k->map)
            free = k;
    if (free && size <= KEEP_BYTES_MAX - kept_bytes) {
        *free = (struct kept){map, size, guard};
        kept_bytes += size;
        map = 0;
    }
    UNLOCK(lock);
    if (map)
        __munmap(map, size);
}

/* In the child of a fork(): another thread may have held the lock.  What was kept is as lost as that thread's own stack. */
void __qrv_stack_forked(void)
{
    lock[0] = 0;
    kept_bytes = 0;
    for (struct kept *k = kept; k < kept + KEEP_MAX; k++)
        k->map = 0;
}
