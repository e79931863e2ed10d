/* SPDX-License-Identifier: Apache-2.0 */
/* Followed: VIRTIO 1.2, section 5.3 (console device with the MULTIPORT feature). */
#include "link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../lib/virtio.h"

#define FEATURE_MULTIPORT 2u
enum { DEVICE_READY = 0, PORT_READY = 3, PORT_OPEN = 6 };
/* Queues: port 0's pair, the control pair, then a pair for each further port. */
enum { CONTROL_IN = 2, CONTROL_OUT = 3, PORT_IN = 2 + 2 * QRV_EXEC_PORT, PORT_OUT };
#define IN_BUFFERS 32u
#define IN_BYTES   4096u
#define OUT_BYTES  (sizeof(struct qrv_exec_frame) + QRV_EXEC_DATA_MAX)

struct control {
    uint32_t id;
    uint16_t event, value;
};

struct buffer {
    struct dma mem;
    bool busy;
};

static struct virtio dev;
static struct virtq control_in, control_out, in, out;
static struct buffer in_buffers[IN_BUFFERS], out_buffers[LINK_BUFFERS];
static struct buffer *filling; /* what link_buffer() gave */
static struct dma control_mem;

static struct {
    struct qrv_exec_frame head;
    uint32_t head_have, have;
    uint8_t *payload; /* malloc()ed for START, else small */
    uint8_t small[QRV_EXEC_DATA_MAX];
    bool broken; /* the stream made no sense: nothing more is read */
} coming;

static void tell_device(uint32_t id, uint16_t event, uint16_t value)
{
    static unsigned slot;
    struct control *c = (struct control *)control_mem.va + slot;
    *c = (struct control){id, event, value};
    struct virtq_part part = {control_mem.pa + slot * sizeof *c, sizeof *c};
    slot++;
    virtq_add(&control_out, &part, 1, 0, c);
    virtq_kick(&control_out);
}

static void offer(struct buffer *b)
{
    struct virtq_part part = {b->mem.pa, IN_BYTES};
    virtq_add(&in, &part, 0, 1, b);
}

int link_start(int *irq)
{
    uint32_t features;
    int error = virtio_find(VIRTIO_ID_CONSOLE, 0, &dev);
    if (error == 0)
        error = virtio_begin(&dev, FEATURE_MULTIPORT, &features);
    if (error == 0 && !(features & FEATURE_MULTIPORT))
        error = ENOTSUP;
    if (error == 0)
        error = virtio_queue(&dev, &control_in, CONTROL_IN);
    if (error == 0)
        error = virtio_queue(&dev, &control_out, CONTROL_OUT);
    if (error == 0)
        error = virtio_queue(&dev, &in, PORT_IN);
    if (error == 0)
        error = virtio_queue(&dev, &out, PORT_OUT);
    if (error == 0)
        error = dma_alloc(&control_mem, 4096);
    for (unsigned i = 0; error == 0 && i < IN_BUFFERS; i++)
        error = dma_alloc(&in_buffers[i].mem, IN_BYTES);
    for (unsigned i = 0; error == 0 && i < LINK_BUFFERS; i++)
        error = dma_alloc(&out_buffers[i].mem, OUT_BYTES);
    if (error != 0)
        return error;
    virtio_ready(&dev);
    for (unsigned i = 0; i < IN_BUFFERS; i++)
        offer(&in_buffers[i]);
    virtq_kick(&in);
    /* What the device says of its ports is known already: the emulator was started with one. */
    tell_device(0xffffffffu, DEVICE_READY, 1);
    tell_device(QRV_EXEC_PORT, PORT_READY, 1);
    tell_device(QRV_EXEC_PORT, PORT_OPEN, 1);
    *irq = dev.irq;
    return 0;
}

static void take_back(void)
{
    struct buffer *b;
    uint32_t written;
    while ((b = virtq_take(&out, &written)) != NULL)
        b->busy = false;
}

bool link_room(void)
{
    return link_buffer() != NULL;
}

void *link_buffer(void)
{
    for (int again = 0; again < 2; again++) {
        for (unsigned i = 0; i < LINK_BUFFERS; i++) {
            if (out_buffers[i].busy)
                continue;
            filling = &out_buffers[i];
            return (char *)filling->mem.va + sizeof(struct qrv_exec_frame);
        }
        take_back();
    }
    return NULL;
}

void link_send(uint32_t type, uint32_t bytes)
{
    struct qrv_exec_frame head = {type, bytes};
    struct virtq_part part = {filling->mem.pa, (uint32_t)sizeof head + bytes};
    memcpy(filling->mem.va, &head, sizeof head);
    if (virtq_add(&out, &part, 1, 0, filling) != 0)
        return; /* the device is broken: nobody listens any more */
    filling->busy = true;
    virtq_kick(&out);
}

void link_put(uint32_t type, const void *payload, uint32_t bytes)
{
    void *at;
    while ((at = link_buffer()) == NULL) /* as long as the host does not read */
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    memcpy(at, payload, bytes);
    link_send(type, bytes);
}

/* ------------------------------------------------------------------ receiving */

static bool begin_payload(void)
{
    uint32_t max = coming.head.type == QRV_EXEC_START ? QRV_EXEC_START_MAX : QRV_EXEC_DATA_MAX;
    if (coming.head.bytes > max)
        return false;
    coming.have = 0;
    coming.payload = coming.small;
    if (coming.head.bytes > sizeof coming.small)
        coming.payload = malloc(coming.head.bytes);
    return coming.payload != NULL;
}

static void take_bytes(const uint8_t *p, size_t n,
                       void (*frame)(uint32_t type, const void *payload, uint32_t bytes))
{
    while (!coming.broken) {
        if (coming.head_have < sizeof coming.head) {
            size_t part = sizeof coming.head - coming.head_have;
            part = part < n ? part : n;
            memcpy((uint8_t *)&coming.head + coming.head_have, p, part);
            coming.head_have += (uint32_t)part;
            p += part;
            n -= part;
            if (coming.head_have < sizeof coming.head)
                return;
            coming.broken = !begin_payload();
            continue;
        }
        size_t part = coming.head.bytes - coming.have;
        part = part < n ? part : n;
        memcpy(coming.payload + coming.have, p, part);
        coming.have += (uint32_t)part;
        p += part;
        n -= part;
        if (coming.have < coming.head.bytes)
            return;
        frame(coming.head.type, coming.payload, coming.head.bytes);
        if (coming.payload != coming.small)
            free(coming.payload);
        coming.head_have = 0;
    }
}

void link_interrupt(void (*frame)(uint32_t type, const void *payload, uint32_t bytes))
{
    struct buffer *b;
    uint32_t written;
    bool any = false;
    virtio_ack(&dev);
    take_back();
    while (virtq_take(&control_out, &written) != NULL)
        ;
    while ((b = virtq_take(&in, &written)) != NULL) {
        take_bytes(b->mem.va, written, frame);
        offer(b);
        any = true;
    }
    if (any)
        virtq_kick(&in);
}
