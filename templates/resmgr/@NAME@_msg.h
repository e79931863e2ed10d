/*
 * What @NAME@ and its clients agree on: the devctl() commands of the device.
 */
#ifndef @ID@_MSG_H
#define @ID@_MSG_H

#include <devctl.h>
#include <stdint.h>

#define DEFAULT_PATH "/dev/@NAME@"

struct device_stats {
    uint32_t reads;    /* read() calls that were answered */
    uint32_t writes;   /* write() calls that were answered */
    uint32_t length;   /* bytes stored now */
    uint32_t capacity; /* bytes that can be stored */
};

/* Where the data goes is part of the command: FROM the device, TO it, or Neither. */
#define DCMD_DEVICE_STATS    __DIOF(_DCMD_MISC, 1, struct device_stats)
#define DCMD_DEVICE_CAPACITY __DIOT(_DCMD_MISC, 2, uint32_t)
#define DCMD_DEVICE_CLEAR    __DION(_DCMD_MISC, 3)

#endif
