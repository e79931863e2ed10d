/* SPDX-License-Identifier: Apache-2.0 */
/* A connection that breaks is made again until the patience is over; the file on the target keeps the
 * blocks that have arrived, so the second attempt sends the rest. */
#include "transfer.h"

#include "../common/sdk.h"
#include "../common/term.h"
#include "client.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum outcome { ALL_DONE, BROKEN, AGAIN, FAILED };

static struct message m;

static long long now_s(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec;
}

/* The next message; an error of the target is told to the user. */
static enum outcome next(const struct transfer *t, int fd)
{
    if (!client_receive(fd, &m))
        return BROKEN;
    if (m.type != DEPLOY_ERROR)
        return ALL_DONE;
    complain(0, "%s: the target: %s", t->file, m.bytes > 4 ? (const char *)m.data + 4 : "error");
    return FAILED;
}

/* BEGIN or GET, with the path behind `head`. */
static bool ask(int fd, uint8_t type, const void *head, size_t n, const char *path)
{
    uint8_t request[DEPLOY_DATA_MAX];
    size_t len = strlen(path) + 1;
    if (n + len > sizeof request)
        return false;
    memcpy(request, head, n);
    memcpy(request + n, path, len);
    return client_send(fd, type, request, n + len);
}

/* ------------------------------------------------------------------ to the target */

static bool is_there(const struct buf *content, size_t at, size_t n, const struct buf *hashes,
                     size_t block)
{
    unsigned char digest[crypto_hash_sha256_BYTES];
    if ((block + 1) * DEPLOY_HASH > hashes->len)
        return false;
    crypto_hash_sha256(digest, (const unsigned char *)content->data + at, n);
    return memcmp(digest, hashes->data + block * DEPLOY_HASH, DEPLOY_HASH) == 0;
}

static enum outcome send_blocks(struct transfer *t, int fd, const struct buf *content,
                                const struct buf *hashes)
{
    struct progress bar;
    enum outcome outcome = ALL_DONE;
    progress_begin(&bar, "sending", t->quiet ? 0 : content->len);
    for (size_t at = 0, block = 0; outcome == ALL_DONE && at < content->len;
         at += DEPLOY_BLOCK, block++) {
        uint8_t data[DEPLOY_DATA_MAX];
        uint32_t number = (uint32_t)block;
        size_t n = content->len - at < DEPLOY_BLOCK ? content->len - at : DEPLOY_BLOCK;
        if (is_there(content, at, n, hashes, block))
            continue;
        memcpy(data, &number, 4);
        memcpy(data + 4, content->data + at, n);
        if (!client_send(fd, DEPLOY_PUT, data, 4 + n))
            outcome = BROKEN;
        else if (client_pending(fd)) { /* only an error comes unasked, or the end */
            outcome = next(t, fd);
            outcome = outcome == ALL_DONE ? BROKEN : outcome;
        }
        t->moved += n;
        if (!t->quiet)
            progress_at(&bar, at + n);
    }
    progress_end(&bar);
    return outcome;
}

/* Which blocks the target has. */
static enum outcome receive_hashes(const struct transfer *t, int fd, struct buf *hashes)
{
    enum outcome outcome;
    while ((outcome = next(t, fd)) == ALL_DONE && m.type == DEPLOY_HASHES && m.bytes > 0)
        buf_append(hashes, m.data, m.bytes);
    return outcome;
}

static enum outcome put_once(struct transfer *t, int fd, const struct buf *content)
{
    struct deploy_file file = {.size = content->len, .mode = t->mode};
    struct buf hashes = {0};
    crypto_hash_sha256(file.sha256, (const unsigned char *)content->data, content->len);
    if (!ask(fd, DEPLOY_BEGIN, &file, sizeof file, t->path))
        return BROKEN;
    enum outcome outcome = receive_hashes(t, fd, &hashes);
    t->unchanged = outcome == ALL_DONE && m.type == DEPLOY_SAME;
    if (outcome == ALL_DONE && !t->unchanged) {
        outcome = send_blocks(t, fd, content, &hashes);
        if (outcome == ALL_DONE && !client_send(fd, DEPLOY_COMMIT, NULL, 0))
            outcome = BROKEN;
        if (outcome == ALL_DONE)
            outcome = next(t, fd);
        if (outcome == ALL_DONE && m.type == DEPLOY_DIFFERS)
            outcome = AGAIN;
        else if (outcome == ALL_DONE && m.type != DEPLOY_DONE)
            outcome = BROKEN;
    }
    buf_free(&hashes);
    return outcome;
}

/* ------------------------------------------------------------------ from the target */

/* What was received before a break is kept when the file is still the same. */
static enum outcome get_once(struct transfer *t, int fd, struct buf *content)
{
    static struct deploy_file last;
    struct deploy_file file;
    uint64_t offset = content->len;
    enum outcome outcome;
    if (!ask(fd, DEPLOY_GET, &offset, sizeof offset, t->path))
        return BROKEN;
    if ((outcome = next(t, fd)) != ALL_DONE)
        return outcome;
    if (m.type != DEPLOY_FILE || m.bytes != sizeof file)
        return BROKEN;
    memcpy(&file, m.data, sizeof file);
    bool changed = offset > 0 && memcmp(&file, &last, sizeof file) != 0;
    last = file;
    if (changed) {
        content->len = 0;
        return AGAIN;
    }
    struct progress bar;
    progress_begin(&bar, "receiving", t->quiet ? 0 : file.size);
    while ((outcome = next(t, fd)) == ALL_DONE && m.type == DEPLOY_BYTES) {
        buf_append(content, m.data, m.bytes);
        t->moved += m.bytes;
        if (!t->quiet)
            progress_at(&bar, content->len);
    }
    progress_end(&bar);
    if (outcome != ALL_DONE)
        return outcome;
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(digest, (const unsigned char *)content->data, content->len);
    t->mode = file.mode;
    t->size = file.size;
    if (content->len == file.size && memcmp(digest, file.sha256, sizeof digest) == 0)
        return ALL_DONE;
    content->len = 0;
    return AGAIN;
}

/* ------------------------------------------------------------------ both */

static int with_patience(struct transfer *t, const struct buf *put, struct buf *get)
{
    long long limit = now_s() + t->patience_s;
    unsigned differs = 0;
    for (;;) {
        char *why = NULL;
        uint64_t before = t->moved;
        int fd = client_open(t->target, "deploy", &why);
        enum outcome outcome = fd < 0 ? BROKEN : put ? put_once(t, fd, put) : get_once(t, fd, get);
        if (fd >= 0)
            close(fd);
        if (outcome == ALL_DONE || outcome == FAILED)
            return outcome == ALL_DONE ? 0 : EXIT_FAILED;
        if (outcome == AGAIN && ++differs == 3)
            return complain(EXIT_FAILED, "%s: the target's copy differs from what was sent, three times",
                            t->file);
        if (outcome == AGAIN)
            continue;
        if (fd >= 0)
            why = client_reason(t->target);
        if (t->moved > before) /* it moved: patience begins anew */
            limit = now_s() + t->patience_s;
        if (now_s() >= limit) {
            complain(0, "%s: %s", t->file, why);
            free(why);
            return EXIT_FAILED;
        }
        free(why);
        t->breaks++;
        usleep(300000);
    }
}

int transfer_put(struct transfer *t, const struct buf *content)
{
    t->size = content->len;
    return with_patience(t, content, NULL);
}

int transfer_get(struct transfer *t, struct buf *content)
{
    return with_patience(t, NULL, content);
}
