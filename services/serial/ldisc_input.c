/* SPDX-License-Identifier: Apache-2.0 */
/* Line discipline, part 2: bytes that come from the line.  Order of the stages is POSIX's: break
 * and parity, c_iflag mapping, flow control, signals, editing, queueing with echo. */
#include "ldisc_priv.h"

#include <ctype.h>

static bool is_cc(const struct ldisc *ld, int index, uint8_t c)
{
    cc_t cc = ld->tio.c_cc[index];
    return cc == c && cc != _POSIX_VDISABLE;
}

static bool shown_as_caret(const struct ldisc *ld, uint8_t c)
{
    return (ld->tio.c_lflag & ECHOCTL) && (c < 0x20 || c == 0x7f) && c != '\t' && c != '\n';
}

static void echo_shown(struct ldisc *ld, uint8_t c)
{
    if (shown_as_caret(ld, c)) {
        ldisc_echo_byte(ld, '^');
        ldisc_echo_byte(ld, c ^ 0x40);
    } else {
        ldisc_echo_byte(ld, c);
    }
}

static void echo(struct ldisc *ld, uint8_t c)
{
    if (ld->tio.c_lflag & ECHO)
        echo_shown(ld, c);
    else if (c == '\n' && (ld->tio.c_lflag & ECHONL) && (ld->tio.c_lflag & ICANON))
        ldisc_echo_byte(ld, c);
}

/* Column behind the line being edited if it had been shown from edit_column on. */
static unsigned edit_end_column(const struct ldisc *ld)
{
    unsigned column = ld->edit_column;
    for (uint32_t i = ld->commit; i != ld->head; i++) {
        uint8_t c = (uint8_t)ld->in[i % LD_IN_SIZE];
        if (c == '\t')
            column = (column | 7) + 1;
        else if (c < 0x20 || c == 0x7f)
            column += shown_as_caret(ld, c) ? 2 : 0;
        else if (!(ld_is_utf8(ld) && (c & 0xc0) == 0x80))
            column++;
    }
    return column;
}

static void bell(struct ldisc *ld)
{
    ld->lost++;
    if (ld->tio.c_iflag & IMAXBEL)
        ldisc_echo_byte(ld, '\a');
}

/* Queues one entry; `reserve` entries stay free.  A full queue drops it. */
static bool queue(struct ldisc *ld, uint16_t entry, uint32_t reserve)
{
    if (LD_IN_SIZE - (ld->head - ld->tail) <= reserve)
        return false;
    ld->in[ld->head++ % LD_IN_SIZE] = entry;
    return true;
}

/* Ends the line being edited: everything queued so far may be read. */
static void commit_line(struct ldisc *ld)
{
    ld->commit = ld->head;
    ld->lines++;
    ld->events |= LD_EV_INPUT;
}

static void put_data(struct ldisc *ld, uint8_t c)
{
    if (ld->tio.c_lflag & ICANON) {
        if (ld->commit == ld->head)
            ld->edit_column = ld->column;
        /* One entry is kept for the delimiter: without it a full line could never end. */
        if (!queue(ld, c, 1)) {
            bell(ld);
            return;
        }
    } else {
        if (!queue(ld, c, 0)) {
            bell(ld);
            return;
        }
        ld->commit = ld->head;
        ld->events |= LD_EV_INPUT;
    }
    echo(ld, c);
}

/* ------------------------------------------------------------------ editing */

/* Removes the last character (all its bytes). */
static void pop_character(struct ldisc *ld)
{
    if (ld_is_utf8(ld)) {
        while (ld->head - ld->commit > 1 && (ld->in[(ld->head - 1) % LD_IN_SIZE] & 0xc0) == 0x80)
            ld->head--;
    }
    ld->head--;
}

static void rub_out(struct ldisc *ld, unsigned columns)
{
    while (columns-- > 0) {
        ldisc_echo_byte(ld, '\b');
        ldisc_echo_byte(ld, ' ');
        ldisc_echo_byte(ld, '\b');
    }
}

static void erase_character(struct ldisc *ld)
{
    unsigned before = edit_end_column(ld);
    pop_character(ld);
    if (ld->tio.c_lflag & ECHOE)
        rub_out(ld, before - edit_end_column(ld));
}

static bool last_is_space(const struct ldisc *ld)
{
    uint8_t c = (uint8_t)ld->in[(ld->head - 1) % LD_IN_SIZE];
    return c == ' ' || c == '\t';
}

static void erase_word(struct ldisc *ld)
{
    unsigned before = edit_end_column(ld);
    while (ld->head != ld->commit && last_is_space(ld))
        ld->head--;
    while (ld->head != ld->commit && !last_is_space(ld))
        pop_character(ld);
    if ((ld->tio.c_lflag & ECHO) && (ld->tio.c_lflag & ECHOE))
        rub_out(ld, before - edit_end_column(ld));
}

static void kill_line(struct ldisc *ld, uint8_t c)
{
    unsigned columns = edit_end_column(ld) - ld->edit_column;
    bool visible = ld->head != ld->commit;
    ld->head = ld->commit;
    if (!(ld->tio.c_lflag & ECHO))
        return;
    if ((ld->tio.c_lflag & ECHOKE) && (ld->tio.c_lflag & ECHOE)) {
        if (visible)
            rub_out(ld, columns);
        return;
    }
    echo_shown(ld, c);
    if (ld->tio.c_lflag & ECHOK)
        ldisc_echo_byte(ld, '\n');
}

static void reprint(struct ldisc *ld, uint8_t c)
{
    echo_shown(ld, c);
    ldisc_echo_byte(ld, '\n');
    ld->edit_column = ld->column;
    for (uint32_t i = ld->commit; i != ld->head; i++)
        echo_shown(ld, (uint8_t)ld->in[i % LD_IN_SIZE]);
}

/* True: the byte was an editing character or ended the line, and is done with. */
static bool edit(struct ldisc *ld, uint8_t c)
{
    bool extended = ld->tio.c_lflag & IEXTEN;
    if (is_cc(ld, VERASE, c)) {
        if (ld->head != ld->commit) {
            if ((ld->tio.c_lflag & ECHO) && !(ld->tio.c_lflag & ECHOE))
                echo_shown(ld, c);
            if (ld->tio.c_lflag & ECHO)
                erase_character(ld);
            else
                pop_character(ld);
        }
        return true;
    }
    if (is_cc(ld, VKILL, c)) {
        kill_line(ld, c);
        return true;
    }
    if (extended && is_cc(ld, VWERASE, c)) {
        erase_word(ld);
        return true;
    }
    if (extended && is_cc(ld, VREPRINT, c)) {
        if (ld->tio.c_lflag & ECHO)
            reprint(ld, c);
        return true;
    }
    if (is_cc(ld, VEOF, c)) {
        if (queue(ld, LD_EOF, 0))
            commit_line(ld);
        else
            bell(ld);
        return true;
    }
    if (c == '\n' || is_cc(ld, VEOL, c) || (extended && is_cc(ld, VEOL2, c))) {
        if (queue(ld, c | LD_LINE, 0)) {
            echo(ld, c);
            commit_line(ld);
        } else {
            bell(ld);
        }
        return true;
    }
    return false;
}

/* ------------------------------------------------------------------ stages before editing */

static bool signal_character(struct ldisc *ld, uint8_t c)
{
    unsigned event = 0;
    if (is_cc(ld, VINTR, c))
        event = LD_EV_INTR;
    else if (is_cc(ld, VQUIT, c))
        event = LD_EV_QUIT;
    else if (is_cc(ld, VSUSP, c))
        event = LD_EV_SUSP;
    else
        return false;
    if (!(ld->tio.c_lflag & NOFLSH)) {
        ldisc_flush_input(ld);
        if (event != LD_EV_SUSP)
            ldisc_flush_output(ld);
    }
    ld->stopped = false; /* or the prompt that follows would stay in the queue */
    echo(ld, c);
    ld->events |= event | LD_EV_OUTPUT;
    return true;
}

/* True: taken as XON/XOFF. */
static bool flow_character(struct ldisc *ld, uint8_t c)
{
    bool start = is_cc(ld, VSTART, c);
    bool stop = is_cc(ld, VSTOP, c);
    if (start && (!stop || ld->stopped)) {
        ld->stopped = false;
        ld->events |= LD_EV_OUTPUT;
        return true;
    }
    if (stop) {
        ld->stopped = true;
        return true;
    }
    if ((ld->tio.c_iflag & IXANY) && ld->stopped) {
        ld->stopped = false;
        ld->events |= LD_EV_OUTPUT;
    }
    return false;
}

/* Bytes received with a line condition: true when they are dealt with. */
static bool line_condition(struct ldisc *ld, uint8_t c, enum ld_status status)
{
    tcflag_t iflag = ld->tio.c_iflag;
    if (status == LD_BREAK) {
        if (iflag & IGNBRK)
            return true;
        if (iflag & BRKINT) {
            ldisc_flush_input(ld);
            ldisc_flush_output(ld);
            ld->events |= LD_EV_INTR;
            return true;
        }
        c = 0;
    } else {
        if (!(iflag & INPCK))
            return false;
        if (iflag & IGNPAR)
            return true;
    }
    if (iflag & PARMRK) {
        put_data(ld, 0xff);
        put_data(ld, 0);
        put_data(ld, c);
    } else {
        put_data(ld, 0);
    }
    return true;
}

/* c_iflag mapping of CR, NL and case.  -1: the byte is dropped. */
static int map_byte(const struct ldisc *ld, uint8_t c)
{
    tcflag_t iflag = ld->tio.c_iflag;
    if (c == '\r') {
        if (iflag & IGNCR)
            return -1;
        return iflag & ICRNL ? '\n' : c;
    }
    if (c == '\n')
        return iflag & INLCR ? '\r' : c;
    return (iflag & IUCLC) && (ld->tio.c_lflag & IEXTEN) ? tolower(c) : c;
}

void ldisc_input(struct ldisc *ld, uint8_t c, enum ld_status status)
{
    if (!(ld->tio.c_cflag & CREAD))
        return;
    if (status != LD_OK && line_condition(ld, c, status)) {
        ldisc_update_throttle(ld);
        return;
    }
    if (ld->tio.c_iflag & ISTRIP)
        c &= 0x7f;
    else if (c == 0xff && (ld->tio.c_iflag & PARMRK))
        put_data(ld, c);

    bool canonical = ld->tio.c_lflag & ICANON;
    if (ld->literal_next) {
        ld->literal_next = false;
        put_data(ld, c);
    } else if ((ld->tio.c_iflag & IXON) && flow_character(ld, c)) {
        return;
    } else if ((ld->tio.c_lflag & ISIG) && signal_character(ld, c)) {
        return;
    } else if (canonical && (ld->tio.c_lflag & IEXTEN) && is_cc(ld, VLNEXT, c)) {
        ld->literal_next = true;
        if ((ld->tio.c_lflag & (ECHO | ECHOCTL)) == (ECHO | ECHOCTL)) {
            ldisc_echo_byte(ld, '^');
            ldisc_echo_byte(ld, '\b');
        }
    } else {
        int mapped = map_byte(ld, c);
        if (mapped >= 0 && !(canonical && edit(ld, (uint8_t)mapped)))
            put_data(ld, (uint8_t)mapped);
    }
    ldisc_update_throttle(ld);
}
