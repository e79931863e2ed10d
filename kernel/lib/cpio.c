/* SPDX-License-Identifier: Apache-2.0 */
/* cpio newc: 110-byte ASCII headers of 8 hexadecimal digits per field, name and data padded to 4 bytes. */
#include "lib/cpio.h"
#include "lib/string.h"

#define HEADER 110
#define FIELD_MODE 1
#define FIELD_FILESIZE 6
#define FIELD_NAMESIZE 11

static bool read_field(const char *header, int field, uint32_t *v)
{
    *v = 0;
    for (int i = 0; i < 8; i++) {
        char c = header[6 + field * 8 + i];
        uint32_t d;
        if (c >= '0' && c <= '9')
            d = (uint32_t)(c - '0');
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            d = (uint32_t)((c | 0x20) - 'a' + 10);
        else
            return false;
        *v = *v << 4 | d;
    }
    return true;
}

bool cpio_find(const void *archive, size_t bytes, const char *name, const void **data, size_t *len)
{
    const char *base = archive;
    size_t off = 0;
    while (off <= bytes && bytes - off >= HEADER) {
        const char *h = base + off;
        uint32_t mode, file, namelen;
        if (memcmp(h, "070701", 6) != 0 && memcmp(h, "070702", 6) != 0)
            return false;
        if (!read_field(h, FIELD_MODE, &mode) || !read_field(h, FIELD_FILESIZE, &file) ||
            !read_field(h, FIELD_NAMESIZE, &namelen))
            return false;
        if (namelen == 0 || namelen > bytes - off - HEADER || h[HEADER + namelen - 1] != '\0')
            return false;
        const char *member = h + HEADER;
        size_t data_off = (off + HEADER + namelen + 3) & ~(size_t)3;
        if (data_off > bytes || file > bytes - data_off)
            return false;
        if (strcmp(member, "TRAILER!!!") == 0)
            return false;
        if (member[0] == '.' && member[1] == '/')
            member += 2;
        else if (member[0] == '/')
            member++;
        if ((mode & 0170000) == 0100000 && strcmp(member, name) == 0) {
            *data = base + data_off;
            *len = file;
            return true;
        }
        off = (data_off + file + 3) & ~(size_t)3;
    }
    return false;
}
