/* SPDX-License-Identifier: Apache-2.0 */
#include "transport.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/neutrino.h>

#include "client.h"

#define FEATURE_MOUNT_TAG  1u
#define INTERRUPT_PRIORITY 24 /* above the clients that wait for what it brings */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct virtio dev;
static struct virtq queue; /* lock */
static struct slot slots[SLOTS];
static struct slot *free_slots; /* lock */
static sem_t free_count;

static void wait_for(sem_t *sem)
{
    while (sem_wait(sem) == -1)
        ;
}

struct slot *slot_get(uint8_t type)
{
    wait_for(&free_count);
    pthread_mutex_lock(&lock);
    struct slot *s = free_slots;
    free_slots = s->next;
    pthread_mutex_unlock(&lock);
    s->type = type;
    s->when_done = NULL;
    p9_begin(&s->out, s->request.va, REQUEST_BYTES, type, type == P9_TVERSION ? P9_NOTAG : s->tag);
    return s;
}

void slot_put(struct slot *s)
{
    pthread_mutex_lock(&lock);
    s->next = free_slots;
    free_slots = s;
    pthread_mutex_unlock(&lock);
    sem_post(&free_count);
}

static void finish_locked(struct slot *s, uint32_t written)
{
    s->got = written;
    if (s->when_done == NULL) {
        sem_post(&s->done);
        return;
    }
    s->when_done(s->argument);
    s->next = free_slots;
    free_slots = s;
    sem_post(&free_count);
}

/* Every chain that is done wakes its caller.  A broken device wakes them all: nothing else will. */
static void collect_locked(void)
{
    struct slot *s;
    uint32_t written;
    while ((s = virtq_take(&queue, &written)) != NULL)
        finish_locked(s, written);
    if (!dev.broken)
        return;
    for (unsigned i = 0; i < VIRTQ_SIZE; i++) {
        s = queue.cookie[i];
        queue.cookie[i] = NULL;
        if (s != NULL)
            finish_locked(s, 0);
    }
}

int transport_call(struct slot *s, uint32_t data_out, uint32_t data_in)
{
    struct virtq_part parts[4];
    unsigned out = 0, in = 0;
    parts[out++] = (struct virtq_part){s->request.pa, s->out.at};
    if (data_out > 0)
        parts[out++] = (struct virtq_part){s->data.pa, data_out};
    parts[out + in++] =
        (struct virtq_part){s->reply.pa, data_in > 0 ? P9_IO_HEAD : (uint32_t)s->reply.bytes};
    if (data_in > 0)
        parts[out + in++] = (struct virtq_part){s->data.pa, data_in};
    s->data_asked = data_in;
    pthread_mutex_lock(&lock);
    int error = virtq_add(&queue, parts, out, in, s);
    if (error == 0)
        virtq_kick(&queue);
    pthread_mutex_unlock(&lock);
    if (error != 0)
        return EIO; /* SLOTS * 4 descriptors always fit: the device is broken */
    wait_for(&s->done);
    return 0;
}

void transport_post(struct slot *s, void (*when_done)(uint32_t), uint32_t argument)
{
    struct virtq_part parts[2] = {{s->request.pa, s->out.at}, {s->reply.pa, REPLY_BYTES}};
    s->when_done = when_done;
    s->argument = argument;
    pthread_mutex_lock(&lock);
    if (virtq_add(&queue, parts, 1, 1, s) == 0)
        virtq_kick(&queue);
    else
        finish_locked(s, 0);
    pthread_mutex_unlock(&lock);
}

int transport_reply(struct slot *s, const uint8_t **body, uint32_t *len)
{
    uint32_t head = s->data_asked > 0 && s->got > P9_IO_HEAD ? P9_IO_HEAD : s->got;
    uint8_t *reply = s->reply.va;
    s->data_got = s->got - head;
    if (s->data_got > 0 && head == P9_IO_HEAD) {
        /* The size field counts what lies in the other buffer. */
        uint32_t size;
        if (!p9_read_count(reply, head, &size) || size != s->got)
            return EIO;
        for (unsigned i = 0; i < 4; i++)
            reply[i] = (uint8_t)(head >> 8 * i);
    }
    int error =
        p9_reply(reply, head, s->type, s->type == P9_TVERSION ? P9_NOTAG : s->tag, body, len);
    return error == -1 ? EIO : error;
}

/* ------------------------------------------------------------------ start */

struct intr_start {
    sem_t ready;
    int error;
};

static void *interrupt_thread(void *arg)
{
    struct intr_start *start = arg;
    struct sigevent event;
    SIGEV_INTR_INIT(&event);
    int id = InterruptAttachEvent(dev.irq, &event, 0);
    start->error = id == -1 ? errno : 0;
    sem_post(&start->ready);
    if (id == -1)
        return NULL;
    for (;;) {
        if (InterruptWait(0, NULL) == -1)
            continue;
        virtio_ack(&dev);
        InterruptUnmask(dev.irq, id);
        pthread_mutex_lock(&lock);
        collect_locked();
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

static int start_interrupts(void)
{
    struct intr_start start = {.error = 0};
    struct sched_param param = {.sched_priority = INTERRUPT_PRIORITY};
    pthread_attr_t attr;
    pthread_t thread;
    sem_init(&start.ready, 0, 0);
    pthread_attr_init(&attr);
    pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
    pthread_attr_setschedpolicy(&attr, SCHED_RR);
    pthread_attr_setschedparam(&attr, &param);
    int error = pthread_create(&thread, &attr, interrupt_thread, &start);
    pthread_attr_destroy(&attr);
    if (error != 0)
        return error;
    wait_for(&start.ready);
    return start.error;
}

static bool has_tag(const struct virtio *d, const char *tag)
{
    size_t n = (size_t)virtio_config8(d, 0) | (size_t)virtio_config8(d, 1) << 8;
    if (tag == NULL)
        return true;
    if (n != strlen(tag))
        return false;
    for (size_t i = 0; i < n; i++)
        if ((char)virtio_config8(d, (unsigned)(2 + i)) != tag[i])
            return false;
    return true;
}

static int find_device(const char *tag)
{
    for (unsigned i = 0;; i++) {
        int error = virtio_find(VIRTIO_ID_9P, i, &dev);
        if (error != 0 || has_tag(&dev, tag))
            return error;
    }
}

int transport_start(const char *tag)
{
    uint32_t features;
    int error = find_device(tag);
    if (error == 0)
        error = virtio_begin(&dev, FEATURE_MOUNT_TAG, &features);
    if (error == 0)
        error = virtio_queue(&dev, &queue, 0);
    sem_init(&free_count, 0, 0);
    for (unsigned i = 0; error == 0 && i < SLOTS; i++) {
        struct slot *s = &slots[i];
        s->tag = (uint16_t)i;
        sem_init(&s->done, 0, 0);
        error = dma_alloc(&s->request, REQUEST_BYTES);
        if (error == 0)
            error = dma_alloc(&s->reply, REPLY_BYTES);
        if (error == 0)
            error = dma_alloc(&s->data, CLIENT_DATA_MAX);
        if (error == 0)
            slot_put(s);
    }
    if (error == 0)
        error = start_interrupts();
    if (error == 0)
        virtio_ready(&dev);
    return error;
}
