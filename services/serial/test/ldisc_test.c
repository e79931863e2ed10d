/* SPDX-License-Identifier: Apache-2.0 */
/* Host unit test of the line discipline: exact input -> exact queue, echo and events, then random
 * input under random attributes with the invariants checked after every step.  Prints TAP. */
#include "../ldisc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int results, failures;

static void check(bool pass, const char *what, const char *expr, int line)
{
    results++;
    if (!pass)
        failures++;
    printf("%sok %d - %s\n", pass ? "" : "not ", results, what);
    if (!pass)
        printf("# failed: %s at line %d\n", expr, line);
}
#define OK(cond, what) check(cond, what, #cond, __LINE__)

static struct ldisc ld;

static void edited(void)
{
    ldisc_init(&ld);
    ldisc_preset(&ld, true);
}

static void raw(unsigned lflag)
{
    ldisc_init(&ld);
    struct termios tio = ld.tio;
    tio.c_iflag = 0;
    tio.c_oflag = 0;
    tio.c_lflag = lflag;
    ldisc_set_termios(&ld, &tio);
}

static void flags(tcflag_t *field_in_ld, tcflag_t set, tcflag_t clear)
{
    struct termios tio = ld.tio;
    size_t offset = (size_t)((char *)field_in_ld - (char *)&ld.tio);
    tcflag_t *field = (tcflag_t *)((char *)&tio + offset);
    *field = (*field | set) & ~clear;
    ldisc_set_termios(&ld, &tio);
}

static void type(const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ldisc_input(&ld, (uint8_t)bytes[i], LD_OK);
}
#define TYPE(s) type(s, sizeof(s) - 1)

/* What went to the line since the last call equals the text? */
static bool sent(const char *want, size_t n)
{
    char got[LD_OUT_SIZE + 2];
    size_t len = 0;
    int c;
    while ((c = ldisc_out_get(&ld)) >= 0)
        got[len++] = (char)c;
    bool same = len == n && memcmp(got, want, n) == 0;
    if (!same) {
        printf("# sent:");
        for (size_t i = 0; i < len; i++)
            printf(" %02x", (uint8_t)got[i]);
        printf("\n");
    }
    return same;
}
#define SENT(s) sent(s, sizeof(s) - 1)

static bool reads(size_t buffer, const char *want, size_t n)
{
    char got[LD_IN_SIZE];
    size_t len = ldisc_read(&ld, got, buffer < sizeof got ? buffer : sizeof got);
    bool same = len == n && memcmp(got, want, n) == 0;
    if (!same)
        printf("# read %zu: \"%.*s\"\n", len, (int)len, got);
    return same;
}
#define READS(buffer, s) reads(buffer, s, sizeof(s) - 1)

static unsigned take_events(void)
{
    unsigned events = ld.events;
    ld.events = 0;
    return events;
}

static void test_canonical(void)
{
    edited();
    TYPE("ab");
    OK(!ldisc_has_input(&ld) && ldisc_readable(&ld) == 0, "an unfinished line cannot be read");
    OK(SENT("ab"), "input is echoed");
    TYPE("c\r");
    OK(take_events() & LD_EV_INPUT, "CR with ICRNL ends the line");
    OK(SENT("c\r\n"), "newline echoes as CR LF");
    OK(ldisc_readable(&ld) == 4, "four bytes are readable");
    OK(READS(2, "ab"), "a short read takes a part");
    OK(ldisc_has_input(&ld), "... and leaves the rest");
    OK(READS(99, "c\n"), "the next one takes the rest, with the newline");
    OK(!ldisc_has_input(&ld), "then nothing is left");

    TYPE("one\ntwo\n");
    OK(READS(99, "one\n"), "a read takes one line only");
    OK(READS(99, "two\n"), "... then the next");

    TYPE("\x04");
    OK(ldisc_has_input(&ld) && READS(99, ""), "EOF on an empty line reads 0 bytes, once");
    OK(!ldisc_has_input(&ld), "... once");
    TYPE("abc\x04");
    OK(READS(3, "abc"), "EOF after text hands over the text without a newline");
    OK(!ldisc_has_input(&ld), "... and no empty read follows a read of exactly that size");
    TYPE("abc\x04");
    OK(READS(2, "ab") && READS(9, "c") && !ldisc_has_input(&ld), "same with a split read");
    sent("", 0);
    TYPE("\x16\x04\n");
    OK(READS(9, "\x04\n"), "LNEXT makes EOF an ordinary byte");
    OK(SENT("^\b^D\r\n"), "... shown with a caret");
}

static void test_editing(void)
{
    edited();
    TYPE("ab\x7f");
    OK(SENT("ab\b \b"), "ERASE rubs one character out");
    TYPE("c\n");
    OK(READS(9, "ac\n"), "... of the queue too");
    sent("", 0);
    TYPE("\x7f\x7f");
    OK(SENT(""), "ERASE at the start of a line does nothing");
    TYPE("x\n\x7fy\n");
    OK(READS(9, "x\n") && READS(9, "y\n"), "ERASE does not reach into a finished line");
    sent("", 0);
    TYPE("a\tb\x7f\x7f");
    OK(SENT("a\tb\b \b\b \b\b \b\b \b\b \b\b \b\b \b\b \b"),
       "erasing a tab moves back to where it began");
    TYPE("\x15");
    OK(SENT("\b \b"), "KILL rubs the line out");
    TYPE("foo bar  \x17");
    OK(SENT("foo bar  \b \b\b \b\b \b\b \b\b \b"), "WERASE takes blanks and the word");
    TYPE("\n");
    OK(READS(99, "foo \n"), "... and leaves the word before");
    sent("", 0);
    TYPE("\x01\x7f");
    OK(SENT("^A\b \b\b \b"), "a control character is two columns wide");
    TYPE("ab\x12");
    OK(SENT("ab^R\r\nab"), "REPRINT shows the line again");
    TYPE("\x15");
    sent("", 0);
#ifdef IUTF8
    flags(&ld.tio.c_iflag, IUTF8, 0);
    TYPE("\xc3\xa4\x7f");
    OK(SENT("\xc3\xa4\b \b"), "with IUTF8, ERASE takes a whole character");
    TYPE("\n");
    OK(READS(9, "\n"), "... all of its bytes");
    flags(&ld.tio.c_iflag, 0, IUTF8);
    sent("", 0);
#endif
    flags(&ld.tio.c_lflag, 0, ECHO);
    TYPE("secret\x7f\n");
    OK(SENT(""), "without ECHO nothing is shown");
    OK(READS(99, "secre\n"), "... and editing works");
    flags(&ld.tio.c_lflag, ECHONL, 0);
    TYPE("x\n");
    OK(SENT("\r\n"), "ECHONL shows the newline only");
    edited();
    flags(&ld.tio.c_lflag, 0, ECHOKE | ECHOE);
    TYPE("ab\x15");
    OK(SENT("ab^U\r\n"), "ECHOK without ECHOKE starts a new line");
}

static void test_signals(void)
{
    edited();
    TYPE("abc\x03");
    OK(take_events() & LD_EV_INTR, "INTR is reported");
    OK(SENT("^C"), "... echoed with a caret, pending output is dropped");
    TYPE("d\n");
    OK(READS(9, "d\n"), "... and the line was flushed");
    TYPE("\x1c");
    OK(take_events() & LD_EV_QUIT, "QUIT is reported");
    TYPE("\x1a");
    OK(take_events() & LD_EV_SUSP, "SUSP is reported");
    sent("", 0);
    flags(&ld.tio.c_lflag, NOFLSH, 0);
    TYPE("ab\x03"
         "c\n");
    OK(READS(9, "abc\n"), "NOFLSH keeps the input");
    take_events();
    flags(&ld.tio.c_lflag, 0, ISIG);
    TYPE("\x03\n");
    OK(!(take_events() & LD_EV_INTR) && READS(9, "\x03\n"), "without ISIG it is data");
    edited();
    ldisc_input(&ld, 0, LD_BREAK);
    OK(take_events() & LD_EV_INTR, "BRKINT turns a break into INTR");
    flags(&ld.tio.c_iflag, IGNBRK, BRKINT);
    ldisc_input(&ld, 0, LD_BREAK);
    OK(!(take_events() & LD_EV_INTR), "IGNBRK ignores it");
    raw(0);
    flags(&ld.tio.c_iflag, PARMRK | INPCK, 0);
    ldisc_input(&ld, 'x', LD_PARITY);
    TYPE("\xff");
    OK(READS(9, "\xff\0x\xff\xff"), "PARMRK marks a parity error and doubles 0377");
    flags(&ld.tio.c_iflag, IGNPAR, PARMRK);
    ldisc_input(&ld, 'x', LD_FRAME);
    OK(!ldisc_has_input(&ld), "IGNPAR drops it");
}

static void test_flow(void)
{
    edited();
    TYPE("\x13");
    ldisc_write(&ld, "hi", 2);
    OK(SENT("") && !ldisc_out_pending(&ld), "STOP holds the output");
    OK(!ldisc_out_drained(&ld), "... which is not drained");
    TYPE("\x11");
    OK(SENT("hi"), "START lets it go");
    OK(!ldisc_has_input(&ld), "neither is input");
    raw(0);
    flags(&ld.tio.c_iflag, IXOFF, 0);
    for (unsigned i = 0; i < LD_IN_SIZE; i++)
        TYPE("x");
    OK(SENT("\x13"), "a filling queue sends STOP once");
    OK(ld.throttled, "... and throttles");
    TYPE("y");
    OK(ld.lost == 1, "a byte for a full queue is dropped and counted");
    char sink[LD_IN_SIZE];
    ldisc_read(&ld, sink, sizeof sink);
    OK(SENT("\x11") && !ld.throttled, "reading it sends START");
    for (unsigned i = 0; i < LD_IN_SIZE && !ldisc_is_full(&ld); i++)
        TYPE("x");
    OK(ldisc_is_full(&ld) && ld.lost == 1, "raw input can be held before bytes are lost");
    flags(&ld.tio.c_lflag, ISIG, 0);
    OK(!ldisc_is_full(&ld), "... but not where a signal character may come");
    flags(&ld.tio.c_lflag, 0, ISIG);
    ldisc_flush_input(&ld);
    sent("", 0);
    ldisc_flow(&ld, TCOOFF);
    ldisc_write(&ld, "a", 1);
    OK(SENT(""), "tcflow(TCOOFF) holds");
    ldisc_flow(&ld, TCOON);
    OK(SENT("a"), "tcflow(TCOON) releases");
    ldisc_flow(&ld, TCIOFF);
    OK(SENT("\x13"), "tcflow(TCIOFF) sends STOP");
}

static void test_full_line(void)
{
    edited();
    for (unsigned i = 0; i < LD_IN_SIZE + 50; i++)
        TYPE("x");
    TYPE("\n");
    OK(ldisc_has_input(&ld), "a line longer than the queue can still be ended");
    OK(ldisc_readable(&ld) == LD_IN_SIZE, "... holding what fitted, and the newline");
    OK(ld.lost == 51, "... and the loss is counted");
}

static void test_raw(void)
{
    unsigned arm;
    struct ld_cond cond = {1, 0};
    raw(0);
    OK(!ldisc_read_state(&ld, 10, &cond, false, &arm) && arm == 0,
       "MIN 1 TIME 0 waits without a timer");
    TYPE("\x03\x04\r");
    OK(ldisc_read_state(&ld, 10, &cond, false, &arm), "one byte ends the wait");
    OK(READS(99, "\x03\x04\r"), "raw input is not interpreted");
    cond = (struct ld_cond){0, 0};
    OK(ldisc_read_state(&ld, 10, &cond, false, &arm), "MIN 0 TIME 0 never waits");
    cond = (struct ld_cond){0, 5};
    OK(!ldisc_read_state(&ld, 10, &cond, false, &arm) && arm == 5,
       "MIN 0 TIME 5 arms the read timer");
    OK(ldisc_read_state(&ld, 10, &cond, true, &arm), "... which ends the read");
    cond = (struct ld_cond){4, 5};
    OK(!ldisc_read_state(&ld, 10, &cond, false, &arm) && arm == 0,
       "MIN 4 TIME 5 waits for the first byte for ever");
    TYPE("ab");
    OK(!ldisc_read_state(&ld, 10, &cond, false, &arm) && arm == 5,
       "... then arms the inter-byte timer");
    OK(ldisc_read_state(&ld, 2, &cond, false, &arm), "a full buffer is enough");
    cond = (struct ld_cond){255, 0};
    TYPE("cd");
    OK(!ldisc_read_state(&ld, 10, &cond, false, &arm), "MIN above what is there waits");
    OK(ldisc_read_state(&ld, 0, &cond, false, &arm), "a read of 0 bytes never waits");
}

static void test_mode_change(void)
{
    edited();
    TYPE("one\nab\x04pend");
    flags(&ld.tio.c_lflag, 0, ICANON);
    OK(READS(99, "one\nabpend"), "going raw makes everything one stream");
    TYPE("xy");
    flags(&ld.tio.c_lflag, ICANON, 0);
    OK(READS(99, "xy"), "going canonical makes what was there a line");
    OK(!ldisc_has_input(&ld), "... and nothing else");
    TYPE("q\n");
    OK(READS(99, "q\n"), "... and lines work again");
}

static void test_output(void)
{
    edited();
    ldisc_write(&ld, "a\nb", 3);
    OK(SENT("a\r\nb"), "ONLCR");
    flags(&ld.tio.c_oflag, TABDLY, 0);
    ldisc_write(&ld, "\r\tx", 3);
    OK(SENT("\r        x"), "tabs become blanks");
    flags(&ld.tio.c_oflag, OCRNL | ONOCR, TABDLY);
    ldisc_write(&ld, "\ry", 2);
    OK(SENT("\ny"), "OCRNL");
    raw(0);
    ldisc_write(&ld, "a\n\t", 3);
    OK(SENT("a\n\t"), "without OPOST bytes pass");
    char block[2 * LD_OUT_SIZE];
    memset(block, 'z', sizeof block);
    size_t room = ldisc_write_room(&ld);
    size_t took = ldisc_write(&ld, block, sizeof block);
    OK(took == room && took < LD_OUT_SIZE, "a full output queue takes a part");
    OK(ldisc_write(&ld, block, 1) == 0, "... then nothing");
    flags(&ld.tio.c_lflag, ECHO, 0);
    TYPE("e");
    OK(ld.out_head - ld.out_tail == took + 1, "echo still has room");
    ldisc_flush_output(&ld);
    OK(ldisc_out_drained(&ld), "flush empties it");
}

static bool invariants(void)
{
    if (ld.head - ld.tail > LD_IN_SIZE || ld.commit - ld.tail > ld.head - ld.tail)
        return false;
    if (ld.out_head - ld.out_tail > LD_OUT_SIZE)
        return false;
    uint32_t lines = 0;
    for (uint32_t i = ld.tail; i != ld.commit; i++)
        lines += (ld.in[i % LD_IN_SIZE] & 0x300) != 0;
    if (ld.tio.c_lflag & ICANON)
        return lines == ld.lines && (lines == 0) == (ld.commit == ld.tail);
    return ld.commit == ld.head;
}

/* A line that can wait loses nothing. */
static void test_takes_input(void)
{
    size_t n, got = 0, k;
    char buffer[256];
    edited();
    TYPE("\n");
    for (n = 1; ldisc_takes_input(&ld) && n < 100000; n += 2)
        TYPE("x\n");
    OK(n > 0 && n < 100000 && ld.lost == 0, "a terminal with lines to read takes no more when it is full");
    while ((k = ldisc_read(&ld, buffer, sizeof buffer)) > 0)
        got += k;
    OK(got == n, "... and has all of them");
    OK(ldisc_takes_input(&ld), "... and takes more when they are read");
    for (n = 0; n < LD_IN_SIZE + 100; n++)
        TYPE("x");
    OK(ldisc_takes_input(&ld) && ld.lost > 0, "a line that is too long takes more, and loses it");
    TYPE("\003");
    OK(ld.events & LD_EV_INTR, "... but no key");
    raw(0);
    flags(&ld.tio.c_iflag, PARMRK, 0);
    TYPE("x");
    for (n = 0; ldisc_takes_input(&ld) && n < 100000; n++)
        TYPE("\377");
    OK(n < 100000 && ld.lost == 0, "bytes that become two find room for both");
}

static void test_random(void)
{
    static const char likely[] = "\r\n\t\x7f\x15\x17\x12\x04\x03\x16\x13\x11 \xc3\xa4";
    char block[300];
    bool good = true;
    srand(1);
    ldisc_init(&ld);
    /* Counters are free-running: start them near the wrap. */
    ld.head = ld.commit = ld.tail = UINT32_MAX - 500;
    ld.out_head = ld.out_tail = UINT32_MAX - 700;
    for (int step = 0; step < 300000 && good; step++) {
        unsigned what = (unsigned)rand() % 100;
        if (what < 70) {
            uint8_t c = rand() % 3 ? (uint8_t)likely[(unsigned)rand() % (sizeof likely - 1)]
                                   : (uint8_t)rand();
            ldisc_input(&ld, c, rand() % 50 ? LD_OK : (enum ld_status)(rand() % 4));
        } else if (what < 78) {
            ldisc_read(&ld, block, (size_t)rand() % sizeof block);
        } else if (what < 86) {
            memset(block, rand(), sizeof block);
            ldisc_write(&ld, block, (size_t)rand() % sizeof block);
        } else if (what < 96) {
            for (int i = rand() % 200; i > 0; i--)
                ldisc_out_get(&ld);
        } else if (what < 98) {
            struct termios tio = ld.tio;
            tio.c_iflag = (tcflag_t)rand();
            tio.c_oflag = (tcflag_t)rand();
            tio.c_lflag = (tcflag_t)rand();
            if (rand() % 10 == 0)
                tio.c_cc[rand() % VMIN] = (cc_t)rand();
            ldisc_set_termios(&ld, &tio);
        } else if (what < 99) {
            ldisc_flush_input(&ld);
        } else {
            ldisc_flow(&ld, rand() % 4);
        }
        good = invariants();
        if (!good)
            printf("# invariant broken at step %d (%u)\n", step, what);
    }
    OK(good, "invariants hold under random input");
}

int main(void)
{
    test_canonical();
    test_editing();
    test_signals();
    test_flow();
    test_full_line();
    test_raw();
    test_mode_change();
    test_output();
    test_takes_input();
    test_random();
    printf("1..%d\n# %d passed, %d failed\n", results, results - failures, failures);
    return failures != 0;
}
