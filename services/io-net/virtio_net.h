/* SPDX-License-Identifier: Apache-2.0 */
/* Network devices of virtio over MMIO. */
#pragma once
#include "sock.h"

/* Adds an interface for each device; returns how many.  coid: a connection to the dispatch's channel. */
int virtio_net_start(dispatch_t *dpp, int coid);
/* Tells the devices of the frames that lwIP has handed out since. */
void virtio_net_flush(void);
