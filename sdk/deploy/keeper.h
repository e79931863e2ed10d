/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keeper of a line: the one process that has the line to a target open, and lets several qrv
 * share it. It listens on a socket of the user. Whoever connects sends one line of text:
 *
 *     channel NAME   answer "ok", then the bytes of that channel in both directions
 *     status         the state of the link, one "key value" a line
 *     text           what the target said outside of channels (console, last words of the kernel)
 *     stop           ends the keeper
 *
 * or gets "error TEXT". The first qrv that needs a line starts its keeper, which ends some seconds
 * after the last one has left; "qrv link" is a keeper in the foreground.
 */
#pragma once

#include "target.h"

#include <stdbool.h>

struct keeper_port { /* TCP port of this machine that is a channel */
    long port;
    const char *channel;
};

struct keeper_options {
    bool foreground;          /* shows the target's text, stays until a signal */
    struct keeper_port *ports;
    size_t port_count;
};

/* The path of the keeper's socket; a heap string, or NULL after a message. */
char *keeper_socket(const struct target *t);

/*
 * Runs until nobody needs it. started(why) is called once: with NULL when the line is open and the
 * socket listens, else with what went wrong (KEEPER_TAKEN: there is one already). False: not started.
 */
#define KEEPER_TAKEN "there is a keeper already"
bool keeper_run(const struct target *t, const struct keeper_options *options,
                void (*started)(void *arg, const char *why), void *arg);
