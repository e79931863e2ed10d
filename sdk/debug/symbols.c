/* SPDX-License-Identifier: Apache-2.0 */
#include "symbols.h"

#include "../common/elf64.h"
#include "../common/fs.h"
#include "../common/sdk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH = 6, ENTRIES = 50000, HEAD = 65536, LIBRARIES = 64 };

/* The first bytes of a file: headers and notes lie there. */
static bool read_head(const char *path, struct buf *head)
{
    char *bytes = xmalloc(HEAD);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, bytes, HEAD) : -1;
    if (fd >= 0)
        close(fd);
    if (n > 0)
        buf_append(head, bytes, (size_t)n);
    free(bytes);
    return n > 0;
}

char *symbols_id(const struct buf *file)
{
    struct buf text = {0};
    size_t len = 0;
    const char *id = file->len > 0 ? elf_build_id(file->data, file->len, &len) : NULL;
    for (size_t i = 0; id != NULL && i < len; i++)
        buf_printf(&text, "%02x", (unsigned char)id[i]);
    return text.data != NULL ? text.data : xstrdup("");
}

char *symbols_id_of(const char *path)
{
    struct buf head = {0};
    read_head(path, &head);
    char *id = symbols_id(&head);
    buf_free(&head);
    return id;
}

static bool is_program(const char *path)
{
    struct buf head = {0};
    read_head(path, &head);
    enum elf_kind kind = head.len > 0 ? elf_classify(head.data, head.len) : ELF_NOT;
    buf_free(&head);
    return kind == ELF_RISCV64_EXEC || kind == ELF_RISCV64_DYN;
}

/* ------------------------------------------------------------------ looking for a name */

struct search {
    const char *name, *id; /* id NULL: any */
    char **other;
    unsigned left; /* entries of directories that may still be looked at */
};

static bool fits(struct search *s, const char *path)
{
    if (!is_program(path))
        return false;
    if (s->id == NULL || s->id[0] == '\0')
        return true;
    char *id = symbols_id_of(path);
    bool same = strcmp(id, s->id) == 0;
    free(id);
    if (!same && s->other != NULL && *s->other == NULL)
        *s->other = xstrdup(path);
    return same;
}

/* Files first, so that the nearest one is found. */
static char *walk(struct search *s, const char *dir, unsigned depth)
{
    struct buf below = {0};
    char *found = NULL;
    DIR *d = opendir(dir);
    const struct dirent *entry;
    while (d != NULL && found == NULL && s->left > 0 && (entry = readdir(d)) != NULL) {
        struct stat st;
        s->left--;
        if (entry->d_name[0] == '.')
            continue;
        char *path = fs_join(dir, entry->d_name);
        if (strcmp(entry->d_name, s->name) == 0 && fs_is_file(path) && fits(s, path))
            found = xstrdup(path);
        else if (depth > 1 && strcmp(entry->d_name, "CMakeFiles") != 0 && lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
            buf_append(&below, path, strlen(path) + 1);
        free(path);
    }
    if (d != NULL)
        closedir(d);
    for (size_t at = 0; found == NULL && at < below.len; at += strlen(below.data + at) + 1)
        found = walk(s, below.data + at, depth - 1);
    buf_free(&below);
    return found;
}

char *symbols_find(const char *name, const char *id, char **other)
{
    struct search s = {.name = name, .id = id, .other = other, .left = ENTRIES};
    char *found = walk(&s, ".", DEPTH);
    if (found != NULL) {
        char *whole = realpath(found, NULL);
        if (whole == NULL)
            return found;
        free(found);
        return whole;
    }
    s.left = ENTRIES;
    s.other = NULL; /* programs of the SDK are not the user's to build again */
    return walk(&s, sdk_locate()->sysroot, 3);
}

/* ------------------------------------------------------------------ shared libraries */

/* The directory above the program that looks like the top of a build, else the program's. */
static char *build_tree(const char *program)
{
    static const char *const signs[] = {"CMakeCache.txt", "build.ninja", "meson-info", "Makefile", NULL};
    char *own = fs_dirname(program);
    char *dir = xstrdup(own);
    for (unsigned up = 0; up < DEPTH && strcmp(dir, "/") != 0; up++) {
        for (size_t i = 0; signs[i] != NULL; i++) {
            char *sign = fs_join(dir, signs[i]);
            bool is_it = access(sign, F_OK) == 0;
            free(sign);
            if (is_it) {
                free(own);
                return dir;
            }
        }
        char *above = fs_dirname(dir);
        free(dir);
        dir = above;
    }
    free(dir);
    return own;
}

static bool is_listed(const struct buf *list, const char *name)
{
    for (size_t at = 0; at < list->len; at += strlen(list->data + at) + 1)
        if (strcmp(fs_basename(list->data + at), name) == 0)
            return true;
    return false;
}

static bool is_of_the_sdk(const char *name)
{
    char *lib = fs_join(sdk_locate()->sysroot, "usr/lib");
    char *path = fs_join(lib, name);
    bool is_there = fs_is_file(path);
    free(path);
    free(lib);
    return is_there;
}

static void add_needed(const char *file, const char *tree, struct buf *list, unsigned *count)
{
    struct buf content = {0};
    size_t at = 0;
    const char *name;
    if (fs_read(file, &content) != 0)
        return;
    while ((name = elf_needed(content.data, content.len, &at)) != NULL && *count < LIBRARIES) {
        struct search s = {.name = name, .left = ENTRIES};
        if (strchr(name, '/') != NULL || is_of_the_sdk(name) || is_listed(list, name))
            continue;
        char *found = walk(&s, tree, DEPTH);
        if (found != NULL) {
            buf_append(list, found, strlen(found) + 1);
            ++*count;
            free(found);
        }
    }
    buf_free(&content);
}

void symbols_libraries(const char *program, struct buf *list)
{
    char *whole = realpath(program, NULL);
    if (whole == NULL)
        return;
    char *tree = build_tree(whole);
    unsigned count = 0;
    add_needed(whole, tree, list, &count);
    for (size_t at = 0; at < list->len; at += strlen(list->data + at) + 1) {
        char *library = xstrdup(list->data + at); /* the list moves when it grows */
        add_needed(library, tree, list, &count);
        free(library);
    }
    free(tree);
    free(whole);
}

static const char *no_program(const struct buf *content)
{
    switch (elf_classify(content->data, content->len)) {
    case ELF_NOT:
        return "it is no ELF file";
    case ELF_OTHER:
        return "it is for another machine than 64-bit RISC-V";
    case ELF_RISCV64_OBJECT:
        return "it is an object file, not linked yet";
    default:
        break;
    }
    const char *interpreter = elf_interpreter(content->data, content->len);
    bool is_ours = interpreter == NULL || strcmp(fs_basename(interpreter), "ldqnx-64.so.2") == 0;
    return is_ours ? NULL : "it is for another system, with a dynamic linker of its own";
}

int symbols_check(const char *program)
{
    struct buf content = {0};
    int error = fs_read(program, &content);
    const char *why = error == 0 ? no_program(&content) : NULL;
    buf_free(&content);
    if (error != 0)
        return complain(EXIT_INPUT, "%s: %s", program, strerror(-error));
    return why != NULL ? complain(EXIT_INPUT, "%s is no program for QRV: %s", program, why) : 0;
}
