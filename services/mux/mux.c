/* SPDX-License-Identifier: Apache-2.0 */
/* Followed for the estimate of the delay: RFC 6298.  Lost frames are repeated from the first missing
 * one on ("go back n"): losses are rare on a cable, and few frames are under way. */
#include "mux.h"

#include <string.h>

#define MAGIC        "qrv1"
#define GAP_MS       250u /* silence on the line that ends a half frame */
#define TIMEOUT_MIN  2000u
#define TIMEOUT_MAX  6000u
#define CREDIT_STEP  512u
#define HELLO_BYTES  9u /* magic, session, fresh */

void mux_init(struct mux *m, bool is_host, const struct mux_ops *ops, void *owner, uint32_t session)
{
    memset(m, 0, sizeof *m);
    m->is_host = is_host;
    m->ops = ops;
    m->owner = owner;
    m->session = is_host ? session : 0;
    m->timeout_ms = TIMEOUT_MIN;
    m->names = "";
}

/* Both sides begin to count at zero. */
static void begin_session(struct mux *m, uint32_t session)
{
    m->session = session;
    m->base = m->next = m->resend = m->expect = 0;
    m->want_ack = m->want_nak = m->nak_given = m->want_probe = false;
    m->timeouts = 0;
    m->timeout_ms = TIMEOUT_MIN;
    m->delay_ms = m->spread_ms = 0;
    memset(m->channels, 0, sizeof m->channels);
}

static uint8_t in_flight(const struct mux *m)
{
    return (uint8_t)(m->next - m->base);
}

bool mux_is_idle(const struct mux *m)
{
    return in_flight(m) == 0 && m->out_at == m->out_len;
}

/* ------------------------------------------------------------------ sending */

static void emit(struct mux *m, struct frame *f)
{
    f->ack = m->expect;
    m->out_len = frame_encode(f, m->out);
    m->out_at = 0;
    m->want_ack = false;
    m->count.wire += m->out_len;
}

static void emit_unsequenced(struct mux *m, uint8_t type, const uint8_t *data, size_t n)
{
    struct frame f = {.type = type, .bytes = (uint16_t)n};
    if (n > 0)
        memcpy(f.data, data, n);
    emit(m, &f);
}

static void emit_hello(struct mux *m)
{
    uint8_t data[HELLO_BYTES];
    memcpy(data, MAGIC, 4);
    frame_put32(data + 4, m->session);
    data[8] = !m->up && !m->silent; /* no answer of this session was ever heard */
    emit_unsequenced(m, FRAME_HELLO, data, sizeof data);
    m->want_hello = false;
    m->called_ms = m->now_ms;
}

static void emit_welcome(struct mux *m)
{
    uint8_t data[8 + MUX_NAMES_MAX];
    size_t n = strlen(m->names);
    n = n < MUX_NAMES_MAX ? n : MUX_NAMES_MAX;
    memcpy(data, MAGIC, 4);
    frame_put32(data + 4, m->session);
    memcpy(data + 8, m->names, n);
    emit_unsequenced(m, FRAME_WELCOME, data, 8 + n);
    m->want_welcome = false;
}

static void emit_again(struct mux *m, uint8_t number)
{
    unsigned at = number % MUX_WINDOW;
    if (number == m->base)
        m->progress_ms = m->now_ms;
    m->window_ms[at] = 0;
    emit(m, &m->window[at]);
    m->want_probe = false;
    m->count.repeated++;
}

/* The next entry of the window; the caller has seen that there is one. */
static struct frame *new_frame(struct mux *m, uint8_t type, unsigned channel)
{
    struct frame *f = &m->window[m->next % MUX_WINDOW];
    f->type = type;
    f->channel = (uint8_t)channel;
    f->seq = m->next;
    f->bytes = 0;
    return f;
}

static void emit_new(struct mux *m, struct frame *f)
{
    if (in_flight(m) == 0)
        m->progress_ms = m->now_ms;
    m->window_ms[m->next % MUX_WINDOW] = m->now_ms;
    m->resend = ++m->next;
    m->count.frames++;
    emit(m, f);
}

static void grant(struct mux *m, unsigned channel, struct frame *f)
{
    struct mux_channel *c = &m->channels[channel];
    c->granted = c->got + (uint32_t)m->ops->room(m->owner, channel);
    frame_put32(f->data + f->bytes, c->granted);
    f->bytes += 4;
}

static bool wants_credit(struct mux *m, unsigned channel)
{
    const struct mux_channel *c = &m->channels[channel];
    if (c->state != MUX_OPEN)
        return false;
    uint32_t more = c->got + (uint32_t)m->ops->room(m->owner, channel) - c->granted;
    return (int32_t)more > 0 && (more >= CREDIT_STEP || c->granted - c->got < CREDIT_STEP / 2);
}

static bool emit_control(struct mux *m, unsigned channel)
{
    struct mux_channel *c = &m->channels[channel];
    struct frame *f;
    if (c->want_closed) {
        f = new_frame(m, FRAME_CLOSED, channel);
        c->want_closed = false;
    } else if (c->want_open) {
        f = new_frame(m, FRAME_OPEN, channel);
        c->want_open = false;
        grant(m, channel, f);
    } else if (c->want_answer) {
        f = new_frame(m, FRAME_OPENED, channel);
        c->want_answer = false;
        frame_put32(f->data, c->answer);
        f->bytes = 4;
        grant(m, channel, f);
    } else if (wants_credit(m, channel)) {
        f = new_frame(m, FRAME_CREDIT, channel);
        grant(m, channel, f);
    } else
        return false;
    emit_new(m, f);
    return true;
}

static bool emit_data(struct mux *m, unsigned channel)
{
    struct mux_channel *c = &m->channels[channel];
    if (c->state != MUX_OPEN)
        return false;
    struct frame *f = new_frame(m, FRAME_DATA, channel);
    uint32_t credit = c->limit - c->sent;
    size_t max = credit < FRAME_DATA_MAX ? credit : FRAME_DATA_MAX;
    size_t n = max > 0 ? m->ops->pull(m->owner, channel, f->data, max) : 0;
    if (n == 0 && c->want_close && (max > 0 || m->is_host)) {
        f->type = FRAME_CLOSE;
        c->want_close = false;
        c->state = MUX_CLOSING;
    } else if (n == 0)
        return false;
    f->bytes = (uint16_t)n;
    c->sent += (uint32_t)n;
    m->count.payload += n;
    emit_new(m, f);
    return true;
}

static bool emit_something_new(struct mux *m)
{
    for (unsigned i = 0; i < MUX_CHANNELS; i++)
        if (emit_control(m, i))
            return true;
    for (unsigned i = 0; i < MUX_CHANNELS; i++) {
        unsigned channel = (m->turn + i) % MUX_CHANNELS;
        if (emit_data(m, channel)) {
            m->turn = channel + 1;
            return true;
        }
    }
    return false;
}

static void fill(struct mux *m)
{
    if (m->want_bye) {
        m->want_bye = false;
        emit_unsequenced(m, FRAME_BYE, NULL, 0);
    } else if (m->want_hello)
        emit_hello(m);
    else if (m->want_reset) {
        m->want_reset = false;
        emit_unsequenced(m, FRAME_RESET, NULL, 0);
    } else if (m->want_welcome)
        emit_welcome(m);
    else if (!m->up || m->silent)
        return;
    else if (m->want_nak) {
        m->want_nak = false;
        emit_unsequenced(m, FRAME_NAK, NULL, 0);
    } else if (m->resend != m->next)
        emit_again(m, m->resend++);
    else if (m->want_probe)
        emit_again(m, m->base);
    else if (in_flight(m) < MUX_WINDOW && emit_something_new(m))
        return;
    else if (m->want_ack)
        emit_unsequenced(m, FRAME_ACK, NULL, 0);
}

size_t mux_output(struct mux *m, const uint8_t **bytes, uint64_t now_ms)
{
    m->now_ms = now_ms;
    if (m->out_at == m->out_len) {
        m->out_at = m->out_len = 0;
        fill(m);
    }
    *bytes = m->out + m->out_at;
    return m->out_len - m->out_at;
}

void mux_sent(struct mux *m, size_t n)
{
    m->out_at += n;
}

/* ------------------------------------------------------------------ receiving */

static void end_session(struct mux *m)
{
    bool was = m->session != 0 && (m->up || m->silent);
    uint32_t session = m->is_host ? m->session : 0; /* the host calls again under its number */
    m->up = m->silent = false;
    if (was) /* the owner may still look which channels were open */
        m->ops->event(m->owner, MUX_RESTART, 0, 0);
    begin_session(m, session);
}

static void is_up(struct mux *m, int fresh)
{
    if (m->up && !m->silent && !fresh)
        return;
    if (m->silent)
        m->resend = m->base; /* nothing has arrived meanwhile */
    m->up = true;
    m->silent = false;
    m->ops->event(m->owner, MUX_UP, 0, fresh);
}

static void measure(struct mux *m, uint64_t sent_ms)
{
    if (sent_ms == 0 || m->now_ms < sent_ms)
        return;
    uint32_t delay = (uint32_t)(m->now_ms - sent_ms);
    if (m->delay_ms == 0) {
        m->delay_ms = delay;
        m->spread_ms = delay / 2;
    } else {
        uint32_t off = delay > m->delay_ms ? delay - m->delay_ms : m->delay_ms - delay;
        m->spread_ms = (3 * m->spread_ms + off) / 4;
        m->delay_ms = (7 * m->delay_ms + delay) / 8;
    }
    m->timeout_ms = m->delay_ms + 4 * m->spread_ms;
    if (m->timeout_ms < TIMEOUT_MIN)
        m->timeout_ms = TIMEOUT_MIN;
    if (m->timeout_ms > TIMEOUT_MAX)
        m->timeout_ms = TIMEOUT_MAX;
}

/* All frames before `ack` have arrived. */
static void take_ack(struct mux *m, uint8_t ack)
{
    uint8_t n = (uint8_t)(ack - m->base);
    if (n == 0 || n > in_flight(m))
        return;
    measure(m, m->window_ms[(uint8_t)(ack - 1) % MUX_WINDOW]);
    if ((uint8_t)(m->resend - m->base) < n)
        m->resend = ack;
    m->base = ack;
    m->progress_ms = m->now_ms;
    m->want_probe = false;
    m->timeouts = 0;
}

static void take_hello(struct mux *m, const struct frame *f)
{
    if (m->is_host || f->bytes != HELLO_BYTES || memcmp(f->data, MAGIC, 4) != 0)
        return;
    uint32_t session = frame_get32(f->data + 4);
    bool fresh = f->data[8] != 0;
    if (session == 0 || (session != m->session && !fresh)) {
        m->want_reset = true;
        return;
    }
    bool is_new = session != m->session;
    if (is_new) {
        end_session(m);
        begin_session(m, session);
    }
    m->want_welcome = true;
    is_up(m, is_new);
}

static void take_welcome(struct mux *m, const struct frame *f)
{
    if (!m->is_host || f->bytes < 8 || memcmp(f->data, MAGIC, 4) != 0 ||
        frame_get32(f->data + 4) != m->session || f->bytes - 8u > MUX_NAMES_MAX)
        return;
    bool fresh = !m->up && !m->silent;
    if (fresh) {
        memcpy(m->peer_names, f->data + 8, f->bytes - 8u);
        m->peer_names[f->bytes - 8u] = '\0';
    }
    is_up(m, fresh);
}

static void take_open(struct mux *m, unsigned channel, const struct frame *f)
{
    struct mux_channel *c = &m->channels[channel];
    if (m->is_host || f->bytes != 4)
        return;
    int error = c->state == MUX_SHUT ? m->ops->open(m->owner, channel) : 16; /* EBUSY */
    if (error == 0)
        *c = (struct mux_channel){.state = MUX_OPEN, .limit = frame_get32(f->data)};
    c->answer = (uint32_t)error;
    c->want_answer = true;
}

static void take_opened(struct mux *m, unsigned channel, const struct frame *f)
{
    struct mux_channel *c = &m->channels[channel];
    if (c->state != MUX_OPENING || f->bytes != 8)
        return;
    int error = (int)frame_get32(f->data);
    c->state = error == 0 ? MUX_OPEN : MUX_SHUT;
    c->limit = frame_get32(f->data + 4);
    m->ops->event(m->owner, MUX_OPENED, channel, error);
}

static void take_close(struct mux *m, unsigned channel)
{
    struct mux_channel *c = &m->channels[channel];
    if (c->state == MUX_OPEN || c->state == MUX_OPENING) {
        c->want_close = false;
        c->want_closed = true;
        c->state = MUX_SHUT;
        m->ops->event(m->owner, MUX_CLOSED, channel, 0);
    } else if (c->state == MUX_CLOSING)
        c->state = MUX_SHUT; /* both at the same time: the answer to ours would say the same */
}

static void take_data(struct mux *m, unsigned channel, const struct frame *f)
{
    struct mux_channel *c = &m->channels[channel];
    if (c->state != MUX_OPEN || f->bytes > c->granted - c->got)
        return; /* closed meanwhile, or a peer that keeps no rule */
    c->got += f->bytes;
    m->count.payload_in += f->bytes;
    m->ops->push(m->owner, channel, f->data, f->bytes);
}

static void take_sequenced(struct mux *m, const struct frame *f)
{
    unsigned channel = f->channel;
    if (channel >= MUX_CHANNELS)
        return;
    struct mux_channel *c = &m->channels[channel];
    switch (f->type) {
    case FRAME_DATA:
        take_data(m, channel, f);
        break;
    case FRAME_OPEN:
        take_open(m, channel, f);
        break;
    case FRAME_OPENED:
        take_opened(m, channel, f);
        break;
    case FRAME_CLOSE:
        take_close(m, channel);
        break;
    case FRAME_CLOSED:
        if (c->state == MUX_CLOSING)
            c->state = MUX_SHUT;
        break;
    case FRAME_CREDIT:
        /* An open channel only: the count begins at zero with OPEN. */
        if (f->bytes == 4 && c->state == MUX_OPEN)
            c->limit = frame_get32(f->data);
        break;
    default:
        break; /* of a newer peer */
    }
}

static void gap(struct mux *m)
{
    m->want_nak = true;
    m->nak_given = true;
}

static void take_in_order(struct mux *m, const struct frame *f)
{
    m->want_ack = true;
    if (f->seq == m->expect) {
        m->expect++;
        m->nak_given = false;
        take_sequenced(m, f);
    } else if ((uint8_t)(f->seq - m->expect) < MUX_WINDOW && !m->nak_given)
        gap(m); /* else: had that one already */
}

static void take_frame(struct mux *m, const struct frame *f)
{
    if (f->type == FRAME_HELLO) {
        take_hello(m, f);
    } else if (f->type == FRAME_WELCOME) {
        take_welcome(m, f);
    } else if (f->type == FRAME_RESET && m->is_host) {
        if (m->up || m->silent)
            end_session(m);
    } else if (f->type == FRAME_BYE && !m->is_host) {
        end_session(m);
    } else if (m->session == 0 && !m->is_host) {
        m->want_reset = true;
        return;
    } else if (m->up) {
        is_up(m, 0);
        take_ack(m, f->ack);
        if (f->type == FRAME_NAK && in_flight(m) > 0 && f->ack == m->base)
            m->resend = m->base;
        if (f->type >= FRAME_DATA)
            take_in_order(m, f);
    }
    m->heard_ms = m->now_ms;
}

/* What came of a frame that is none. */
static void as_text(struct mux *m)
{
    for (size_t i = 0; i < m->parser.wire_n; i++)
        m->ops->plain(m->owner, m->parser.wire[i], true);
}

static void end_frame(struct mux *m)
{
    if (frame_idle(&m->parser))
        as_text(m);
}

void mux_input(struct mux *m, const uint8_t *bytes, size_t n, uint64_t now_ms)
{
    m->now_ms = now_ms;
    if (n > 0 && now_ms - m->input_ms >= GAP_MS)
        end_frame(m);
    m->input_ms = now_ms;
    m->count.wire_in += n;
    for (size_t i = 0; i < n; i++) {
        switch (frame_take(&m->parser, bytes[i])) {
        case FRAME_MORE:
            break;
        case FRAME_GOOD:
            take_frame(m, &m->parser.frame);
            break;
        case FRAME_BAD:
            m->count.bad++;
            as_text(m);
            if (m->up && !m->silent)
                gap(m);
            break;
        case FRAME_PLAIN:
            m->ops->plain(m->owner, bytes[i], false);
            break;
        case FRAME_JUNK:
            m->ops->plain(m->owner, bytes[i], true);
            break;
        }
    }
}

/* ------------------------------------------------------------------ time, channels */

static uint32_t tick_host(struct mux *m)
{
    bool calls = !m->up || m->silent;
    uint64_t every = calls ? MUX_HELLO_MS : MUX_KEEPALIVE_MS;
    if (m->called_ms == 0 || m->now_ms - m->called_ms >= every)
        m->want_hello = true;
    return (uint32_t)every;
}

/* Perhaps the other side is only slow: the oldest frame alone is repeated, and all of them when that
 * is not answered either. */
static void on_timeout(struct mux *m)
{
    if (m->timeouts++ == 0)
        m->want_probe = true;
    else
        m->resend = m->base;
    m->progress_ms = m->now_ms;
    m->timeout_ms = 2 * m->timeout_ms < TIMEOUT_MAX ? 2 * m->timeout_ms : TIMEOUT_MAX;
}

uint32_t mux_tick(struct mux *m, uint64_t now_ms)
{
    uint32_t wait = MUX_KEEPALIVE_MS;
    m->now_ms = now_ms;
    if (m->up && !m->silent && now_ms - m->heard_ms >= MUX_HEARD_MS) {
        m->silent = true;
        m->ops->event(m->owner, MUX_SILENT, 0, 0);
    }
    if (m->is_host && m->session != 0)
        wait = tick_host(m);
    if (m->is_host && now_ms - m->input_ms >= GAP_MS) /* the last words of a kernel may be in there */
        end_frame(m);
    if (m->up && !m->silent && in_flight(m) > 0) {
        if (m->resend == m->next && now_ms - m->progress_ms >= m->timeout_ms)
            on_timeout(m);
        uint64_t at = m->progress_ms + m->timeout_ms;
        uint64_t left = at > now_ms ? at - now_ms : 1;
        wait = left < wait ? (uint32_t)left : wait;
    }
    return wait;
}

void mux_open(struct mux *m, unsigned channel)
{
    struct mux_channel *c = &m->channels[channel];
    *c = (struct mux_channel){.state = MUX_OPENING, .want_open = true};
}

void mux_close(struct mux *m, unsigned channel)
{
    struct mux_channel *c = &m->channels[channel];
    if (c->state == MUX_OPEN || c->state == MUX_OPENING)
        c->want_close = true;
}

void mux_bye(struct mux *m)
{
    m->want_bye = true;
    m->up = m->silent = false;
    m->session = 0;
}

void mux_line_is_new(struct mux *m)
{
    end_frame(m);
    m->out_at = m->out_len = 0;
    if (m->up)
        m->resend = m->base; /* what was under way is lost */
    if (m->is_host)
        m->want_hello = true;
}
