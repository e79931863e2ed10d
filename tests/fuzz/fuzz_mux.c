/* SPDX-License-Identifier: Apache-2.0 */
/* The multiplexer of the serial line. The input is taken twice: as bytes of the line, and as a list of
 * frames (type, channel, seq, ack, length, data) that arrive undamaged, since chance seldom makes a
 * CRC right. */
#include "fuzz.h"

#include "../../services/mux/mux.h"

#include <stdlib.h>
#include <string.h>

static size_t taken[MUX_CHANNELS];

static size_t pull(void *owner, unsigned channel, uint8_t *to, size_t max)
{
    (void)owner;
    size_t n = channel * 100 < max ? channel * 100 : max;
    memset(to, (int)channel, n);
    return n;
}

static void push(void *owner, unsigned channel, const uint8_t *bytes, size_t n)
{
    (void)owner, (void)bytes;
    if (channel >= MUX_CHANNELS || n > FRAME_DATA_MAX)
        abort();
    taken[channel] += n;
}

static size_t room(void *owner, unsigned channel)
{
    (void)owner;
    return channel * 300;
}

static int open_channel(void *owner, unsigned channel)
{
    (void)owner;
    return channel == 7 ? 2 : 0;
}

static void event(void *owner, enum mux_event what, unsigned channel, int value)
{
    (void)owner, (void)what, (void)value;
    if (channel >= MUX_CHANNELS)
        abort();
}

static void plain(void *owner, uint8_t byte, bool junk)
{
    (void)owner, (void)junk;
    if (byte == FRAME_START)
        abort();
}

static const struct mux_ops ops = {pull, push, room, open_channel, event, plain};

/* What it has to say goes nowhere. */
static void drain(struct mux *m, uint64_t now)
{
    const uint8_t *bytes;
    size_t n;
    for (int i = 0; i < 40 && (n = mux_output(m, &bytes, now)) > 0; i++)
        mux_sent(m, n);
    if (mux_tick(m, now) > MUX_KEEPALIVE_MS || (uint8_t)(m->next - m->base) > MUX_WINDOW)
        abort();
}

static void as_frames(struct mux *m, const uint8_t *data, size_t size, uint64_t now)
{
    static struct frame f;
    uint8_t wire[FRAME_WIRE_MAX];
    while (size >= 5) {
        size_t n = data[4] < size - 5 ? data[4] : size - 5;
        f = (struct frame){data[0] % (FRAME_TYPES + 1), data[1] % (2 * MUX_CHANNELS), data[2] % 32,
                           data[3] % 32, (uint16_t)n, {0}};
        memcpy(f.data, data + 5, n);
        if (data[0] >= 128) { /* the number that is expected, so that it gets further */
            f.seq = m->expect;
            f.ack = m->next;
        }
        mux_input(m, wire, frame_encode(&f, wire), now);
        drain(m, now += 7);
        data += 5 + n;
        size -= 5 + n;
    }
}

static void run(bool is_host, const uint8_t *data, size_t size)
{
    static struct mux m;
    mux_init(&m, is_host, &ops, NULL, 0x31727671u);
    m.names = "con1 deploy";
    mux_tick(&m, 1);
    drain(&m, 1);
    if (is_host)
        for (unsigned c = 0; c < MUX_CHANNELS; c += 2)
            mux_open(&m, c);
    mux_input(&m, data, size, 2);
    drain(&m, 3);
    as_frames(&m, data, size, 4);
    mux_line_is_new(&m);
    drain(&m, 20000);
    drain(&m, 40000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    run(false, data, size);
    run(true, data, size);
    return 0;
}
