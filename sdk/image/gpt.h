/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GUID partition tables (UEFI specification 2.10, chapter 5) of disks with 512-byte sectors:
 * writing one, and reading one that may be damaged. The table has the usual room for 128 partitions
 * and takes sectors 0 to 33 and the last 33.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    GPT_SECTOR = 512,
    GPT_HEAD_SECTORS = 34, /* protective record, header, entries */
    GPT_TAIL_SECTORS = 33, /* entries, header */
    GPT_HEAD_BYTES = GPT_HEAD_SECTORS * GPT_SECTOR,
    GPT_TAIL_BYTES = GPT_TAIL_SECTORS * GPT_SECTOR,
    GPT_PARTS_MAX = 128,
    GPT_NAME_MAX = 36
};

#define GPT_ATTR_BOOT ((uint64_t)1 << 2) /* "legacy boot": what U-Boot looks for */

struct gpt_part {
    char type[37]; /* GUID as text, upper case */
    char guid[37];
    char name[GPT_NAME_MAX + 1]; /* ASCII; another character reads as '?' */
    uint64_t first;              /* sectors, both included */
    uint64_t last;
    uint64_t attributes;
};

struct gpt {
    char guid[37];
    uint64_t sectors; /* of the disk */
    size_t count;
    struct gpt_part parts[GPT_PARTS_MAX];
};

/*
 * Makes the bytes of both copies, GPT_HEAD_BYTES and GPT_TAIL_BYTES. The partitions must lie inside
 * the usable sectors and not overlap, and the GUIDs be well formed: false otherwise.
 */
bool gpt_make(const struct gpt *g, uint8_t *head, uint8_t *tail);

/*
 * Reads the copy at the front of a disk of that many sectors. NULL, or what is wrong with it: a
 * checksum, a size, a place outside of the disk, an overlap.
 */
const char *gpt_read(const uint8_t *head, uint64_t sectors, struct gpt *g);

/* The second copy says the same as the first: NULL, or the difference. g is what gpt_read() gave.
 */
const char *gpt_check_tail(const struct gpt *g, const uint8_t *tail);

uint32_t gpt_crc32(const uint8_t *data, size_t len);
