/* SPDX-License-Identifier: Apache-2.0 */
/* Chip functions for port 1 of a virtio console. */
#pragma once
#include "../lib/virtio.h"
#include "chardev.h"

#define VCON_BUFFERS 8u
#define VCON_BYTES   4096u

struct vcon {
    struct virtio device;
    struct virtq control_in, control_out, in, out;
    struct dma control_mem, in_mem[VCON_BUFFERS], out_mem[VCON_BUFFERS];
    bool out_busy[VCON_BUFFERS];
    unsigned control_slot;
    struct dma *reading; /* an input buffer that the line discipline had no room for, NULL none */
    uint32_t read_at, read_bytes;
};

extern const struct chip_ops vcon_ops;
int vcon_find(struct vcon *chip); /* 0, ENODEV or another errno */
int vcon_start(struct vcon *chip);
