/* SPDX-License-Identifier: Apache-2.0 */
/* Files are read and written in parts: they may be larger than the memory. What the file on the target
 * has of a broken deployment stays there, so the next attempt sends the rest. */
#include "transfer.h"

#include "../../services/deployd/chunk.h"
#include "../../services/deployd/file.h"
#include "../common/fs.h"
#include "../common/sdk.h"
#include "../common/term.h"
#include "delta.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PART = 1 << 20, ENTRIES_MAX = 1 << 20 };

static int say(const char *file, int error)
{
    return complain(EXIT_FAILED, "%s: %s", file, strerror(error));
}

/* How much there is, or -1 and errno. */
static int64_t hash_file(int fd, unsigned char digest[crypto_hash_sha256_BYTES])
{
    crypto_hash_sha256_state state;
    uint8_t *bytes = xmalloc(PART);
    int64_t size = 0;
    ssize_t n;
    crypto_hash_sha256_init(&state);
    while ((n = file_read(fd, bytes, PART, (uint64_t)size)) > 0) {
        crypto_hash_sha256_update(&state, bytes, (size_t)n);
        size += n;
    }
    crypto_hash_sha256_final(&state, digest);
    free(bytes);
    return n < 0 ? -1 : size;
}

/* ------------------------------------------------------------------ to the target */

struct put {
    struct transfer *t;
    struct session *s;
    struct delta *delta;
    int fd;
    struct deploy_file file;
    struct deploy_copy copy; /* not sent yet: it may grow */
    uint8_t piece[DEPLOY_DATA_MAX]; /* of a PUT that may grow, too: its offset and its bytes */
    size_t piece_bytes;
    uint64_t piece_at;
    enum outcome outcome;
};

/* What the target has to say meanwhile is an error, or the end. */
static bool tell(struct put *p, uint8_t type, const void *bytes, size_t n)
{
    if (!client_send(p->s->fd, type, bytes, n))
        p->outcome = session_broken(p->s);
    else if (client_pending(p->s->fd)) {
        p->outcome = session_next(p->s, p->t->file);
        if (p->outcome == ALL_DONE)
            p->outcome = BROKEN;
    }
    return p->outcome == ALL_DONE;
}

static bool flush_piece(struct put *p)
{
    if (p->piece_bytes == 0)
        return true;
    memcpy(p->piece, &p->piece_at, sizeof p->piece_at);
    bool good = tell(p, DEPLOY_PUT, p->piece, sizeof p->piece_at + p->piece_bytes);
    p->s->moved += p->piece_bytes;
    p->piece_bytes = 0;
    return good;
}

static bool flush_copy(struct put *p)
{
    bool good = p->copy.bytes == 0 || tell(p, DEPLOY_COPY, &p->copy, sizeof p->copy);
    p->copy.bytes = 0;
    return good;
}

static bool add_copy(struct put *p, uint64_t to, uint64_t from, uint64_t bytes)
{
    struct deploy_copy *c = &p->copy;
    if (c->bytes > 0 && c->to + c->bytes == to && c->from + c->bytes == from && c->bytes < PART) {
        c->bytes += bytes;
        return true;
    }
    bool good = flush_piece(p) && flush_copy(p);
    *c = (struct deploy_copy){to, from, bytes};
    return good;
}

static bool is_zero(const uint8_t *bytes, size_t n)
{
    return n >= 512 && bytes[0] == 0 && memcmp(bytes, bytes + 1, n - 1) == 0;
}

/* Chunks that lie behind one another go in one message: a message of each would cost more than its bytes. */
static bool put_bytes(struct put *p, uint64_t offset, const uint8_t *bytes, size_t n)
{
    bool good = flush_copy(p) && (p->piece_at + p->piece_bytes == offset || flush_piece(p));
    for (size_t part; good && n > 0; n -= part, bytes += part, offset += part) {
        if (p->piece_bytes == 0)
            p->piece_at = offset;
        part = n < DEPLOY_PIECE - p->piece_bytes ? n : DEPLOY_PIECE - p->piece_bytes;
        memcpy(p->piece + sizeof p->piece_at + p->piece_bytes, bytes, part);
        p->piece_bytes += part;
        good = p->piece_bytes < DEPLOY_PIECE || flush_piece(p);
    }
    return good;
}

static bool put_chunk(struct put *p, uint64_t offset, const uint8_t *bytes, size_t n)
{
    unsigned char digest[crypto_hash_sha256_BYTES];
    uint64_t from;
    if (is_zero(bytes, n))
        return flush_piece(p) && flush_copy(p) && tell(p, DEPLOY_ZERO, (uint64_t[]){offset, n}, 2 * sizeof offset);
    crypto_hash_sha256(digest, bytes, n);
    if (delta_has(p->delta, offset, (uint32_t)n, digest))
        return true;
    if (delta_finds(p->delta, (uint32_t)n, digest, &from))
        return add_copy(p, offset, from, n);
    return put_bytes(p, offset, bytes, n);
}

/* Cuts the file into chunks; each is there, or copied on the target, or sent. */
static void put_content(struct put *p)
{
    size_t have = 0, at = 0, max = chunk_max(p->file.chunk_bits), room = max + PART;
    uint8_t *bytes = xmalloc(room);
    struct progress bar;
    bool good = true;
    progress_begin(&bar, "sending", p->t->quiet ? 0 : p->file.size);
    for (uint64_t offset = 0; good && offset < p->file.size;) {
        if (have - at < max && offset + (have - at) < p->file.size) {
            memmove(bytes, bytes + at, have - at);
            have -= at;
            at = 0;
            ssize_t n = file_read(p->fd, bytes + have, room - have, offset + have);
            have += n > 0 ? (size_t)n : 0;
            if (offset + have < p->file.size && have < max)
                p->outcome = AGAIN; /* it became shorter: begin with the size that it has now */
        }
        if (p->outcome != ALL_DONE)
            break;
        size_t n = chunk_length(bytes + at, have - at, p->file.chunk_bits);
        n = n <= p->file.size - offset ? n : (size_t)(p->file.size - offset);
        good = put_chunk(p, offset, bytes + at, n);
        at += n;
        offset += n;
        if (!p->t->quiet)
            progress_at(&bar, offset);
    }
    if (p->outcome == ALL_DONE && flush_piece(p))
        flush_copy(p);
    progress_end(&bar);
    free(bytes);
}

static bool describe(struct put *p)
{
    const struct transfer *t = p->t;
    struct stat st;
    if (fstat(p->fd, &st) != 0)
        return false;
    int64_t size = hash_file(p->fd, p->file.sha256);
    if (size < 0)
        return false;
    p->file.size = (uint64_t)size;
    p->file.mode = t->mode >= 0 ? (uint32_t)t->mode : st.st_mode & (t->preserve ? 07777 : 0777);
    p->file.chunk_bits = chunk_bits_for(p->file.size);
    p->file.mtime_s = st.st_mtim.tv_sec;
    p->file.mtime_ns = (uint32_t)st.st_mtim.tv_nsec;
    p->file.flags = (t->preserve ? DEPLOY_SET_TIME : 0u) | (t->uid >= 0 ? DEPLOY_SET_OWNER : 0u);
    p->file.uid = (uint32_t)t->uid;
    p->file.gid = (uint32_t)t->gid;
    p->t->size = p->file.size;
    return true;
}

static enum outcome receive_chunks(struct put *p)
{
    enum outcome outcome;
    bool at_end = false;
    while (!at_end && (outcome = session_next(p->s, p->t->file)) == ALL_DONE) {
        if (p->s->m.type == DEPLOY_SAME)
            p->t->unchanged = true;
        if (p->s->m.type != DEPLOY_CHUNKS ||
            !delta_take(p->delta, p->s->m.data, p->s->m.bytes, &at_end))
            return p->t->unchanged ? ALL_DONE : BROKEN;
    }
    return at_end ? ALL_DONE : outcome;
}

static enum outcome finish(struct put *p)
{
    if (!client_send(p->s->fd, DEPLOY_COMMIT, NULL, 0))
        return BROKEN;
    enum outcome outcome = session_next(p->s, p->t->file);
    if (outcome != ALL_DONE)
        return outcome;
    return p->s->m.type == DEPLOY_DIFFERS ? AGAIN : p->s->m.type == DEPLOY_DONE ? ALL_DONE : BROKEN;
}

static enum outcome put_once(struct session *s, void *arg)
{
    struct put *p = arg;
    if (!describe(p)) {
        say(p->t->file, errno);
        return FAILED;
    }
    p->outcome = ALL_DONE;
    p->copy.bytes = p->piece_bytes = 0;
    p->t->unchanged = false;
    session_reads(s, p->file.size);
    if (!session_ask(s, DEPLOY_BEGIN, &p->file, sizeof p->file, p->t->path))
        return BROKEN;
    p->delta = delta_new();
    p->outcome = receive_chunks(p);
    if (p->outcome == ALL_DONE && !p->t->unchanged) {
        put_content(p);
        if (p->outcome == ALL_DONE)
            p->outcome = finish(p);
    }
    delta_free(p->delta);
    return p->outcome;
}

int transfer_put(struct session *s, struct transfer *t)
{
    struct put p = {.t = t, .s = s};
    p.fd = open(t->file, O_RDONLY | O_CLOEXEC);
    if (p.fd < 0)
        return complain(EXIT_INPUT, "%s: %s", t->file, strerror(errno));
    int result = session_run(s, t->file, put_once, &p);
    close(p.fd);
    t->moved = s->moved;
    t->breaks = s->breaks;
    return result;
}

/* ------------------------------------------------------------------ from the target */

struct get {
    struct transfer *t;
    int fd;
    uint64_t have;
    struct deploy_file file; /* as it was when the first bytes came */
};

static bool write_all(int fd, const uint8_t *bytes, size_t n)
{
    while (n > 0) {
        ssize_t part = write(fd, bytes, n);
        if (part < 0 && errno != EINTR)
            return false;
        bytes += part > 0 ? part : 0;
        n -= part > 0 ? (size_t)part : 0;
    }
    return true;
}

static enum outcome start_over(struct get *g)
{
    g->have = 0;
    return ftruncate(g->fd, 0) == 0 && lseek(g->fd, 0, SEEK_SET) == 0 ? AGAIN : FAILED;
}

static enum outcome receive_bytes(struct session *s, struct get *g)
{
    struct progress bar;
    enum outcome outcome;
    progress_begin(&bar, "receiving", g->t->quiet ? 0 : g->file.size);
    while ((outcome = session_next(s, g->t->path)) == ALL_DONE && s->m.type == DEPLOY_BYTES) {
        if (s->m.bytes > g->file.size - g->have) {
            outcome = BROKEN; /* more than it has said that there is */
            break;
        }
        if (!write_all(g->fd, s->m.data, s->m.bytes)) {
            say(g->t->file, errno);
            outcome = FAILED;
            break;
        }
        g->have += s->m.bytes;
        s->moved += s->m.bytes;
        if (!g->t->quiet)
            progress_at(&bar, g->have);
    }
    progress_end(&bar);
    return outcome;
}

/* What was received before a break is kept when the file is still the same. */
static enum outcome get_once(struct session *s, void *arg)
{
    struct get *g = arg;
    struct deploy_file file;
    enum outcome outcome;
    if (!session_ask(s, DEPLOY_GET, &g->have, sizeof g->have, g->t->path))
        return BROKEN;
    if ((outcome = session_next(s, g->t->path)) != ALL_DONE)
        return outcome;
    if (s->m.type != DEPLOY_FILE || s->m.bytes != sizeof file)
        return BROKEN;
    memcpy(&file, s->m.data, sizeof file);
    bool changed = g->have > 0 && memcmp(&file, &g->file, sizeof file) != 0;
    g->file = file;
    session_reads(s, file.size);
    if (changed)
        return start_over(g);
    if ((outcome = receive_bytes(s, g)) != ALL_DONE)
        return outcome;
    unsigned char digest[crypto_hash_sha256_BYTES];
    bool same = s->m.type == DEPLOY_DONE && s->m.bytes == sizeof digest && g->have == file.size &&
                hash_file(g->fd, digest) == (int64_t)file.size &&
                memcmp(digest, s->m.data, sizeof digest) == 0;
    return same ? ALL_DONE : start_over(g);
}

static int take_name(const struct get *g, const char *part)
{
    const struct transfer *t = g->t;
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT},
                                      {(time_t)g->file.mtime_s, (long)g->file.mtime_ns}};
    if (fchmod(g->fd, (g->file.mode & 0777) | 0600) != 0 ||
        (t->preserve && futimens(g->fd, times) != 0) || rename(part, t->file) != 0)
        return say(t->file, errno);
    return 0;
}

int transfer_get(struct session *s, struct transfer *t)
{
    struct get g = {.t = t};
    char *dir = fs_dirname(t->file);
    char *part = xprintf("%s/.%s.qrv-part%ld", dir, fs_basename(t->file), (long)getpid());
    unlink(part); /* of one that was killed; in /tmp perhaps somebody else's */
    g.fd = open(part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int result = g.fd < 0 ? say(t->file, errno) : session_run(s, t->path, get_once, &g);
    if (result == 0)
        result = take_name(&g, part);
    if (g.fd >= 0)
        close(g.fd);
    if (result != 0)
        unlink(part);
    free(part);
    free(dir);
    t->size = g.file.size;
    t->moved = s->moved;
    t->breaks = s->breaks;
    return result;
}

/* ------------------------------------------------------------------ directories */

struct small {
    uint8_t type;
    const void *head;
    size_t head_bytes;
    const char *path;
    struct entry *list;
    size_t count;
};

static enum outcome ask_once(struct session *s, void *arg)
{
    struct small *q = arg;
    enum outcome outcome;
    if (!session_ask(s, q->type, q->head, q->head_bytes, q->path))
        return BROKEN;
    while (q->count > 0)
        free(q->list[--q->count].name);
    while ((outcome = session_next(s, q->path)) == ALL_DONE && s->m.type == DEPLOY_ENTRY) {
        const char *name = (const char *)s->m.data + sizeof q->list->mode;
        if (s->m.bytes <= sizeof q->list->mode || name[0] == '\0' || strchr(name, '/') != NULL ||
            strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || q->count == ENTRIES_MAX) {
            complain(0, "%s: the target lists what cannot be in a directory", q->path);
            return FAILED; /* no name that leads out of the directory */
        }
        q->list = xrealloc(q->list, (q->count + 1) * sizeof *q->list);
        memcpy(&q->list[q->count].mode, s->m.data, sizeof q->list->mode);
        q->list[q->count++].name = xstrdup(name);
    }
    return outcome == ALL_DONE && s->m.type != DEPLOY_DONE ? BROKEN : outcome;
}

int transfer_make_directory(struct session *s, const char *path, unsigned mode)
{
    uint32_t bits = mode;
    struct small q = {.type = DEPLOY_MAKE, .head = &bits, .head_bytes = sizeof bits, .path = path};
    return session_run(s, path, ask_once, &q);
}

int transfer_make_link(struct session *s, const char *path, const char *content)
{
    struct small q = {.type = DEPLOY_LINK, .head = content, .head_bytes = strlen(content) + 1, .path = path};
    return session_run(s, path, ask_once, &q);
}

int transfer_list(struct session *s, const char *path, struct entry **list, size_t *count)
{
    struct small q = {.type = DEPLOY_LIST, .head = "", .path = path};
    int result = session_run(s, path, ask_once, &q);
    *list = q.list;
    *count = q.count;
    return result;
}
