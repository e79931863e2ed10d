/* SPDX-License-Identifier: Apache-2.0 */
/* The resource database that nobody keeps yet: a driver that asks gets ENOSYS and must use the
 * ranges it was given on its command line. */
#include <errno.h>
#include <sys/rsrcdbmgr.h>

static int nobody(void)
{
    errno = ENOSYS;
    return -1;
}

int rsrcdbmgr_attach(rsrc_request_t *list, int count)
{
    (void)list;
    (void)count;
    return nobody();
}

int rsrcdbmgr_detach(rsrc_request_t *list, int count)
{
    (void)list;
    (void)count;
    return nobody();
}

int rsrcdbmgr_create(rsrc_alloc_t *item, int count)
{
    (void)item;
    (void)count;
    return nobody();
}

int rsrcdbmgr_destroy(rsrc_alloc_t *item, int count)
{
    (void)item;
    (void)count;
    return nobody();
}

int rsrcdbmgr_query(rsrc_alloc_t *list, int size, int start, uint32_t flags)
{
    (void)list;
    (void)size;
    (void)start;
    (void)flags;
    return nobody();
}
