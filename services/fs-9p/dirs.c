/* SPDX-License-Identifier: Apache-2.0 */
/* The directories that were walked last.  Bounded: what nobody uses is dropped beyond DIRS_KEPT. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "fs9p.h"

#define DIRS_KEPT 64

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct dir *dirs; /* the last used one first */
static unsigned count;
static uint64_t generation; /* of the names: each rename changes it */
static struct dir *root;    /* never dropped */

void dirs_init(void)
{
    root = calloc(1, sizeof *root + 1);
    if (root == NULL)
        abort();
    root->fid = settings.root;
    root->users = 1;
}

static void destroy(struct dir *d)
{
    client_clunk(d->fid);
    free(d);
}

/* Takes d out of the list; the caller destroys it when it has no users. */
static void unlist_locked(struct dir *d)
{
    struct dir **at = &dirs;
    while (*at != d)
        at = &(*at)->next;
    *at = d->next;
    d->is_listed = false;
    count--;
}

struct dir *dir_find(const char *path)
{
    struct dir *d = NULL;
    pthread_mutex_lock(&lock);
    if (path[0] == '\0') {
        d = root;
    } else {
        for (d = dirs; d != NULL && strcmp(d->path, path) != 0; d = d->next)
            ;
        if (d != NULL && d != dirs) {
            unlist_locked(d);
            d->next = dirs;
            dirs = d;
            d->is_listed = true;
            count++;
        }
    }
    if (d != NULL)
        d->users++;
    pthread_mutex_unlock(&lock);
    return d;
}

uint64_t dir_generation(void)
{
    pthread_mutex_lock(&lock);
    uint64_t now = generation;
    pthread_mutex_unlock(&lock);
    return now;
}

/* The one that was not used for the longest time, if it can go. */
static struct dir *surplus_locked(void)
{
    struct dir *last = NULL;
    if (count <= DIRS_KEPT)
        return NULL;
    for (struct dir *d = dirs; d != NULL; d = d->next)
        if (d->users == 0)
            last = d;
    if (last != NULL)
        unlist_locked(last);
    return last;
}

struct dir *dir_add(const char *path, uint32_t fid, uint64_t since)
{
    size_t n = strlen(path) + 1;
    struct dir *d = malloc(sizeof *d + n), *old = NULL;
    if (d == NULL) {
        client_clunk(fid);
        return NULL;
    }
    *d = (struct dir){.fid = fid, .users = 1};
    memcpy(d->path, path, n);
    pthread_mutex_lock(&lock);
    if (generation == since) {
        d->next = dirs;
        dirs = d;
        d->is_listed = true;
        count++;
        old = surplus_locked();
    }
    pthread_mutex_unlock(&lock);
    if (old != NULL)
        destroy(old);
    return d;
}

void dir_put(struct dir *d)
{
    if (d == NULL)
        return;
    pthread_mutex_lock(&lock);
    bool is_last = --d->users == 0 && !d->is_listed && d != root;
    pthread_mutex_unlock(&lock);
    if (is_last)
        destroy(d);
}

void dir_forget(struct dir *d)
{
    pthread_mutex_lock(&lock);
    if (d->is_listed)
        unlist_locked(d);
    pthread_mutex_unlock(&lock);
    dir_put(d);
}

/* Is path the directory base/name or below it? */
static bool is_below(const char *path, const char *base, const char *name)
{
    size_t b = strlen(base), n = strlen(name);
    if (strncmp(path, base, b) != 0)
        return false;
    path += b;
    if (b > 0 && *path++ != '/')
        return false;
    return strncmp(path, name, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

void dir_renamed(const struct dir *parent, const char *name)
{
    struct dir *gone = NULL, *next;
    pthread_mutex_lock(&lock);
    generation++;
    for (struct dir *d = dirs; d != NULL; d = next) {
        next = d->next;
        if (!is_below(d->path, parent->path, name))
            continue;
        unlist_locked(d);
        if (d->users == 0) {
            d->next = gone;
            gone = d;
        }
    }
    pthread_mutex_unlock(&lock);
    for (; gone != NULL; gone = next) {
        next = gone->next;
        destroy(gone);
    }
}
