/* SPDX-License-Identifier: Apache-2.0 */
/* A short conversation with qdebug before GDB has its own: what runs there, and which file it is. */
#pragma once

#include "../common/buf.h"
#include "../deploy/target.h"

#include <stdbool.h>

/* Where a qdebug listens: on a TCP port, or on a channel of the target's line. */
struct place {
    struct target target; /* line NULL: only tcp is known, files go through qdebug, too */
    const char *tcp;      /* HOST:PORT; NULL: the line's channel */
    bool is_own;          /* an emulator that qrv debug has started: in no file */
};

#define AGENT_CHANNEL "gdb"
#define AGENT_PORT    8000 /* by custom */

/* All answer false and *why (heap) when it is not to be had. */
struct agent;
struct agent *agent_open(const struct place *place, char **why);
bool agent_processes(struct agent *a, struct buf *xml, char **why);
bool agent_program(struct agent *a, long pid, struct buf *path, char **why);
/* The first bytes of a file. */
bool agent_head(struct agent *a, const char *path, struct buf *head, char **why);
/* Writes a file. */
bool agent_put(struct agent *a, const char *path, const struct buf *content, char **why);
void agent_close(struct agent *a);
