/* SPDX-License-Identifier: Apache-2.0 */
/* What a mount remembers of its server for some seconds: attributes of files, and what names in directories lead to.
 *
 * Attributes count for a tenth of the time since the file's last change, between the limits of the mount. A name counts as
 * long as the attributes of its directory do and tell of no change, and for the user who was told. What this machine
 * changes by itself goes at once; an answer to what was asked before such a change is over is not kept.
 * Both tables have a fixed size: what was not used for long makes room. No lock, no clock: the caller has them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "libnfs-raw-nfs.h"

#define GROUPS 16

struct cred {
    uint32_t uid, gid, ngroups;
    uint32_t groups[GROUPS];
};

struct handle {
    uint32_t len;
    char data[NFS3_FHSIZE];
};

struct cache_limits {
    unsigned reg_min, reg_max, dir_min, dir_max; /* seconds; 0 as a maximum: such a file is not kept */
};

struct moment {
    uint64_t ms;  /* monotonic */
    int64_t wall; /* seconds since 1970, as the server's times */
};

struct cache;
struct cache *cache_create(const struct cache_limits *limits); /* NULL: no memory */
void cache_destroy(struct cache *c);

/* The mark of what is asked from now on, which goes with its answer. */
uint64_t cache_mark(const struct cache *c);
void cache_put(struct cache *c, const struct handle *h, const struct fattr3 *a, uint64_t mark, struct moment now);
bool cache_get(struct cache *c, const struct handle *h, struct fattr3 *a, struct moment now);

/* This machine is about to change the file, and has done so. `after`: what the server says it is now, or NULL. */
uint64_t cache_changing(struct cache *c, const struct handle *h);
void cache_changed(struct cache *c, const struct handle *h, const struct fattr3 *after, uint64_t mark,
                   struct moment now);
/* A name is gone: some file has a link less. */
void cache_unlinked(struct cache *c);

enum cache_name { CACHE_UNKNOWN, CACHE_THERE, CACHE_ABSENT };
/* h: NULL says that there is no such name. The attributes of the directory are put before. */
void cache_name_put(struct cache *c, const struct handle *dir, const char *name, const struct cred *who,
                    const struct handle *h, uint64_t mark, struct moment now);
/* CACHE_THERE with its handle and attributes. */
enum cache_name cache_name_get(struct cache *c, const struct handle *dir, const char *name, const struct cred *who,
                               struct handle *h, struct fattr3 *a, struct moment now);
void cache_name_forget(struct cache *c, const struct handle *dir, const char *name);
