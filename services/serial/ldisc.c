/* SPDX-License-Identifier: Apache-2.0 */
/* Line discipline, part 1: set-up, programs' side (read, write, flush) and the output queue.
 * The line's side (editing, echo, signals) is in ldisc_input.c.  Contract and invariants: ldisc.h.
 */
#include "ldisc_priv.h"

#include <string.h>

void ldisc_init(struct ldisc *ld)
{
    memset(ld, 0, sizeof *ld);
    ld->urgent = -1;
    ld->tio.c_cflag = CREAD | CS8 | CLOCAL | HUPCL;
    cc_t *cc = ld->tio.c_cc;
    cc[VINTR] = 0x03;
    cc[VQUIT] = 0x1c;
    cc[VERASE] = 0x7f;
    cc[VKILL] = 0x15;
    cc[VEOF] = 0x04;
    cc[VSTART] = 0x11;
    cc[VSTOP] = 0x13;
    cc[VSUSP] = 0x1a;
    cc[VREPRINT] = 0x12;
    cc[VWERASE] = 0x17;
    cc[VLNEXT] = 0x16;
    cc[VMIN] = 1;
    ldisc_preset(ld, false);
}

void ldisc_preset(struct ldisc *ld, bool edited)
{
    struct termios tio = ld->tio;
    tio.c_iflag = IMAXBEL;
    tio.c_oflag = ONLCR;
    tio.c_lflag = 0;
    if (edited) {
        tio.c_iflag |= BRKINT | ICRNL | IXON;
        tio.c_oflag |= OPOST;
        tio.c_lflag = ECHO | ECHOCTL | ECHOE | ECHOK | ECHOKE | ICANON | ISIG | IEXTEN;
    }
    ldisc_set_termios(ld, &tio);
}

/* Delimiters within [tail, commit): only needed when the mode changes. */
static uint32_t count_lines(const struct ldisc *ld)
{
    uint32_t n = 0;
    for (uint32_t i = ld->tail; i != ld->commit; i++)
        n += (ld->in[i % LD_IN_SIZE] & LD_DELIMITER) != 0;
    return n;
}

/* Lines become a byte stream: the end-of-file marks have no byte and go. */
static void enter_raw(struct ldisc *ld)
{
    uint32_t to = ld->tail;
    for (uint32_t i = ld->tail; i != ld->head; i++) {
        uint16_t entry = ld->in[i % LD_IN_SIZE];
        if (!(entry & LD_EOF))
            ld->in[to++ % LD_IN_SIZE] = entry & 0xff;
    }
    ld->head = ld->commit = to;
    ld->lines = 0;
    ld->literal_next = false;
}

/* Bytes that came before there were lines: together they are the first line. */
static void enter_canonical(struct ldisc *ld)
{
    if (ld->head != ld->tail)
        ld->in[(ld->head - 1) % LD_IN_SIZE] |= LD_LINE;
    ld->commit = ld->head;
    ld->lines = count_lines(ld);
}

void ldisc_set_termios(struct ldisc *ld, const struct termios *tio)
{
    bool was = ld->tio.c_lflag & ICANON;
    bool is = tio->c_lflag & ICANON;
    ld->tio = *tio;
    if (was && !is)
        enter_raw(ld);
    else if (!was && is)
        enter_canonical(ld);
    if (!(tio->c_iflag & IXON) && ld->stopped) {
        ld->stopped = false;
        ld->events |= LD_EV_OUTPUT;
    }
    if (ldisc_has_input(ld))
        ld->events |= LD_EV_INPUT;
}

bool ldisc_has_input(const struct ldisc *ld)
{
    return ld->tio.c_lflag & ICANON ? ld->lines > 0 : ld->head != ld->tail;
}

bool ldisc_is_full(const struct ldisc *ld)
{
    return !(ld->tio.c_lflag & (ICANON | ISIG)) && LD_IN_SIZE - (ld->head - ld->tail) < LD_IN_BURST;
}

bool ldisc_takes_input(const struct ldisc *ld)
{
    if ((ld->tio.c_lflag & ICANON) && ld->lines == 0)
        return true;
    return LD_IN_SIZE - (ld->head - ld->tail) > LD_IN_BURST;
}

size_t ldisc_readable(const struct ldisc *ld)
{
    size_t n = 0;
    for (uint32_t i = ld->tail; i != ld->commit; i++)
        n += (ld->in[i % LD_IN_SIZE] & LD_EOF) == 0;
    return n;
}

bool ldisc_read_state(const struct ldisc *ld, size_t nbytes, const struct ld_cond *cond,
                      bool expired, unsigned *arm_ds)
{
    *arm_ds = 0;
    if (nbytes == 0 || expired)
        return true;
    if (ld->tio.c_lflag & ICANON)
        return ld->lines > 0;
    size_t have = ld->head - ld->tail;
    size_t want = cond->min < nbytes ? cond->min : nbytes;
    if (want > LD_IN_SIZE / 2)
        want = LD_IN_SIZE / 2; /* more than this would wait for bytes that find no room */
    if (cond->min == 0) {
        if (have > 0 || cond->time_ds == 0)
            return true;
        *arm_ds = cond->time_ds;
        return false;
    }
    if (have >= want)
        return true;
    if (have > 0)
        *arm_ds = cond->time_ds;
    return false;
}

size_t ldisc_read(struct ldisc *ld, void *buffer, size_t n)
{
    uint8_t *to = buffer;
    size_t got = 0;
    while (ld->tail != ld->commit) {
        uint16_t entry = ld->in[ld->tail % LD_IN_SIZE];
        /* The mark of an end of file right behind the last byte that fits belongs to this read:
         * left in place it would look like a second, empty file. */
        if (got == n && !(got > 0 && (entry & LD_EOF)))
            break;
        ld->tail++;
        if (!(entry & LD_EOF))
            to[got++] = (uint8_t)entry;
        if (entry & LD_DELIMITER) {
            ld->lines--;
            break;
        }
    }
    ldisc_update_throttle(ld);
    return got;
}

/* ------------------------------------------------------------------ output */

static uint32_t out_free(const struct ldisc *ld)
{
    return LD_OUT_SIZE - (ld->out_head - ld->out_tail);
}

static void out_raw(struct ldisc *ld, uint8_t c)
{
    ld->out[ld->out_head++ % LD_OUT_SIZE] = c;
    ld->events |= LD_EV_OUTPUT;
}

/* Moves the cursor for a byte that goes out as it is. */
static void advance_column(struct ldisc *ld, uint8_t c)
{
    if (c == '\b')
        ld->column -= ld->column > 0;
    else if (c == '\r')
        ld->column = 0;
    else if (c == '\t')
        ld->column = (ld->column | 7) + 1;
    else if (c >= 0x20 && c != 0x7f && !(ld_is_utf8(ld) && (c & 0xc0) == 0x80))
        ld->column++;
}

/* c_oflag processing.  The caller has seen to LD_OUT_BURST bytes of room. */
static void out_processed(struct ldisc *ld, uint8_t c)
{
    tcflag_t oflag = ld->tio.c_oflag;
    if (!(oflag & OPOST)) {
        out_raw(ld, c);
        advance_column(ld, c);
        return;
    }
    if (c == '\n') {
        if (oflag & ONLCR)
            out_raw(ld, '\r');
        if (oflag & (ONLCR | ONLRET))
            ld->column = 0;
        out_raw(ld, '\n');
        return;
    }
    if (c == '\r') {
        if ((oflag & ONOCR) && ld->column == 0)
            return;
        if (oflag & OCRNL) {
            if (oflag & ONLRET)
                ld->column = 0;
            out_raw(ld, '\n');
            return;
        }
    }
    if (c == '\t' && (oflag & TABDLY) == TAB3) {
        do {
            out_raw(ld, ' ');
            ld->column++;
        } while (ld->column % 8 != 0);
        return;
    }
    out_raw(ld, c);
    advance_column(ld, c);
}

bool ldisc_echo_byte(struct ldisc *ld, uint8_t c)
{
    if (out_free(ld) < LD_OUT_BURST)
        return false;
    out_processed(ld, c);
    return true;
}

size_t ldisc_write_room(const struct ldisc *ld)
{
    uint32_t room = out_free(ld);
    if (room < LD_ECHO_RESERVE + LD_OUT_BURST)
        return 0;
    room -= LD_ECHO_RESERVE + LD_OUT_BURST - 1;
    return ld->tio.c_oflag & OPOST ? (room - 1) / LD_OUT_BURST + 1 : room;
}

size_t ldisc_write(struct ldisc *ld, const void *data, size_t n)
{
    const uint8_t *from = data;
    size_t done = 0;
    while (done < n && out_free(ld) >= LD_ECHO_RESERVE + LD_OUT_BURST)
        out_processed(ld, from[done++]);
    return done;
}

int ldisc_out_get(struct ldisc *ld)
{
    if (ld->urgent >= 0) {
        int c = ld->urgent;
        ld->urgent = -1;
        return c;
    }
    if (ld->stopped || ld->out_head == ld->out_tail)
        return -1;
    return ld->out[ld->out_tail++ % LD_OUT_SIZE];
}

bool ldisc_out_pending(const struct ldisc *ld)
{
    return ld->urgent >= 0 || (!ld->stopped && ld->out_head != ld->out_tail);
}

bool ldisc_out_drained(const struct ldisc *ld)
{
    return ld->urgent < 0 && ld->out_head == ld->out_tail;
}

/* ------------------------------------------------------------------ flow control and flush */

static void send_urgent(struct ldisc *ld, int cc)
{
    cc_t c = ld->tio.c_cc[cc];
    if (c != _POSIX_VDISABLE) {
        ld->urgent = c;
        ld->events |= LD_EV_OUTPUT;
    }
}

void ldisc_update_throttle(struct ldisc *ld)
{
    uint32_t used = ld->head - ld->tail;
    if (!ld->throttled && used > LD_IN_SIZE * 3 / 4) {
        ld->throttled = true;
        if (ld->tio.c_iflag & IXOFF)
            send_urgent(ld, VSTOP);
    } else if (ld->throttled && used < LD_IN_SIZE / 4) {
        ld->throttled = false;
        if (ld->tio.c_iflag & IXOFF)
            send_urgent(ld, VSTART);
    }
}

void ldisc_flush_input(struct ldisc *ld)
{
    ld->tail = ld->commit = ld->head;
    ld->lines = 0;
    ld->literal_next = false;
    ldisc_update_throttle(ld);
}

void ldisc_flush_output(struct ldisc *ld)
{
    ld->out_tail = ld->out_head;
}

void ldisc_flow(struct ldisc *ld, int action)
{
    if (action == TCOOFF) {
        ld->stopped = true;
    } else if (action == TCOON) {
        ld->stopped = false;
        ld->events |= LD_EV_OUTPUT;
    } else if (action == TCIOFF) {
        send_urgent(ld, VSTOP);
    } else if (action == TCION) {
        send_urgent(ld, VSTART);
    }
}
