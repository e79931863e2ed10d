/*
 * The device: a source of random numbers behind virtio-mmio registers, version 2. The specification
 * is "Virtual I/O Device (VIRTIO) Version 1.1", sections 2.6 (queues), 4.2 (registers), 5.4
 * (entropy device).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "@NAME@_msg.h"

#define ENTROPY_MAX 2048u /* bytes that one request gives at most */

struct entropy;

/*
 * Finds the device at the physical address and starts it; an address of 0 means: at the first of
 * QEMU's eight places where there is one. Needs the right to attach interrupts. NULL with errno:
 * ENODEV when there is no such device.
 */
struct entropy *entropy_open(uint64_t address, int irq);

/*
 * Lets the device fill the buffer with at most length bytes and waits for its interrupt. Gives how
 * many there are, with *data at them: they stay there until the next call. -1 with errno: ETIMEDOUT
 * when the device does not answer. One thread at a time.
 */
int entropy_read(struct entropy *device, size_t length, const void **data);

void entropy_stats(struct entropy *device, struct entropy_stats *stats);

/* Stops the device, so that it does not write to memory any more. May be called in a signal
 * handler. */
void entropy_stop(struct entropy *device);
