/* SPDX-License-Identifier: Apache-2.0 */
/* Compares an unpacked SDK with its manifest. Reads files in pieces: the compiler is large. */
#include "manifest.h"

#include "../common/fs.h"
#include "../common/term.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 1 << 16 };

static void report(struct findings *found, const char *kind, const char *path)
{
    found->list = xrealloc(found->list, (found->count + 1) * sizeof *found->list);
    found->list[found->count++] = (struct finding){kind, xstrdup(path)};
}

static bool file_has_sha256(const char *path, const char *want)
{
    static unsigned char chunk[CHUNK];
    unsigned char digest[crypto_hash_sha256_BYTES];
    char hex[2 * sizeof digest + 1];
    crypto_hash_sha256_state state;
    ssize_t n;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return false;
    crypto_hash_sha256_init(&state);
    while ((n = read(fd, chunk, sizeof chunk)) > 0 || (n < 0 && errno == EINTR))
        if (n > 0)
            crypto_hash_sha256_update(&state, chunk, (unsigned long long)n);
    close(fd);
    crypto_hash_sha256_final(&state, digest);
    sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
    return n == 0 && strcmp(hex, want) == 0;
}

static bool link_leads_to(const char *path, const char *want)
{
    char text[PATH_MAX];
    ssize_t n = readlink(path, text, sizeof text);
    return n >= 0 && (size_t)n == strlen(want) && memcmp(text, want, (size_t)n) == 0;
}

/* NULL: as packed. */
static const char *compare_entry(const struct manifest_entry *e, const char *path)
{
    struct stat st;
    if (lstat(path, &st) != 0)
        return "missing";
    if (e->type == 'l')
        return !S_ISLNK(st.st_mode) ? "replaced" : !link_leads_to(path, e->target) ? "link" : NULL;
    if (!S_ISREG(st.st_mode))
        return "replaced";
    if ((uint64_t)st.st_size != e->size || !file_has_sha256(path, e->sha256))
        return "altered";
    /* The other bits depend on who unpacked it, and with which umask. */
    return (st.st_mode & S_IXUSR) == (e->mode & S_IXUSR) ? NULL : "mode";
}

/*
 * A directory of the SDK that was replaced by a link would have us look elsewhere. Names the first
 * such one of path in *where (length) and says true. known is the directory that was fine last.
 */
static bool parent_is_replaced(const char *root, const char *path, char *known, size_t *where)
{
    const char *last = strrchr(path, '/');
    size_t dir_len = last ? (size_t)(last - path) : 0;
    if (strlen(known) == dir_len && strncmp(known, path, dir_len) == 0)
        return false;
    for (size_t len = 0; len < dir_len;) {
        struct stat st;
        len += strcspn(path + len, "/");
        char *part = xprintf("%s/%.*s", root, (int)len, path);
        bool bad = lstat(part, &st) == 0 && !S_ISDIR(st.st_mode);
        free(part);
        if (bad) {
            *where = len;
            return true;
        }
        len++;
    }
    if (dir_len < PATH_MAX) {
        memcpy(known, path, dir_len);
        known[dir_len] = '\0';
    }
    return false;
}

static int by_path(const void *key, const void *entry)
{
    return strcmp(key, ((const struct manifest_entry *)entry)->path);
}

static bool is_listed(const struct manifest *m, const char *path)
{
    return strcmp(path, MANIFEST_NAME) == 0 || strcmp(path, MANIFEST_SIGNATURE_NAME) == 0 ||
           bsearch(path, m->entries, m->count, sizeof *m->entries, by_path) != NULL;
}

/* dir is relative to root, "" for root itself. */
static void look_for_extra(const struct manifest *m, const char *root, const char *dir,
                           struct findings *found)
{
    struct dirent **names;
    char *full = dir[0] ? fs_join(root, dir) : xstrdup(root);
    int n = scandir(full, &names, NULL, alphasort);
    free(full);
    for (int i = 0; i < n; i++) {
        const char *name = names[i]->d_name;
        if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
            struct stat st;
            char *path = dir[0] ? fs_join(dir, name) : xstrdup(name);
            full = fs_join(root, path);
            if (lstat(full, &st) == 0 && S_ISDIR(st.st_mode))
                look_for_extra(m, root, path, found);
            else if (!is_listed(m, path))
                report(found, "extra", path);
            free(full);
            free(path);
        }
        free(names[i]);
    }
    if (n >= 0)
        free(names);
}

void manifest_compare(const struct manifest *m, const char *root, bool strict,
                      struct findings *found)
{
    char known[PATH_MAX] = "";
    char *replaced = NULL; /* the last directory that is none, reported once */
    size_t where;
    uint64_t total = 0;
    uint64_t done = 0;
    struct progress progress;
    for (size_t i = 0; i < m->count; i++)
        total += m->entries[i].size;
    progress_begin(&progress, "comparing", total);
    for (size_t i = 0; i < m->count; i++) {
        const struct manifest_entry *e = &m->entries[i];
        progress_at(&progress, done);
        done += e->size;
        if (parent_is_replaced(root, e->path, known, &where)) {
            if (replaced == NULL || strlen(replaced) != where ||
                strncmp(replaced, e->path, where) != 0) {
                free(replaced);
                replaced = xstrndup(e->path, where);
                report(found, "replaced", replaced);
            }
            continue;
        }
        char *path = fs_join(root, e->path);
        const char *kind = compare_entry(e, path);
        if (kind != NULL)
            report(found, kind, e->path);
        free(path);
    }
    progress_end(&progress);
    free(replaced);
    if (strict)
        look_for_extra(m, root, "", found);
}

void findings_free(struct findings *found)
{
    for (size_t i = 0; i < found->count; i++)
        free(found->list[i].path);
    free(found->list);
    *found = (struct findings){0};
}

long manifest_verify(const char *root, struct buf *findings)
{
    struct manifest m = {0};
    struct findings found = {0};
    struct buf text = {0};
    size_t line;
    char *file = fs_join(root, MANIFEST_NAME);
    long result = fs_read(file, &text);
    free(file);
    if (result == 0 && manifest_parse(&m, text.data, text.len, &line) != NULL)
        result = -EBADMSG;
    if (result == 0) {
        manifest_compare(&m, root, false, &found);
        for (size_t i = 0; i < found.count; i++)
            buf_printf(findings, "%s %s\n", found.list[i].kind, found.list[i].path);
        result = (long)m.count;
    }
    findings_free(&found);
    manifest_free(&m);
    buf_free(&text);
    return result;
}
