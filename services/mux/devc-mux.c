/* SPDX-License-Identifier: Apache-2.0 */
/* devc-mux: several character devices on one serial line (docs/architecture/mux.md).
 *
 * The channels are devices of the class core of services/serial, with the multiplexer in the place of
 * a chip.  One thread; the line and the timer wake it with pulses.  mux_*() calls back into the
 * devices, and these call back into pump(): `busy` makes the inner call a note for the outer one. */
/* clang-format off */
#ifdef __USAGE
%C - several devices on one serial line, for "qrv deploy", "qrv shell" and their kin

%C [options] NAME[,e]...

Takes a serial line and offers /dev/NAME for each channel.  The first one is the console: while no
"qrv" uses it, its text passes on the line as it is, so that a plain terminal works.  What is written
to the others waits until "qrv" on the build machine opens the channel; when that ends, their readers
get an end of file and their session a hang-up.
 ,e        edited mode: lines, echo, signals (the console always)
 -l line   the serial line (default /dev/ser1)
 -b baud   its speed (default: as it is)
 -o nodaemon  stay in the foreground
#endif
/* clang-format on */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/procmgr.h>
#include <time.h>
#include <unistd.h>

#include "../serial/chardev.h"
#include "line.h"
#include "mux.h"

#define TICK_NS 50000000L
#define POLL_NS 2000000L /* a line that speaks is read again after this: being woken for every few
                          * bytes costs more */
/* What may be under way to a raw channel: enough for a line whose answers take long, little enough
 * that a key typed elsewhere does not wait long behind it. */
#define INBOX_BYTES 8192u

struct inbox { /* input that the queue of the device had no room for */
    uint8_t bytes[INBOX_BYTES];
    uint32_t head, tail;
};

static struct mux mux;
static struct chardev *ports[MUX_CHANNELS]; /* [0] is the console; NULL behind the last one */
static struct inbox inboxes[MUX_CHANNELS];
static bool touched[MUX_CHANNELS]; /* chardev_service() is due */
static bool busy, again;
static uint8_t text[256]; /* of the console, on its way to the line as it is */
static size_t text_len, text_at;
static timer_t ticker, poller;
static bool ticking;

static void pump(void);

static uint64_t now_ms(void)
{
    return chardev_now_ns() / 1000000u;
}

static unsigned channel_of(const struct chardev *dev)
{
    unsigned channel = 0;
    while (ports[channel] != dev)
        channel++;
    return channel;
}

static bool is_open(unsigned channel)
{
    return mux.channels[channel].state == MUX_OPEN;
}

/* Somebody who speaks our protocol listens. */
static bool is_linked(void)
{
    return mux.up && !mux.silent;
}

/* ------------------------------------------------------------------ the multiplexer's side */

static size_t pull(void *owner, unsigned channel, uint8_t *to, size_t max)
{
    (void)owner;
    size_t n = 0;
    int c;
    struct chardev *dev = ports[channel];
    while (n < max && (c = ldisc_out_get(&dev->ld)) >= 0)
        to[n++] = (uint8_t)c;
    touched[channel] |= n > 0;
    return n;
}

/* A terminal with lines or signals takes everything and drops what does not fit: the interrupt
 * character may be behind it. */
static bool takes_all(const struct ldisc *ld)
{
    return ld->tio.c_lflag & (ICANON | ISIG);
}

/* From the inbox into the device's queue, as far as there is room. */
static void feed(unsigned channel)
{
    struct inbox *box = &inboxes[channel];
    struct ldisc *ld = &ports[channel]->ld;
    while (box->tail != box->head && !ldisc_is_full(ld)) {
        ldisc_input(ld, box->bytes[box->tail++ % INBOX_BYTES], LD_OK);
        touched[channel] = true;
    }
}

static void push(void *owner, unsigned channel, const uint8_t *bytes, size_t n)
{
    (void)owner;
    struct inbox *box = &inboxes[channel];
    for (size_t i = 0; i < n && box->head - box->tail < INBOX_BYTES; i++)
        box->bytes[box->head++ % INBOX_BYTES] = bytes[i];
    feed(channel);
}

static size_t room(void *owner, unsigned channel)
{
    (void)owner;
    const struct inbox *box = &inboxes[channel];
    return takes_all(&ports[channel]->ld) ? 1024 : INBOX_BYTES - (box->head - box->tail);
}

/* ENXIO: nobody has the device open.  EAGAIN: somebody still has it from the last connection. */
static int open_channel(void *owner, unsigned channel)
{
    (void)owner;
    struct chardev *dev = ports[channel];
    if (dev == NULL)
        return ENODEV;
    if (channel != 0 && dev->attr.count == 0)
        return ENXIO;
    return dev->hung_up ? EAGAIN : 0;
}

static void disconnect(unsigned channel)
{
    struct chardev *dev = ports[channel];
    inboxes[channel].tail = inboxes[channel].head;
    if (channel == 0 || dev == NULL)
        return;
    if (dev->attr.count > 0) {
        chardev_hangup(dev);
    } else {
        ldisc_flush_input(&dev->ld);
        ldisc_flush_output(&dev->ld);
    }
}

static void on_event(void *owner, enum mux_event event, unsigned channel, int value)
{
    (void)owner, (void)value;
    if (event == MUX_CLOSED)
        disconnect(channel);
    for (unsigned i = 0; event == MUX_RESTART && i < MUX_CHANNELS; i++)
        if (mux.channels[i].state != MUX_SHUT)
            disconnect(i);
    again = true;
}

static void on_plain(void *owner, uint8_t byte, bool junk)
{
    (void)owner;
    if (!junk && !is_linked()) {
        ldisc_input(&ports[0]->ld, byte, LD_OK);
        touched[0] = true;
    }
}

static const struct mux_ops ops = {pull, push, room, open_channel, on_event, on_plain};

/* ------------------------------------------------------------------ the line's side */

/* Text of the console that passes as it is.  The byte that begins frames is none. */
static void fill_text(void)
{
    int c;
    text_len = text_at = 0;
    if (is_open(0) && is_linked())
        return;
    while (text_len < sizeof text && (c = ldisc_out_get(&ports[0]->ld)) >= 0)
        text[text_len++] = c == FRAME_START && mux.up ? '?' : (uint8_t)c;
    touched[0] |= text_len > 0;
}

/* As much as the line takes: a frame that has begun, then text and frames in turn. */
static void send_all(void)
{
    for (;;) {
        const uint8_t *bytes;
        if (mux.out_at == mux.out_len) {
            if (text_at == text_len)
                fill_text();
            text_at += line_write(text + text_at, text_len - text_at);
            if (text_at < text_len)
                return;
        }
        size_t n = mux_output(&mux, &bytes, now_ms());
        if (n == 0 && !ldisc_out_pending(&ports[0]->ld))
            return;
        if (n == 0 && is_open(0) && is_linked())
            return;
        size_t sent = line_write(bytes, n);
        mux_sent(&mux, sent);
        if (sent < n)
            return;
    }
}

static void set_ticker(void)
{
    bool wanted = mux.session != 0;
    if (wanted == ticking)
        return;
    ticking = wanted;
    struct itimerspec its = {{0, wanted ? TICK_NS : 0}, {0, wanted ? TICK_NS : 0}};
    timer_settime(ticker, 0, &its, NULL);
}

/* Moves everything that can move. */
static void pump(void)
{
    if (busy) {
        again = true;
        return;
    }
    busy = true;
    do {
        again = false;
        send_all();
        for (unsigned i = 0; i < MUX_CHANNELS; i++) {
            if (ports[i] != NULL)
                feed(i);
            if (touched[i]) {
                touched[i] = false;
                chardev_service(ports[i]);
                again = true;
            }
        }
    } while (again);
    busy = false;
    set_ticker();
}

static void on_line(void)
{
    static uint8_t bytes[LD_IN_SIZE];
    static const struct itimerspec soon = {{0, 0}, {0, POLL_NS}};
    size_t n;
    while ((n = line_read(bytes, sizeof bytes)) == 0)
        if (!line_watch())
            break;
    if (n > 0) {
        busy = true;
        mux_input(&mux, bytes, n, now_ms());
        busy = false;
        timer_settime(poller, 0, &soon, NULL);
    }
    pump();
}

static int on_poll(message_context_t *ctp, int code, unsigned flags, void *handle)
{
    (void)ctp, (void)code, (void)flags, (void)handle;
    on_line();
    return 0;
}

static int on_tick(message_context_t *ctp, int code, unsigned flags, void *handle)
{
    (void)ctp, (void)code, (void)flags, (void)handle;
    busy = true;
    mux_tick(&mux, now_ms());
    busy = false;
    pump();
    return 0;
}

/* ------------------------------------------------------------------ the "chip" of a channel */

static void transmit(struct chardev *dev)
{
    (void)dev;
    pump();
}

static void no_interrupt(struct chardev *dev)
{
    (void)dev;
}

static int set_line(struct chardev *dev, const struct termios *old, const struct termios *wanted)
{
    (void)dev, (void)old, (void)wanted;
    return EOK;
}

static bool is_idle(struct chardev *dev)
{
    if (is_open(channel_of(dev)) && is_linked())
        return mux_is_idle(&mux);
    return text_at == text_len && line_is_drained();
}

static void ignore(struct chardev *dev, bool on)
{
    (void)dev, (void)on;
}

static unsigned modem(struct chardev *dev, unsigned set, unsigned clear)
{
    (void)set, (void)clear;
    unsigned up = channel_of(dev) == 0 || is_open(channel_of(dev)) ? TIOCM_CD | TIOCM_DSR : 0u;
    return up | TIOCM_CTS | TIOCM_DTR | TIOCM_RTS;
}

/* The last one has closed the device: the host's end of the channel is told, or the hang-up is over. */
static void users(struct chardev *dev)
{
    unsigned channel = channel_of(dev);
    if (dev->attr.count > 0 || channel == 0)
        return;
    if (dev->hung_up) {
        dev->hung_up = false;
        ldisc_flush_input(&dev->ld);
        ldisc_flush_output(&dev->ld);
    } else if (is_open(channel)) {
        mux_close(&mux, channel);
        pump();
    }
}

static const struct chip_ops chip_ops = {
    .transmit = transmit,
    .interrupt = no_interrupt,
    .set_line = set_line,
    .is_idle = is_idle,
    .set_break = ignore,
    .modem = modem,
    .hold = ignore,
    .throttle = ignore,
    .users = users,
    .changed = transmit,
};

/* ------------------------------------------------------------------ start */

static int complain(const char *what, int error)
{
    fprintf(stderr, "devc-mux: %s: %s\n", what, strerror(error));
    return EXIT_FAILURE;
}

static int add_channel(unsigned channel, const char *spec, char *names)
{
    size_t n = strcspn(spec, ",");
    bool edited = channel == 0 || strcmp(spec + n, ",e") == 0;
    char path[32];
    if (channel >= MUX_CHANNELS || n == 0 || n > 16 || (spec[n] != '\0' && strcmp(spec + n, ",e") != 0))
        return complain(spec, EINVAL);
    struct chardev *dev = calloc(1, sizeof *dev);
    if (dev == NULL)
        return complain(spec, ENOMEM);
    ldisc_init(&dev->ld);
    ldisc_preset(&dev->ld, edited);
    ports[channel] = dev;
    snprintf(path, sizeof path, "/dev/%.*s", (int)n, spec);
    int error = chardev_attach(dev, path, &chip_ops, NULL);
    if (error != EOK)
        return complain(path, error);
    if (channel > 0)
        strcat(names, " ");
    strncat(names, spec, n);
    return EXIT_SUCCESS;
}

static int make_timer(int (*handler)(message_context_t *, int, unsigned, void *), timer_t *timer)
{
    struct sigevent event;
    int error = chardev_pulse(handler, NULL, &event);
    if (error == EOK && timer_create(CLOCK_MONOTONIC, &event, timer) == -1)
        error = errno;
    return error;
}

static int start(const char *line, unsigned baud)
{
    int error = line_open(line, baud, on_line);
    if (error != EOK)
        return complain(line, error);
    error = make_timer(on_tick, &ticker);
    if (error == EOK)
        error = make_timer(on_poll, &poller);
    return error != EOK ? complain("timer", error) : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    static char names[MUX_NAMES_MAX + 1];
    const char *line = "/dev/ser1";
    unsigned baud = 0;
    bool stay = false;
    int option;
    while ((option = getopt(argc, argv, "b:l:o:")) != -1) {
        if (option == 'b')
            baud = (unsigned)strtoul(optarg, NULL, 10);
        else if (option == 'l')
            line = optarg;
        else if (option == 'o' && strcmp(optarg, "nodaemon") == 0)
            stay = true;
        else
            return EXIT_FAILURE;
    }
    if (optind == argc) {
        fprintf(stderr, "devc-mux: no channel; use devc-mux shows how\n");
        return EXIT_FAILURE;
    }
    int error = chardev_setup();
    if (error != EOK)
        return complain("dispatch", error);
    mux_init(&mux, false, &ops, NULL, 0);
    mux.names = names;
    if (start(line, baud) != EXIT_SUCCESS)
        return EXIT_FAILURE;
    for (int i = optind; i < argc; i++)
        if (add_channel((unsigned)(i - optind), argv[i], names) != EXIT_SUCCESS)
            return EXIT_FAILURE;
    if (!stay && procmgr_daemon(EXIT_SUCCESS, PROCMGR_DAEMON_NOCLOSE) == -1)
        return complain("daemon", errno);
    on_line(); /* begins to watch the line */
    chardev_run();
    return EXIT_FAILURE;
}
