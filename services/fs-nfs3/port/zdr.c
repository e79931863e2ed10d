/* SPDX-License-Identifier: Apache-2.0 */
/* XDR that foreign bytes cannot lead astray, in place of libnfs's: every length is compared with what is left, lists have an
 * end, memory can run out, and a call is no reply. The interfaces are those of libnfs-zdr.h. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "libnfs-zdr.h"
#include "libnfs.h"
#include "libnfs-raw.h"
#include "libnfs-private.h"

#define DEPTH_MAX     4096u /* entries of a list: a directory's answer of 64 KiB has no more */
#define FRAGMENTS_MAX (NFS_MAX_XFER_SIZE + 8192u)

struct zdr_mem { /* as libnfs_zdr_destroy() knows it */
    struct zdr_mem *next;
    uint32_t size;
    _Alignas(16) char buf[];
};

static _Thread_local unsigned depth;

static uint32_t padded(uint32_t n)
{
    return (n + 3u) & ~3u;
}

static uint32_t left_of(const ZDR *z)
{
    return z->pos < 0 || z->pos > z->size ? 0 : (uint32_t)(z->size - z->pos);
}

/* Takes n bytes and what fills them up to a multiple of 4; NULL: there are not that many. */
static char *take(ZDR *z, uint32_t n)
{
    uint32_t left = left_of(z);
    if (n > left || (z->x_op == ZDR_ENCODE && padded(n) > left))
        return NULL;
    char *p = z->buf + z->pos;
    z->pos += (int)(padded(n) < left ? padded(n) : left);
    return p;
}

void *zdr_malloc(ZDR *z, uint32_t size)
{
    struct zdr_mem *m = malloc(sizeof *m + size);
    if (m == NULL)
        return NULL;
    m->next = z->mem;
    m->size = size;
    z->mem = m;
    return m->buf;
}

bool_t libnfs_zdr_u_int(ZDR *z, uint32_t *u)
{
    uint32_t v = htonl(*u);
    char *p = take(z, 4);
    if (p == NULL)
        return FALSE;
    if (z->x_op == ZDR_ENCODE) {
        memcpy(p, &v, 4);
        return TRUE;
    }
    memcpy(&v, p, 4);
    *u = ntohl(v);
    return TRUE;
}

bool_t libnfs_zdr_uint64_t(ZDR *z, uint64_t *u)
{
    uint32_t high = (uint32_t)(*u >> 32), low = (uint32_t)*u;
    if (!libnfs_zdr_u_int(z, &high) || !libnfs_zdr_u_int(z, &low))
        return FALSE;
    *u = (uint64_t)high << 32 | low;
    return TRUE;
}

bool_t libnfs_zdr_opaque(ZDR *z, char *data, uint32_t size)
{
    char *p = take(z, size);
    if (p == NULL)
        return FALSE;
    if (size == 0)
        return TRUE;
    if (z->x_op == ZDR_DECODE) {
        memcpy(data, p, size);
        return TRUE;
    }
    memcpy(p, data, size);
    memset(p + size, 0, padded(size) - size);
    return TRUE;
}

/* What is read stays where it was received. */
bool_t libnfs_zdr_bytes(ZDR *z, char **data, uint32_t *size, uint32_t max)
{
    (void)max;
    if (!libnfs_zdr_u_int(z, size))
        return FALSE;
    if (z->x_op == ZDR_ENCODE)
        return libnfs_zdr_opaque(z, *data, *size);
    if (*data != NULL)
        return FALSE;
    *data = take(z, *size);
    return *data != NULL;
}

bool_t libnfs_zdr_string(ZDR *z, char **text, uint32_t max)
{
    uint32_t size = z->x_op == ZDR_ENCODE ? (uint32_t)strlen(*text) : 0;
    (void)max;
    if (!libnfs_zdr_u_int(z, &size))
        return FALSE;
    if (z->x_op == ZDR_ENCODE)
        return libnfs_zdr_opaque(z, *text, size);
    char *p = take(z, size);
    char *copy = p != NULL ? zdr_malloc(z, size + 1) : NULL;
    if (copy == NULL)
        return FALSE;
    memcpy(copy, p, size);
    copy[size] = '\0';
    *text = copy;
    return TRUE;
}

bool_t libnfs_zdr_pointer(ZDR *z, char **object, uint32_t size, zdrproc_t proc)
{
    uint32_t more = *object != NULL;
    if (!libnfs_zdr_u_int(z, &more))
        return FALSE;
    if (!more) {
        *object = NULL;
        return TRUE;
    }
    if (z->x_op == ZDR_DECODE) {
        *object = zdr_malloc(z, size);
        if (*object == NULL)
            return FALSE;
        memset(*object, 0, size);
    }
    if (depth == DEPTH_MAX)
        return FALSE;
    depth++;
    bool_t good = (bool_t)proc(z, *object);
    depth--;
    return good;
}

bool_t libnfs_zdr_array(ZDR *z, char **array, uint32_t *count, uint32_t max, uint32_t size, zdrproc_t proc)
{
    (void)max;
    if (!libnfs_zdr_u_int(z, count))
        return FALSE;
    if (z->x_op == ZDR_DECODE) {
        if (*count > left_of(z) / 4 || size > 4096) /* an element takes 4 bytes at the least */
            return FALSE;
        *array = zdr_malloc(z, *count * size);
        if (*array == NULL)
            return FALSE;
        memset(*array, 0, (size_t)*count * size);
    }
    for (uint32_t i = 0; i < *count; i++)
        if (!proc(z, *array + (size_t)i * size))
            return FALSE;
    return TRUE;
}

/* libnfs would read a call here as well, over the memory of the result that is expected. */
bool_t libnfs_zdr_replymsg(struct rpc_context *rpc, ZDR *z, struct rpc_msg *msg)
{
    uint32_t direction;
    int at = z->pos;
    if (z->x_op == ZDR_DECODE) {
        z->pos += 4;
        bool_t there = libnfs_zdr_u_int(z, &direction);
        z->pos = at;
        if (!there || direction != REPLY)
            return FALSE;
    }
    depth = 0;
    return libnfs_zdr_callmsg(rpc, z, msg);
}

/* A record in pieces has a largest size, too. */
int rpc_add_fragment(struct rpc_context *rpc, char *data, uint32_t size)
{
    uint64_t total = size;
    unsigned pieces = 0;
    struct rpc_fragment **at = &rpc->fragments, *f;
    for (; *at != NULL; at = &(*at)->next, pieces++)
        total += (*at)->size;
    if (total > FRAGMENTS_MAX || pieces > 4096 || (f = malloc(sizeof *f)) == NULL)
        return -1;
    f->data = malloc(size > 0 ? size : 1);
    if (f->data == NULL) {
        free(f);
        return -1;
    }
    memcpy(f->data, data, size);
    f->size = size;
    f->next = NULL;
    *at = f;
    return 0;
}
