/* SPDX-License-Identifier: Apache-2.0 */
/* What a server's connection brings, as fs-nfs3 receives it (services/fs-nfs3/receive.c, record.h) over libnfs's engine: records,
 * parts of records, and bytes that are none. It comes at once, in pieces of any size, and byte by byte: each time the same
 * records have to come out of it, a block that was kept has to stay as it was, every call has one answer, and no server
 * gets more memory than a record is worth.
 *
 * The input is a list of pieces: a byte that says what it is, two of length (big endian), content. What it is: a whole record, a part of one, bytes as
 * they are (0 to 2; the next four bits: whose number it gets), 3: the answer of a READ with so many bytes, made here; with the highest bit
 * set: so many empty parts. */
#include "fuzz.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../../services/fs-nfs3/fsnfs.h"

#include "libnfs-private.h"

#define CALLS      8
#define FIRST_XID  100u
#define KEPT       3
#define EMPTY_MAX  4400u /* more than are taken */
#define STREAM_MAX (1u << 18)
#define SEEN_MAX   20000u
#define PARTS_MAX  (NFS_MAX_XFER_SIZE + 8192u) /* as port/zdr.c has it */

pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static uint8_t stream[STREAM_MAX];
static size_t length, at; /* of it, received */
static struct link l;
static int answers[CALLS];
static struct {
    struct buffer *buffer;
    const char *data;
    size_t len;
    uint64_t sum;
} kept[KEPT];
static unsigned next_kept;
static uint64_t seen[SEEN_MAX]; /* records that went to libnfs */
static size_t seen_count;
static size_t piece_max; /* 0: everything at once */
static uint32_t chance;

static uint64_t sum_of(const char *data, size_t len)
{
    uint64_t sum = 14695981039346656037u;
    for (size_t i = 0; i < len; i++)
        sum = (sum ^ (unsigned char)data[i]) * 1099511628211u;
    return sum;
}

static uint32_t pick(uint32_t below)
{
    chance = chance * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)chance * below) >> 32);
}

/* In place of recv(): the network gives what it likes, and now and then nothing. */
ssize_t stream_recv(int fd, void *to, size_t n, int flags)
{
    (void)fd, (void)flags;
    if (n == 0 || to != l.in->bytes + l.have || n > sizeof l.in->bytes - l.have)
        abort();
    if (piece_max != 0 && pick(16) == 0) {
        errno = pick(2) ? EAGAIN : EINTR;
        return -1;
    }
    size_t most = piece_max == 0 ? n : 1 + pick((uint32_t)piece_max);
    if (n > most)
        n = most;
    if (n > length - at)
        n = length - at;
    memcpy(to, stream + at, n);
    at += n;
    return (ssize_t)n;
}

/* In place of rpc_process_pdu(). */
int seen_pdu(struct rpc_context *rpc, char *bytes, int size)
{
    if (seen_count < SEEN_MAX)
        seen[seen_count++] = sum_of(bytes, (size_t)size);
    return rpc_process_pdu(rpc, bytes, size);
}

static void put_kept(unsigned i)
{
    if (kept[i].buffer == NULL)
        return;
    if (sum_of(kept[i].data, kept[i].len) != kept[i].sum)
        abort(); /* somebody wrote into it */
    buffer_put_locked(kept[i].buffer);
    kept[i].buffer = NULL;
}

static void on_answer(struct rpc_context *rpc, int status, void *data, void *private)
{
    int *answered = private;
    (void)rpc;
    *answered += 1;
    if (status != RPC_STATUS_SUCCESS || (answered - answers) % 2 != 0)
        return;
    const struct READ3res *r = data;
    if (r->status != NFS3_OK)
        return;
    const char *bytes = r->READ3res_u.resok.data.data_val;
    size_t len = r->READ3res_u.resok.data.data_len;
    uint64_t sum = sum_of(bytes, len);
    struct buffer *b = receive_keep(&l, bytes);
    if (b == NULL)
        return;
    put_kept(next_kept);
    kept[next_kept].buffer = b;
    kept[next_kept].data = bytes;
    kept[next_kept].len = len;
    kept[next_kept].sum = sum;
    next_kept = (next_kept + 1) % KEPT;
}

static void ask(unsigned i)
{
    struct nfs_fh3 h = {{4, "abcd"}};
    struct rpc_context *rpc = l.rpc;
    int error = i % 2 == 0 ? rpc_nfs3_read_async(rpc, on_answer, &(struct READ3args){h, 0, 100}, &answers[i])
                           : rpc_nfs3_readdir_async(rpc, on_answer, &(struct READDIR3args){.dir = h, .count = 4096}, &answers[i]);
    struct rpc_pdu *pdu = rpc->outqueue.head;
    if (error != 0 || pdu->xid != FIRST_XID + i)
        abort();
    rpc->outqueue.head = rpc->outqueue.tail = NULL; /* as if it had been sent */
    rpc_enqueue(&rpc->waitpdu[rpc_hash_xid(pdu->xid)], pdu);
    rpc->waitpdu_len++;
}

static void start(void)
{
    memset(&l, 0, sizeof l);
    memset(answers, 0, sizeof answers);
    at = seen_count = 0;
    l.rpc = rpc_init_context();
    if (l.rpc == NULL)
        abort();
    l.rpc->is_connected = 1;
    l.rpc->xid = FIRST_XID;
    for (unsigned i = 0; i < CALLS; i++)
        ask(i);
}

static void check_parts(void)
{
    size_t bytes = 0, count = 0;
    for (const struct rpc_fragment *f = l.rpc->fragments; f != NULL; f = f->next, count++)
        bytes += f->size;
    if (bytes > PARTS_MAX || count > 4097)
        abort();
}

static void end(void)
{
    receive_forget(&l);
    rpc_destroy_context(l.rpc);
    for (unsigned i = 0; i < CALLS; i++)
        if (answers[i] != 1)
            abort();
    for (unsigned i = 0; i < KEPT; i++)
        put_kept(i);
}

static void receive_stream(size_t most)
{
    piece_max = most;
    start();
    pthread_mutex_lock(&lock);
    while (receive_all(&l))
        check_parts();
    check_parts();
    pthread_mutex_unlock(&lock);
    end();
}

static void put_word(size_t where, uint32_t word)
{
    for (unsigned i = 0; i < 4; i++)
        stream[where + i] = (uint8_t)(word >> (24 - 8 * i));
}

/* A head, and room for what follows. */
static size_t put_record(size_t len, bool is_last)
{
    size_t where = length;
    put_word(where, (uint32_t)len | (is_last ? 0x80000000u : 0));
    length += 4 + len;
    return where + 4;
}

static void put_read(uint32_t xid, size_t len)
{
    size_t where = put_record(44 + len, true); /* no attributes */
    memset(stream + where, 0, 44);
    put_word(where, xid);
    put_word(where + 4, 1); /* REPLY */
    put_word(where + 32, (uint32_t)len);
    put_word(where + 40, (uint32_t)len);
    for (size_t i = 0; i < len; i++)
        stream[where + 44 + i] = (uint8_t)(i * 7 + len);
}

static void put_piece(uint8_t what, const uint8_t *data, size_t len)
{
    uint32_t xid = FIRST_XID + (what >> 2) % 16;
    size_t where;
    if (what & 0x80) {
        for (len %= EMPTY_MAX; len > 0; len--)
            put_record(0, false);
        return;
    }
    switch (what % 4) {
    case 0:
    case 1:
        where = put_record(len, what % 4 == 0);
        memcpy(stream + where, data, len);
        if (len >= 4)
            put_word(where, xid);
        break;
    case 2:
        memcpy(stream + length, data, len);
        length += len;
        break;
    default:
        put_read(xid, len / 4 * 4);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint64_t first[SEEN_MAX];
    const uint8_t *end_of = data + size;
    length = 0;
    while (end_of - data >= 3) {
        uint8_t what = data[0];
        size_t len = (size_t)data[1] << 8 | data[2], there = (size_t)(end_of - data) - 3;
        if (what % 4 == 3 || (what & 0x80))
            there = 0;
        else
            len = there = len < there ? len : there;
        if (length + ((what & 0x80) ? 4 * EMPTY_MAX : len) + 256 > STREAM_MAX)
            break;
        put_piece(what, data + 3, len);
        data += 3 + there;
    }
    chance = (uint32_t)sum_of((const char *)stream, length);
    receive_stream(0);
    size_t count = seen_count;
    memcpy(first, seen, count * sizeof *seen);
    for (unsigned i = 0; i < 2; i++) {
        receive_stream(i == 0 ? 5000 : length < 2000 ? 1 : 700);
        if (seen_count != count || memcmp(first, seen, count * sizeof *seen) != 0)
            abort();
    }
    return 0;
}
