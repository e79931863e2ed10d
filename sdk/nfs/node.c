/* SPDX-License-Identifier: Apache-2.0 */
#include "node.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUCKETS   4096u
#define NODES_MAX 500000u
#define FDS_MAX   256u
#define DEPTH_MAX 128u
/* Handle: magic, birth, device, inode, length of the path, its hashes. */
#define MAGIC     0x51524e33u /* QRN3 */
#define HINTS_AT  21u
#define HINTS_MAX (HANDLE_BYTES - HINTS_AT)

struct node {
    struct node *next;   /* in its bucket */
    struct node *parent; /* NULL: the root */
    char *name;
    dev_t dev;
    ino_t ino;
    uint32_t birth;
    int fd;         /* O_PATH, -1: none */
    int io;         /* for data, -1: none */
    bool io_writes; /* io is open for writing, too */
    struct node *newer, *older; /* among those with descriptors */
};

static struct node *buckets[BUCKETS];
static unsigned count, open_count;
static struct node *root, *newest, *oldest;

static uint32_t hash_name(const char *name)
{
    uint32_t h = 2166136261u;
    for (; *name != '\0'; name++)
        h = (h ^ (uint8_t)*name) * 16777619u;
    return h;
}

static uint8_t hint_of(const char *name)
{
    uint32_t h = hash_name(name);
    return (uint8_t)(h ^ h >> 8 ^ h >> 16 ^ h >> 24);
}

/* When an inode's number is used again, its time of birth is another one. 0 where the file system has none. */
static uint32_t birth_of(int fd, const char *name)
{
    struct statx x;
    int flags = AT_SYMLINK_NOFOLLOW | (name[0] == '\0' ? AT_EMPTY_PATH : 0);
    if (statx(fd, name, flags, STATX_BTIME, &x) != 0 || !(x.stx_mask & STATX_BTIME))
        return 0;
    return (uint32_t)x.stx_btime.tv_sec * 31u + x.stx_btime.tv_nsec;
}

static struct node **bucket_of(dev_t dev, ino_t ino)
{
    return &buckets[(uint32_t)(ino ^ ino >> 16 ^ dev * 31u) % BUCKETS];
}

static struct node *find(dev_t dev, ino_t ino, uint32_t birth)
{
    for (struct node *n = *bucket_of(dev, ino); n != NULL; n = n->next)
        if (n->ino == ino && n->dev == dev && n->birth == birth)
            return n;
    return NULL;
}

/* ------------------------------------------------------------------ descriptors */

static void close_node(struct node *n)
{
    if (n->fd == -1 && n->io == -1)
        return;
    if (n->fd != -1)
        close(n->fd);
    if (n->io != -1)
        close(n->io);
    n->fd = n->io = -1;
    if (n->newer != NULL)
        n->newer->older = n->older;
    else
        newest = n->older;
    if (n->older != NULL)
        n->older->newer = n->newer;
    else
        oldest = n->newer;
    open_count--;
}

/* n is about to be used: it becomes the newest. Of the others, the oldest close. */
static void touch(struct node *n, bool is_listed)
{
    if (is_listed && n == newest)
        return;
    if (is_listed) {
        n->newer->older = n->older;
        if (n->older != NULL)
            n->older->newer = n->newer;
        else
            oldest = n->newer;
    } else {
        open_count++;
    }
    n->newer = NULL;
    n->older = newest;
    if (newest != NULL)
        newest->newer = n;
    else
        oldest = n;
    newest = n;
    while (open_count > FDS_MAX && oldest != NULL) {
        struct node *old = oldest;
        if (old == root)
            touch(old, true);
        else
            close_node(old);
    }
}

static bool is_same(int fd, const struct node *n)
{
    struct stat st;
    return fstat(fd, &st) == 0 && st.st_ino == n->ino && st.st_dev == n->dev &&
           birth_of(fd, "") == n->birth;
}

/* The names from the root to n; -1: too deep. */
static int path_of(const struct node *n, const struct node *path[DEPTH_MAX])
{
    unsigned depth = 0;
    for (const struct node *at = n; at->parent != NULL; at = at->parent)
        if (++depth > DEPTH_MAX)
            return -1;
    unsigned i = depth;
    for (const struct node *at = n; at->parent != NULL; at = at->parent)
        path[--i] = at;
    return (int)depth;
}

static int walk_to(const struct node *n)
{
    const struct node *path[DEPTH_MAX];
    int depth = path_of(n, path), fd = root->fd;
    if (depth < 0) {
        errno = ENAMETOOLONG;
        return -1;
    }
    for (int i = 0; i < depth; i++) {
        int next = openat(fd, path[i]->name,
                          O_PATH | O_NOFOLLOW | O_CLOEXEC | (i < depth - 1 ? O_DIRECTORY : 0));
        int error = errno;
        if (fd != root->fd)
            close(fd);
        if (next == -1) {
            errno = error == ENOENT || error == ENOTDIR || error == ELOOP ? ESTALE : error;
            return -1;
        }
        fd = next;
    }
    if (!is_same(fd, n)) {
        close(fd);
        errno = ESTALE;
        return -1;
    }
    return fd;
}

int node_fd(struct node *n)
{
    bool is_listed = n->fd != -1 || n->io != -1;
    if (n->fd == -1) {
        int fd = walk_to(n);
        if (fd == -1)
            return -1;
        n->fd = fd;
    }
    touch(n, is_listed);
    return n->fd;
}

int node_io(struct node *n, bool write)
{
    char path[64];
    if (n->io != -1 && (n->io_writes || !write))
        return n->io;
    int fd = node_fd(n);
    if (fd == -1)
        return -1;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int io = open(path, (write ? O_RDWR : O_RDONLY) | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (io == -1 && write && errno == EACCES) /* writable, not readable */
        io = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (io == -1)
        return -1;
    if (n->io != -1)
        close(n->io);
    n->io = io;
    n->io_writes = write;
    return io;
}

void node_keep_io(struct node *n, int fd)
{
    bool is_listed = n->fd != -1 || n->io != -1;
    if (!is_same(fd, n)) { /* the name has become another file's meanwhile */
        close(fd);
        return;
    }
    if (n->io != -1)
        close(n->io);
    n->io = fd;
    n->io_writes = true;
    touch(n, is_listed);
}

int node_stat(struct node *n, struct stat *st)
{
    int fd = node_fd(n);
    return fd == -1 || fstat(fd, st) == -1 ? errno : 0;
}

/* ------------------------------------------------------------------ the table */

static void forget_all(void)
{
    for (unsigned i = 0; i < BUCKETS; i++)
        for (struct node *n = buckets[i], *next; n != NULL; n = next) {
            next = n->next;
            close_node(n);
            free(n->name);
            free(n);
        }
    memset(buckets, 0, sizeof buckets);
    count = 0;
}

static struct node *insert(struct node *parent, const char *name, dev_t dev, ino_t ino,
                           uint32_t birth)
{
    struct node *n = calloc(1, sizeof *n), **bucket = bucket_of(dev, ino);
    if (n == NULL || (n->name = strdup(name)) == NULL) {
        free(n);
        return NULL;
    }
    n->parent = parent;
    n->dev = dev;
    n->ino = ino;
    n->birth = birth;
    n->fd = n->io = -1;
    if (parent != NULL) {
        n->next = *bucket;
        *bucket = n;
        count++;
    }
    return n;
}

void node_moved(struct node *n, struct node *dir, const char *name)
{
    for (struct node *at = dir; at != NULL; at = at->parent)
        if (at == n)
            return; /* cannot be: a directory inside itself */
    char *copy = n->parent == NULL ? NULL : strdup(name);
    if (copy == NULL)
        return;
    free(n->name);
    n->name = copy;
    n->parent = dir;
}

struct node *node_child(struct node *dir, const char *name, const struct stat *st)
{
    int fd = node_fd(dir);
    if (fd == -1)
        return NULL;
    if (st->st_ino == root->ino && st->st_dev == root->dev)
        return root;
    uint32_t birth = birth_of(fd, name);
    struct node *n = find(st->st_dev, st->st_ino, birth);
    if (n == NULL)
        return insert(dir, name, st->st_dev, st->st_ino, birth);
    if (n->parent != dir || strcmp(n->name, name) != 0)
        node_moved(n, dir, name);
    return n;
}

void nodes_trim(void)
{
    if (count > NODES_MAX)
        forget_all();
}

int nodes_start(const char *path)
{
    struct stat st;
    int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd == -1 || fstat(fd, &st) == -1)
        return errno;
    root = insert(NULL, "", st.st_dev, st.st_ino, birth_of(fd, ""));
    if (root == NULL)
        return ENOMEM;
    root->fd = fd;
    touch(root, false);
    return 0;
}

void nodes_end(void)
{
    forget_all();
    close_node(root);
    free(root->name);
    free(root);
    root = NULL;
}

struct node *node_root(void)
{
    return root;
}

bool name_is_plain(const char *name)
{
    return name[0] != '\0' && strchr(name, '/') == NULL && strcmp(name, ".") != 0 &&
           strcmp(name, "..") != 0;
}

/* ------------------------------------------------------------------ handles */

static void put(uint8_t *p, uint64_t v, unsigned bytes)
{
    while (bytes-- > 0) {
        p[bytes] = (uint8_t)v;
        v >>= 8;
    }
}

static uint64_t get(const uint8_t *p, unsigned bytes)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < bytes; i++)
        v = v << 8 | p[i];
    return v;
}

void node_handle(const struct node *n, uint8_t bytes[HANDLE_BYTES])
{
    const struct node *path[DEPTH_MAX];
    int depth = path_of(n, path);
    memset(bytes, 0, HANDLE_BYTES);
    put(bytes, MAGIC, 4);
    put(bytes + 4, n->birth, 4);
    put(bytes + 8, n->dev, 4);
    put(bytes + 12, n->ino, 8);
    bytes[20] = depth < 0 || depth > (int)HINTS_MAX ? 0xff : (uint8_t)depth;
    for (int i = 0; i < depth && i < (int)HINTS_MAX; i++)
        bytes[HINTS_AT + i] = hint_of(path[i]->name);
}

struct search {
    uint32_t dev, birth;
    ino_t ino;
    unsigned depth;
    const uint8_t *hints;
    unsigned budget; /* names that may still be looked at */
};

/* Looks below dir, whose path has `level` names; the names that fit their hint are followed. */
static struct node *search_below(struct node *dir, unsigned level, struct search *s)
{
    struct node *found = NULL;
    struct dirent *e;
    int fd = node_fd(dir), list = fd == -1 ? -1 : openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = list == -1 ? NULL : fdopendir(list);
    if (d == NULL) {
        if (list != -1)
            close(list);
        return NULL;
    }
    while (found == NULL && (e = readdir(d)) != NULL && s->budget > 0) {
        struct stat st;
        s->budget--;
        if (hint_of(e->d_name) != s->hints[level] || !name_is_plain(e->d_name) ||
            fstatat(list, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == -1)
            continue;
        bool is_last = level + 1 == s->depth;
        if (is_last ? st.st_ino != s->ino || (uint32_t)st.st_dev != s->dev : !S_ISDIR(st.st_mode))
            continue;
        struct node *n = node_child(dir, e->d_name, &st);
        if (n == NULL || n == root)
            continue;
        if (!is_last)
            found = search_below(n, level + 1, s);
        else if (n->birth == s->birth)
            found = n;
    }
    closedir(d);
    return found;
}

struct node *node_of_handle(const uint8_t *h, uint32_t len, int *error)
{
    *error = EBADF;
    if (len != HANDLE_BYTES || get(h, 4) != MAGIC)
        return NULL;
    *error = ESTALE;
    struct search s = {.birth = (uint32_t)get(h + 4, 4),
                       .dev = (uint32_t)get(h + 8, 4),
                       .ino = (ino_t)get(h + 12, 8),
                       .depth = h[20],
                       .hints = h + HINTS_AT,
                       .budget = 1000000};
    if (s.ino == root->ino && s.dev == (uint32_t)root->dev)
        return s.birth == root->birth ? root : NULL;
    for (struct node *n = *bucket_of(s.dev, s.ino); n != NULL; n = n->next)
        if (n->ino == s.ino && (uint32_t)n->dev == s.dev && n->birth == s.birth) {
            if (node_fd(n) != -1 || errno != ESTALE || s.depth == 0 || s.depth > HINTS_MAX)
                return n;
            /* Of a file with more than one name the one that was known may be gone. */
            struct node *other = search_below(root, 0, &s);
            return other != NULL ? other : n;
        }
    if (s.depth == 0 || s.depth > HINTS_MAX)
        return NULL;
    return search_below(root, 0, &s);
}
