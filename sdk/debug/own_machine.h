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
/* Its keeper in this process, with a TCP port for GDB, until a signal. */
int own_machine_serve(struct own_machine *m, long port);
/* Its keeper in the background; the console's text can be read from m->console. */
int own_machine_keep(struct own_machine *m);
void own_machine_end(struct own_machine *m);
