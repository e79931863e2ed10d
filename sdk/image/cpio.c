/* SPDX-License-Identifier: Apache-2.0 */
#include "cpio.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER_LEN = 110, FIELD_LEN = 8, FIELDS = 13 };
enum {
    F_INO,
    F_MODE,
    F_UID,
    F_GID,
    F_NLINK,
    F_MTIME,
    F_SIZE,
    F_DEVMAJOR,
    F_DEVMINOR,
    F_RDEVMAJOR,
    F_RDEVMINOR,
    F_NAMESIZE,
    F_CHECK
};
static const char magic[] = "070701";
static const char trailer[] = "TRAILER!!!";

struct member *archive_add(struct archive *a, const char *name)
{
    /* Grow by doubling: the room is the power of two at or above count. */
    if ((a->count & (a->count - 1)) == 0)
        a->members = xrealloc(a->members, (a->count ? a->count * 2 : 1) * sizeof *a->members);
    struct member *m = &a->members[a->count++];
    *m = (struct member){.name = xstrdup(name)};
    return m;
}

struct member *archive_find(const struct archive *a, const char *name)
{
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->members[i].name, name) == 0)
            return &a->members[i];
    return NULL;
}

/* The emptied slot is kept out of the array; count only shrinks here, so the next add may
 * reallocate early. */
void archive_remove(struct archive *a, struct member *m)
{
    size_t i = (size_t)(m - a->members);
    free(m->name);
    free(m->data);
    memmove(m, m + 1, (a->count - i - 1) * sizeof *m);
    a->count--;
    size_t room = 1;
    while (room < a->count)
        room *= 2;
    a->members = xrealloc(a->members, room * sizeof *a->members);
}

void archive_free(struct archive *a)
{
    for (size_t i = 0; i < a->count; i++) {
        free(a->members[i].name);
        free(a->members[i].data);
    }
    free(a->members);
    *a = (struct archive){0};
}

static void write_member(struct buf *out, const struct member *m, uint32_t ino)
{
    unsigned nlink = (m->mode & CPIO_TYPE_MASK) == CPIO_DIR ? 2 : 1;
    size_t namesize = strlen(m->name) + 1;
    buf_printf(out, "%s%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", magic, ino, m->mode,
               m->uid, m->gid, nlink, m->mtime, (unsigned)m->len, 0, 0, 0, 0, (unsigned)namesize,
               0);
    buf_append(out, m->name, namesize);
    buf_zero_to(out, 4);
    buf_append(out, m->data, m->len);
    buf_zero_to(out, 4);
}

void cpio_write(const struct archive *a, struct buf *out)
{
    buf_zero_to(out, 4);
    for (size_t i = 0; i < a->count; i++)
        write_member(out, &a->members[i], (uint32_t)i + 1);
    write_member(out, &(struct member){.name = (char *)trailer}, 0);
    buf_zero_to(out, 512);
}

static bool hex_field(const char *p, uint32_t *value)
{
    *value = 0;
    for (int i = 0; i < FIELD_LEN; i++) {
        char c = p[i];
        unsigned digit;
        if (c >= '0' && c <= '9')
            digit = (unsigned)(c - '0');
        else if (c >= 'a' && c <= 'f')
            digit = (unsigned)(c - 'a' + 10);
        else if (c >= 'A' && c <= 'F')
            digit = (unsigned)(c - 'A' + 10);
        else
            return false;
        *value = *value << 4 | digit;
    }
    return true;
}

static size_t align4(size_t n)
{
    return (n + 3) & ~(size_t)3;
}

/* Reads the member at *at and moves *at behind it. *is_trailer is set when it ends an archive. */
static const char *read_member(const char *p, size_t len, size_t *at, struct archive *a,
                               bool *is_trailer)
{
    uint32_t f[FIELDS];
    if (len - *at < HEADER_LEN)
        return "the archive is cut off in a header";
    if (memcmp(p + *at, magic, 6) != 0)
        return "no cpio newc header here";
    for (int i = 0; i < FIELDS; i++)
        if (!hex_field(p + *at + 6 + i * FIELD_LEN, &f[i]))
            return "a header field is not a hexadecimal number";
    size_t name_at = *at + HEADER_LEN;
    if (f[F_NAMESIZE] < 2 || f[F_NAMESIZE] > CPIO_NAME_MAX + 1)
        return "the length of a name is not credible";
    if (len - name_at < f[F_NAMESIZE])
        return "the archive is cut off in a name";
    if (memchr(p + name_at, '\0', f[F_NAMESIZE]) != p + name_at + f[F_NAMESIZE] - 1)
        return "a name does not end where its header says";
    size_t data_at = align4(name_at + f[F_NAMESIZE]);
    if (data_at > len || len - data_at < f[F_SIZE])
        return "the archive is cut off in the contents of a file";
    *is_trailer = strcmp(p + name_at, trailer) == 0;
    *at = align4(data_at + f[F_SIZE]) < len ? align4(data_at + f[F_SIZE]) : len;
    if (*is_trailer)
        return NULL;
    struct member *m = archive_add(a, p + name_at);
    m->mode = f[F_MODE];
    m->uid = f[F_UID];
    m->gid = f[F_GID];
    m->mtime = f[F_MTIME];
    m->len = f[F_SIZE];
    m->data = xstrndup(p + data_at, m->len);
    return NULL;
}

const char *cpio_read(const void *data, size_t len, struct archive *a, size_t *where)
{
    const char *p = data;
    size_t at = 0;
    bool open = true; /* inside an archive whose trailer has not come yet */
    *where = 0;
    if (len == 0)
        return "the file is empty";
    while (at < len) {
        bool is_trailer;
        if (!open && p[at] == '\0') { /* padding between archives */
            at++;
            continue;
        }
        open = true;
        *where = at;
        const char *why = read_member(p, len, &at, a, &is_trailer);
        if (why != NULL)
            return why;
        open = !is_trailer;
    }
    *where = len;
    return open ? "the archive has no trailer" : NULL;
}
