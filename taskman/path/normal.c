/* SPDX-License-Identifier: Apache-2.0 */
/* Path text: joining, normalising, splitting.  No state. */
#include <errno.h>
#include <string.h>
#include "path/normal.h"

size_t path_component(const char **at)
{
    const char *p = *at;
    size_t n = 0;

    while (*p == '/')
        p++;
    *at = p;
    while (p[n] && p[n] != '/')
        n++;
    return n;
}

/* Appends the components of path to out[*length]; *length stays 0 for the root. */
static int append(char *out, size_t *length, const char *path)
{
    size_t n;

    for (; (n = path_component(&path)) != 0; path += n) {
        if (n == 1 && path[0] == '.')
            continue;
        if (n == 2 && path[0] == '.' && path[1] == '.') {
            while (*length && out[--*length] != '/')
                ;
            continue;
        }
        if (n >= NAME_BYTES || *length + 1 + n >= PATH_BYTES)
            return -ENAMETOOLONG;
        out[(*length)++] = '/';
        memcpy(out + *length, path, n);
        *length += n;
    }
    return 0;
}

int path_normalise(char *out, const char *base, const char *path)
{
    size_t length = 0;
    int rc = 0;

    if (path[0] == '\0')
        return -ENOENT;
    if (path[0] != '/')
        rc = append(out, &length, base);
    if (rc == 0)
        rc = append(out, &length, path);
    if (rc < 0)
        return rc;
    if (length == 0)
        out[length++] = '/';
    out[length] = '\0';
    return (int)length;
}

const char *path_checked(const void *text, size_t bytes)
{
    return memchr(text, '\0', bytes) ? text : NULL;
}
