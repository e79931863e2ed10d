/* SPDX-License-Identifier: Apache-2.0 */
/* A machine of our own to debug on: QEMU with images/link.cpio and a keeper of its line, both children, which end
 * with this process. */
#pragma once

#include "../deploy/keeper.h"
#include "../deploy/target.h"

#include <sys/types.h>

struct own_machine {
    char *directory, *line, *log;
    struct target target;
    pid_t emulator, keeper;
    int console; /* the target's text comes here; -1: none */
};

/* 0, or an exit code after a message. options: words for qrv run, or NULL. */
int own_machine_start(struct own_machine *m, char *const *options);
/* Its keeper in the background. port 0: the console's text can be read from m->console; otherwise it goes to standard
 * output, and the port of this machine leads to the agent. */
int own_machine_keep(struct own_machine *m, long port);
/* Until a signal comes: 0; or until the machine or the keeper ends: an exit code after a message. */
int own_machine_wait(struct own_machine *m);
void own_machine_end(struct own_machine *m);
