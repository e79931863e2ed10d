/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The boot partition: an ext2 file system (which U-Boot and every PC with Linux reads) made by
 * libext2fs. Same files, place, time and id: same bytes.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct bootfs_file {
    const char *path; /* "/Image", "/extlinux/extlinux.conf": directories are made */
    const void *data;
    size_t len;
};

struct bootfs {
    const char *label; /* at most 16 bytes */
    uint8_t uuid[16];
    uint32_t time; /* of everything in it; not 0 */
    const struct bootfs_file *files;
    size_t count;
};

/* Bytes that a file system with these files needs, with some room left. */
uint64_t bootfs_need(const struct bootfs *b);

/*
 * Makes the file system inside the file or device path, bytes long, from offset on. NULL, or the
 * reason in a static buffer. The bytes there before are not looked at; those that carry nothing are
 * left alone.
 */
const char *bootfs_make(const struct bootfs *b, const char *path, uint64_t offset, uint64_t bytes);
