/* SPDX-License-Identifier: Apache-2.0 */
/* Framing and text of GDB's remote serial protocol.  Pure: no I/O, no state but what is given, so that the build machine can
 * test it with anything (tests/fuzz/fuzz_rsp.c).  What comes in is hostile.
 * Followed: "GDB Remote Serial Protocol", an appendix of the GDB manual. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RSP_PACKET_MAX 16384 /* payload in either direction, as told in qSupported */

enum rsp_event {
    RSP_NOTHING,   /* more bytes are needed */
    RSP_PACKET,    /* a packet is in text[0 .. bytes), binary unescaped, and a NUL behind it */
    RSP_INTERRUPT, /* byte 3 outside of a packet */
    RSP_ACK,
    RSP_NAK,
    RSP_BAD,       /* a packet with a wrong checksum, or an oversized one */
};

struct rsp {
    char text[RSP_PACKET_MAX + 1];
    size_t bytes;
    uint8_t state, sum, digits;
    bool escaped, is_too_long;
};

/* One byte from the line. */
enum rsp_event rsp_byte(struct rsp *r, uint8_t byte);

/* A reply being written.  What does not fit is dropped and is_full is set. */
struct rsp_out {
    char text[RSP_PACKET_MAX + 1];
    size_t bytes;
    bool is_full;
    bool is_notification; /* begins with % instead of $, and nobody acknowledges it */
};
void rsp_clear(struct rsp_out *o);
void rsp_text(struct rsp_out *o, const char *text);
void rsp_format(struct rsp_out *o, const char *format, ...) __attribute__((format(printf, 2, 3)));
void rsp_hex(struct rsp_out *o, const void *data, size_t bytes);
/* As much of data as fits, escaped; how much that was. */
size_t rsp_binary(struct rsp_out *o, const void *data, size_t bytes);
/* The packet as it goes over the line, at most RSP_PACKET_MAX + 4 bytes. */
size_t rsp_frame(const struct rsp_out *o, char line[RSP_PACKET_MAX + 4]);

/* ---- reading a packet: *at moves on; false: it is not what was wanted */
bool rsp_skip(const char **at, const char *text);
bool rsp_number(const char **at, uint64_t *value); /* hexadecimal, at most 16 digits */
bool rsp_pair(const char **at, uint64_t *first, uint64_t *second); /* with a comma between */
/* Hexadecimal bytes up to max, to the end or to one of stop. */
bool rsp_bytes(const char **at, void *data, size_t max, size_t *count);
/* p<pid>.<tid>, or <tid> alone; -1 is all, 0 is any.  pid is 0 when it is not given. */
struct rsp_thread {
    int32_t pid, tid;
};
bool rsp_thread(const char **at, struct rsp_thread *t);
bool rsp_fits(const struct rsp_thread *who, int32_t pid, int32_t tid); /* one of who */

/* vCont: what to do with which threads.  The first that fits a thread counts. */
#define RSP_ACTIONS_MAX 64
struct rsp_action {
    char what; /* c, s, t, r */
    uint8_t signo;
    uint64_t from, to; /* r */
    struct rsp_thread thread;
};
/* The number of actions, 0: malformed. */
size_t rsp_actions(const char *at, struct rsp_action actions[RSP_ACTIONS_MAX]);
