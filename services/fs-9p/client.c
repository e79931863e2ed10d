/* SPDX-License-Identifier: Apache-2.0 */
/* The calls of client.h: each builds a request in a slot, sends it and reads the reply. */
#include "client.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "transport.h"

static pthread_mutex_t fid_lock = PTHREAD_MUTEX_INITIALIZER;
static uint32_t *free_fids; /* a stack */
static size_t free_count, free_room;
static uint32_t next_fid = 1;
static uint32_t data_max = 4096; /* what one message carries, once the server has said its limit */

static int fid_get(uint32_t *fid)
{
    pthread_mutex_lock(&fid_lock);
    if (free_count > 0)
        *fid = free_fids[--free_count];
    else
        *fid = next_fid++;
    pthread_mutex_unlock(&fid_lock);
    return *fid == P9_NOFID ? ENFILE : 0;
}

static void fid_put(uint32_t fid)
{
    pthread_mutex_lock(&fid_lock);
    if (free_count == free_room) {
        size_t room = free_room ? 2 * free_room : 64;
        uint32_t *bigger = realloc(free_fids, room * sizeof *bigger);
        if (bigger != NULL) {
            free_fids = bigger;
            free_room = room;
        }
    }
    if (free_count < free_room) /* otherwise the number is lost, which hurts nobody for long */
        free_fids[free_count++] = fid;
    pthread_mutex_unlock(&fid_lock);
}

/* Sends, waits, checks the head: 0 and the body, or an errno value. */
static int call(struct slot *s, const uint8_t **body, uint32_t *len)
{
    int error = p9_end(&s->out, 0) ? transport_call(s, 0, 0) : ENAMETOOLONG;
    return error != 0 ? error : transport_reply(s, body, len);
}

/* Calls whose answer has nothing that is needed. */
static int call_plain(struct slot *s)
{
    const uint8_t *body;
    uint32_t len;
    int error = call(s, &body, &len);
    slot_put(s);
    return error;
}

static void put_name(struct slot *s, const char *name)
{
    p9_puts(&s->out, name, strlen(name));
}

int client_walk(uint32_t from, const char *const *names, const uint16_t *lens, unsigned count,
                struct p9_qid *qids, unsigned *n, uint32_t *fid)
{
    const uint8_t *body;
    uint32_t len;
    int error = fid_get(fid);
    *n = 0;
    if (error != 0)
        return error;
    struct slot *s = slot_get(P9_TWALK);
    p9_put32(&s->out, from);
    p9_put32(&s->out, *fid);
    p9_put16(&s->out, (uint16_t)count);
    for (unsigned i = 0; i < count; i++)
        p9_puts(&s->out, names[i], lens[i]);
    error = call(s, &body, &len);
    if (error == 0 && !p9_read_walk(body, len, qids, count, n))
        error = EIO;
    slot_put(s);
    if (error != 0 || *n < count)
        fid_put(*fid);
    return error;
}

void client_clunk(uint32_t fid)
{
    struct slot *s = slot_get(P9_TCLUNK);
    p9_put32(&s->out, fid);
    p9_end(&s->out, 0);
    transport_post(s, fid_put, fid); /* the number is free once the server has forgotten it */
}

int client_getattr(uint32_t fid, struct p9_attr *a)
{
    const uint8_t *body;
    uint32_t len;
    struct slot *s = slot_get(P9_TGETATTR);
    p9_put32(&s->out, fid);
    p9_put64(&s->out, 0x7ff);
    int error = call(s, &body, &len);
    if (error == 0 && !p9_read_attr(body, len, a))
        error = EIO;
    slot_put(s);
    return error;
}

int client_setattr(uint32_t fid, uint32_t valid, const struct p9_attr *a)
{
    struct slot *s = slot_get(P9_TSETATTR);
    p9_put32(&s->out, fid);
    p9_put32(&s->out, valid);
    p9_put32(&s->out, a->mode);
    p9_put32(&s->out, a->uid);
    p9_put32(&s->out, a->gid);
    p9_put64(&s->out, a->size);
    p9_put64(&s->out, a->atime);
    p9_put64(&s->out, a->atime_ns);
    p9_put64(&s->out, a->mtime);
    p9_put64(&s->out, a->mtime_ns);
    return call_plain(s);
}

int client_open(uint32_t fid, uint32_t flags)
{
    struct slot *s = slot_get(P9_TLOPEN);
    p9_put32(&s->out, fid);
    p9_put32(&s->out, flags);
    return call_plain(s);
}

int client_create(uint32_t dir, const char *name, uint32_t flags, uint32_t mode, uint32_t gid,
                  struct p9_qid *qid)
{
    const uint8_t *body;
    uint32_t len;
    struct slot *s = slot_get(P9_TLCREATE);
    p9_put32(&s->out, dir);
    put_name(s, name);
    p9_put32(&s->out, flags);
    p9_put32(&s->out, mode);
    p9_put32(&s->out, gid);
    int error = call(s, &body, &len);
    if (error == 0 && !p9_read_qid(body, len, qid))
        error = EIO;
    slot_put(s);
    return error;
}

/* Tread and Treaddir: the same shape. */
static ssize_t read_call(uint8_t type, uint32_t fid, uint64_t offset, size_t bytes,
                         const struct client_io *io)
{
    const uint8_t *body;
    uint32_t len;
    struct slot *s = slot_get(type);
    if (bytes > data_max)
        bytes = data_max;
    p9_put32(&s->out, fid);
    p9_put64(&s->out, offset);
    p9_put32(&s->out, (uint32_t)bytes);
    int error = p9_end(&s->out, 0) ? transport_call(s, 0, (uint32_t)bytes) : EIO;
    if (error == 0)
        error = transport_reply(s, &body, &len);
    ssize_t result = -error;
    if (error == 0) {
        uint32_t n;
        result = !p9_read_count(body, len, &n) || n > bytes || n > s->data_got ? -EIO : (ssize_t)n;
        if (result >= 0)
            result = io->move(io->handle, s->data.va, (size_t)n, 0);
    }
    slot_put(s);
    return result;
}

ssize_t client_read(uint32_t fid, uint64_t offset, size_t bytes, const struct client_io *io)
{
    return read_call(P9_TREAD, fid, offset, bytes, io);
}

ssize_t client_readdir(uint32_t fid, uint64_t cookie, size_t bytes, const struct client_io *io)
{
    return read_call(P9_TREADDIR, fid, cookie, bytes, io);
}

ssize_t client_write(uint32_t fid, uint64_t offset, size_t bytes, const struct client_io *io)
{
    const uint8_t *body;
    uint32_t len;
    struct slot *s = slot_get(P9_TWRITE);
    if (bytes > data_max)
        bytes = data_max;
    ssize_t n = io->move(io->handle, s->data.va, bytes, 0);
    if (n <= 0) {
        slot_put(s);
        return n;
    }
    p9_put32(&s->out, fid);
    p9_put64(&s->out, offset);
    p9_put32(&s->out, (uint32_t)n);
    int error = p9_end(&s->out, (uint32_t)n) ? transport_call(s, (uint32_t)n, 0) : EIO;
    if (error == 0)
        error = transport_reply(s, &body, &len);
    ssize_t result = -error;
    if (error == 0) {
        uint32_t done;
        result = !p9_read_count(body, len, &done) || done > (size_t)n ? -EIO : (ssize_t)done;
    }
    slot_put(s);
    return result;
}

int client_readlink(uint32_t fid, char *text, size_t max)
{
    const uint8_t *body;
    uint32_t len;
    struct slot *s = slot_get(P9_TREADLINK);
    p9_put32(&s->out, fid);
    int error = call(s, &body, &len);
    if (error == 0 && !p9_read_text(body, len, text, max))
        error = ENAMETOOLONG;
    slot_put(s);
    return error;
}

int client_symlink(uint32_t dir, const char *name, const char *target, uint32_t gid)
{
    struct slot *s = slot_get(P9_TSYMLINK);
    p9_put32(&s->out, dir);
    put_name(s, name);
    put_name(s, target);
    p9_put32(&s->out, gid);
    return call_plain(s);
}

int client_mkdir(uint32_t dir, const char *name, uint32_t mode, uint32_t gid)
{
    struct slot *s = slot_get(P9_TMKDIR);
    p9_put32(&s->out, dir);
    put_name(s, name);
    p9_put32(&s->out, mode);
    p9_put32(&s->out, gid);
    return call_plain(s);
}

int client_link(uint32_t dir, uint32_t fid, const char *name)
{
    struct slot *s = slot_get(P9_TLINK);
    p9_put32(&s->out, dir);
    p9_put32(&s->out, fid);
    put_name(s, name);
    return call_plain(s);
}

int client_unlink(uint32_t dir, const char *name, uint32_t flags)
{
    struct slot *s = slot_get(P9_TUNLINKAT);
    p9_put32(&s->out, dir);
    put_name(s, name);
    p9_put32(&s->out, flags);
    return call_plain(s);
}

int client_rename(uint32_t old_dir, const char *old_name, uint32_t dir, const char *name)
{
    struct slot *s = slot_get(P9_TRENAMEAT);
    p9_put32(&s->out, old_dir);
    put_name(s, old_name);
    p9_put32(&s->out, dir);
    put_name(s, name);
    return call_plain(s);
}

int client_fsync(uint32_t fid, bool data_only)
{
    struct slot *s = slot_get(P9_TFSYNC);
    p9_put32(&s->out, fid);
    p9_put32(&s->out, data_only);
    return call_plain(s);
}

int client_statfs(uint32_t fid, struct p9_statfs *st)
{
    const uint8_t *body;
    uint32_t len;
    struct slot *s = slot_get(P9_TSTATFS);
    p9_put32(&s->out, fid);
    int error = call(s, &body, &len);
    if (error == 0 && !p9_read_statfs(body, len, st))
        error = EIO;
    slot_put(s);
    return error;
}

/* ------------------------------------------------------------------ start */

static int agree_on_version(void)
{
    const uint8_t *body;
    uint32_t len, msize = 0;
    bool known = false;
    struct slot *s = slot_get(P9_TVERSION);
    p9_put32(&s->out, CLIENT_DATA_MAX + 4096);
    put_name(s, "9P2000.L");
    int error = call(s, &body, &len);
    if (error == 0 && !p9_read_version(body, len, &msize, &known))
        error = EIO;
    slot_put(s);
    if (error != 0)
        return error;
    if (!known || msize < 4096 + 24)
        return EPROTONOSUPPORT;
    data_max = msize - 24 < CLIENT_DATA_MAX ? msize - 24 : CLIENT_DATA_MAX;
    return 0;
}

int client_start(const char *tag, uint32_t *root)
{
    int error = transport_start(tag);
    if (error == 0)
        error = agree_on_version();
    if (error == 0)
        error = fid_get(root);
    if (error != 0)
        return error;
    struct slot *s = slot_get(P9_TATTACH);
    p9_put32(&s->out, *root);
    p9_put32(&s->out, P9_NOFID);
    put_name(s, "");
    put_name(s, "");
    p9_put32(&s->out, 0);
    return call_plain(s);
}
