/* SPDX-License-Identifier: Apache-2.0 */
/* The boards that "qrv image --disk" makes a disk for: what lies where. Their firmware is in
 * <sdk>/boards/NAME. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* A file that goes into a partition of its own, byte for byte. */
struct board_part {
    const char *file;
    const char *name;
    const char *type; /* GUID */
    uint64_t first;   /* sectors of 512 bytes, both included */
    uint64_t last;
};

struct board {
    const char *name;
    const char *title;
    const char *dtb;                /* NULL: the firmware brings its own */
    const struct board_part *parts; /* ends with a NULL file; NULL: none */
    uint64_t boot_first;            /* first sector of the boot partition */
};

const struct board *board_find(const char *name); /* NULL: no such board */
const struct board *board_at(size_t i);           /* NULL behind the last */
