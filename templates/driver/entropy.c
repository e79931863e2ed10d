/*
 * Two threads meet here: the one that calls entropy_read() gives the device a buffer and waits; the
 * interrupt thread acknowledges the interrupt and wakes it. The mutex guards what both look at.
 * What lies in struct dma is read and written by the device itself, at its physical address.
 */
#include "entropy.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/neutrino.h>
#include <time.h>

#define QUEUE_SIZE     2 /* a power of two; one request is under way at a time */
#define ANSWER_SECONDS 10
#define REGISTERS_SIZE 0x1000
#define QEMU_FIRST     0x10001000u
#define QEMU_PLACES    8
#define QEMU_FIRST_IRQ 1

/* Registers, by their offset divided by 4. */
enum {
    MAGIC = 0x000 / 4,
    VERSION = 0x004 / 4,
    DEVICE_ID = 0x008 / 4,
    FEATURES = 0x010 / 4,
    FEATURES_SELECT = 0x014 / 4,
    DRIVER_FEATURES = 0x020 / 4,
    DRIVER_FEATURES_SELECT = 0x024 / 4,
    QUEUE_SELECT = 0x030 / 4,
    QUEUE_SIZE_MAX = 0x034 / 4,
    QUEUE_LENGTH = 0x038 / 4,
    QUEUE_READY = 0x044 / 4,
    QUEUE_NOTIFY = 0x050 / 4,
    INTERRUPT_STATUS = 0x060 / 4,
    INTERRUPT_ACK = 0x064 / 4,
    STATUS = 0x070 / 4,
    DESCRIPTORS = 0x080 / 4, /* addresses: low half, then high half */
    AVAILABLE = 0x090 / 4,
    USED = 0x0a0 / 4,
};

enum { IS_VIRTIO = 0x74726976, IS_ENTROPY = 4, FEATURE_VERSION_1 = 1u << (32 - 32) };
enum { ACKNOWLEDGE = 1, DRIVER = 2, DRIVER_OK = 4, FEATURES_OK = 8, FAILED = 128 };
enum { DESCRIPTOR_WRITE = 2 }; /* the device writes the buffer */

struct descriptor {
    uint64_t address;
    uint32_t length;
    uint16_t flags;
    uint16_t next;
};

/* Physically contiguous memory that the device works on. */
struct dma {
    struct descriptor descriptors[QUEUE_SIZE];
    struct {
        uint16_t flags;
        uint16_t index; /* how many buffers the device was given so far */
        uint16_t ring[QUEUE_SIZE];
        uint16_t unused;
    } available;
    struct {
        uint16_t flags;
        uint16_t index; /* how many the device has given back so far */
        struct {
            uint32_t descriptor;
            uint32_t length;
        } ring[QUEUE_SIZE];
        uint16_t unused;
    } used __attribute__((aligned(4)));
    uint8_t data[ENTROPY_MAX];
};

struct entropy {
    volatile uint32_t *registers;
    volatile struct dma *dma;
    uint64_t dma_address; /* physical */
    int irq;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    bool attached;    /* the interrupt thread has tried to attach */
    int attach_error; /* and this came of it */
    struct entropy_stats stats;
};

/* Memory as the device sees it and registers, in this order; both ways, so it serves everywhere. */
static void barrier(void)
{
    __sync_synchronize();
}

static void set_address(struct entropy *device, int reg, size_t offset)
{
    uint64_t address = device->dma_address + offset;
    device->registers[reg] = (uint32_t)address;
    device->registers[reg + 1] = (uint32_t)(address >> 32);
}

/* One contiguous piece of memory, and where it is for the device. */
static int allocate(struct entropy *device)
{
    size_t size = sizeof(struct dma);
    off64_t physical;
    size_t contiguous;
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE | PROT_NOCACHE,
                        MAP_PHYS | MAP_ANON | MAP_PRIVATE, NOFD, 0);
    if (memory == MAP_FAILED)
        return -1;
    if (mem_offset64(memory, NOFD, size, &physical, &contiguous) == -1)
        return -1;
    if (contiguous < size) {
        errno = ENOMEM;
        return -1;
    }
    memset(memory, 0, size);
    device->dma = memory;
    device->dma_address = (uint64_t)physical;
    device->stats.buffer = device->dma_address + offsetof(struct dma, data);
    return 0;
}

/* Section 3.1.1 of the specification, step by step. */
static int start(struct entropy *device)
{
    volatile uint32_t *r = device->registers;
    r[STATUS] = 0;
    r[STATUS] = ACKNOWLEDGE;
    r[STATUS] = ACKNOWLEDGE | DRIVER;
    r[FEATURES_SELECT] = 1; /* features 32 to 63 */
    r[DRIVER_FEATURES_SELECT] = 0;
    r[DRIVER_FEATURES] = 0;
    r[DRIVER_FEATURES_SELECT] = 1;
    r[DRIVER_FEATURES] = r[FEATURES] & FEATURE_VERSION_1;
    r[STATUS] = ACKNOWLEDGE | DRIVER | FEATURES_OK;
    if (!(r[STATUS] & FEATURES_OK)) {
        r[STATUS] = FAILED;
        errno = ENOTSUP;
        return -1;
    }
    r[QUEUE_SELECT] = 0;
    if (r[QUEUE_SIZE_MAX] < QUEUE_SIZE) {
        r[STATUS] = FAILED;
        errno = ENOTSUP;
        return -1;
    }
    r[QUEUE_LENGTH] = QUEUE_SIZE;
    set_address(device, DESCRIPTORS, offsetof(struct dma, descriptors));
    set_address(device, AVAILABLE, offsetof(struct dma, available));
    set_address(device, USED, offsetof(struct dma, used));
    barrier();
    r[QUEUE_READY] = 1;
    r[STATUS] = ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK;
    return 0;
}

/*
 * The kernel masks the interrupt when it comes and wakes this thread, which quiets the device and
 * opens the interrupt again. It runs at a high priority: what it does is short.
 */
static void *interrupt_thread(void *arg)
{
    struct entropy *device = arg;
    struct sigevent event;
    int id = -1;
    SIGEV_INTR_INIT(&event);
    /* In this thread, because the interrupt goes to the one that attaches it. */
    if (ThreadCtl(_NTO_TCTL_IO, 0) != -1)
        id = InterruptAttachEvent(device->irq, &event, _NTO_INTR_FLAGS_TRK_MSK);

    pthread_mutex_lock(&device->mutex);
    device->attach_error = id == -1 ? errno : EOK;
    device->attached = true;
    pthread_cond_broadcast(&device->changed);
    pthread_mutex_unlock(&device->mutex);

    while (id != -1 && InterruptWait(0, NULL) != -1) {
        uint32_t why = device->registers[INTERRUPT_STATUS];
        device->registers[INTERRUPT_ACK] = why;
        InterruptUnmask(device->irq, id);
        if (why == 0)
            continue; /* another device on the same line */
        pthread_mutex_lock(&device->mutex);
        device->stats.interrupts++;
        pthread_cond_broadcast(&device->changed);
        pthread_mutex_unlock(&device->mutex);
    }
    return NULL;
}

static int start_interrupt_thread(struct entropy *device)
{
    pthread_attr_t attr;
    struct sched_param param = {.sched_priority = 21};
    pthread_t thread;
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
    pthread_attr_setschedpolicy(&attr, SCHED_RR);
    pthread_attr_setschedparam(&attr, &param);
    errno = pthread_create(&thread, &attr, interrupt_thread, device);
    pthread_attr_destroy(&attr);
    if (errno != EOK)
        return -1;
    pthread_mutex_lock(&device->mutex);
    while (!device->attached)
        pthread_cond_wait(&device->changed, &device->mutex);
    errno = device->attach_error;
    pthread_mutex_unlock(&device->mutex);
    return errno == EOK ? 0 : -1;
}

/* The registers at that address, when they are those of an entropy device; NULL with errno. */
static volatile uint32_t *map_registers(uint64_t address)
{
    volatile uint32_t *r =
        mmap_device_memory(NULL, REGISTERS_SIZE, PROT_READ | PROT_WRITE | PROT_NOCACHE, 0, address);
    if (r == MAP_FAILED)
        return NULL;
    if (r[MAGIC] == IS_VIRTIO && r[VERSION] == 2 && r[DEVICE_ID] == IS_ENTROPY)
        return r;
    munmap_device_memory((void *)r, REGISTERS_SIZE);
    errno = ENODEV;
    return NULL;
}

struct entropy *entropy_open(uint64_t address, int irq)
{
    struct entropy *device = calloc(1, sizeof *device);
    pthread_condattr_t attr;
    if (device == NULL)
        return NULL;
    pthread_mutex_init(&device->mutex, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&device->changed, &attr);
    pthread_condattr_destroy(&attr);

    device->irq = irq;
    if (address != 0)
        device->registers = map_registers(address);
    for (int i = 0; address == 0 && device->registers == NULL && i < QEMU_PLACES; i++) {
        device->registers = map_registers(QEMU_FIRST + (uint64_t)i * REGISTERS_SIZE);
        device->irq = QEMU_FIRST_IRQ + i;
    }
    if (device->registers == NULL || allocate(device) == -1 ||
        start_interrupt_thread(device) == -1 || start(device) == -1) {
        free(device);
        return NULL;
    }
    return device;
}

int entropy_read(struct entropy *device, size_t length, const void **data)
{
    volatile struct dma *dma = device->dma;
    struct timespec deadline;
    int result = EOK;

    pthread_mutex_lock(&device->mutex);
    /* A buffer that the device still has from a request that ran out of time must come back first.
     */
    if (dma->used.index == dma->available.index) {
        dma->descriptors[0].address = device->stats.buffer;
        dma->descriptors[0].length = (uint32_t)(length < ENTROPY_MAX ? length : ENTROPY_MAX);
        dma->descriptors[0].flags = DESCRIPTOR_WRITE;
        dma->available.ring[dma->available.index % QUEUE_SIZE] = 0;
        barrier(); /* the descriptor, before the index says that it is there */
        dma->available.index++;
        barrier(); /* the index, before the device is told to look */
        device->registers[QUEUE_NOTIFY] = 0;
        device->stats.requests++;
    }

    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += ANSWER_SECONDS;
    while (dma->used.index != dma->available.index && result == EOK)
        result = pthread_cond_timedwait(&device->changed, &device->mutex, &deadline);
    if (result == EOK) {
        barrier(); /* the index, before what it stands for */
        uint32_t got = dma->used.ring[(uint16_t)(dma->used.index - 1) % QUEUE_SIZE].length;
        length = got < length ? got : length; /* never more than there is room for */
        device->stats.bytes += length;
        *data = (const void *)dma->data;
    }
    pthread_mutex_unlock(&device->mutex);
    errno = result;
    return result == EOK ? (int)length : -1;
}

void entropy_stats(struct entropy *device, struct entropy_stats *stats)
{
    pthread_mutex_lock(&device->mutex);
    *stats = device->stats;
    pthread_mutex_unlock(&device->mutex);
}

void entropy_stop(struct entropy *device)
{
    device->registers[STATUS] = 0;
    while (device->registers[STATUS] != 0)
        ; /* the reset is complete when it reads as 0 */
}
