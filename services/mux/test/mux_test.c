/* SPDX-License-Identifier: Apache-2.0 */
/* Two multiplexers and a simulated line between them: slow, lossy, sometimes broken.  Time is
 * simulated too, so nothing depends on the machine. */
#include "../mux.h"

#include <stdlib.h>
#include <string.h>

#include "../../../sdk/common/check.h"

#define LINE_BYTES_PER_MS 12u
#define LINE_SIZE         (1u << 16)

static uint32_t state = 1;

static uint32_t pick(void)
{
    state = state * 1664525u + 1013904223u;
    return state >> 8;
}

/* Byte i of the stream of a channel. */
static uint8_t stream_byte(unsigned channel, size_t i)
{
    return (uint8_t)((i * 2654435761u >> 11) + channel * 77);
}

struct side {
    struct mux mux;
    size_t to_send[MUX_CHANNELS], pulled[MUX_CHANNELS], pushed[MUX_CHANNELS];
    size_t queued[MUX_CHANNELS]; /* pushed and not read yet */
    size_t read_per_ms;
    unsigned wrong, ups, silents, restarts, opened, closed, text;
    int last_error;
    int refuse;
};

struct line {
    uint8_t bytes[LINE_SIZE];
    size_t head, tail;
    size_t carried;
};

static struct side host, target;
static struct line down, up; /* to the target, to the host */
static uint64_t now;
static unsigned damage_per_million;
static bool broken;

static size_t pull(void *owner, unsigned channel, uint8_t *to, size_t max)
{
    struct side *s = owner;
    size_t n = s->to_send[channel] - s->pulled[channel];
    n = n < max ? n : max;
    for (size_t i = 0; i < n; i++)
        to[i] = stream_byte(channel, s->pulled[channel]++);
    return n;
}

static void push(void *owner, unsigned channel, const uint8_t *bytes, size_t n)
{
    struct side *s = owner;
    for (size_t i = 0; i < n; i++)
        s->wrong += bytes[i] != stream_byte(channel, s->pushed[channel]++);
    s->queued[channel] += n;
    s->wrong += s->queued[channel] > 2048;
}

static size_t room(void *owner, unsigned channel)
{
    return 2048 - ((struct side *)owner)->queued[channel];
}

static int open_channel(void *owner, unsigned channel)
{
    (void)channel;
    return ((struct side *)owner)->refuse;
}

static void on_event(void *owner, enum mux_event event, unsigned channel, int value)
{
    struct side *s = owner;
    (void)channel;
    s->ups += event == MUX_UP;
    s->silents += event == MUX_SILENT;
    s->restarts += event == MUX_RESTART;
    s->closed += event == MUX_CLOSED;
    if (event == MUX_OPENED) {
        s->opened += value == 0;
        s->last_error = value;
    }
}

static void on_plain(void *owner, uint8_t byte, bool junk)
{
    (void)byte;
    ((struct side *)owner)->text += !junk;
}

static const struct mux_ops ops = {pull, push, room, open_channel, on_event, on_plain};

static void put(struct line *l, uint8_t byte)
{
    uint32_t dice = pick() % 1000000u;
    if (broken || dice < damage_per_million / 3)
        return; /* lost */
    if (dice < damage_per_million * 2 / 3)
        byte ^= (uint8_t)(1u << pick() % 8);
    else if (dice < damage_per_million)
        l->bytes[l->head++ % LINE_SIZE] = (uint8_t)pick();
    l->bytes[l->head++ % LINE_SIZE] = byte;
}

static void transmit(struct side *s, struct line *l)
{
    const uint8_t *bytes;
    size_t left = LINE_BYTES_PER_MS, n;
    while (left > 0 && (n = mux_output(&s->mux, &bytes, now)) > 0) {
        n = n < left ? n : left;
        for (size_t i = 0; i < n; i++)
            put(l, bytes[i]);
        l->carried += n;
        left -= n;
        mux_sent(&s->mux, n);
    }
}

static void receive(struct side *s, struct line *l)
{
    uint8_t bytes[256];
    size_t n = 0;
    while (l->tail != l->head && n < sizeof bytes)
        bytes[n++] = l->bytes[l->tail++ % LINE_SIZE];
    mux_input(&s->mux, bytes, n, now);
    for (unsigned c = 0; c < MUX_CHANNELS; c++)
        s->queued[c] -= s->queued[c] < s->read_per_ms ? s->queued[c] : s->read_per_ms;
}

static void run_ms(unsigned ms)
{
    while (ms-- > 0) {
        now++;
        mux_tick(&host.mux, now);
        mux_tick(&target.mux, now);
        transmit(&host, &down);
        transmit(&target, &up);
        receive(&target, &down);
        receive(&host, &up);
    }
}

static void begin(unsigned damage)
{
    memset(&host, 0, sizeof host);
    memset(&target, 0, sizeof target);
    memset(&down, 0, sizeof down);
    memset(&up, 0, sizeof up);
    damage_per_million = damage;
    broken = false;
    now = 1000;
    host.read_per_ms = target.read_per_ms = 4096;
    mux_init(&host.mux, true, &ops, &host, 1 + pick());
    mux_init(&target.mux, false, &ops, &target, 0);
    target.mux.names = "con1 deploy gdb";
    for (int i = 0; i < 100 && !host.mux.up; i++)
        run_ms(100);
}

static bool all_arrived(void)
{
    for (unsigned c = 0; c < MUX_CHANNELS; c++)
        if (target.pushed[c] != host.to_send[c] || host.pushed[c] != target.to_send[c])
            return false;
    return host.wrong == 0 && target.wrong == 0;
}

/* Until everything is there; false: not within that time. */
static bool finish(unsigned seconds)
{
    for (unsigned i = 0; i < seconds * 10 && !all_arrived(); i++)
        run_ms(100);
    return all_arrived();
}

static void open_all(unsigned channels)
{
    for (unsigned c = 0; c < channels; c++)
        mux_open(&host.mux, c);
    for (int i = 0; i < 100 && host.opened < channels; i++)
        run_ms(100);
}

static void test_clean(void)
{
    begin(0);
    CHECK(host.mux.up && target.mux.up, "host and target find each other");
    CHECK(strcmp(host.mux.peer_names, "con1 deploy gdb") == 0, "the target names its channels");
    open_all(3);
    CHECK(host.opened == 3, "channels open");
    host.to_send[1] = 500000;
    down.carried = 0;
    uint64_t start = now;
    CHECK(finish(60), "half a megabyte arrives");
    CHECK(down.carried * 9 < host.to_send[1] * 10, "with less than 10 % more bytes than that");
    CHECK((now - start) * LINE_BYTES_PER_MS * 9 < host.to_send[1] * 10,
          "in the time that the line needs for 10 % more");
    CHECK(host.mux.count.repeated == 0, "nothing is sent twice on a good line");
    mux_close(&host.mux, 1);
    run_ms(100);
    CHECK(target.closed == 1 && host.mux.channels[1].state == MUX_SHUT, "the host closes");
    target.to_send[2] = 10;
    mux_close(&target.mux, 2);
    run_ms(100);
    CHECK(host.closed == 1 && host.pushed[2] == 10, "the target closes, behind its last bytes");
    target.refuse = 2;
    mux_open(&host.mux, 1);
    run_ms(100);
    CHECK(host.last_error == 2 && host.mux.channels[1].state == MUX_SHUT,
          "the target can refuse");
}

static void test_slow_reader(void)
{
    begin(0);
    open_all(2);
    target.read_per_ms = 0;
    host.to_send[0] = 50000;
    run_ms(3000);
    CHECK(target.queued[0] == 2048 && target.wrong == 0, "a reader that does not read stops its channel");
    target.read_per_ms = 1;
    host.to_send[1] = 5000;
    CHECK(finish(120), "and only that one, and only until it reads");
}

static bool lossy(unsigned damage)
{
    begin(damage);
    open_all(3);
    host.to_send[0] = 40000;
    host.to_send[1] = 60000;
    target.to_send[1] = 50000;
    target.to_send[2] = 70000;
    return finish(600);
}

static void test_lossy(void)
{
    CHECK(lossy(20), "both ways over a line that damages 20 bytes of a million");
    CHECK(lossy(300), "300 of a million");
    bool good = true;
    for (int i = 0; good && i < 10; i++)
        good = lossy(1500);
    CHECK(good, "1500 of a million, ten times");
    CHECK(host.mux.count.repeated > 0 && host.mux.count.bad > 0, "(there was damage)");
}

static void test_broken(void)
{
    begin(0);
    open_all(2);
    host.to_send[1] = 200000;
    target.to_send[1] = 200000;
    for (int i = 0; i < 5; i++) {
        run_ms(1500);
        broken = true;
        run_ms(i % 2 ? 500 : 9000);
        broken = false;
        mux_line_is_new(&host.mux);
    }
    CHECK(finish(120), "five breaks of the line, nothing is lost");
    CHECK(target.silents == 3 && host.silents == 3 && target.restarts == 0, "long ones are noticed");
    broken = true;
    run_ms(6000);
    broken = false;
    size_t before = up.carried;
    target.to_send[1] += 1000;
    for (int i = 0; i < 3000; i++) {
        now++;
        mux_tick(&target.mux, now);
        transmit(&target, &up);
    }
    CHECK(up.carried == before, "the target sends no frame to a line where nobody answers");
}

static void test_restart(void)
{
    begin(0);
    open_all(2);
    host.to_send[1] = 20000;
    run_ms(500);
    mux_init(&target.mux, false, &ops, &target, 0);
    run_ms(2000);
    CHECK(host.restarts == 1 && host.mux.channels[1].state == MUX_SHUT,
          "the host sees that the target has started again");
    CHECK(host.mux.up && target.mux.up, "and calls it anew");
    mux_init(&host.mux, true, &ops, &host, 1 + pick());
    run_ms(1000);
    mux_init(&host.mux, true, &ops, &host, 1 + pick());
    run_ms(1000);
    CHECK(host.mux.up && target.restarts == 2, "the target sees a new host");
    mux_bye(&host.mux);
    run_ms(10);
    CHECK(!target.mux.up && target.restarts == 3, "the host says goodbye");
    const uint8_t typed[] = "ls\r";
    target.text = 0;
    mux_input(&target.mux, typed, 3, now += 1000);
    CHECK(target.text == 3, "then a plain terminal is heard");
}

int main(void)
{
    test_clean();
    test_slow_reader();
    test_lossy();
    test_broken();
    test_restart();
    return check_done();
}
