/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "foreign_names.h"

int names_add(struct names *n, const char *path)
{
    while (*path != '\0') {
        size_t len = strcspn(path, "/");
        if (len >= NAME_BYTES)
            return ENAMETOOLONG;
        if (len > 0 && !(len == 1 && path[0] == '.')) {
            if (n->count == NAMES_MAX)
                return ENAMETOOLONG;
            n->name[n->count] = path;
            n->len[n->count++] = (uint16_t)len;
        }
        path += len;
        path += *path == '/';
    }
    return 0;
}

void names_copy(const struct names *n, unsigned index, char name[NAME_BYTES])
{
    memcpy(name, n->name[index], n->len[index]);
    name[n->len[index]] = '\0';
}

static void append(char *out, size_t *at, const char *text, size_t len, bool slash)
{
    if (*at < PATH_BYTES)
        *at += (size_t)snprintf(out + *at, PATH_BYTES - *at, "%s%.*s", slash ? "/" : "", (int)len, text);
}

int names_link(const struct names *n, unsigned index, const char *target, const char *text, char out[PATH_BYTES])
{
    size_t at = 0;
    if (text[0] == '\0')
        return ENOENT;
    if (text[0] != '/') {
        append(out, &at, target, strlen(target), false);
        for (unsigned i = n->own; i < index; i++)
            append(out, &at, n->name[i], n->len[i], true);
    }
    append(out, &at, text, strlen(text), text[0] != '/');
    for (unsigned i = index + 1; i < n->count; i++)
        append(out, &at, n->name[i], n->len[i], true);
    return at < PATH_BYTES ? 0 : ENAMETOOLONG;
}

int names_mountpoint(const char *text, size_t len, char out[PATH_BYTES])
{
    while (len > 1 && text[len - 1] == '/')
        len--;
    if (text[0] != '/' || len < 2 || len >= PATH_BYTES)
        return -1;
    memcpy(out, text, len);
    out[len] = '\0';
    return 0;
}
