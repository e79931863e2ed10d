/* SPDX-License-Identifier: Apache-2.0 */
/* Those who use the line: from the request over the channel to the end of both. */
#include "keeper_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    IN_MAX = 8192,
    OUT_MAX = 65536,
    ANSWER_MS = 10000, /* patience with a target that does not answer at all */
    SERVER_MS = 20000  /* with a server that does not open its device, on a busy machine */
};

static void eat(struct buf *b, size_t n)
{
    memmove(b->data, b->data + n, b->len - n);
    b->len -= n;
}

static struct guest *owner_of(unsigned channel)
{
    for (struct guest *g = keeper.guests; g < keeper.guests + GUESTS; g++)
        if (g->state >= OPENING && g->state <= GONE && g->channel == (int)channel)
            return g;
    return NULL;
}

static void release(struct guest *g)
{
    if (g->fd >= 0)
        close(g->fd);
    buf_free(&g->in);
    buf_free(&g->out);
    *g = (struct guest){.fd = -1, .channel = -1};
}

__attribute__((format(printf, 2, 3))) static void send_away(struct guest *g, const char *format, ...)
{
    char text[400];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    if (!g->is_quiet && g->state < TALKING)
        buf_printf(&g->out, "error %s\n", text);
    snprintf(keeper.reason, sizeof keeper.reason, "%.290s", text);
    if (g->fd < 0)
        release(g);
    else
        g->state = LEAVING;
}

void guests_send_all_away(const char *why)
{
    for (struct guest *g = keeper.guests; g < keeper.guests + GUESTS; g++)
        if (g->state >= WAITING && g->state <= GONE)
            send_away(g, "%s", why);
}

void guests_add(int fd, const char *channel)
{
    if (fd < 0) /* it has gone again, or there are no descriptors */
        return;
    for (struct guest *g = keeper.guests; g < keeper.guests + GUESTS; g++) {
        if (g->state != NOBODY)
            continue;
        fcntl(fd, F_SETFL, O_NONBLOCK);
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        g->fd = fd;
        g->state = channel != NULL ? WAITING : ASKING;
        g->is_quiet = channel != NULL;
        g->since_ms = keeper.now;
        snprintf(g->want, sizeof g->want, "%s", channel != NULL ? channel : "");
        return;
    }
    close(fd);
}

/* Number of a channel by its name, -1: the target has none of that name. */
static int channel_number(const char *name)
{
    int number = 0;
    size_t len = strlen(name);
    for (const char *at = keeper.mux.peer_names; *at != '\0'; number++) {
        size_t n = strcspn(at, " ");
        if (n == len && memcmp(at, name, n) == 0)
            return number < (int)MUX_CHANNELS ? number : -1;
        at += n + (at[n] == ' ');
    }
    return -1;
}

static void try_open(struct guest *g)
{
    if (!keeper.mux.up || keeper.mux.silent) {
        if (keeper.now - g->since_ms > ANSWER_MS && keeper.panic_file != NULL)
            send_away(g, "%s", keeper.reason);
        else if (keeper.now - g->since_ms > ANSWER_MS)
            send_away(g, "%s: no answer from the target: is devc-mux running there, and is it the right line?",
                      keeper.target.line);
        return;
    }
    if (keeper.now < g->retry_ms)
        return;
    int channel = channel_number(g->want);
    if (channel < 0) {
        send_away(g, "the target has no channel %s; it has: %s", g->want, keeper.mux.peer_names);
        return;
    }
    const struct guest *other = owner_of((unsigned)channel);
    if (other != NULL && other->state != GONE) { /* gdb, or gdb2 when the target has one, too */
        char second[sizeof g->want + 1];
        snprintf(second, sizeof second, "%s2", g->want);
        int another = channel_number(second);
        channel = another >= 0 ? another : channel;
        other = owner_of((unsigned)channel);
    }
    if (other != NULL && other->state != GONE && keeper.now - g->since_ms > 1000) {
        send_away(g, "channel %s is in use by another qrv", g->want);
        return;
    }
    if (other != NULL || keeper.mux.channels[channel].state != MUX_SHUT)
        return; /* until the old connection is over */
    g->channel = channel;
    g->state = OPENING;
    mux_open(&keeper.mux, (unsigned)channel);
}

static void status(struct buf *out)
{
    buf_printf(out, "line %s\nlink %s\nchannels %s\n", keeper.target.line,
               !keeper.mux.up ? "down" : keeper.mux.silent ? "silent" : "up", keeper.mux.peer_names);
    buf_printf(out, "sent_payload %llu\nsent_wire %llu\nrepeated %llu\ndamaged %llu\n",
               (unsigned long long)keeper.mux.count.payload, (unsigned long long)keeper.mux.count.wire,
               (unsigned long long)keeper.mux.count.repeated, (unsigned long long)keeper.mux.count.bad);
    buf_printf(out, "received_payload %llu\nreceived_wire %llu\nreason %s\n",
               (unsigned long long)keeper.mux.count.payload_in,
               (unsigned long long)keeper.mux.count.wire_in, keeper.reason);
}

static void take_request(struct guest *g)
{
    char *end = g->in.data != NULL ? memchr(g->in.data, '\n', g->in.len) : NULL;
    if (end == NULL) {
        if (g->in.len > sizeof g->want)
            release(g);
        return;
    }
    *end = '\0';
    if (sscanf(g->in.data, "channel %63s", g->want) == 1) {
        g->state = WAITING;
    } else {
        if (strcmp(g->in.data, "status") == 0)
            status(&g->out);
        else if (strcmp(g->in.data, "text") == 0)
            buf_append(&g->out, keeper.words.text.len > 0 ? keeper.words.text.data : "", keeper.words.text.len);
        else if (strcmp(g->in.data, "stop") == 0)
            keeper.stop = true;
        g->state = LEAVING;
    }
    eat(&g->in, (size_t)(end - g->in.data) + 1);
}

/* The guest has closed its end; what it sent still goes out. */
static void left(struct guest *g)
{
    if (g->state != TALKING) {
        if (g->state == OPENING)
            mux_close(&keeper.mux, (unsigned)g->channel);
        else {
            release(g);
            return;
        }
    } else
        mux_close(&keeper.mux, (unsigned)g->channel);
    close(g->fd);
    g->fd = -1;
    g->state = GONE;
}

static void read_guest(struct guest *g)
{
    char bytes[IN_MAX];
    ssize_t n = read(g->fd, bytes, sizeof bytes);
    if (n > 0) {
        buf_append(&g->in, bytes, (size_t)n);
        if (g->state == ASKING)
            take_request(g);
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        left(g);
}

static void write_guest(struct guest *g)
{
    if (g->out.len > 0) {
        ssize_t n = send(g->fd, g->out.data, g->out.len, MSG_NOSIGNAL);
        if (n > 0)
            eat(&g->out, (size_t)n);
        else if (n < 0 && errno != EAGAIN && errno != EINTR)
            g->out.len = 0;
    }
    if (g->state == LEAVING && g->out.len == 0)
        release(g);
}

/* ------------------------------------------------------------------ the multiplexer's side */

static size_t pull(void *owner, unsigned channel, uint8_t *to, size_t max)
{
    (void)owner;
    struct guest *g = owner_of(channel);
    size_t n = g != NULL && g->in.len < max ? g->in.len : max;
    if (g == NULL || n == 0)
        return 0;
    memcpy(to, g->in.data, n);
    eat(&g->in, n);
    return n;
}

static void push(void *owner, unsigned channel, const uint8_t *bytes, size_t n)
{
    (void)owner;
    struct guest *g = owner_of(channel);
    if (g != NULL && g->state != GONE)
        buf_append(&g->out, bytes, n);
}

static size_t room(void *owner, unsigned channel)
{
    (void)owner;
    const struct guest *g = owner_of(channel);
    return g == NULL || g->state == GONE || g->out.len < OUT_MAX
               ? OUT_MAX - (g != NULL && g->state != GONE ? g->out.len : 0)
               : 0;
}

static int nothing_to_open(void *owner, unsigned channel)
{
    (void)owner, (void)channel;
    return ENOSYS;
}

static void opened(struct guest *g, int error)
{
    if (g->state == GONE) { /* left before the answer */
        if (error == 0)
            mux_close(&keeper.mux, (unsigned)g->channel);
        return;
    }
    if (error == 0) {
        g->state = TALKING;
        if (!g->is_quiet)
            buf_puts(&g->out, "ok\n");
    } else if (error == EAGAIN || (error == ENXIO && keeper.now - g->since_ms < SERVER_MS)) {
        g->state = WAITING; /* the last user is about to close, the server to open again */
        g->channel = -1;
        g->retry_ms = keeper.now + RETRY_MS;
    } else if (error == ENXIO)
        send_away(g, "nobody serves channel %s on the target%s", g->want,
                  strcmp(g->want, "deploy") == 0 ? ": start deployd there" : "");
    else
        send_away(g, "channel %s: %s", g->want, strerror(error));
}

static void on_event(void *owner, enum mux_event event, unsigned channel, int value)
{
    (void)owner;
    struct guest *g = owner_of(channel);
    switch (event) {
    case MUX_UP:
        keeper.silent_ms = 0;
        free(keeper.panic_file);
        keeper.panic_file = NULL;
        break;
    case MUX_SILENT:
        keeper.silent_ms = keeper.now;
        break;
    case MUX_RESTART:
        guests_send_all_away("the target has started again");
        break;
    case MUX_OPENED:
        if (g != NULL)
            opened(g, value);
        break;
    case MUX_CLOSED:
        if (g != NULL)
            send_away(g, "the target has closed channel %s", g->want);
        break;
    }
}

const struct mux_ops guests_mux_ops = {pull, push, room, nothing_to_open, on_event, keeper_plain};

/* ------------------------------------------------------------------ for the loop */

void guests_init(void)
{
    for (struct guest *g = keeper.guests; g < keeper.guests + GUESTS; g++)
        *g = (struct guest){.fd = -1, .channel = -1};
}

size_t guests_poll(struct pollfd *list)
{
    size_t n = 0;
    for (const struct guest *g = keeper.guests; g < keeper.guests + GUESTS; g++) {
        short events = (short)((g->in.len < IN_MAX && g->state != LEAVING ? POLLIN : 0) |
                               (g->out.len > 0 || g->state == LEAVING ? POLLOUT : 0));
        if (g->state != NOBODY && g->fd >= 0 && events != 0)
            list[n++] = (struct pollfd){.fd = g->fd, .events = events};
    }
    return n;
}

void guests_serve(const struct pollfd *p)
{
    for (struct guest *g = keeper.guests; g < keeper.guests + GUESTS; g++) {
        if (g->state == NOBODY || g->fd != p->fd)
            continue;
        if (p->revents & POLLOUT)
            write_guest(g);
        else if (g->state != NOBODY)
            read_guest(g);
        return;
    }
}

bool guests_look(void)
{
    bool any = false;
    for (struct guest *g = keeper.guests; g < keeper.guests + GUESTS; g++) {
        if (g->state == WAITING)
            try_open(g);
        if (g->state == GONE && keeper.mux.channels[g->channel].state == MUX_SHUT)
            release(g);
        if (g->state == LEAVING)
            write_guest(g);
        any |= g->state != NOBODY;
    }
    return any;
}
