/* SPDX-License-Identifier: Apache-2.0 */
/* Followed: Virtual I/O Device (VIRTIO) Version 1.2, section 5.1.  No offloads are asked for; each packet is one
 * buffer, with the header in front.  Everything runs in io-net's thread: an interrupt is a pulse. */
#include "virtio_net.h"

#include <errno.h>
#include <lwip/netif.h>
#include <lwip/pbuf.h>
#include <netif/ethernet.h>
#include <stdio.h>
#include <string.h>
#include <sys/neutrino.h>

#include "../lib/virtio.h"
#include "frame.h"
#include "iface.h"

#define VIRTIO_ID_NET      1
#define FEATURE_MAC        (1u << 5)
#define BUFFERS            128 /* of each queue */
#define BUFFER_BYTES       2048u
#define DEVICES            4
#define INTERRUPT_PRIORITY 21
#define BATCH              128 /* packets in a row before clients get their turn */
#define FLUSH              32  /* frames that the device is told of at the latest */
#define FRAME_AT           18u /* of a frame in its buffer: its IP header is aligned, and what TCP carries */

struct buffer {
    void *va;
    uint64_t pa;
    struct buffer *next; /* while it is free to send */
};

struct device {
    struct virtio dev;
    struct virtq rx, tx;
    struct dma memory;
    struct buffer buffers[2 * BUFFERS];
    struct buffer *free_tx;
    struct iface_counters counters;
    struct netif *netif;
    uint32_t header; /* bytes in front of each frame */
    unsigned unflushed;
    int irq_id;
    bool starved; /* there was no buffer for a frame: the device says when it has sent some */
};

static struct device devices[DEVICES];
static unsigned device_count;
static int pulse_code, self_coid;

static void offer(struct device *d, struct buffer *b)
{
    uint32_t at = FRAME_AT - d->header;
    struct virtq_part part = {b->pa + at, BUFFER_BYTES - at};
    virtq_add(&d->rx, &part, 0, 1, b);
}

/* Buffers that the device has sent are free again. */
static void reclaim(struct device *d)
{
    struct buffer *b;
    uint32_t written;
    while ((b = virtq_take(&d->tx, &written)) != NULL) {
        b->next = d->free_tx;
        d->free_tx = b;
    }
}

static struct device *device_of(struct netif *netif)
{
    for (unsigned i = 0; i < DEVICES; i++)
        if (devices[i].netif == netif)
            return &devices[i];
    return NULL;
}

static void flush(struct device *d)
{
    if (d->unflushed > 0)
        virtq_kick(&d->tx);
    d->unflushed = 0;
}

void virtio_net_flush(void)
{
    for (unsigned i = 0; i < device_count; i++)
        flush(&devices[i]);
}

/* lwIP's way out. */
static err_t link_output(struct netif *netif, struct pbuf *p)
{
    struct device *d = device_of(netif);
    if (d->free_tx == NULL) {
        flush(d);
        reclaim(d);
    }
    struct buffer *b = d->free_tx;
    if (b == NULL && !d->starved) {
        d->starved = true;
        virtq_quiet(&d->tx, false);
        reclaim(d);
        b = d->free_tx;
    }
    if (b == NULL || p->tot_len > FRAME_MAX) {
        d->counters.out_dropped++;
        return ERR_MEM; /* as if it were lost on the wire: TCP sends it again */
    }
    uint32_t at = FRAME_AT - d->header;
    memset((char *)b->va + at, 0, d->header);
    pbuf_copy_partial(p, (char *)b->va + FRAME_AT, p->tot_len, 0);
    struct virtq_part part = {b->pa + at, d->header + p->tot_len};
    if (virtq_add(&d->tx, &part, 1, 0, b) != 0) {
        d->counters.out_dropped++;
        return ERR_IF;
    }
    d->free_tx = b->next;
    d->counters.out_packets++;
    d->counters.out_bytes += p->tot_len;
    if (++d->unflushed >= FLUSH)
        flush(d);
    return ERR_OK;
}

static void receive_frame(struct device *d, const struct buffer *b, uint32_t bytes)
{
    struct pbuf *p = NULL;
    if (bytes > d->header && bytes - d->header <= FRAME_MAX)
        p = frame_pbuf((const char *)b->va + FRAME_AT, bytes - d->header, PBUF_POOL);
    if (p == NULL) {
        d->counters.in_dropped++;
        return;
    }
    d->counters.in_packets++;
    d->counters.in_bytes += p->tot_len;
    if (d->netif->input(p, d->netif) != ERR_OK)
        pbuf_free(p);
}

/* False: there may be more.  While it is at work the device need not interrupt. */
static bool receive_all(struct device *d)
{
    struct buffer *b;
    uint32_t written;
    virtq_quiet(&d->rx, true);
    for (int n = 0; n < BATCH; n++) {
        b = virtq_take(&d->rx, &written);
        if (b == NULL) {
            virtq_quiet(&d->rx, false);
            b = virtq_take(&d->rx, &written);
        }
        if (b == NULL) {
            virtq_kick(&d->rx);
            return true;
        }
        receive_frame(d, b, written);
        offer(d, b);
    }
    virtq_kick(&d->rx);
    return false;
}

static int on_interrupt(message_context_t *ctp, int code, unsigned flags, void *handle)
{
    struct device *d = ctp->msg->pulse.value.sival_ptr;
    (void)code, (void)flags, (void)handle;
    if (d < devices || d >= devices + device_count)
        return 0; /* anybody can send a pulse */
    virtio_ack(&d->dev);
    reclaim(d);
    if (d->starved && d->free_tx != NULL) {
        d->starved = false;
        virtq_quiet(&d->tx, true);
        tcp_output_all();
    }
    if (receive_all(d))
        InterruptUnmask(d->dev.irq, d->irq_id);
    else if (MsgSendPulsePtr(self_coid, INTERRUPT_PRIORITY, pulse_code, d) == -1)
        InterruptUnmask(d->dev.irq, d->irq_id);
    return 0;
}

static int init(struct netif *netif)
{
    struct device *d = &devices[device_count];
    for (unsigned i = 0; i < 6; i++)
        netif->hwaddr[i] = virtio_config8(&d->dev, i);
    netif->linkoutput = link_output;
    d->netif = netif;
    return 0;
}

static int start_queues(struct device *d)
{
    int error = dma_alloc(&d->memory, 2 * BUFFERS * BUFFER_BYTES);
    if (error == 0)
        error = virtio_queue(&d->dev, &d->rx, 0);
    if (error == 0)
        error = virtio_queue(&d->dev, &d->tx, 1);
    for (unsigned i = 0; error == 0 && i < 2 * BUFFERS; i++) {
        struct buffer *b = &d->buffers[i];
        b->va = (char *)d->memory.va + i * BUFFER_BYTES;
        b->pa = d->memory.pa + i * BUFFER_BYTES;
        if (i < BUFFERS) {
            offer(d, b);
        } else {
            b->next = d->free_tx;
            d->free_tx = b;
        }
    }
    return error;
}

static int start_device(struct device *d)
{
    struct sigevent event;
    uint32_t features;
    int error = virtio_begin(&d->dev, FEATURE_MAC, &features);
    if (error == 0 && !(features & FEATURE_MAC))
        error = ENODEV;
    d->header = d->dev.version == 1 ? 10 : 12; /* the modern one always counts buffers */
    if (error == 0)
        error = start_queues(d);
    if (error != 0)
        return error;
    virtq_quiet(&d->tx, true); /* its buffers are taken back when they are needed */
    SIGEV_PULSE_PTR_INIT(&event, self_coid, INTERRUPT_PRIORITY, pulse_code, d);
    d->irq_id = InterruptAttachEvent(d->dev.irq, &event, _NTO_INTR_FLAGS_TRK_MSK);
    if (d->irq_id == -1)
        return errno;
    virtio_ready(&d->dev);
    if (iface_add("en", init, &d->counters) == NULL)
        return ENOMEM;
    virtq_kick(&d->rx);
    return 0;
}

int virtio_net_start(dispatch_t *dpp, int coid)
{
    self_coid = coid;
    pulse_code = pulse_attach(dpp, MSG_FLAG_ALLOC_PULSE, 0, on_interrupt, NULL);
    if (pulse_code == -1)
        return 0;
    for (unsigned i = 0; device_count < DEVICES; i++) {
        struct device *d = &devices[device_count];
        if (virtio_find(VIRTIO_ID_NET, i, &d->dev) != 0)
            break;
        int error = start_device(d);
        if (error == 0)
            device_count++;
        else
            fprintf(stderr, "io-net: network device %u: %s\n", i, strerror(error));
    }
    return (int)device_count;
}
