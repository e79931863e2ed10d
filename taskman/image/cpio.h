/* SPDX-License-Identifier: Apache-2.0 */
/* Reader of cpio "newc" archives (magic 070701 / 070702) in memory; several may be concatenated,
 * padding of NULs between them. Pure: every field is checked against the end of the data.  Fuzzed
 * by tests/fuzz_cpio.c. */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct cpio_member {
    const char *name; /* NUL-terminated, inside the archive */
    const uint8_t *data;
    uint64_t bytes;
    uint32_t mode, uid, gid, mtime, ino, nlink;
};
struct cpio_reader {
    const uint8_t *start;
    uint64_t bytes, at;
};

void cpio_open(struct cpio_reader *r, const void *start, uint64_t bytes);
/* 1: *m is the next member; 0: end; -EINVAL: the rest is no cpio archive. */
int cpio_next(struct cpio_reader *r, struct cpio_member *m);
