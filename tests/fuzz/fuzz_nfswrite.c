/* SPDX-License-Identifier: Apache-2.0 */
/* fs-nfs3's writing behind (services/fs-nfs3/write.c) against a server that loses what was not committed whenever it is
 * started again, is busy now and then, and answers in any order. Each operation is two or three bytes: a write, answers, a new start. After the
 * last COMMIT the server's disk has to hold what was written last. */
#include "fuzz.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../services/fs-nfs3/fsnfs.h"

#define FILE_BYTES 256u
#define WSIZE      32u

pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static struct {
    char disk[FILE_BYTES], cache[FILE_BYTES];
    uint8_t start; /* the write verifier */
} host;
static struct call *calls;
static struct node node;
static const uint8_t *input, *input_end;
static uint64_t now;
static const void *refused; /* since the clock went on */

static uint8_t next_byte(void)
{
    return input < input_end ? *input++ : 0;
}

uint64_t now_ms(void)
{
    return now;
}

int nfs3_status(nfsstat3 status)
{
    return status == NFS3_OK ? 0 : status == NFS3ERR_JUKEBOX ? EAGAIN : EIO;
}

struct call *call_submit_locked(struct link *l, const struct cred *cred, issue_fn *issue, void *args,
                                void (*take)(struct call *, const void *), void *out, void (*when_done)(struct call *))
{
    struct call *c = calloc(1, sizeof *c), **end = &calls;
    (void)l, (void)cred, (void)issue;
    if (c == NULL || args == refused) /* it was told to wait */
        abort();
    *c = (struct call){.args = args, .take = take, .out = out, .when_done = when_done};
    while (*end != NULL)
        end = &(*end)->next;
    *end = c;
    return c;
}

/* Carries one call out and answers it. */
static void answer(unsigned which)
{
    struct call **at = &calls;
    bool partly = which >= 200 && which < 240, is_busy = which >= 240;
    while (which-- > 0 && (*at)->next != NULL)
        at = &(*at)->next;
    struct call *c = *at;
    const struct WRITE3args *w = c->args;
    struct WRITE3res res = {.status = NFS3_OK};
    *at = c->next;
    uint32_t count = partly && w->count > 1 ? w->count / 2 : w->count;
    if (is_busy) {
        res.status = NFS3ERR_JUKEBOX;
        refused = w;
    } else {
        memcpy(host.cache + w->offset, w->data.data_val, count);
        res.WRITE3res_u.resok.count = count;
        res.WRITE3res_u.resok.committed = UNSTABLE;
        res.WRITE3res_u.resok.verf[0] = (char)host.start;
    }
    c->take(c, &res);
    c->when_done(c);
    free(c);
}

static void tick(struct mount *m)
{
    now += 2000;
    refused = NULL;
    write_tick(m);
}

int wait_changed_locked(struct request *r)
{
    if (calls == NULL)
        tick(r->mount);
    if (calls == NULL)
        abort(); /* nothing would ever change */
    answer(next_byte());
    return 0;
}

static void restart(void)
{
    memcpy(host.cache, host.disk, sizeof host.cache);
    host.start++;
}

int nfs3_commit(struct request *r, const struct handle *h, char verf[NFS3_WRITEVERFSIZE])
{
    (void)r, (void)h;
    if (next_byte() % 4 == 1)
        restart();
    memcpy(host.disk, host.cache, sizeof host.disk);
    memset(verf, 0, NFS3_WRITEVERFSIZE);
    verf[0] = (char)host.start;
    return 0;
}

int rpc_nfs3_write_async(struct rpc_context *rpc, rpc_cb cb, struct WRITE3args *args, void *private_data)
{
    (void)rpc, (void)cb, (void)args, (void)private_data;
    return 0;
}

struct node *node_written_locked(void)
{
    return NULL;
}

void node_put(struct node *n)
{
    (void)n;
}

void node_each_locked(struct mount *m, void (*f)(struct node *, uint64_t), uint64_t at)
{
    (void)m;
    f(&node, at);
}

static void write_some(struct request *r, char *expected)
{
    static char value;
    char data[FILE_BYTES];
    unsigned offset = next_byte(), len = next_byte() % 48u + 1;
    if (len > FILE_BYTES - offset)
        len = FILE_BYTES - offset;
    for (unsigned i = 0; i < len; i++)
        data[i] = ++value;
    memcpy(expected + offset, data, len);
    if (write_data(r, &node, offset, data, len) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct mount mount = {.wsize = WSIZE};
    char expected[FILE_BYTES] = "";
    struct request r = {.mount = &mount};
    if (size > 4096)
        return 0;
    memset(&host, 0, sizeof host);
    memset(&node, 0, sizeof node);
    refused = NULL;
    if (mount.cache == NULL)
        mount.cache = cache_create(&(struct cache_limits){1, 1, 1, 1});
    node.mount = &mount;
    input = data;
    input_end = data + size;
    while (input < input_end)
        switch (next_byte() % 6) {
        case 0:
        case 1:
        case 2:
            write_some(&r, expected);
            break;
        case 3:
            if (calls != NULL)
                answer(next_byte());
            break;
        case 4:
            tick(&mount);
            break;
        default:
            restart();
        }
    if (write_commit(&r, &node) != 0 || node.chunks != NULL || calls != NULL)
        abort();
    if (memcmp(host.disk, expected, sizeof expected) != 0)
        abort();
    return 0;
}
