/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Partition tables: a good table gets changed bytes (the input is a list of place and value; its
 * first byte says whether the checksums are made right again). A table that is taken comes out the
 * same after writing and reading it.
 */
#include "fuzz.h"

#include "image/gpt.h"

#include <stdlib.h>
#include <string.h>

enum { SECTORS = 4096, TABLE = 128 * 128 };

static const struct gpt good = {
    .guid = "00112233-4455-8677-A899-AABBCCDDEEFF",
    .sectors = SECTORS,
    .count = 2,
    .parts = {{"5B193300-FC78-40CD-8002-E86C45580B47", "00112233-4455-8677-A899-AABBCCDDEE00",
               "spl", 34, 2081, 0},
              {"0FC63DAF-8483-4772-8E79-3D69D8477DE4", "00112233-4455-8677-A899-AABBCCDDEE01",
               "boot", 2082, 4000, GPT_ATTR_BOOT}}};

static void put32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> 8 * i);
}

static void fix(uint8_t *header, const uint8_t *table)
{
    put32(header + 88, gpt_crc32(table, TABLE));
    put32(header + 16, 0);
    put32(header + 16, gpt_crc32(header, 92));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t whole[GPT_HEAD_BYTES], tail[GPT_TAIL_BYTES];
    static uint8_t head[GPT_HEAD_BYTES], again[GPT_HEAD_BYTES], end[GPT_TAIL_BYTES];
    static struct gpt first, second;
    if (whole[510] == 0 && !gpt_make(&good, whole, tail))
        abort();
    memcpy(head, whole, sizeof head);
    for (size_t i = 1; i + 3 <= size; i += 3) {
        /* Half of the changes go to the header and the first entries: there is little else. */
        size_t at = (size_t)data[i] << 8 | data[i + 1];
        at = at & 1 ? GPT_SECTOR + (at >> 1) % 800 : (at >> 1) % GPT_HEAD_BYTES;
        head[at] = data[i + 2];
    }
    if (size > 0 && data[0] & 1)
        fix(head + GPT_SECTOR, head + 2 * GPT_SECTOR);
    if (gpt_read(head, SECTORS, &first) != NULL)
        return 0;
    (void)gpt_check_tail(&first, tail);
    if (!gpt_make(&first, again, end) || gpt_read(again, SECTORS, &second) != NULL ||
        memcmp(&first, &second, sizeof first) != 0 || gpt_check_tail(&second, end) != NULL)
        abort();
    return 0;
}
