/*
 * A queue of numbers between threads: queue_put() waits while it is full, queue_get() while it is
 * empty. Any number of threads may call both.
 */
#pragma once

#include <pthread.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { QUEUE_ROOM = 8 };

struct queue {
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    unsigned first;
    unsigned used;
    int numbers[QUEUE_ROOM];
};

void queue_init(struct queue *queue);
void queue_destroy(struct queue *queue);

/* EOK, or ETIMEDOUT when nanoseconds have passed; 0 does not wait. */
int queue_put(struct queue *queue, int number, uint64_t nanoseconds);
int queue_get(struct queue *queue, int *number, uint64_t nanoseconds);

#ifdef __cplusplus
}
#endif
