/* SPDX-License-Identifier: Apache-2.0 */
/* deployd: the target's side of "qrv deploy" and its kin.  One process and one thread for each
 * connection; what is half done when that ends stays in a file with another name, and is used by the
 * next deployment. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "file.h"
#include "proto.h"

/* serve.c */
struct message {
    uint8_t type;
    uint16_t bytes;
    uint8_t *data; /* a NUL follows; valid until the next message is asked for */
};

#define CONTENT_MAX (8 * DEPLOY_PIECE)

enum channel_state { CHANNEL_GONE, CHANNEL_WAIT, CHANNEL_MESSAGE };

extern int channel_fd; /* the host is heard from it */
/* Talks to one host until the connection is over: hears from fd, answers to out, which may be the same. */
void serve(int fd, int out);
/* Takes a message out of what has arrived.  WAIT: it is not complete; channel_fill() gets more. */
enum channel_state channel_next(struct message *m);
bool channel_fill(void); /* one read(); false when the connection is gone */
/* Of a host that waits for an answer: has it gone away?  It has nothing to say before it has that. */
bool channel_is_left(void);
/* False when the connection is gone. */
bool reply(uint8_t type, const void *bytes, size_t n);
bool reply_content(const uint8_t *bytes, size_t n); /* at most CONTENT_MAX, as BYTES */
bool reply_error(int error, const char *text);

/* receive.c */
bool receive_begin(const uint8_t *bytes, size_t n);
bool receive_put(const uint8_t *bytes, size_t n);
bool receive_copy(const uint8_t *bytes, size_t n);
bool receive_zero(const uint8_t *bytes, size_t n);
bool receive_commit(void);
bool receive_is_active(void);
/* The host is silent, perhaps it has lost its way to us: lets another connection go on. */
void receive_park(void);
void receive_abandon(void);

/* send.c */
bool send_file(const uint8_t *bytes, size_t n);
bool send_list(const char *path);
bool make_directory(const uint8_t *bytes, size_t n);
bool make_link(const char *content, size_t n);
int file_hash(int fd, uint64_t *size, uint8_t digest[32]);

/* run.c */
bool run_command(const struct message *m);
bool start_shell(const char *bytes, size_t n);
bool reboot_soon(void);

/* listen.c.  "PORT", "ADDRESS:PORT" or "[ADDRESS]:PORT", the address a number: a socket that listens, or
 * -1 and errno. */
int listen_open(const char *where);
_Noreturn void listen_serve(int listener);
