/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of foreign bytes before a handler sees them.  Pure: no calls, no state; also built on the
 * host for the unit test and the fuzzer. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <abi/iomsg.h>

struct connect_parts {
    size_t extra_off; /* 0: none */
    size_t io_off;    /* 0: none; else an I/O message header fits there */
};

/* 0, or a positive errno value.  size: bytes in buf; whole: bytes the client sent (>= size). */
__attribute__((visibility("hidden"))) int
__resmgr_check_connect(const void *buf, size_t size, size_t whole, struct connect_parts *out);

struct io_part {
    uint16_t type;
    size_t len;  /* of this part */
    size_t next; /* offset of the next part, 0: this is the last */
};
/* The I/O message at off. */
__attribute__((visibility("hidden"))) int
__resmgr_check_io(const void *buf, size_t size, size_t whole, size_t off, struct io_part *out);
/* Smallest length of an I/O message of that type, 0: unknown type. */
__attribute__((visibility("hidden"))) size_t __resmgr_io_min(uint16_t type);
