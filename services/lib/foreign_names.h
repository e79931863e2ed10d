/* SPDX-License-Identifier: Apache-2.0 */
/* Paths of clients, taken apart for a server that is asked name by name, and put together again when one of the names is a
 * symbolic link: the path manager wants the path to start over with. ".." never comes here, it has resolved it. Pure. */
#pragma once
#include <stdint.h>

#define PATH_BYTES 1024
#define NAME_BYTES 256
#define NAMES_MAX  (PATH_BYTES / 2)

#define WALKED_LINK (-1) /* how a walk ends that came to a link: the client has to start over */

/* They point into the paths they came from. */
struct names {
    const char *name[NAMES_MAX];
    uint16_t len[NAMES_MAX];
    unsigned count, own; /* own: the first `own` ones are the mount's, no part of what the client said */
};

/* Adds the names of a path, but for "" and ".": 0 or ENAMETOOLONG. */
int names_add(struct names *n, const char *path);
void names_copy(const struct names *n, unsigned index, char name[NAME_BYTES]);
/* text is what the link n->name[index] holds, in the mount at target: out gets the path to start over with. 0, ENOENT
 * (an empty link) or ENAMETOOLONG. */
int names_link(const struct names *n, unsigned index, const char *target, const char *text, char out[PATH_BYTES]);
/* A mount point as it was given: absolute, not the root; slashes at its end go. -1: it is none. */
int names_mountpoint(const char *text, size_t len, char out[PATH_BYTES]);
