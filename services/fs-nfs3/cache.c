/* SPDX-License-Identifier: Apache-2.0 */
/* The two tables of cache.h: sets of WAYS entries, found by a hash. */
#include <stdlib.h>
#include <string.h>

#include "cache.h"

#define WAYS       4u
#define SETS       128u
#define STAMPS     256u /* files with the same one only make each other forget */
#define NAME_ROOM  64u  /* longer names are asked for each time */
#define AGE_PARTS  10   /* attributes count for that part of the file's age */

struct known {
    struct handle h; /* len 0: free */
    struct fattr3 a;
    uint64_t until, used;
};

struct known_name {
    char name[NAME_ROOM]; /* "": free */
    struct handle dir, h; /* h.len 0: there is no such file */
    struct cred who;
    uint64_t dir_change, until, used;
};

struct cache {
    struct cache_limits limits;
    uint64_t uses;             /* counts, for who was used least recently */
    uint64_t changes;          /* of this machine, counted: the marks */
    uint64_t changed[STAMPS];  /* the latest of them, by the file's hash */
    uint64_t unlinked;         /* the latest that took a link of a file nobody knows */
    struct known files[SETS][WAYS];
    struct known_name names[SETS][WAYS];
};

static uint32_t hash(uint32_t x, const void *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        x = (x ^ ((const uint8_t *)data)[i]) * 16777619u;
    return x;
}

static uint32_t hash_of(const struct handle *h)
{
    uint32_t x = hash(2166136261u, h->data, h->len);
    return x ^ x >> 16;
}

static bool same(const struct handle *a, const struct handle *b)
{
    return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

/* Any change of a file, of a directory's names too, moves its ctime. */
static uint64_t change_of(const struct fattr3 *a)
{
    return (uint64_t)a->ctime.seconds << 32 | a->ctime.nseconds;
}

struct cache *cache_create(const struct cache_limits *limits)
{
    struct cache *c = calloc(1, sizeof *c);
    if (c != NULL)
        c->limits = *limits;
    return c;
}

void cache_destroy(struct cache *c)
{
    free(c);
}

/* ------------------------------------------------------------------ attributes */

/* How long they count, in ms. A clock that is wrong makes it one of the limits. */
static uint64_t lifetime(const struct cache *c, const struct fattr3 *a, int64_t wall)
{
    bool is_dir = a->type == NF3DIR;
    int64_t min = is_dir ? c->limits.dir_min : c->limits.reg_min, max = is_dir ? c->limits.dir_max : c->limits.reg_max;
    int64_t since = a->mtime.seconds > a->ctime.seconds ? a->mtime.seconds : a->ctime.seconds;
    int64_t ms = (wall - since) * 1000 / AGE_PARTS;
    if (ms < min * 1000)
        ms = min * 1000;
    if (ms > max * 1000)
        ms = max * 1000;
    return (uint64_t)ms;
}

static struct known *find(struct cache *c, const struct handle *h)
{
    struct known *set = c->files[hash_of(h) % SETS];
    for (unsigned i = 0; i < WAYS; i++)
        if (set[i].h.len != 0 && same(&set[i].h, h))
            return &set[i];
    return NULL;
}

static struct known *find_fresh(struct cache *c, const struct handle *h, struct moment now)
{
    struct known *k = find(c, h);
    return k != NULL && now.ms < k->until ? k : NULL;
}

static struct known *room_for(struct cache *c, const struct handle *h)
{
    struct known *set = c->files[hash_of(h) % SETS], *k = find(c, h);
    for (unsigned i = 0; k == NULL && i < WAYS; i++)
        if (set[i].h.len == 0)
            k = &set[i];
    if (k != NULL)
        return k;
    k = &set[0];
    for (unsigned i = 1; i < WAYS; i++)
        if (set[i].used < k->used)
            k = &set[i];
    return k;
}

uint64_t cache_mark(const struct cache *c)
{
    return c->changes;
}

static bool is_outdated(const struct cache *c, const struct handle *h, uint64_t mark)
{
    return c->changed[hash_of(h) % STAMPS] > mark;
}

void cache_put(struct cache *c, const struct handle *h, const struct fattr3 *a, uint64_t mark, struct moment now)
{
    uint64_t life = lifetime(c, a, now.wall);
    if (life == 0 || h->len == 0 || is_outdated(c, h, mark) ||
        (a->nlink > 1 && a->type != NF3DIR && c->unlinked > mark))
        return;
    *room_for(c, h) = (struct known){.h = *h, .a = *a, .until = now.ms + life, .used = ++c->uses};
}

bool cache_get(struct cache *c, const struct handle *h, struct fattr3 *a, struct moment now)
{
    struct known *k = find_fresh(c, h, now);
    if (k == NULL)
        return false;
    k->used = ++c->uses;
    *a = k->a;
    return true;
}

uint64_t cache_changing(struct cache *c, const struct handle *h)
{
    struct known *k = find(c, h);
    if (k != NULL)
        *k = (struct known){.h = {.len = 0}};
    return c->changed[hash_of(h) % STAMPS] = ++c->changes;
}

void cache_changed(struct cache *c, const struct handle *h, const struct fattr3 *after, uint64_t mark,
                   struct moment now)
{
    /* Of two changes at once nobody knows which answer is the later one. */
    bool was_alone = !is_outdated(c, h, mark);
    mark = cache_changing(c, h);
    if (was_alone && after != NULL)
        cache_put(c, h, after, mark, now);
}

void cache_unlinked(struct cache *c)
{
    struct known *all = &c->files[0][0];
    c->unlinked = ++c->changes;
    for (unsigned i = 0; i < SETS * WAYS; i++)
        if (all[i].a.nlink > 1 && all[i].a.type != NF3DIR)
            all[i] = (struct known){.h = {.len = 0}};
}

/* ------------------------------------------------------------------ names */

/* All users' entries for a name are in one set. */
static struct known_name *set_of(struct cache *c, const struct handle *dir, const char *name)
{
    uint32_t x = hash(hash_of(dir), name, strlen(name));
    return c->names[(x ^ x >> 16) % SETS];
}

static bool is_name(const struct known_name *n, const struct handle *dir, const char *name)
{
    return n->name[0] != '\0' && strcmp(n->name, name) == 0 && same(&n->dir, dir);
}

static struct known_name *find_name(struct cache *c, const struct handle *dir, const char *name,
                                    const struct cred *who)
{
    struct known_name *set = set_of(c, dir, name);
    for (unsigned i = 0; i < WAYS; i++)
        if (is_name(&set[i], dir, name) && memcmp(&set[i].who, who, sizeof *who) == 0)
            return &set[i];
    return NULL;
}

static struct known_name *room_for_name(struct cache *c, const struct handle *dir, const char *name,
                                        const struct cred *who)
{
    struct known_name *set = set_of(c, dir, name), *n = find_name(c, dir, name, who);
    for (unsigned i = 0; n == NULL && i < WAYS; i++)
        if (set[i].name[0] == '\0')
            n = &set[i];
    if (n != NULL)
        return n;
    n = &set[0];
    for (unsigned i = 1; i < WAYS; i++)
        if (set[i].used < n->used)
            n = &set[i];
    return n;
}

void cache_name_put(struct cache *c, const struct handle *dir, const char *name, const struct cred *who,
                    const struct handle *h, uint64_t mark, struct moment now)
{
    const struct known *d = find_fresh(c, dir, now);
    size_t len = strlen(name);
    if (d == NULL || len == 0 || len >= NAME_ROOM || is_outdated(c, dir, mark))
        return;
    /* A change in the same tick of the server's clock does not show in the directory's ctime: no name lives for ever, and
     * one that is not there, which somebody may wait for, not for long. */
    uint64_t life = h != NULL ? c->limits.dir_max : c->limits.dir_min;
    struct known_name *n = room_for_name(c, dir, name, who);
    *n = (struct known_name){.dir = *dir, .who = *who, .dir_change = change_of(&d->a), .until = now.ms + life * 1000,
                             .used = ++c->uses};
    memcpy(n->name, name, len + 1);
    if (h != NULL)
        n->h = *h;
}

enum cache_name cache_name_get(struct cache *c, const struct handle *dir, const char *name, const struct cred *who,
                               struct handle *h, struct fattr3 *a, struct moment now)
{
    struct known *d = find_fresh(c, dir, now);
    struct known_name *n = find_name(c, dir, name, who);
    if (d == NULL || n == NULL || now.ms >= n->until || n->dir_change != change_of(&d->a))
        return CACHE_UNKNOWN;
    if (n->h.len != 0 && !cache_get(c, &n->h, a, now))
        return CACHE_UNKNOWN;
    d->used = n->used = ++c->uses;
    *h = n->h;
    return n->h.len != 0 ? CACHE_THERE : CACHE_ABSENT;
}

void cache_name_forget(struct cache *c, const struct handle *dir, const char *name)
{
    struct known_name *set = set_of(c, dir, name);
    for (unsigned i = 0; i < WAYS; i++)
        if (is_name(&set[i], dir, name))
            set[i].name[0] = '\0';
}
