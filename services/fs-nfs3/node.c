/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are open here, by their handles. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fsnfs.h"

#define BUCKETS 64

static struct node *table[BUCKETS]; /* lock */
static unsigned count;

static struct node **bucket_of(const struct handle *h)
{
    uint32_t x = 2166136261u;
    for (uint32_t i = 0; i < h->len; i++)
        x = (x ^ (uint8_t)h->data[i]) * 16777619u;
    return &table[(x ^ x >> 16) % BUCKETS];
}

static struct node *find_locked(const struct mount *m, const struct handle *h)
{
    struct node *n = *bucket_of(h);
    while (n != NULL && (n->mount != m || n->handle.len != h->len || memcmp(n->handle.data, h->data, h->len) != 0))
        n = n->next;
    return n;
}

mode_t mode_of(const struct fattr3 *a)
{
    static const mode_t types[] = {0, S_IFREG, S_IFDIR, S_IFBLK, S_IFCHR, S_IFLNK, S_IFSOCK, S_IFIFO};
    return (a->type <= NF3FIFO ? types[a->type] : 0) | (a->mode & 07777);
}

uint64_t node_changed_locked(struct node *n, const struct fattr3 *a)
{
    uint64_t changed = (uint64_t)a->ctime.seconds << 32 | a->ctime.nseconds;
    if (changed > n->changed)
        n->changed = changed;
    return changed;
}

static void set_attr_locked(struct node *n, const struct fattr3 *a)
{
    node_changed_locked(n, a);
    n->last = *a;
    n->attr.mode = mode_of(a);
    n->attr.uid = a->uid;
    n->attr.gid = a->gid;
    n->attr.nlink = a->nlink;
    n->attr.nbytes = (off_t)a->size;
}

void node_set_attr(struct node *n, const struct fattr3 *a)
{
    pthread_mutex_lock(&lock);
    set_attr_locked(n, a);
    pthread_mutex_unlock(&lock);
}

struct node *node_get(struct mount *m, const struct handle *h, const struct fattr3 *a)
{
    pthread_mutex_lock(&lock);
    struct node *n = find_locked(m, h), **bucket = bucket_of(h);
    if (n == NULL && (n = calloc(1, sizeof *n)) != NULL) {
        iofunc_attr_init(&n->attr, mode_of(a), NULL, NULL);
        n->attr.inode = a->fileid;
        n->mount = m;
        n->handle = *h;
        n->next = *bucket;
        *bucket = n;
        count++;
    }
    if (n != NULL) {
        n->refs++;
        if (n->chunks == NULL)
            set_attr_locked(n, a);
    }
    pthread_mutex_unlock(&lock);
    return n;
}

void node_put(struct node *n)
{
    struct node **at = bucket_of(&n->handle);
    struct request r;
    pthread_mutex_lock(&lock);
    if (--n->refs > 0) {
        pthread_mutex_unlock(&lock);
        return;
    }
    while (*at != n)
        at = &(*at)->next;
    *at = n->next;
    count--;
    write_forget(n);
    pthread_mutex_unlock(&lock);
    if (n->silly[0] != '\0') {
        request_own(&r, n->mount, &n->silly_cred);
        nfs3_remove(&r, &n->silly_dir, n->silly);
        request_end(&r);
    }
    pthread_mutex_destroy(&n->attr.lock);
    free(n);
}

void node_each_locked(struct mount *m, void (*f)(struct node *, uint64_t now), uint64_t now)
{
    for (unsigned i = 0; i < BUCKETS; i++)
        for (struct node *n = table[i]; n != NULL; n = n->next)
            if (n->mount == m)
                f(n, now);
}

struct node *node_written_locked(void)
{
    for (unsigned i = 0; i < BUCKETS; i++)
        for (struct node *n = table[i]; n != NULL; n = n->next)
            if (n->chunks != NULL && !n->is_busy) {
                n->refs++;
                return n;
            }
    return NULL;
}

static bool any_open(void)
{
    pthread_mutex_lock(&lock);
    bool any = count > 0;
    pthread_mutex_unlock(&lock);
    return any;
}

int node_hide(struct request *r, const struct handle *dir, const char *name, bool keeps_name)
{
    static unsigned number;
    char hidden[32];
    struct handle h;
    struct fattr3 a;
    if (!any_open())
        return ENOENT;
    int error = nfs3_lookup(r, dir, name, &h, &a);
    if (error != 0 || a.type == NF3DIR)
        return error != 0 ? error : ENOENT;
    pthread_mutex_lock(&lock);
    struct node *n = find_locked(r->mount, &h);
    if (n != NULL && n->silly[0] == '\0' && a.nlink == 1)
        n->refs++;
    else
        n = NULL;
    snprintf(hidden, sizeof hidden, ".nfs%08x%04x", (unsigned)getpid() ^ (unsigned)now_ms() << 8, ++number & 0xffff);
    pthread_mutex_unlock(&lock);
    if (n == NULL)
        return ENOENT;
    error = keeps_name ? nfs3_link(r, &h, dir, hidden) : EPERM;
    if (error != 0 && error != EINTR)
        error = nfs3_rename(r, dir, name, dir, hidden);
    if (error == 0) {
        pthread_mutex_lock(&lock);
        n->silly_dir = *dir;
        n->silly_cred = r->cred;
        strcpy(n->silly, hidden);
        cache_changing(r->mount->cache, &h);
        pthread_mutex_unlock(&lock);
    }
    node_put(n);
    return error == ENOENT ? EIO : error;
}

static int get_attr(struct request *r, struct node *n, struct fattr3 *a,
                    int (*get)(struct request *r, const struct handle *h, struct fattr3 *a))
{
    int error = write_flush(r, n);
    if (error == 0)
        error = get(r, &n->handle, a);
    if (error != 0)
        return error;
    if (n->silly[0] != '\0' && a->nlink > 0)
        a->nlink--;
    node_set_attr(n, a);
    return 0;
}

int node_getattr(struct request *r, struct node *n, struct fattr3 *a)
{
    return get_attr(r, n, a, nfs3_getattr);
}

int node_known_attr(struct request *r, struct node *n, struct fattr3 *a)
{
    return get_attr(r, n, a, nfs3_known_attr);
}
