/* SPDX-License-Identifier: Apache-2.0 */
/* Terminal line discipline: POSIX general terminal interface (XBD chapter 11) without any I/O.
 *
 * Bytes from the line go in by ldisc_input(), bytes for the line come out by ldisc_out_get(),
 * programs use ldisc_read() and ldisc_write(); what the owner has to do (send a signal, wake
 * readers) is left in `events`. No locks, no system calls, no allocation after init: the owner
 * serialises, and the host tests run it as it is.
 *
 * Input queue: [tail, commit) may be read, [commit, head) is the line being edited; without ICANON
 * commit == head. Invariant: `lines` is the number of delimiters in [tail, commit); head - tail
 * never exceeds the size. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <termios.h>

#define LD_IN_SIZE      2048u /* entries; powers of two */
#define LD_OUT_SIZE     4096u /* bytes */
#define LD_ECHO_RESERVE 256u  /* room of the output queue that only echo may use */

#define LD_EV_INTR   0x01u
#define LD_EV_QUIT   0x02u
#define LD_EV_SUSP   0x04u
#define LD_EV_INPUT  0x08u /* something may be read now */
#define LD_EV_OUTPUT 0x10u /* something to transmit */

enum ld_status { LD_OK, LD_BREAK, LD_PARITY, LD_FRAME };

struct ldisc {
    struct termios tio;
    uint32_t head, commit, tail;
    uint32_t lines;
    uint32_t out_head, out_tail;
    unsigned column;      /* of the terminal's cursor as far as we know */
    unsigned edit_column; /* where the line being edited starts */
    unsigned events;      /* LD_EV_*; the owner clears */
    unsigned lost;        /* input bytes dropped because the queue was full */
    int urgent;           /* byte to send ahead of the queue (XON, XOFF), -1 none */
    bool stopped;         /* output held by VSTOP or TCOOFF */
    bool throttled;       /* the peer should hold its output */
    bool literal_next;
    uint16_t in[LD_IN_SIZE];
    uint8_t out[LD_OUT_SIZE];
};

/* What a blocked read waits for: see ldisc_read_state(). */
struct ld_cond {
    unsigned min;     /* bytes */
    unsigned time_ds; /* 1/10 s between bytes (min > 0), or at most in total (min == 0) */
};

void ldisc_init(struct ldisc *ld);
/* Edited (canonical, echo, signals) or raw start values of c_iflag, c_oflag, c_lflag; c_cflag is
 * left alone. */
void ldisc_preset(struct ldisc *ld, bool edited);
/* Applies new attributes; what is in the queues stays and is seen through the new mode. */
void ldisc_set_termios(struct ldisc *ld, const struct termios *tio);

void ldisc_input(struct ldisc *ld, uint8_t byte, enum ld_status status);

/* Can a read finish now?  nbytes is the reader's buffer, `expired` says that the timer armed before
 * ran out. Returns true: read now (perhaps 0 bytes).  False: wait; *arm_ds > 0 asks for a timer of
 * that many 1/10 s from now. */
bool ldisc_read_state(const struct ldisc *ld, size_t nbytes, const struct ld_cond *cond,
                      bool expired, unsigned *arm_ds);
/* Takes at most n bytes and at most one line.  0: end of file, or nothing there. */
size_t ldisc_read(struct ldisc *ld, void *buffer, size_t n);
size_t ldisc_readable(const struct ldisc *ld); /* bytes, for TIOCINQ and tcischars() */
/* No room for raw data: the line should not be read for now.  Never while lines are edited or
 * signals made: the bytes that matter then come behind those that find no room. */
bool ldisc_is_full(const struct ldisc *ld);
/* For a line that can wait: the next byte is not lost for want of room.  A line being edited that has grown too long still loses
 * what follows, as POSIX has it: no reader could make room for it. */
bool ldisc_takes_input(const struct ldisc *ld);
bool ldisc_has_input(const struct ldisc *ld); /* a read with MIN 1 would not wait */

/* Processes as many of the n bytes as there is room for; returns how many. */
size_t ldisc_write(struct ldisc *ld, const void *data, size_t n);
size_t ldisc_write_room(const struct ldisc *ld); /* bytes that ldisc_write() certainly takes */
int ldisc_out_get(struct ldisc *ld);             /* next byte for the line, -1 none or held */
bool ldisc_out_pending(const struct ldisc *ld);  /* ldisc_out_get() would give one */
bool ldisc_out_drained(const struct ldisc *ld);

void ldisc_flush_input(struct ldisc *ld);
void ldisc_flush_output(struct ldisc *ld);
void ldisc_flow(struct ldisc *ld, int action); /* tcflow(): TCOOFF, TCOON, TCIOFF, TCION */
