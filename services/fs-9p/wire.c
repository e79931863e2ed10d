/* SPDX-License-Identifier: Apache-2.0 */
/* Followed: the 9P2000.L protocol description of the diod project and Plan 9's intro(5). */
#include "wire.h"

#include <string.h>

#define GETATTR_BASIC 0x7ffu

/* ------------------------------------------------------------------ requests */

void p9_begin(struct p9_out *o, uint8_t *data, uint32_t size, uint8_t type, uint16_t tag)
{
    *o = (struct p9_out){.data = data, .size = size};
    p9_put32(o, 0);
    p9_put8(o, type);
    p9_put16(o, tag);
}

static void put(struct p9_out *o, uint64_t v, unsigned bytes)
{
    if (o->full || o->size - o->at < bytes) {
        o->full = true;
        return;
    }
    for (unsigned i = 0; i < bytes; i++)
        o->data[o->at++] = (uint8_t)(v >> 8 * i);
}

void p9_put8(struct p9_out *o, uint8_t v)
{
    put(o, v, 1);
}

void p9_put16(struct p9_out *o, uint16_t v)
{
    put(o, v, 2);
}

void p9_put32(struct p9_out *o, uint32_t v)
{
    put(o, v, 4);
}

void p9_put64(struct p9_out *o, uint64_t v)
{
    put(o, v, 8);
}

void p9_puts(struct p9_out *o, const char *text, size_t len)
{
    if (len > 0xffff) {
        o->full = true;
        return;
    }
    p9_put16(o, (uint16_t)len);
    if (o->full || o->size - o->at < len) {
        o->full = true;
        return;
    }
    memcpy(o->data + o->at, text, len);
    o->at += (uint32_t)len;
}

bool p9_end(struct p9_out *o, uint32_t more)
{
    uint32_t all = o->at + more;
    if (o->full)
        return false;
    for (unsigned i = 0; i < 4; i++)
        o->data[i] = (uint8_t)(all >> 8 * i);
    return true;
}

/* ------------------------------------------------------------------ replies */

struct in {
    const uint8_t *p;
    uint32_t left;
    bool bad;
};

static uint64_t take(struct in *in, unsigned bytes)
{
    uint64_t v = 0;
    if (in->bad || in->left < bytes) {
        in->bad = true;
        return 0;
    }
    for (unsigned i = 0; i < bytes; i++)
        v |= (uint64_t)in->p[i] << 8 * i;
    in->p += bytes;
    in->left -= bytes;
    return v;
}

static uint32_t take32(struct in *in)
{
    return (uint32_t)take(in, 4);
}

static void take_qid(struct in *in, struct p9_qid *qid)
{
    qid->type = (uint8_t)take(in, 1);
    qid->version = take32(in);
    qid->path = take(in, 8);
}

static const char *take_text(struct in *in, uint16_t *len)
{
    const char *text;
    *len = (uint16_t)take(in, 2);
    if (in->bad || in->left < *len) {
        in->bad = true;
        *len = 0;
        return "";
    }
    text = (const char *)in->p;
    in->p += *len;
    in->left -= *len;
    return text;
}

int p9_reply(const uint8_t *data, uint32_t have, uint8_t type, uint16_t tag, const uint8_t **body,
             uint32_t *body_len)
{
    struct in in = {data, have, false};
    uint32_t size = take32(&in);
    uint8_t got = (uint8_t)take(&in, 1);
    uint16_t got_tag = (uint16_t)take(&in, 2);
    if (in.bad || size != have || got_tag != tag)
        return -1;
    if (got == P9_RLERROR) {
        uint32_t error = take32(&in);
        /* Error numbers are Linux's, which are ours too; 0 or a large one is none. */
        return in.bad || error == 0 || error > 133 ? -1 : (int)error;
    }
    if (got != type + 1)
        return -1;
    *body = in.p;
    *body_len = in.left;
    return 0;
}

bool p9_read_qid(const uint8_t *p, uint32_t len, struct p9_qid *qid)
{
    struct in in = {p, len, false};
    take_qid(&in, qid);
    return !in.bad;
}

bool p9_read_walk(const uint8_t *p, uint32_t len, struct p9_qid *qids, unsigned max, unsigned *n)
{
    struct in in = {p, len, false};
    *n = (unsigned)take(&in, 2);
    if (in.bad || *n > max)
        return false;
    for (unsigned i = 0; i < *n; i++)
        take_qid(&in, &qids[i]);
    return !in.bad;
}

bool p9_read_attr(const uint8_t *p, uint32_t len, struct p9_attr *a)
{
    struct in in = {p, len, false};
    uint64_t valid = take(&in, 8);
    take_qid(&in, &a->qid);
    a->mode = take32(&in);
    a->uid = take32(&in);
    a->gid = take32(&in);
    a->nlink = take(&in, 8);
    a->rdev = take(&in, 8);
    a->size = take(&in, 8);
    a->blksize = take(&in, 8);
    a->blocks = take(&in, 8);
    a->atime = take(&in, 8);
    a->atime_ns = take(&in, 8);
    a->mtime = take(&in, 8);
    a->mtime_ns = take(&in, 8);
    a->ctime = take(&in, 8);
    a->ctime_ns = take(&in, 8);
    return !in.bad && (valid & GETATTR_BASIC) == GETATTR_BASIC && (int64_t)a->size >= 0;
}

bool p9_read_statfs(const uint8_t *p, uint32_t len, struct p9_statfs *s)
{
    struct in in = {p, len, false};
    s->type = take32(&in);
    s->bsize = take32(&in);
    s->blocks = take(&in, 8);
    s->bfree = take(&in, 8);
    s->bavail = take(&in, 8);
    s->files = take(&in, 8);
    s->ffree = take(&in, 8);
    s->fsid = take(&in, 8);
    s->namelen = take32(&in);
    return !in.bad;
}

bool p9_read_text(const uint8_t *p, uint32_t len, char *text, size_t max)
{
    struct in in = {p, len, false};
    uint16_t n;
    const char *from = take_text(&in, &n);
    if (in.bad || n >= max || memchr(from, 0, n) != NULL)
        return false;
    memcpy(text, from, n);
    text[n] = '\0';
    return true;
}

bool p9_read_version(const uint8_t *p, uint32_t len, uint32_t *msize, bool *known)
{
    struct in in = {p, len, false};
    uint16_t n;
    *msize = take32(&in);
    const char *text = take_text(&in, &n);
    *known = n == 8 && memcmp(text, "9P2000.L", 8) == 0;
    return !in.bad;
}

bool p9_next_entry(const uint8_t *p, uint32_t len, uint32_t *at, struct p9_entry *e)
{
    struct in in = {p + *at, len - *at, false};
    struct p9_qid qid;
    take_qid(&in, &qid);
    e->ino = qid.path;
    e->cookie = take(&in, 8);
    e->type = (uint8_t)take(&in, 1);
    e->name = take_text(&in, &e->name_len);
    if (in.bad || e->name_len == 0 || e->name_len > P9_NAME_MAX ||
        memchr(e->name, 0, e->name_len) != NULL || memchr(e->name, '/', e->name_len) != NULL)
        return false;
    *at = len - in.left;
    return true;
}

bool p9_read_count(const uint8_t *p, uint32_t len, uint32_t *count)
{
    struct in in = {.p = p, .left = len};
    *count = take32(&in);
    return !in.bad;
}
