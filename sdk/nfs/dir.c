/* SPDX-License-Identifier: Apache-2.0 */
/* Listing directories. An entry's cookie is a hash of its name and entries go in the order of their cookies: so a cookie is
 * good for ever, whatever is made or removed meanwhile, and after a new start of the server. The last listing is kept while
 * its directory does not change. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "nfs3.h"

#define FIRST 3u /* cookies below: none, "." and ".." */

struct entry {
    uint64_t cookie, ino;
    char *name;
};

static struct listing {
    struct entry *entries;
    size_t count, room;
    dev_t dev;
    ino_t ino;
    struct timespec mtime;
    bool is_valid;
} last;

static uint64_t cookie_of(const char *name)
{
    uint64_t h = 14695981039346656037u;
    for (; *name != '\0'; name++)
        h = (h ^ (uint8_t)*name) * 1099511628211u;
    h = (h ^ h >> 29) & INT64_MAX;
    return h < FIRST ? FIRST : h;
}

static int by_cookie(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->cookie != y->cookie)
        return x->cookie < y->cookie ? -1 : 1;
    return strcmp(x->name, y->name);
}

static void drop(struct listing *l)
{
    for (size_t i = 0; i < l->count; i++)
        free(l->entries[i].name);
    l->count = 0;
    l->is_valid = false;
}

static bool add(struct listing *l, const struct dirent *e)
{
    if (l->count == l->room) {
        size_t room = l->room ? 2 * l->room : 256;
        struct entry *bigger = realloc(l->entries, room * sizeof *bigger);
        if (bigger == NULL)
            return false;
        l->entries = bigger;
        l->room = room;
    }
    struct entry *new = &l->entries[l->count];
    *new = (struct entry){cookie_of(e->d_name), e->d_ino, strdup(e->d_name)};
    if (new->name == NULL)
        return false;
    l->count++;
    return true;
}

static int read_all(int fd, struct listing *l)
{
    struct dirent *e;
    DIR *d = fdopendir(fd);
    if (d == NULL) {
        close(fd);
        return ENOMEM;
    }
    int error = 0;
    while (error == 0 && (errno = 0, e = readdir(d)) != NULL)
        if (name_is_plain(e->d_name) && !add(l, e))
            error = ENOMEM;
    if (error == 0 && errno != 0)
        error = errno;
    closedir(d);
    qsort(l->entries, l->count, sizeof l->entries[0], by_cookie);
    return error;
}

static bool is_current(const struct listing *l, const struct stat *st)
{
    return l->is_valid && l->dev == st->st_dev && l->ino == st->st_ino &&
           l->mtime.tv_sec == st->st_mtim.tv_sec && l->mtime.tv_nsec == st->st_mtim.tv_nsec;
}

static int list(struct node *dir, const struct caller *c)
{
    struct stat st;
    int error = node_stat(dir, &st);
    if (error != 0)
        return error;
    if (!S_ISDIR(st.st_mode))
        return ENOTDIR;
    act_as(c);
    int fd = openat(node_fd(dir), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    error = fd == -1 ? errno : 0;
    act_as_self();
    if (error != 0)
        return error;
    if (is_current(&last, &st)) {
        close(fd);
        return 0;
    }
    drop(&last);
    error = read_all(fd, &last);
    last.dev = st.st_dev;
    last.ino = st.st_ino;
    last.mtime = st.st_mtim;
    /* A change within the clock's grain would go unseen. */
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    last.is_valid = error == 0 && now.tv_sec - st.st_mtim.tv_sec > 1;
    return error;
}

struct plus {
    struct node *dir;
    bool wanted;
};

static void put_entry(struct xdr_out *out, const struct plus *plus, uint64_t ino, const char *name, uint64_t cookie)
{
    uint8_t handle[HANDLE_BYTES];
    struct stat st;
    struct node *n = NULL;
    xdr_put32(out, 1);
    xdr_put64(out, ino);
    xdr_put_bytes(out, name, (uint32_t)strlen(name));
    xdr_put64(out, cookie);
    if (!plus->wanted)
        return;
    if (name_is_plain(name) && fstatat(node_fd(plus->dir), name, &st, AT_SYMLINK_NOFOLLOW) == 0)
        n = node_child(plus->dir, name, &st);
    xdr_put32(out, n != NULL);
    if (n != NULL)
        nfs3_put_attr(out, &st);
    xdr_put32(out, n != NULL);
    if (n != NULL) {
        node_handle(n, handle);
        xdr_put_bytes(out, handle, sizeof handle);
    }
}

/* Puts the entry, or takes back what did not fit. */
static bool fits(struct xdr_out *out, const struct plus *plus, uint64_t ino, const char *name, uint64_t cookie)
{
    size_t before = out->at;
    put_entry(out, plus, ino, name, cookie);
    if (!out->bad)
        return true;
    out->bad = false;
    out->at = before;
    return false;
}

static size_t first_behind(uint64_t cookie)
{
    size_t low = 0, high = last.count;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (last.entries[mid].cookie <= cookie)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static bool put_entries(struct xdr_out *out, const struct plus *plus, uint64_t cookie)
{
    struct stat st;
    bool all = node_stat(plus->dir, &st) == 0;
    if (cookie < 1)
        all = all && fits(out, plus, st.st_ino, ".", 1);
    if (cookie < 2)
        all = all && fits(out, plus, st.st_ino, "..", 2);
    for (size_t i = first_behind(cookie); all && i < last.count; i++)
        all = fits(out, plus, last.entries[i].ino, last.entries[i].name, last.entries[i].cookie);
    return all;
}

void nfs3_readdir(const struct caller *c, struct xdr_in *in, struct xdr_out *out, bool wanted)
{
    int error;
    struct plus plus = {nfs3_get_node(in, &error), wanted};
    uint64_t cookie = xdr_u64(in);
    xdr_u64(in); /* cookies need no verifier here */
    if (wanted)
        xdr_u32(in);
    uint32_t max = xdr_u32(in);
    if (in->bad)
        return;
    if (plus.dir != NULL)
        error = list(plus.dir, c);
    xdr_put32(out, nfs3_status(error));
    nfs3_put_post(out, plus.dir);
    if (error != 0)
        return;
    xdr_put64(out, 0);
    /* The answer from here on, less what ends it. */
    size_t status_at = 24, entries_at = out->at, room = out->room;
    size_t limit = max < 512 ? 512 : max > 65536 ? 65536 : max;
    out->room = out->at + limit - 128 < room ? out->at + limit - 128 : room;
    bool all = put_entries(out, &plus, cookie);
    out->room = room;
    if (!all && out->at == entries_at) { /* not one: TOOSMALL */
        out->at = status_at;
        xdr_put32(out, 10005);
        nfs3_put_post(out, plus.dir);
        return;
    }
    xdr_put32(out, 0);
    xdr_put32(out, all);
}
