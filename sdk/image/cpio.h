/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpio "newc" archives: the form of boot images. Writing is reproducible: inode numbers count up,
 * devices are 0, and nothing of the build machine goes in. Reading takes hostile bytes and
 * concatenated archives.
 */
#pragma once

#include "../common/buf.h"

#include <stdint.h>

enum {
    CPIO_TYPE_MASK = 0170000,
    CPIO_FIFO = 0010000,
    CPIO_DIR = 0040000,
    CPIO_FILE = 0100000,
    CPIO_LINK = 0120000
};
enum { CPIO_NAME_MAX = 1023 };

struct member {
    char *name;    /* relative, no leading '/' */
    uint32_t mode; /* type and permissions */
    uint32_t uid;
    uint32_t gid;
    uint32_t mtime; /* seconds */
    char *data;     /* contents, or the text of a symbolic link */
    size_t len;
    unsigned line; /* where the build file asks for it; 0 if it does not */
};

struct archive {
    struct member *members;
    size_t count;
};

/* Appends a zeroed member and returns it; the pointer is good until the next call. */
struct member *archive_add(struct archive *a, const char *name);
struct member *archive_find(const struct archive *a, const char *name);
void archive_remove(struct archive *a, struct member *m);
void archive_free(struct archive *a);

void cpio_write(const struct archive *a, struct buf *out);

/*
 * Adds the members of all concatenated archives to a. Returns NULL, or what is wrong (static text)
 * with *where set to the byte offset; the members read so far stay in a.
 */
const char *cpio_read(const void *data, size_t len, struct archive *a, size_t *where);
