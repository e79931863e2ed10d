#include "queue.h"

#include <errno.h>
#include <string.h>
#include <time.h>

void queue_init(struct queue *queue)
{
    pthread_condattr_t attr;
    memset(queue, 0, sizeof *queue);
    pthread_mutex_init(&queue->mutex, NULL);
    /* Setting the time of day must not lengthen a wait. */
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&queue->changed, &attr);
    pthread_condattr_destroy(&attr);
}

void queue_destroy(struct queue *queue)
{
    pthread_cond_destroy(&queue->changed);
    pthread_mutex_destroy(&queue->mutex);
}

static struct timespec after(uint64_t nanoseconds)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    nanoseconds += (uint64_t)t.tv_nsec;
    t.tv_sec += (time_t)(nanoseconds / 1000000000);
    t.tv_nsec = (long)(nanoseconds % 1000000000);
    return t;
}

/* With the mutex held: waits as long as there are as many numbers as that. EOK or ETIMEDOUT. */
static int wait_while_used(struct queue *queue, unsigned used, uint64_t nanoseconds)
{
    struct timespec deadline = after(nanoseconds);
    int status = EOK;
    while (queue->used == used && status == EOK)
        status = nanoseconds == 0
                     ? ETIMEDOUT
                     : pthread_cond_timedwait(&queue->changed, &queue->mutex, &deadline);
    return queue->used == used ? status : EOK;
}

int queue_put(struct queue *queue, int number, uint64_t nanoseconds)
{
    pthread_mutex_lock(&queue->mutex);
    int status = wait_while_used(queue, QUEUE_ROOM, nanoseconds);
    if (status == EOK) {
        queue->numbers[(queue->first + queue->used++) % QUEUE_ROOM] = number;
        pthread_cond_broadcast(&queue->changed);
    }
    pthread_mutex_unlock(&queue->mutex);
    return status;
}

int queue_get(struct queue *queue, int *number, uint64_t nanoseconds)
{
    pthread_mutex_lock(&queue->mutex);
    int status = wait_while_used(queue, 0, nanoseconds);
    if (status == EOK) {
        *number = queue->numbers[queue->first];
        queue->first = (queue->first + 1) % QUEUE_ROOM;
        queue->used--;
        pthread_cond_broadcast(&queue->changed);
    }
    pthread_mutex_unlock(&queue->mutex);
    return status;
}
