/* What clients of @NAME@ and @NAME@ itself have in common. */
#pragma once

#include <devctl.h>
#include <stdint.h>

#define DEFAULT_PATH "/dev/@NAME@"

struct entropy_stats {
    uint64_t requests;   /* buffers that the device was given */
    uint64_t interrupts; /* interrupts that were the device's */
    uint64_t bytes;      /* random bytes that clients got */
    uint64_t buffer;     /* physical address of the buffer */
};

#define DCMD_ENTROPY_STATS __DIOF(_DCMD_MISC, 1, struct entropy_stats)
