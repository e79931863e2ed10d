/* SPDX-License-Identifier: Apache-2.0 */
/* qrv run: which machine a request means, and whether it can start. */
#pragma once

#include "machine.h"

struct machine_request {
    const char *machine; /* --machine; NULL: what the disk is for, else virt */
    const char *smp;
    const char *mem;
    const char *disk;
};

/* Fills in kind, disk, harts and memory. 0, or an exit code after a message. */
int machine_decide(const struct machine_request *rq, struct machine *m);

/*
 * Looks at emulator, firmware and boot loader; with a disk, fills in loader (*loader is to be
 * freed). 0, or an exit code after a message that says why this cannot boot.
 */
int machine_check(struct machine *m, char **loader);
