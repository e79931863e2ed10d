/* SPDX-License-Identifier: Apache-2.0 */
/* The byte stream to "qrv exec": one port of a virtio console.
 *
 * Frames to the host are copied into one of LINK_BUFFERS buffers and go out in order; when all are
 * under way, link_room() is false until the host has read.  Frames from the host arrive through
 * link_receive().  All of it is under the lock of execd's main file. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <abi/exec.h>

#define LINK_BUFFERS 16u

int link_start(int *irq); /* 0 or errno */
/* A free buffer for a payload of QRV_EXEC_DATA_MAX bytes, NULL: none.  It is sent with link_send()
 * before the next call. */
void *link_buffer(void);
void link_send(uint32_t type, uint32_t bytes);
bool link_room(void);
/* A small frame, also when no buffer is free: it waits for one. */
void link_put(uint32_t type, const void *payload, uint32_t bytes);
/* After an interrupt: takes buffers back and gives frame(type, payload, bytes) what came.  START is
 * the only frame that may be longer than QRV_EXEC_DATA_MAX. */
void link_interrupt(void (*frame)(uint32_t type, const void *payload, uint32_t bytes));
