/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes, attributes, and the mapping of identities between host and target. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fs9p.h"

#define BUCKETS 64

struct settings settings;

static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static struct node *table[BUCKETS];

struct node *node_get(const struct p9_qid *qid)
{
    struct node **bucket = &table[qid->path % BUCKETS], *n;
    pthread_mutex_lock(&table_lock);
    for (n = *bucket; n != NULL && n->id != qid->path; n = n->next)
        ;
    if (n == NULL && (n = calloc(1, sizeof *n)) != NULL) {
        mode_t type = qid->type & P9_QTDIR ? S_IFDIR : qid->type & P9_QTSYMLINK ? S_IFLNK : S_IFREG;
        iofunc_attr_init(&n->attr, type | 0777, NULL, NULL);
        n->attr.inode = qid->path;
        n->id = qid->path;
        n->next = *bucket;
        *bucket = n;
    }
    if (n != NULL)
        n->refs++;
    pthread_mutex_unlock(&table_lock);
    return n;
}

void node_put(struct node *n)
{
    struct node **at = &table[n->id % BUCKETS];
    pthread_mutex_lock(&table_lock);
    if (--n->refs > 0) {
        pthread_mutex_unlock(&table_lock);
        return;
    }
    while (*at != n)
        at = &(*at)->next;
    *at = n->next;
    pthread_mutex_unlock(&table_lock);
    pthread_mutex_destroy(&n->attr.lock);
    free(n);
}

/* Whoever runs the emulator is user 0 here, so that what it owns is ours to change. */
uint32_t uid_to_host(uint32_t uid)
{
    return uid == 0 ? settings.uid : uid;
}

uint32_t gid_to_host(uint32_t gid)
{
    return gid == 0 ? settings.gid : gid;
}

void attr_to_target(struct p9_attr *a)
{
    if (a->uid == settings.uid)
        a->uid = 0;
    if (a->gid == settings.gid)
        a->gid = 0;
}

int file_getattr(struct file *f, struct p9_attr *a)
{
    struct node *n = f->ocb.attr;
    int error = client_getattr(f->fid, a);
    if (error == ENOENT && n->has_last) { /* open, but its name is gone */
        *a = n->last;
        a->nlink = 0;
        return 0;
    }
    if (error != 0)
        return error;
    attr_to_target(a);
    if (n->has_own_size)
        a->size = n->last.size;
    n->last = *a;
    n->has_last = true;
    n->attr.mode = a->mode;
    n->attr.nbytes = (off_t)a->size;
    n->attr.uid = a->uid;
    n->attr.gid = a->gid;
    return 0;
}

int check_access(resmgr_context_t *ctp, const struct p9_attr *a, unsigned want)
{
    struct _client_info info;
    iofunc_attr_t attr = {.mode = a->mode, .uid = a->uid, .gid = a->gid};
    int rc = iofunc_client_info(ctp, 0, &info);
    if (rc != EOK)
        return rc;
    return iofunc_check_access(ctp, (const struct node *)(const void *)&attr, want << 6, &info);
}

static bool is_root(resmgr_context_t *ctp)
{
    struct _client_info info;
    return iofunc_client_info(ctp, 0, &info) == EOK && info.cred.euid == 0;
}

int check_fid(resmgr_context_t *ctp, uint32_t fid, unsigned want)
{
    struct p9_attr a;
    if (is_root(ctp)) /* the host checks its own user */
        return EOK;
    int error = client_getattr(fid, &a);
    if (error != 0)
        return error;
    attr_to_target(&a);
    return check_access(ctp, &a, want);
}

int check_owner(resmgr_context_t *ctp, const struct p9_attr *a)
{
    struct _client_info info;
    int rc = iofunc_client_info(ctp, 0, &info);
    if (rc != EOK)
        return rc;
    return info.cred.euid == 0 || info.cred.euid == a->uid ? EOK : EPERM;
}
