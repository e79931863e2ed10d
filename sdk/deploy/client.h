/* SPDX-License-Identifier: Apache-2.0 */
/* A verb's connection to a target: a channel through the keeper of its line, or TCP. */
#pragma once

#include "../../services/deployd/proto.h"
#include "target.h"

#include <stddef.h>
#include <stdint.h>

struct message {
    uint8_t type;
    uint16_t bytes;
    uint8_t data[DEPLOY_DATA_MAX + 1]; /* a NUL behind what there is */
};

/* A descriptor with the bytes of the channel, or -1 and *why (heap). Starts a keeper. */
int client_open(const struct target *t, const char *channel, char **why);
/* The keeper's answer to a request without a channel; NULL: there is no keeper. Heap. */
char *client_ask(const struct target *t, const char *request);
/* Why the connection ended, from the keeper. Heap. */
char *client_reason(const struct target *t);

bool client_send(int fd, uint8_t type, const void *bytes, size_t n);
bool client_receive(int fd, struct message *m); /* false: the connection is gone */
/* Is there something to receive now? */
bool client_pending(int fd);
