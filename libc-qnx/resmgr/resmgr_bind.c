/* SPDX-License-Identifier: Apache-2.0 */
/* Clients and their descriptors: which OCB a (scoid, coid) pair stands for.
 * Clients hang in buckets by scoid, each with its own lock, so that requests of different clients
 * meet no common lock.  A client record appears with its first descriptor and goes with its
 * disconnect pulse. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/neutrino.h>
#include "resmgr_impl.h"

#define BUCKETS 64

/* Descriptors by index: fds in one array, side-channel connections in the other. */
struct fd_table {
    struct resmgr_ocbref **ref;
    int size;
};

/* The request a client thread sent last.  A thread can wait for one reply only. */
struct request {
    struct request *next;
    int tid;
    bool parked; /* its handler returned _RESMGR_NOREPLY: nobody is busy with it */
    uint64_t seq;
};

struct client {
    struct client *next;
    int scoid, pid;
    struct fd_table fds[2];
    struct request *requests;
};

static struct bucket {
    pthread_mutex_t lock;
    struct client *clients;
} buckets[BUCKETS];

static struct bucket *bucket_of(int scoid)
{
    return &buckets[(unsigned)scoid % BUCKETS];
}

static struct client *find_client(struct bucket *b, int scoid)
{
    struct client *c = b->clients;

    while (c != NULL && c->scoid != scoid)
        c = c->next;
    return c;
}

static struct client *make_client(struct bucket *b, const struct _msg_info *info)
{
    struct client *c = find_client(b, info->scoid);

    if (c != NULL)
        return c;
    c = calloc(1, sizeof(*c));
    if (c == NULL)
        return NULL;
    c->scoid = info->scoid;
    c->pid = info->pid;
    c->next = b->clients;
    b->clients = c;
    return c;
}

/* The slot of coid, NULL when it is outside of the table (or cannot be made). */
static struct resmgr_ocbref **slot(struct client *c, int coid, bool make)
{
    struct fd_table *t = &c->fds[coid >= _NTO_SIDE_CHANNEL];
    int index = coid & ~_NTO_SIDE_CHANNEL;
    struct resmgr_ocbref **bigger;
    int size = t->size > 0 ? t->size : 8;

    if (coid < 0 || index > QRV_COID_MAX)
        return NULL;
    if (index >= t->size) {
        if (!make)
            return NULL;
        while (size <= index)
            size *= 2;
        bigger = realloc(t->ref, (size_t)size * sizeof(*t->ref));
        if (bigger == NULL)
            return NULL;
        memset(bigger + t->size, 0, (size_t)(size - t->size) * sizeof(*t->ref));
        t->ref = bigger;
        t->size = size;
    }
    return &t->ref[index];
}

/* Takes over one count of ref.  EOK or an errno value. */
int __resmgr_bind(const struct _msg_info *info, struct resmgr_ocbref *ref,
                  struct resmgr_ocbref **stale)
{
    struct bucket *b = bucket_of(info->scoid);
    struct resmgr_ocbref **place = NULL;
    struct client *c;

    *stale = NULL;
    pthread_mutex_lock(&b->lock);
    c = make_client(b, info);
    if (c != NULL)
        place = slot(c, info->coid, true);
    if (place != NULL) {
        *stale = *place;
        *place = ref;
    }
    pthread_mutex_unlock(&b->lock);
    return place != NULL ? EOK : ENOMEM;
}

static struct request *find_request(struct client *c, int tid)
{
    struct request *r = c->requests;

    while (r != NULL && r->tid != tid)
        r = r->next;
    return r;
}

static uint64_t note_request(struct client *c, int tid)
{
    static _Atomic uint64_t last;
    struct request *r = find_request(c, tid);

    if (r == NULL) {
        r = malloc(sizeof(*r));
        if (r == NULL)
            return 0;
        r->next = c->requests;
        r->tid = tid;
        c->requests = r;
    }
    r->parked = false;
    r->seq = ++last;
    return r->seq;
}

struct resmgr_ocbref *__resmgr_arrive(const struct _msg_info *info, uint64_t *seq)
{
    struct bucket *b = bucket_of(info->scoid);
    struct resmgr_ocbref **place, *ref = NULL;
    struct client *c;

    *seq = 0;
    pthread_mutex_lock(&b->lock);
    c = make_client(b, info);
    if (c != NULL) {
        *seq = note_request(c, info->tid);
        if ((place = slot(c, info->coid, false)) != NULL)
            ref = *place;
        if (ref != NULL)
            ref->refs++;
    }
    pthread_mutex_unlock(&b->lock);
    return ref;
}

struct resmgr_ocbref *__resmgr_lookup(int scoid, int coid)
{
    struct bucket *b = bucket_of(scoid);
    struct resmgr_ocbref **place, *ref = NULL;
    struct client *c;

    pthread_mutex_lock(&b->lock);
    c = find_client(b, scoid);
    if (c != NULL && (place = slot(c, coid, false)) != NULL)
        ref = *place;
    if (ref != NULL)
        ref->refs++;
    pthread_mutex_unlock(&b->lock);
    return ref;
}

/* A descriptor that a message names: pid is what must hold, scoid a hint. */
struct resmgr_ocbref *__resmgr_lookup_other(int pid, int scoid, int coid)
{
    for (unsigned i = 0; i < BUCKETS; i++) {
        struct bucket *b = &buckets[((unsigned)scoid + i) % BUCKETS];
        struct resmgr_ocbref **place, *ref = NULL;

        pthread_mutex_lock(&b->lock);
        for (struct client *c = b->clients; c != NULL && ref == NULL; c = c->next)
            if (c->pid == pid && (place = slot(c, coid, false)) != NULL)
                ref = *place;
        if (ref != NULL)
            ref->refs++;
        pthread_mutex_unlock(&b->lock);
        if (ref != NULL)
            return ref;
    }
    return NULL;
}

struct resmgr_ocbref *__resmgr_unbind_fd(int scoid, int coid)
{
    struct bucket *b = bucket_of(scoid);
    struct resmgr_ocbref **place, *ref = NULL;
    struct client *c;

    pthread_mutex_lock(&b->lock);
    c = find_client(b, scoid);
    if (c != NULL && (place = slot(c, coid, false)) != NULL) {
        ref = *place;
        *place = NULL;
    }
    pthread_mutex_unlock(&b->lock);
    return ref;
}

static struct resmgr_ocbref *take_any(struct client *c, struct resmgr_link *link, int *coid)
{
    for (int side = 0; side < 2; side++) {
        struct fd_table *t = &c->fds[side];

        for (int i = 0; i < t->size; i++) {
            struct resmgr_ocbref *ref = t->ref[i];

            if (ref != NULL && (link == NULL || ref->link == link)) {
                t->ref[i] = NULL;
                *coid = side ? i | _NTO_SIDE_CHANNEL : i;
                return ref;
            }
        }
    }
    return NULL;
}

struct resmgr_ocbref *__resmgr_unbind_any(struct _msg_info *info, struct resmgr_link *link)
{
    struct resmgr_ocbref *ref = NULL;
    bool all = info->scoid == -1;

    for (unsigned i = 0; i < BUCKETS && ref == NULL; i++) {
        struct bucket *b = all ? &buckets[i] : bucket_of(info->scoid);

        pthread_mutex_lock(&b->lock);
        for (struct client *c = b->clients; c != NULL && ref == NULL; c = c->next) {
            if ((all || c->scoid == info->scoid) &&
                (ref = take_any(c, link, &info->coid)) != NULL) {
                info->scoid = c->scoid;
                info->pid = c->pid;
            }
        }
        pthread_mutex_unlock(&b->lock);
        if (!all)
            break;
    }
    return ref;
}

static void free_client(struct client *c)
{
    while (c->requests != NULL) {
        struct request *r = c->requests;

        c->requests = r->next;
        free(r);
    }
    free(c->fds[0].ref);
    free(c->fds[1].ref);
    free(c);
}

void __resmgr_client_gone(int scoid)
{
    struct bucket *b = bucket_of(scoid);
    struct client **pp, *c;

    pthread_mutex_lock(&b->lock);
    pp = &b->clients;
    while (*pp != NULL && (*pp)->scoid != scoid)
        pp = &(*pp)->next;
    c = *pp;
    if (c != NULL)
        *pp = c->next;
    pthread_mutex_unlock(&b->lock);
    if (c != NULL)
        free_client(c);
}

/* The handler of request seq left its client waiting.  Nothing happens when the client has moved
 * on. */
void __resmgr_park(const struct _msg_info *info, uint64_t seq)
{
    struct bucket *b = bucket_of(info->scoid);
    struct request *r = NULL;
    struct client *c;

    pthread_mutex_lock(&b->lock);
    c = find_client(b, info->scoid);
    if (c != NULL)
        r = find_request(c, info->tid);
    if (r != NULL && r->seq == seq)
        r->parked = true;
    pthread_mutex_unlock(&b->lock);
}

bool __resmgr_unpark(const struct _msg_info *info)
{
    struct bucket *b = bucket_of(info->scoid);
    struct request *r = NULL;
    bool parked = false;
    struct client *c;

    pthread_mutex_lock(&b->lock);
    c = find_client(b, info->scoid);
    if (c != NULL)
        r = find_request(c, info->tid);
    if (r != NULL) {
        parked = r->parked;
        r->parked = false;
    }
    pthread_mutex_unlock(&b->lock);
    return parked;
}
