/* SPDX-License-Identifier: Apache-2.0 */
/* Virtio devices over MMIO, both register layouts (legacy 1 and modern 2), split queues.
 *
 * A queue has no lock: its owner serialises.  The device's answers are not trusted further than
 * virtq_take() says: an id that is not out, or more bytes than were offered, end the device. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VIRTIO_ID_CONSOLE 3
#define VIRTIO_ID_9P      9
#define VIRTQ_SIZE        128 /* descriptors at most; a power of two */

struct dma { /* contiguous memory that the device and we see */
    void *va;
    uint64_t pa;
    size_t bytes;
};

struct virtio {
    volatile uint8_t *regs;
    int irq;
    uint32_t version;
    bool broken; /* the device answered nonsense, nothing more is asked of it */
};

struct virtq_part {
    uint64_t pa;
    uint32_t bytes;
};

struct virtq {
    struct virtio *dev;
    unsigned index, size;
    struct dma mem;
    volatile struct virtq_desc *desc;
    volatile uint16_t *avail, *used; /* used: as 16-bit words */
    uint16_t free_head, free_count, next_avail, seen_used;
    void *cookie[VIRTQ_SIZE];     /* NULL: the descriptor does not begin a chain that is out */
    uint32_t offered[VIRTQ_SIZE]; /* bytes that the device may write to that chain */
};

/* All of them: 0 or an errno value. */
int dma_alloc(struct dma *mem, size_t bytes);
/* The index-th device of that kind in the device tree: ENODEV when there is none. */
int virtio_find(uint32_t device_id, unsigned index, struct virtio *dev);
/* Reset, then feature negotiation: what is wanted and offered, with VERSION_1 where it exists. */
int virtio_begin(struct virtio *dev, uint32_t wanted, uint32_t *got);
int virtio_queue(struct virtio *dev, struct virtq *q, unsigned index);
void virtio_ready(struct virtio *dev);
/* Byte of the device's configuration space. */
uint8_t virtio_config8(const struct virtio *dev, unsigned offset);
/* Acknowledges the device's interrupt, which must come before looking at the queues. */
void virtio_ack(struct virtio *dev);

/* Offers out parts to read and in parts to write; cookie comes back from virtq_take().  ENOSPC
 * when descriptors are short. */
int virtq_add(struct virtq *q, const struct virtq_part *parts, unsigned out, unsigned in,
              void *cookie);
void virtq_kick(struct virtq *q);
/* The device need not interrupt for what it finishes in this queue (a hint), or need again. */
void virtq_quiet(struct virtq *q, bool quiet);
/* A chain that the device has finished: its cookie and the bytes written, or NULL. */
void *virtq_take(struct virtq *q, uint32_t *written);
