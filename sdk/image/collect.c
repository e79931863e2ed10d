/* SPDX-License-Identifier: Apache-2.0 */
#include "collect.h"

#include "../common/elf64.h"
#include "../common/fs.h"
#include "script.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_DEPTH = 16 };
static const char boot_prefix[] = "/proc/boot/";

struct collector {
    const struct collect_options *options;
    struct archive *a;
    struct problem *problem;
    struct buf symlinks; /* lines to put in front of the start script */
    unsigned symlink_line;
    size_t script; /* index of the script member + 1 */
    bool script_inline;
};

static int fail(struct collector *c, const struct entry *e, const char *what, const char *path,
                int error)
{
    problem_set(c->problem, e->line, "%s: %s%s%s", path, what, error ? ": " : "",
                error ? strerror(error) : "");
    return -1;
}

/* dir/name if it exists, or NULL; a relative dir of a build file is relative to that file. */
static char *try_place(const struct collector *c, const char *dir, size_t dir_len, const char *name)
{
    char *path = dir[0] == '/'
                     ? xprintf("%.*s/%s", (int)dir_len, dir, name)
                     : xprintf("%s/%.*s/%s", c->options->build_dir, (int)dir_len, dir, name);
    if (access(path, F_OK) == 0)
        return path;
    free(path);
    return NULL;
}

/* The first place where name exists, or NULL. */
static char *find_host(const struct collector *c, const struct entry *e, const char *name)
{
    const struct collect_options *o = c->options;
    char *path;
    if (name[0] == '/')
        return access(name, F_OK) == 0 ? xstrdup(name) : NULL;
    bool relative = strncmp(name, "./", 2) == 0 || strncmp(name, "../", 3) == 0;
    if (e->attr.cd != NULL && (path = try_place(c, e->attr.cd, strlen(e->attr.cd), name)) != NULL)
        return path;
    for (const char *s = relative ? NULL : e->attr.search; s != NULL && *s != '\0';) {
        size_t n = strcspn(s, ":");
        if ((path = try_place(c, s, n, name)) != NULL)
            return path;
        s += n + (s[n] == ':');
    }
    for (const char *const *s = relative ? NULL : o->search; s != NULL && *s != NULL; s++) {
        path = fs_join(*s, name);
        if (access(path, F_OK) == 0)
            return path;
        free(path);
    }
    path = fs_join(o->build_dir, name);
    if (access(path, F_OK) == 0)
        return path;
    free(path);
    return NULL;
}

int collect_read(const char *path, bool strip, struct member *m, unsigned *host_mode)
{
    struct buf data = {0};
    struct buf small = {0};
    struct stat st;
    int error = stat(path, &st) != 0 ? -errno : fs_read(path, &data);
    if (error != 0) {
        buf_free(&data);
        return error;
    }
    *host_mode = (unsigned)st.st_mode;
    m->mtime = (uint32_t)st.st_mtime;
    enum elf_kind kind = elf_classify(data.data, data.len);
    bool program = kind == ELF_RISCV64_EXEC || kind == ELF_RISCV64_DYN;
    if (strip && program && elf_strip(data.data, data.len, &small) == NULL) {
        m->data = small.data;
        m->len = small.len;
        buf_free(&data);
    } else {
        buf_free(&small);
        m->data = data.data;
        m->len = data.len;
    }
    return 0;
}

/* Makes the directories above name that are not there yet. */
static int make_parents(struct collector *c, const struct entry *e, const char *name)
{
    for (const char *slash = strchr(name, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        char *dir = xstrndup(name, (size_t)(slash - name));
        struct member *m = archive_find(c->a, dir);
        if (m != NULL && (m->mode & CPIO_TYPE_MASK) != CPIO_DIR) {
            int result = fail(c, e, "it is needed as a directory, but is a file", dir, 0);
            free(dir);
            return result;
        }
        if (m == NULL) {
            m = archive_add(c->a, dir);
            m->mode = CPIO_DIR | (unsigned)e->attr.dperms;
            m->uid = e->attr.uid;
            m->gid = e->attr.gid;
            m->mtime = c->options->mtime;
        }
        free(dir);
    }
    return 0;
}

/* Adds a member with the entry's owner and times; NULL with the problem set when the name is taken.
 */
static struct member *add_member(struct collector *c, const struct entry *e, const char *name)
{
    if (make_parents(c, e, name) != 0)
        return NULL;
    if (strcmp(name, "TRAILER!!!") == 0 || strlen(name) > CPIO_NAME_MAX) {
        fail(c, e, "no archive member can have this name", name, 0);
        return NULL;
    }
    if (archive_find(c->a, name) != NULL) {
        fail(c, e, "it is already in the image", name, 0);
        return NULL;
    }
    struct member *m = archive_add(c->a, name);
    m->uid = e->attr.uid;
    m->gid = e->attr.gid;
    m->mtime = e->attr.mtime >= 0 ? (uint32_t)e->attr.mtime : c->options->mtime;
    m->line = e->line;
    return m;
}

static unsigned file_mode(const struct entry *e, unsigned host_mode)
{
    if (e->attr.perms != FROM_HOST)
        return (unsigned)e->attr.perms;
    return host_mode & 0111 ? 0755 : 0644;
}

static int add_path(struct collector *c, const struct entry *e, const char *name, const char *path,
                    int depth);

static int compare_names(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int not_dots(const struct dirent *d)
{
    return strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
}

static int add_directory(struct collector *c, const struct entry *e, const char *name,
                         const char *path, int depth)
{
    struct dirent **names;
    int result = 0;
    if (depth >= MAX_DEPTH)
        return fail(c, e, "directories are nested too deeply", path, 0);
    int n = scandir(path, &names, not_dots, compare_names);
    if (n < 0)
        return fail(c, e, "cannot read the directory", path, errno);
    struct member *m = add_member(c, e, name);
    if (m == NULL)
        result = -1;
    else
        m->mode = CPIO_DIR | (unsigned)e->attr.dperms;
    for (int i = 0; i < n; i++) {
        if (result == 0) {
            char *inner_name = fs_join(name, names[i]->d_name);
            char *inner_path = fs_join(path, names[i]->d_name);
            result = add_path(c, e, inner_name, inner_path, depth + 1);
            free(inner_name);
            free(inner_path);
        }
        free(names[i]);
    }
    free(names);
    return result;
}

static int add_symlink(struct collector *c, const struct entry *e, const char *name,
                       const char *text)
{
    struct member *m = add_member(c, e, name);
    if (m == NULL)
        return -1;
    m->mode = CPIO_LINK | 0777;
    m->data = xstrdup(text);
    m->len = strlen(text);
    return 0;
}

/* A host file, link or directory under the name it gets in the archive. */
static int add_path(struct collector *c, const struct entry *e, const char *name, const char *path,
                    int depth)
{
    struct stat st;
    char text[PATH_MAX];
    unsigned host_mode;
    if ((e->attr.followlink ? stat(path, &st) : lstat(path, &st)) != 0)
        return fail(c, e, "cannot read the file", path, errno);
    if (S_ISLNK(st.st_mode)) {
        ssize_t n = readlink(path, text, sizeof text - 1);
        if (n < 0)
            return fail(c, e, "cannot read the link", path, errno);
        text[n] = '\0';
        return add_symlink(c, e, name, text);
    }
    if (S_ISDIR(st.st_mode))
        return add_directory(c, e, name, path, depth);
    if (!S_ISREG(st.st_mode))
        return fail(c, e, "neither a file nor a directory", path, 0);
    struct member read = {0};
    int error = collect_read(path, c->options->strip && !e->attr.raw, &read, &host_mode);
    if (error != 0)
        return fail(c, e, "cannot read the file", path, -error);
    struct member *m = add_member(c, e, name);
    if (m == NULL) {
        free(read.data);
        return -1;
    }
    m->data = read.data;
    m->len = read.len;
    m->mode = CPIO_FILE | file_mode(e, host_mode);
    if (e->attr.mtime == -2)
        m->mtime = read.mtime;
    if (c->options->inputs != NULL)
        buf_append(c->options->inputs, path, strlen(path) + 1);
    return 0;
}

static int add_file(struct collector *c, const struct entry *e, const char *name)
{
    char *path = find_host(c, e, e->host);
    if (path == NULL && (e->attr.optional || c->options->allow_missing)) {
        if (c->options->notes != NULL)
            buf_printf(c->options->notes, "%u: %s is not there, left out\n", e->line, e->host);
        return 0;
    }
    if (path == NULL)
        return fail(c, e,
                    e->host[0] == '/' ? "there is no such file" : "not found in the search path",
                    e->host, 0);
    int result = add_path(c, e, name, path, 0);
    free(path);
    return result;
}

static int add_simple(struct collector *c, const struct entry *e, const char *name)
{
    struct member *m = add_member(c, e, name);
    if (m == NULL)
        return -1;
    if (e->attr.type == ENTRY_DIR)
        m->mode = CPIO_DIR | (unsigned)e->attr.dperms;
    else if (e->attr.type == ENTRY_FIFO)
        m->mode = CPIO_FIFO | (e->attr.perms == FROM_HOST ? 0644u : (unsigned)e->attr.perms);
    else {
        m->mode = CPIO_FILE | (e->attr.perms == FROM_HOST ? (e->attr.script ? 0755u : 0644u)
                                                          : (unsigned)e->attr.perms);
        m->data = xstrndup(e->data.data, e->data.len);
        m->len = e->data.len;
    }
    return 0;
}

/* Only /proc/boot comes from the archive: other places are reached by a link that the script makes.
 */
static int place_outside(struct collector *c, const struct entry *e)
{
    if (e->attr.type == ENTRY_DIR || e->attr.type == ENTRY_FIFO)
        return fail(c, e, "a directory or fifo can only be below /proc/boot", e->target, 0);
    if (strpbrk(e->target, " \t\"'") != NULL ||
        (e->host != NULL && strpbrk(e->host, " \t\"'") != NULL))
        return fail(c, e, "a name outside /proc/boot cannot have blanks or quotes", e->target, 0);
    if (e->attr.type == ENTRY_LINK)
        buf_printf(&c->symlinks, "procmgr_symlink %s %s\n", e->host, e->target);
    else
        buf_printf(&c->symlinks, "procmgr_symlink /proc/boot%s %s\n", e->target, e->target);
    if (c->symlink_line == 0)
        c->symlink_line = e->line;
    return 0;
}

static int add_entry(struct collector *c, const struct entry *e)
{
    size_t before = c->a->count;
    bool in_boot = strncmp(e->target, boot_prefix, sizeof boot_prefix - 1) == 0;
    const char *name = in_boot ? e->target + sizeof boot_prefix - 1 : e->target + 1;
    int result;
    if (strcmp(e->target, "/proc/boot") == 0 ||
        (strcmp(e->target, "/proc") == 0 && e->attr.type != ENTRY_DIR))
        return fail(c, e, "this name belongs to the system", e->target, 0);
    if (e->attr.type == ENTRY_LINK)
        result = in_boot ? add_symlink(c, e, name, e->host) : 0;
    else if (e->attr.type == ENTRY_FILE)
        result = add_file(c, e, name);
    else
        result = add_simple(c, e, name);
    bool made = c->a->count > before || e->attr.type == ENTRY_LINK;
    if (result == 0 && !in_boot && made)
        result = place_outside(c, e);
    if (result != 0 || !e->attr.script || !made)
        return result;
    if (c->script != 0)
        return fail(c, e, "the image has a start script already", e->target, 0);
    c->script = c->a->count;
    c->script_inline = e->attr.type == ENTRY_INLINE;
    return 0;
}

static int finish_script(struct collector *c)
{
    if (c->script == 0) {
        if (c->symlinks.len == 0)
            return 0;
        problem_set(
            c->problem, c->symlink_line,
            "a target outside /proc/boot needs a +script entry, which makes the link to it");
        return -1;
    }
    struct member *m = &c->a->members[c->script - 1];
    /* Inline contents begin on the line after the brace, as scripts are written. */
    if (script_check(m->data, m->len, c->script_inline ? m->line + 1 : 1, c->problem) != 0) {
        if (!c->script_inline) {
            struct problem inner = *c->problem;
            problem_set(c->problem, m->line, "line %u of the script %s: %.300s", inner.line,
                        m->name, inner.text);
        }
        return -1;
    }
    buf_append(&c->symlinks, m->data, m->len);
    free(m->data);
    m->len = c->symlinks.len;
    m->data = c->symlinks.data;
    c->symlinks = (struct buf){0};
    return 0;
}

int collect(const struct build *b, const struct collect_options *options, struct archive *a,
            struct problem *p)
{
    struct collector c = {.options = options, .a = a, .problem = p};
    int result = 0;
    for (size_t i = 0; result == 0 && i < b->count; i++)
        result = add_entry(&c, &b->entries[i]);
    if (result == 0)
        result = finish_script(&c);
    buf_free(&c.symlinks);
    return result;
}
