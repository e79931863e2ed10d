/* SPDX-License-Identifier: Apache-2.0 */
/* Slots and the virtio queue below client.c. */
#pragma once
#include <semaphore.h>

#include "../lib/virtio.h"
#include "wire.h"

#define SLOTS         8
#define REQUEST_BYTES 8192u /* two names of PATH_MAX and a head */
#define REPLY_BYTES   4096u

struct slot {
    struct slot *next; /* in the list of free ones */
    uint8_t type;
    uint16_t tag;
    struct p9_out out; /* the request */
    struct dma request, reply, data;
    uint32_t data_asked, data_got; /* of the reply: bytes in data */
    uint32_t got;                  /* of the reply: all bytes; under transport's lock until done */
    sem_t done;
    void (*when_done)(uint32_t); /* nobody waits: called with `argument` instead */
    uint32_t argument;
};

int transport_start(const char *tag);
/* A slot with a request of that type begun; waits for a free one. */
struct slot *slot_get(uint8_t type);
void slot_put(struct slot *s);
/* Sends the request with data_out bytes of s->data behind it and waits for the reply, of which the
 * part behind the first P9_IO_HEAD bytes goes to s->data when data_in is not 0. */
int transport_call(struct slot *s, uint32_t data_out, uint32_t data_in);
/* Sends the request, for which nobody waits: when_done(argument) is called by the interrupt thread
 * once it is answered, whatever the answer, and the slot is free again. */
void transport_post(struct slot *s, void (*when_done)(uint32_t), uint32_t argument);
/* The reply's body as far as it lies in the reply buffer: 0 or an errno value. */
int transport_reply(struct slot *s, const uint8_t **body, uint32_t *len);
