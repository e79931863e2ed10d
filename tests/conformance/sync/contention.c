/* SPDX-License-Identifier: Apache-2.0 */
/* Many threads on all harts on one mutex, one condvar queue and one semaphore: nothing is lost.
 * Pages: QNX Neutrino System Architecture, "Thread synchronization". */
#include <semaphore.h>
#include "../rendezvous.h"

#define THREADS 8
#define ROUNDS  400
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t not_empty = PTHREAD_COND_INITIALIZER, not_full = PTHREAD_COND_INITIALIZER;
static sem_t s;
static long counter, inside, queued, consumed;

static void *count(void *arg)
{
    (void)arg;
    long bad = 0;
    for (int i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&m);
        bad += inside++ != 0;
        counter++;
        inside--;
        pthread_mutex_unlock(&m);
    }
    return (void *)bad;
}

static void *produce(void *arg)
{
    (void)arg;
    for (int i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&m);
        while (queued == 4)
            pthread_cond_wait(&not_full, &m);
        queued++;
        pthread_cond_signal(&not_empty);
        pthread_mutex_unlock(&m);
    }
    return NULL;
}

static void *consume(void *arg)
{
    (void)arg;
    for (int i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&m);
        while (queued == 0)
            pthread_cond_wait(&not_empty, &m);
        queued--;
        consumed++;
        pthread_cond_signal(&not_full);
        pthread_mutex_unlock(&m);
    }
    return NULL;
}

static void *sem_user(void *arg)
{
    (void)arg;
    long bad = 0;
    for (int i = 0; i < ROUNDS; i++) {
        while (sem_wait(&s) == -1)
            ;
        bad += __atomic_add_fetch(&inside, 1, __ATOMIC_SEQ_CST) > 2;
        __atomic_sub_fetch(&inside, 1, __ATOMIC_SEQ_CST);
        sem_post(&s);
    }
    return (void *)bad;
}

static long run(void *(*even)(void *), void *(*odd)(void *))
{
    pthread_t t[THREADS];
    long bad = 0;
    void *r;
    for (int i = 0; i < THREADS; i++)
        pthread_create(&t[i], NULL, i & 1 ? odd : even, NULL);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(t[i], &r);
        bad += (long)r;
    }
    return bad;
}

int main(void)
{
    tap_plan(5);
    is_int(run(count, count), 0, "one thread at a time has the mutex");
    is_int(counter, THREADS * ROUNDS, "no increment is lost");
    run(produce, consume);
    ok(consumed == THREADS / 2 * ROUNDS && queued == 0, "producers and consumers meet (%ld, %ld)",
       consumed, queued);
    sem_init(&s, 0, 2);
    is_int(run(sem_user, sem_user), 0, "a semaphore of two lets two in");
    int v = 0;
    sem_getvalue(&s, &v);
    is_int(v, 2, "and has its value back");
    return done();
}
