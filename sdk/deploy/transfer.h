/* SPDX-License-Identifier: Apache-2.0 */
/* One file to the target, one from it; what else directories need. */
#pragma once

#include "session.h"

#include "../common/buf.h"

struct transfer {
    const char *file, *path; /* on this machine, on the target */
    long mode;               /* to put: these bits instead of the file's; -1: those of the file */
    long uid, gid;           /* -1: as the target makes them */
    bool preserve;           /* time of the last change; of the mode also what is above 0777 */
    bool quiet;
    /* results */
    uint64_t size, moved; /* bytes of the file, and those that had to be sent or received */
    bool unchanged;
    unsigned breaks; /* times that it had to begin again */
};

/* 0, or an exit code after a message. */
int transfer_put(struct session *s, struct transfer *t);
int transfer_get(struct session *s, struct transfer *t);

int transfer_make_directory(struct session *s, const char *path, unsigned mode);
int transfer_make_link(struct session *s, const char *path, const char *content);
struct entry {
    uint32_t mode; /* of stat() */
    char *name;
};
/* What is in a directory of the target; the list and its names are on the heap. */
int transfer_list(struct session *s, const char *path, struct entry **list, size_t *count);
