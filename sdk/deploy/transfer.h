/* SPDX-License-Identifier: Apache-2.0 */
/* One file to the target, one from it. */
#pragma once

#include "target.h"

#include "../common/buf.h"

#include <stdint.h>

struct transfer {
    const struct target *target;
    const char *file, *path; /* on this machine, on the target */
    unsigned mode;
    long patience_s; /* for a line that is broken */
    bool quiet;
    /* results */
    uint64_t size, moved; /* bytes of the file, and those that had to be sent or received */
    bool unchanged;
    unsigned breaks; /* times that it had to begin again */
};

/* 0, or an exit code after a message. */
int transfer_put(struct transfer *t, const struct buf *content);
int transfer_get(struct transfer *t, struct buf *content);
