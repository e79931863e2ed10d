/* SPDX-License-Identifier: Apache-2.0 */
#include "hasher.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "../lib/sha256.h"

/* The caller has `sha` and the part while count is 0, the thread otherwise. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t count; /* bytes of the part that are to be added; lock */
    struct sha256 sha;
    uint8_t part[HASHER_PART];
    bool has_thread, is_alone; /* is_alone: there is no memory for one */
} now = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void *run(void *arg)
{
    pthread_mutex_lock(&now.lock);
    for (;;) {
        while (now.count == 0)
            pthread_cond_wait(&now.changed, &now.lock);
        size_t n = now.count;
        pthread_mutex_unlock(&now.lock);
        sha256_add(&now.sha, now.part, n);
        pthread_mutex_lock(&now.lock);
        now.count = 0;
        pthread_cond_broadcast(&now.changed);
    }
    return arg;
}

static void start(void)
{
    pthread_t thread;
    if (now.has_thread || now.is_alone)
        return;
    now.has_thread = pthread_create(&thread, NULL, run, NULL) == 0;
    now.is_alone = !now.has_thread;
    if (now.has_thread)
        pthread_detach(thread);
}

static void wait_until_idle(void)
{
    pthread_mutex_lock(&now.lock);
    while (now.count != 0)
        pthread_cond_wait(&now.changed, &now.lock);
    pthread_mutex_unlock(&now.lock);
}

void hasher_begin(void)
{
    start();
    wait_until_idle(); /* of one that nobody has ended */
    sha256_begin(&now.sha);
}

void hasher_add(const void *bytes, size_t n)
{
    if (n == 0)
        return;
    wait_until_idle();
    if (now.is_alone) {
        sha256_add(&now.sha, bytes, n);
        return;
    }
    memcpy(now.part, bytes, n);
    pthread_mutex_lock(&now.lock);
    now.count = n;
    pthread_cond_broadcast(&now.changed);
    pthread_mutex_unlock(&now.lock);
}

void hasher_end(uint8_t digest[32])
{
    wait_until_idle();
    sha256_end(&now.sha, digest);
}
