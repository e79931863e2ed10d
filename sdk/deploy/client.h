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
/* False: the connection is gone, or, with errno ETIMEDOUT, the target has said nothing for the seconds of client_patience(). */
bool client_receive(int fd, struct message *m);
/* How long the target may say nothing to a question, and take nothing (ANSWER_S at first). It may have a large file to read. */
enum { ANSWER_S = 60 };
void client_patience(int fd, long seconds);
/* Is there something to receive now? */
bool client_pending(int fd);
