/* SPDX-License-Identifier: Apache-2.0 */
/* qrv image --disk: a disk that a board starts from: its firmware, a boot partition, kernel, boot
 * archive. */
#pragma once

#include "../common/buf.h"

#include <stdbool.h>
#include <stdint.h>

#define DISK_BOOT_NAME "qrv:" /* the boot partition's name is this and the board's */

struct disk_request {
    const char *board;  /* name of boards.h */
    const char *file;   /* what is written: a new file, or a device */
    const char *size;   /* "256M", "4G"; NULL: a power of two that is enough */
    const char *kernel; /* Image; NULL: both of the SDK */
    const char *append; /* arguments for the kernel; NULL: none */
    bool debug;         /* the checking kernel is the one that starts */
    bool json;          /* what was made is said in JSON */
    bool force;         /* also over a file that is there, or a device */
    uint32_t time;      /* of the files in it; seconds since 1970 */
};

/* Writes the disk; archive is the boot archive. An exit code, after a message if it is not EXIT_OK.
 */
int disk_write(const struct disk_request *rq, const struct buf *archive);

/* Shows the partitions of a disk image. An exit code. */
int disk_list(const char *file, bool json);

struct gpt;
/* Reads the partition table and compares its two copies. NULL, or what is wrong, in a static
 * buffer. */
const char *disk_read(const char *file, struct gpt *g);

/* Does the file begin with a partition table (intact or not)? */
bool disk_is(const char *file);
