/* SPDX-License-Identifier: Apache-2.0 */
#include "gpt.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { HEADER_BYTES = 92, ENTRY_BYTES = 128, TABLE_BYTES = GPT_PARTS_MAX * ENTRY_BYTES };

static void put(uint8_t *p, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        p[i] = (uint8_t)(value >> 8 * i);
}

static uint64_t get(const uint8_t *p, int bytes)
{
    uint64_t value = 0;
    for (int i = bytes - 1; i >= 0; i--)
        value = value << 8 | p[i];
    return value;
}

uint32_t gpt_crc32(const uint8_t *data, size_t len)
{
    static uint32_t table[256];
    uint32_t crc = UINT32_MAX;
    for (uint32_t i = 0; table[255] == 0 && i < 256; i++) {
        uint32_t v = i;
        for (int bit = 0; bit < 8; bit++)
            v = v >> 1 ^ (v & 1 ? 0xedb88320 : 0);
        table[i] = v;
    }
    for (size_t i = 0; i < len; i++)
        crc = crc >> 8 ^ table[(crc ^ data[i]) & 0xff];
    return ~crc;
}

/* Where byte i of the text form lies: the first three groups are little endian. */
static const uint8_t guid_order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

static bool guid_put(uint8_t *p, const char *text)
{
    const char *at = text;
    for (int i = 0; i < 16; i++) {
        unsigned byte;
        int used = 0;
        if ((i == 4 || i == 6 || i == 8 || i == 10) && *at++ != '-')
            return false;
        if (!isxdigit((unsigned char)at[0]) || !isxdigit((unsigned char)at[1]) ||
            sscanf(at, "%2x%n", &byte, &used) != 1 || used != 2)
            return false;
        p[guid_order[i]] = (uint8_t)byte;
        at += 2;
    }
    return *at == '\0';
}

static void guid_get(const uint8_t *p, char text[37])
{
    char *at = text;
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        at += snprintf(at, 3, "%02X", p[guid_order[i]]);
    }
}

/* Inside the usable sectors and apart from each other? */
static const char *check_places(const struct gpt *g)
{
    if (g->sectors < GPT_HEAD_SECTORS + GPT_TAIL_SECTORS + 1 || g->count > GPT_PARTS_MAX)
        return "the disk is too small for a partition table";
    for (size_t i = 0; i < g->count; i++) {
        const struct gpt_part *a = &g->parts[i];
        if (a->first < GPT_HEAD_SECTORS || a->last < a->first ||
            a->last >= g->sectors - GPT_TAIL_SECTORS)
            return "a partition lies outside of the disk";
        for (size_t k = 0; k < i; k++)
            if (a->first <= g->parts[k].last && g->parts[k].first <= a->last)
                return "two partitions overlap";
    }
    return NULL;
}

static bool make_table(const struct gpt *g, uint8_t *table)
{
    memset(table, 0, TABLE_BYTES);
    for (size_t i = 0; i < g->count; i++) {
        const struct gpt_part *part = &g->parts[i];
        uint8_t *entry = table + i * ENTRY_BYTES;
        if (!guid_put(entry, part->type) || !guid_put(entry + 16, part->guid))
            return false;
        put(entry + 32, part->first, 8);
        put(entry + 40, part->last, 8);
        put(entry + 48, part->attributes, 8);
        for (size_t k = 0; part->name[k] != '\0'; k++)
            put(entry + 56 + 2 * k, (unsigned char)part->name[k], 2);
    }
    return true;
}

static bool make_header(const struct gpt *g, uint8_t *sector, uint64_t own, uint64_t other,
                        uint64_t table_at, const uint8_t *table)
{
    memset(sector, 0, GPT_SECTOR);
    memcpy(sector, "EFI PART", 8);
    put(sector + 8, 0x10000, 4);
    put(sector + 12, HEADER_BYTES, 4);
    put(sector + 24, own, 8);
    put(sector + 32, other, 8);
    put(sector + 40, GPT_HEAD_SECTORS, 8);
    put(sector + 48, g->sectors - GPT_TAIL_SECTORS - 1, 8);
    put(sector + 72, table_at, 8);
    put(sector + 80, GPT_PARTS_MAX, 4);
    put(sector + 84, ENTRY_BYTES, 4);
    put(sector + 88, gpt_crc32(table, TABLE_BYTES), 4);
    if (!guid_put(sector + 56, g->guid))
        return false;
    put(sector + 16, gpt_crc32(sector, HEADER_BYTES), 4);
    return true;
}

/* One partition of type 0xee over the whole disk, so that old tools keep off. */
static void make_protective(const struct gpt *g, uint8_t *sector)
{
    uint64_t length = g->sectors - 1;
    memset(sector, 0, GPT_SECTOR);
    uint8_t *entry = sector + 446;
    put(entry + 1, 0x000200, 3);
    entry[4] = 0xee;
    put(entry + 5, 0xffffff, 3);
    put(entry + 8, 1, 4);
    put(entry + 12, length < UINT32_MAX ? length : UINT32_MAX, 4);
    put(sector + 510, 0xaa55, 2);
}

bool gpt_make(const struct gpt *g, uint8_t *head, uint8_t *tail)
{
    uint8_t *table = head + 2 * GPT_SECTOR;
    uint64_t last = g->sectors - 1;
    if (check_places(g) != NULL || !make_table(g, table))
        return false;
    make_protective(g, head);
    memcpy(tail, table, TABLE_BYTES);
    return make_header(g, head + GPT_SECTOR, 1, last, 2, table) &&
           make_header(g, tail + TABLE_BYTES, last, 1, last - GPT_TAIL_SECTORS + 1, table);
}

static const char *check_header(const uint8_t *header, uint64_t own)
{
    uint8_t copy[HEADER_BYTES];
    if (memcmp(header, "EFI PART", 8) != 0)
        return "it has no GUID partition table";
    if (get(header + 12, 4) != HEADER_BYTES || get(header + 80, 4) != GPT_PARTS_MAX ||
        get(header + 84, 4) != ENTRY_BYTES)
        return "its partition table has an unusual size";
    memcpy(copy, header, sizeof copy);
    put(copy + 16, 0, 4);
    if (gpt_crc32(copy, sizeof copy) != get(header + 16, 4))
        return "the checksum of its partition table's header is wrong";
    if (get(header + 24, 8) != own)
        return "its partition table was made for another place";
    return NULL;
}

static void read_part(const uint8_t *entry, struct gpt_part *part)
{
    guid_get(entry, part->type);
    guid_get(entry + 16, part->guid);
    part->first = get(entry + 32, 8);
    part->last = get(entry + 40, 8);
    part->attributes = get(entry + 48, 8);
    for (size_t i = 0; i < GPT_NAME_MAX; i++) {
        uint64_t c = get(entry + 56 + 2 * i, 2);
        part->name[i] = c == 0 ? '\0' : c >= ' ' && c < 127 ? (char)c : '?';
        if (c == 0)
            break;
    }
}

const char *gpt_read(const uint8_t *head, uint64_t sectors, struct gpt *g)
{
    static const uint8_t unused[16];
    const uint8_t *header = head + GPT_SECTOR;
    const uint8_t *table = head + 2 * GPT_SECTOR;
    memset(g, 0, sizeof *g);
    if (sectors < GPT_HEAD_SECTORS + GPT_TAIL_SECTORS + 1)
        return "the disk is too small for a partition table";
    const char *why = check_header(header, 1);
    if (why != NULL)
        return why;
    if (get(header + 72, 8) != 2 || gpt_crc32(table, TABLE_BYTES) != get(header + 88, 4))
        return "the checksum of its partition table is wrong";
    if (get(header + 32, 8) != sectors - 1)
        return get(header + 32, 8) > sectors - 1 ? "it is cut off"
                                                 : "it is longer than its partition table says";
    guid_get(header + 56, g->guid);
    g->sectors = sectors;
    for (size_t i = 0; i < GPT_PARTS_MAX; i++)
        if (memcmp(table + i * ENTRY_BYTES, unused, sizeof unused) != 0)
            read_part(table + i * ENTRY_BYTES, &g->parts[g->count++]);
    return check_places(g);
}

const char *gpt_check_tail(const struct gpt *g, const uint8_t *tail)
{
    const uint8_t *header = tail + TABLE_BYTES;
    struct gpt other = {.sectors = g->sectors};
    const char *why = check_header(header, g->sectors - 1);
    if (why != NULL)
        return "the second copy of its partition table is damaged";
    if (gpt_crc32(tail, TABLE_BYTES) != get(header + 88, 4))
        return "the checksum of its second partition table is wrong";
    for (size_t i = 0; i < GPT_PARTS_MAX; i++) {
        const uint8_t *entry = tail + i * ENTRY_BYTES;
        if (entry[0] != 0 || memcmp(entry, entry + 1, 15) != 0)
            read_part(entry, &other.parts[other.count++]);
    }
    if (other.count != g->count || memcmp(other.parts, g->parts, sizeof other.parts) != 0)
        return "the two copies of its partition table differ";
    return NULL;
}
