/* The queue by itself and between threads. */
#include "check.h"
#include "queue.h"

#include <errno.h>

#define SECOND  1000000000u
#define NUMBERS 1000

static void *producer(void *arg)
{
    for (int i = 0; i < NUMBERS; i++)
        if (queue_put(arg, i, 30ull * SECOND) != EOK)
            break;
    return NULL;
}

static void alone(void)
{
    struct queue queue;
    int number = -1;
    int status = EOK;
    queue_init(&queue);
    CHECK(queue_get(&queue, &number, 0) == ETIMEDOUT);
    CHECK(queue_get(&queue, &number, SECOND / 100) == ETIMEDOUT);
    for (int i = 0; i < QUEUE_ROOM && status == EOK; i++)
        status = queue_put(&queue, i, 0);
    CHECK(status == EOK);
    CHECK(queue_put(&queue, 99, 0) == ETIMEDOUT);
    CHECK(queue_get(&queue, &number, 0) == EOK && number == 0);
    CHECK(queue_put(&queue, 99, 0) == EOK);
    queue_destroy(&queue);
}

static void between_threads(void)
{
    struct queue queue;
    pthread_t thread;
    int right = 0;
    queue_init(&queue);
    CHECK(pthread_create(&thread, NULL, producer, &queue) == 0);
    for (int i = 0; i < NUMBERS; i++) {
        int number = -1;
        if (queue_get(&queue, &number, 30ull * SECOND) != EOK)
            break;
        right += number == i;
    }
    CHECK(right == NUMBERS);
    pthread_join(thread, NULL);
    queue_destroy(&queue);
}

int main(void)
{
    alone();
    between_threads();
    return check_result();
}
