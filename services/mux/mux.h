/* SPDX-License-Identifier: Apache-2.0 */
/* Several reliable byte streams over one serial line: sequence numbers, acknowledgement, repetition,
 * credit for each channel (docs/architecture/mux.md).
 *
 * Both ends run this code; the host calls, the target answers.  The owner moves the bytes of the line
 * (mux_input, mux_output, mux_sent), asks mux_tick() how long it may sleep, and gives the bytes of the
 * channels through the functions of mux_ops.  Pure code: no I/O, no allocation, no lock (one thread). */
#pragma once
#include "frame.h"

#define MUX_CHANNELS  8u
#define MUX_WINDOW    16u /* frames under way; the numbers are modulo 256 */
#define MUX_NAMES_MAX 200u

#define MUX_HEARD_MS     5000u /* silence after which a side takes the other for gone */
#define MUX_KEEPALIVE_MS 1000u
#define MUX_HELLO_MS     300u

enum mux_event {
    MUX_UP,      /* the other side answers; value 1: it is a new session */
    MUX_SILENT,  /* nothing was heard of it for MUX_HEARD_MS; the session is kept */
    MUX_RESTART, /* the session is over: all channels are closed */
    MUX_OPENED,  /* host: a channel is open, or value says why not (errno of the target) */
    MUX_CLOSED   /* the other side closed the channel */
};

struct mux_ops {
    /* Bytes of the channel for the other side, at most max; 0: none now. */
    size_t (*pull)(void *owner, unsigned channel, uint8_t *to, size_t max);
    void (*push)(void *owner, unsigned channel, const uint8_t *bytes, size_t n);
    size_t (*room)(void *owner, unsigned channel); /* bytes that push() could take now */
    int (*open)(void *owner, unsigned channel);    /* target: 0 or an errno for the host */
    void (*event)(void *owner, enum mux_event event, unsigned channel, int value);
    /* Text outside of frames; `junk`: all that is left of a damaged frame, in which text may have
     * been, and what follows it. */
    void (*plain)(void *owner, uint8_t byte, bool junk);
};

enum mux_channel_state { MUX_SHUT, MUX_OPENING, MUX_OPEN, MUX_CLOSING };

struct mux_channel {
    enum mux_channel_state state;
    bool want_open, want_answer, want_close, want_closed;
    uint32_t answer;
    uint32_t sent, limit;  /* bytes since OPEN: sent, and how many may be */
    uint32_t got, granted; /* the same of the other direction */
};

struct mux {
    bool is_host;
    const struct mux_ops *ops;
    void *owner;
    const char *names; /* target: of the channels, separated by blanks */
    char peer_names[MUX_NAMES_MAX + 1];
    struct frame_parser parser;

    uint32_t session; /* 0: none */
    bool up, silent;
    bool want_hello, want_welcome, want_reset, want_bye;

    struct frame window[MUX_WINDOW]; /* of sequence number n: entry n % MUX_WINDOW */
    uint64_t window_ms[MUX_WINDOW];  /* when it went out; 0: was repeated, says nothing of the delay */
    uint8_t base, next, resend;      /* oldest without answer; next new number; next to go out */
    uint8_t expect;                  /* number of the next frame that is taken */
    bool want_ack, want_nak, nak_given;
    bool want_probe;   /* the oldest frame is to go out once more */
    unsigned timeouts; /* since there was progress */

    uint8_t out[FRAME_WIRE_MAX];
    size_t out_len, out_at;
    unsigned turn; /* channel that is asked first for bytes */

    uint64_t now_ms, heard_ms, called_ms, progress_ms, input_ms;
    uint32_t delay_ms, spread_ms, timeout_ms; /* of the answers: mean, deviation, patience */

    struct mux_channel channels[MUX_CHANNELS];
    struct {
        uint64_t payload, wire, frames, repeated, bad, payload_in, wire_in;
    } count;
};

/* session: any number but 0 that the last session had not; of the host only. */
void mux_init(struct mux *m, bool is_host, const struct mux_ops *ops, void *owner, uint32_t session);

void mux_input(struct mux *m, const uint8_t *bytes, size_t n, uint64_t now_ms);
/* Bytes for the line: *bytes points to as many as the result says, whole frames.  0: nothing now.
 * mux_sent() tells how many of them have gone. */
size_t mux_output(struct mux *m, const uint8_t **bytes, uint64_t now_ms);
void mux_sent(struct mux *m, size_t n);
/* Lets time pass.  Returns after how many ms at most it wants to be called again. */
uint32_t mux_tick(struct mux *m, uint64_t now_ms);

void mux_open(struct mux *m, unsigned channel); /* host, when up; the event says what became of it */
void mux_close(struct mux *m, unsigned channel); /* what pull() still gives goes out before */
void mux_bye(struct mux *m);                    /* host: the end; send what mux_output() gives */
/* The line was lost and is there again: half frames on both sides are void. */
void mux_line_is_new(struct mux *m);
/* Everything that was sent has been acknowledged. */
bool mux_is_idle(const struct mux *m);
