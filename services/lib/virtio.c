/* SPDX-License-Identifier: Apache-2.0 */
/* Followed: Virtual I/O Device (VIRTIO) Version 1.2, sections 2.7 (split virtqueues) and 4.2
 * (MMIO). The rings are laid out as the legacy interface wants them, which the modern one accepts.
 */
#include "virtio.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "devtree.h"

enum {
    MAGIC = 0x00,
    VERSION = 0x04,
    DEVICE_ID = 0x08,
    DEVICE_FEATURES = 0x10,
    DEVICE_FEATURES_SEL = 0x14,
    DRIVER_FEATURES = 0x20,
    DRIVER_FEATURES_SEL = 0x24,
    GUEST_PAGE_SIZE = 0x28, /* legacy */
    QUEUE_SEL = 0x30,
    QUEUE_NUM_MAX = 0x34,
    QUEUE_NUM = 0x38,
    QUEUE_ALIGN = 0x3c, /* legacy */
    QUEUE_PFN = 0x40,   /* legacy */
    QUEUE_READY = 0x44,
    QUEUE_NOTIFY = 0x50,
    INTERRUPT_STATUS = 0x60,
    INTERRUPT_ACK = 0x64,
    STATUS = 0x70,
    QUEUE_DESC = 0x80,
    QUEUE_DRIVER = 0x90,
    QUEUE_DEVICE = 0xa0,
    CONFIG = 0x100
};
enum { ACKNOWLEDGE = 1, DRIVER = 2, DRIVER_OK = 4, FEATURES_OK = 8, FAILED = 128 };
enum { DESC_NEXT = 1, DESC_WRITE = 2 };
#define MAGIC_VALUE 0x74726976u
#define REGS_BYTES  0x1000
#define PAGE        4096u

struct virtq_desc {
    uint64_t addr;
    uint32_t len;
    uint16_t flags, next;
};

static uint32_t get(const struct virtio *dev, unsigned reg)
{
    return *(volatile uint32_t *)(volatile void *)(dev->regs + reg);
}

static void put(struct virtio *dev, unsigned reg, uint32_t value)
{
    *(volatile uint32_t *)(volatile void *)(dev->regs + reg) = value;
}

static void put64(struct virtio *dev, unsigned reg, uint64_t value)
{
    put(dev, reg, (uint32_t)value);
    put(dev, reg + 4, (uint32_t)(value >> 32));
}

/* Orders memory that the device shares against its registers, both ways. */
static void barrier(void)
{
    __asm__ volatile("fence iorw, iorw" ::: "memory");
}

int dma_alloc(struct dma *mem, size_t bytes)
{
    off_t pa;
    size_t contiguous;
    bytes = (bytes + PAGE - 1) & ~(size_t)(PAGE - 1);
    void *va = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_PHYS | MAP_ANON, NOFD, 0);
    if (va == MAP_FAILED)
        return errno;
    if (mem_offset(va, NOFD, bytes, &pa, &contiguous) == -1 || contiguous < bytes) {
        munmap(va, bytes);
        return ENOMEM;
    }
    *mem = (struct dma){va, (uint64_t)pa, bytes};
    return 0;
}

int virtio_find(uint32_t device_id, unsigned index, struct virtio *dev)
{
    struct devtree_node node;
    size_t bytes;
    void *tree = devtree_read(&bytes);
    int result = ENODEV;
    for (unsigned i = 0; tree != NULL && result == ENODEV; i++) {
        if (!devtree_find(tree, bytes, "virtio,mmio", i, &node))
            break;
        void *regs = mmap_device_memory(NULL, REGS_BYTES, PROT_READ | PROT_WRITE | PROT_NOCACHE, 0,
                                        node.address);
        if (regs == MAP_FAILED) {
            result = errno;
            break;
        }
        *dev = (struct virtio){.regs = regs, .irq = (int)node.irq};
        dev->version = get(dev, VERSION);
        if (get(dev, MAGIC) == MAGIC_VALUE && get(dev, DEVICE_ID) == device_id &&
            (dev->version == 1 || dev->version == 2) && index-- == 0)
            result = 0;
        else
            munmap_device_memory(regs, REGS_BYTES);
    }
    free(tree);
    return result;
}

int virtio_begin(struct virtio *dev, uint32_t wanted, uint32_t *got)
{
    put(dev, STATUS, 0);
    put(dev, STATUS, ACKNOWLEDGE);
    put(dev, STATUS, ACKNOWLEDGE | DRIVER);
    put(dev, DEVICE_FEATURES_SEL, 0);
    *got = get(dev, DEVICE_FEATURES) & wanted;
    put(dev, DRIVER_FEATURES_SEL, 0);
    put(dev, DRIVER_FEATURES, *got);
    if (dev->version == 1) {
        put(dev, GUEST_PAGE_SIZE, PAGE);
        return 0;
    }
    put(dev, DRIVER_FEATURES_SEL, 1);
    put(dev, DRIVER_FEATURES, 1); /* VERSION_1, bit 32 */
    put(dev, STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK);
    if (get(dev, STATUS) & FEATURES_OK)
        return 0;
    put(dev, STATUS, FAILED);
    return ENOTSUP;
}

int virtio_queue(struct virtio *dev, struct virtq *q, unsigned index)
{
    put(dev, QUEUE_SEL, index);
    unsigned size = get(dev, QUEUE_NUM_MAX);
    if (size == 0)
        return ENODEV;
    size = size < VIRTQ_SIZE ? size : VIRTQ_SIZE;
    *q = (struct virtq){.dev = dev, .index = index, .size = size};
    size_t used_at = (size * 16 + 6 + 2 * size + PAGE - 1) & ~(size_t)(PAGE - 1);
    int error = dma_alloc(&q->mem, used_at + 6 + 8 * size);
    if (error != 0)
        return error;
    memset(q->mem.va, 0, q->mem.bytes);
    q->desc = q->mem.va;
    q->avail = (void *)((char *)q->mem.va + size * 16);
    q->used = (void *)((char *)q->mem.va + used_at);
    for (unsigned i = 0; i < size; i++)
        q->desc[i].next = (uint16_t)(i + 1);
    q->free_count = (uint16_t)size;
    put(dev, QUEUE_NUM, size);
    if (dev->version == 1) {
        put(dev, QUEUE_ALIGN, PAGE);
        put(dev, QUEUE_PFN, (uint32_t)(q->mem.pa / PAGE));
        return 0;
    }
    put64(dev, QUEUE_DESC, q->mem.pa);
    put64(dev, QUEUE_DRIVER, q->mem.pa + size * 16);
    put64(dev, QUEUE_DEVICE, q->mem.pa + used_at);
    put(dev, QUEUE_READY, 1);
    return 0;
}

void virtio_ready(struct virtio *dev)
{
    put(dev, STATUS, get(dev, STATUS) | DRIVER_OK);
}

uint8_t virtio_config8(const struct virtio *dev, unsigned offset)
{
    return dev->regs[CONFIG + offset];
}

void virtio_ack(struct virtio *dev)
{
    uint32_t why = get(dev, INTERRUPT_STATUS);
    if (why != 0)
        put(dev, INTERRUPT_ACK, why);
    barrier();
}

int virtq_add(struct virtq *q, const struct virtq_part *parts, unsigned out, unsigned in,
              void *cookie)
{
    unsigned total = out + in;
    uint32_t offered = 0;
    if (q->dev->broken)
        return EIO;
    if (total == 0 || total > q->free_count)
        return ENOSPC;
    uint16_t head = q->free_head, at = head;
    for (unsigned i = 0; i < total; i++) {
        volatile struct virtq_desc *d = &q->desc[at];
        d->addr = parts[i].pa;
        d->len = parts[i].bytes;
        d->flags = (uint16_t)((i >= out ? DESC_WRITE : 0) | (i + 1 < total ? DESC_NEXT : 0));
        offered += i >= out ? parts[i].bytes : 0;
        at = d->next;
    }
    q->free_head = at;
    q->free_count = (uint16_t)(q->free_count - total);
    q->cookie[head] = cookie;
    q->offered[head] = offered;
    q->avail[2 + q->next_avail % q->size] = head;
    barrier();
    q->avail[1] = ++q->next_avail;
    return 0;
}

void virtq_kick(struct virtq *q)
{
    barrier(); /* the device sees the index before it is told */
    if (!(q->used[0] & 1))
        put(q->dev, QUEUE_NOTIFY, q->index);
}

void virtq_quiet(struct virtq *q, bool quiet)
{
    q->avail[0] = quiet;
    barrier(); /* before the look at what it has finished meanwhile */
}

/* Puts the chain back.  We wrote it, but the device could: a walk that is longer than the queue
 * ends. */
static void release(struct virtq *q, uint16_t head)
{
    uint16_t at = head;
    unsigned n = 1;
    while ((q->desc[at].flags & DESC_NEXT) && n < q->size && q->desc[at].next < q->size) {
        at = q->desc[at].next;
        n++;
    }
    q->desc[at].next = q->free_head;
    q->free_head = head;
    q->free_count = (uint16_t)(q->free_count + n);
    q->cookie[head] = NULL;
}

void *virtq_take(struct virtq *q, uint32_t *written)
{
    if (q->dev->broken || q->used[1] == q->seen_used)
        return NULL;
    barrier(); /* the entry is read after the index that covers it */
    const volatile uint32_t *entry =
        (const volatile uint32_t *)(volatile void *)(q->used + 2) + 2 * (q->seen_used % q->size);
    uint32_t id = entry[0], len = entry[1];
    if (id >= q->size || q->cookie[id] == NULL || len > q->offered[id]) {
        q->dev->broken = true;
        return NULL;
    }
    void *cookie = q->cookie[id];
    q->seen_used++;
    release(q, (uint16_t)id);
    *written = len;
    return cookie;
}
