/* SPDX-License-Identifier: Apache-2.0 */
#include "needed.h"

#include "../common/elf64.h"
#include "../common/fs.h"

#include <stdlib.h>
#include <string.h>

static bool has_library(const struct archive *a, const char *name)
{
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(fs_basename(a->members[i].name), name) == 0)
            return true;
    return false;
}

static int add_library(struct archive *a, const char *name, unsigned line,
                       const struct collect_options *options, struct problem *p)
{
    struct member read = {0};
    unsigned host_mode;
    char *path = NULL;
    for (const char *const *dir = options->search; path == NULL && *dir != NULL; dir++) {
        path = fs_join(*dir, name);
        if (!fs_is_file(path)) {
            free(path);
            path = NULL;
        }
    }
    int error = path == NULL ? -1 : collect_read(path, options->strip, &read, &host_mode);
    if (error == 0) {
        struct member *m = archive_add(a, name);
        m->mode = CPIO_FILE | 0755;
        m->mtime = options->mtime;
        m->data = read.data;
        m->len = read.len;
        m->line = line;
        if (options->inputs != NULL)
            buf_append(options->inputs, path, strlen(path) + 1);
    } else if (path != NULL)
        problem_set(p, line, "%s: cannot read the library: %s", path, strerror(-error));
    free(path);
    return error;
}

int add_needed(struct archive *a, const struct collect_options *options, struct problem *p)
{
    for (size_t i = 0; i < a->count; i++) {
        size_t at = 0;
        const char *name;
        if ((a->members[i].mode & CPIO_TYPE_MASK) != CPIO_FILE)
            continue;
        /* Adding a member moves the table, but not the contents that name points into. */
        while ((name = elf_needed(a->members[i].data, a->members[i].len, &at)) != NULL) {
            unsigned line = a->members[i].line;
            bool good = name[0] != '\0' && strchr(name, '/') == NULL && strcmp(name, "..") != 0 &&
                        strcmp(name, ".") != 0 && strlen(name) <= CPIO_NAME_MAX;
            if (good && has_library(a, name))
                continue;
            p->text[0] = '\0';
            if (!good || add_library(a, name, line, options, p) != 0) {
                if (p->text[0] == '\0')
                    problem_set(p, line,
                                "%s: the shared library %.200s that it needs is not in the search "
                                "path",
                                a->members[i].name, name);
                return -1;
            }
        }
    }
    return 0;
}
