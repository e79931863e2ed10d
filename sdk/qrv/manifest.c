/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest.h"

#include "../common/fs.h"
#include "../common/sha256.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The next tab-separated field of a line, or NULL; ends it with a NUL and moves *at behind it. */
static char *field(char **at)
{
    char *start = *at;
    if (start == NULL)
        return NULL;
    char *tab = strchr(start, '\t');
    *at = tab ? tab + 1 : NULL;
    if (tab != NULL)
        *tab = '\0';
    return start;
}

static void check_file(const char *path, const char *name, const char *mode, const char *sum,
                       struct buf *findings)
{
    struct buf bytes = {0};
    struct stat st;
    char hex[65];
    if (lstat(path, &st) != 0 || !S_ISREG(st.st_mode) || fs_read(path, &bytes) != 0)
        buf_printf(findings, "missing %s\n", name);
    else {
        sha256_hex(bytes.data, bytes.len, hex);
        if (strcmp(hex, sum) != 0)
            buf_printf(findings, "altered %s\n", name);
        else if ((st.st_mode & 0111 ? true : false) != ((strtol(mode, NULL, 8) & 0111) != 0))
            buf_printf(findings, "mode %s\n", name);
    }
    buf_free(&bytes);
}

static void check_link(const char *path, const char *name, const char *target, struct buf *findings)
{
    char text[PATH_MAX];
    ssize_t n = readlink(path, text, sizeof text - 1);
    if (n < 0)
        buf_printf(findings, "missing %s\n", name);
    else {
        text[n] = '\0';
        if (strcmp(text, target) != 0)
            buf_printf(findings, "link %s\n", name);
    }
}

/* A manifest must not make us look outside the SDK. */
static bool name_is_safe(const char *name)
{
    return name[0] != '/' && name[0] != '\0' && strncmp(name, "../", 3) != 0 &&
           strstr(name, "/../") == NULL;
}

long manifest_verify(const char *root, struct buf *findings)
{
    struct buf text = {0};
    char *file = fs_join(root, "MANIFEST");
    long count = fs_read(file, &text);
    free(file);
    for (char *save = NULL, *line = count == 0 ? strtok_r(text.data, "\n", &save) : NULL;
         line != NULL; line = strtok_r(NULL, "\n", &save)) {
        char *type = field(&line);
        char *first = field(&line);
        char *second = first != NULL && strcmp(type, "f") == 0 ? field(&line) : NULL;
        char *name = line;
        bool is_file = strcmp(type, "f") == 0 && second != NULL;
        bool is_link = strcmp(type, "l") == 0 && first != NULL;
        if (name == NULL || !name_is_safe(name) || (!is_file && !is_link)) {
            count = -EBADMSG;
            break;
        }
        char *path = fs_join(root, name);
        if (is_file)
            check_file(path, name, first, second, findings);
        else
            check_link(path, name, first, findings);
        free(path);
        count++;
    }
    if (count == 0)
        count = -EBADMSG;
    buf_free(&text);
    return count;
}
