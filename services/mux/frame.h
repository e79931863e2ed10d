/* SPDX-License-Identifier: Apache-2.0 */
/* Frames on a serial line that also carries plain text (docs/architecture/mux.md).
 *
 * A frame is FRAME_START and then header, data and CRC-32, byte-stuffed so that FRAME_START does not
 * occur in them; the length in the header, which has a check of its own, says where it ends.  The
 * byte 0xfe is no part of UTF-8, so text outside of frames passes.  Pure code: no I/O, no allocation;
 * the build machine and the target use the same files. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_START    0xfeu
#define FRAME_DATA_MAX 1024u
#define FRAME_HEADER   7u /* type, channel, seq, ack, length (2, little endian), check */
#define FRAME_PLAIN_MAX (FRAME_HEADER + FRAME_DATA_MAX + 4u)
/* Stuffing costs one byte, and one more for every 254. */
#define FRAME_WIRE_MAX (1u + FRAME_PLAIN_MAX + FRAME_PLAIN_MAX / 254u + 1u)

enum frame_type {
    FRAME_HELLO = 1, /* host: session; not sequenced, like the next five */
    FRAME_WELCOME,   /* target: the session, and the names of its channels */
    FRAME_RESET,     /* target: I know nothing of this session */
    FRAME_BYE,       /* host: plain text from now on */
    FRAME_ACK,       /* nothing but its ack */
    FRAME_NAK,       /* the frame `ack` is missing */
    FRAME_DATA,      /* bytes of a channel; sequenced, like all that follow */
    FRAME_OPEN,      /* host opens a channel: credit */
    FRAME_OPENED,    /* target's answer: errno, credit */
    FRAME_CLOSE,
    FRAME_CLOSED, /* answer to CLOSE */
    FRAME_CREDIT, /* bytes since OPEN that the other side may send in total */
    FRAME_TYPES
};

struct frame {
    uint8_t type, channel, seq, ack;
    uint16_t bytes;
    uint8_t data[FRAME_DATA_MAX];
};

/* out has room for FRAME_WIRE_MAX bytes; returns how many it took. */
size_t frame_encode(const struct frame *f, uint8_t *out);

enum frame_result {
    FRAME_MORE,  /* inside a frame */
    FRAME_PLAIN, /* the byte belongs to no frame */
    FRAME_JUNK,  /* the same, behind a damaged frame: it may be the rest of that */
    FRAME_GOOD,  /* parser.frame is complete */
    FRAME_BAD    /* a damaged frame ended here */
};

struct frame_parser {
    struct frame frame;
    uint8_t plain[FRAME_PLAIN_MAX];
    size_t have, total; /* decoded bytes, and how many there will be (0: not known yet) */
    uint8_t left;       /* of the block of the stuffing */
    bool zero;          /* a zero stands before the next block */
    uint8_t wire[FRAME_WIRE_MAX]; /* of the frame as it came: a damaged one may hold text */
    size_t wire_n;
    bool begun; /* by FRAME_START and nothing more: wire is still that of the frame before */
    enum { FRAME_OUTSIDE, FRAME_INSIDE, FRAME_LOST } state;
};

/* After FRAME_BAD, and after frame_idle() was true, wire has what came of the damaged frame. A kernel
 * that panics writes text wherever a frame has just been. */
enum frame_result frame_take(struct frame_parser *p, uint8_t byte);
/* The line was silent for a while: what comes next belongs to no frame that has begun. */
bool frame_idle(struct frame_parser *p); /* true: a frame was cut short */

uint32_t frame_crc32(const uint8_t *bytes, size_t n);

static inline void frame_put32(uint8_t *to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> (8 * i));
}

static inline uint32_t frame_get32(const uint8_t *from)
{
    return from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}
