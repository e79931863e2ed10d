/* SPDX-License-Identifier: Apache-2.0 */
/* cpio newc: a 110-byte ASCII header, name, padding to 4, data, padding to 4. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include "image/cpio.h"

#define HEADER_BYTES 110

void cpio_open(struct cpio_reader *r, const void *start, uint64_t bytes)
{
    r->start = start;
    r->bytes = bytes;
    r->at = 0;
}

static bool hex_field(const uint8_t *text, uint32_t *out)
{
    uint32_t v = 0;

    for (int i = 0; i < 8; i++) {
        uint8_t c = text[i];
        if (c >= '0' && c <= '9')
            v = v << 4 | (uint32_t)(c - '0');
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            v = v << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
        else
            return false;
    }
    *out = v;
    return true;
}

/* Where the next header starts behind padding, or r->bytes. */
static uint64_t skip_padding(const struct cpio_reader *r)
{
    uint64_t at = r->at;

    while (at < r->bytes && r->start[at] == 0)
        at++;
    return at;
}

int cpio_next(struct cpio_reader *r, struct cpio_member *m)
{
    for (;;) {
        uint32_t field[13];
        const uint8_t *header;
        uint64_t at = skip_padding(r), left, name_at, data_at;

        if (at == r->bytes)
            return 0;
        header = r->start + at;
        left = r->bytes - at;
        if (left < HEADER_BYTES || memcmp(header, "07070", 5) != 0 ||
            (header[5] != '1' && header[5] != '2'))
            return -EINVAL;
        for (int i = 0; i < 13; i++)
            if (!hex_field(header + 6 + 8 * i, &field[i]))
                return -EINVAL;
        /* ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize
         * check */
        name_at = HEADER_BYTES;
        data_at = (name_at + field[11] + 3) & ~3UL;
        if (field[11] == 0 || data_at > left || field[6] > left - data_at ||
            header[name_at + field[11] - 1] != 0)
            return -EINVAL;
        m->name = (const char *)header + name_at;
        m->data = header + data_at;
        m->bytes = field[6];
        m->ino = field[0];
        m->mode = field[1];
        m->uid = field[2];
        m->gid = field[3];
        m->nlink = field[4];
        m->mtime = field[5];
        r->at = at + data_at + ((m->bytes + 3) & ~3UL);
        if (r->at > r->bytes)
            r->at = r->bytes;
        if (strcmp(m->name, "TRAILER!!!") != 0)
            return 1;
    }
}
