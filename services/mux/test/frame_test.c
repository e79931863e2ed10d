/* SPDX-License-Identifier: Apache-2.0 */
#include "../frame.h"

#include <stdlib.h>
#include <string.h>

#include "../../../sdk/common/check.h"

static uint32_t state = 1;

static uint32_t pick(void)
{
    state = state * 1664525u + 1013904223u;
    return state >> 8;
}

/* How the bytes of the data are made. */
static uint8_t make_byte(int pattern, unsigned i)
{
    switch (pattern) {
    case 0:
        return (uint8_t)pick();
    case 1:
        return 0;
    case 2:
        return FRAME_START;
    case 3:
        return 1;
    default:
        return i % 254 == 253 ? 0 : 7;
    }
}

static void make(struct frame *f, unsigned bytes, int pattern)
{
    memset(f, 0, sizeof *f);
    f->type = FRAME_DATA;
    f->channel = (uint8_t)pick();
    f->seq = (uint8_t)pick();
    f->ack = (uint8_t)pick();
    f->bytes = (uint16_t)bytes;
    for (unsigned i = 0; i < bytes; i++)
        f->data[i] = make_byte(pattern, i);
}

static bool same(const struct frame *a, const struct frame *b)
{
    return a->type == b->type && a->channel == b->channel && a->seq == b->seq && a->ack == b->ack &&
           a->bytes == b->bytes && memcmp(a->data, b->data, a->bytes) == 0;
}

static bool round_trip(unsigned bytes, int pattern)
{
    static struct frame f;
    static struct frame_parser p;
    uint8_t wire[FRAME_WIRE_MAX];
    make(&f, bytes, pattern);
    size_t n = frame_encode(&f, wire);
    if (n > FRAME_WIRE_MAX || memchr(wire + 1, FRAME_START, n - 1) != NULL)
        return false;
    memset(&p, 0, sizeof p);
    for (size_t i = 0; i + 1 < n; i++)
        if (frame_take(&p, wire[i]) != FRAME_MORE)
            return false;
    return frame_take(&p, wire[n - 1]) == FRAME_GOOD && same(&p.frame, &f) &&
           frame_take(&p, 'x') == FRAME_PLAIN;
}

static void test_round_trips(void)
{
    bool good = true;
    for (unsigned bytes = 0; good && bytes <= FRAME_DATA_MAX; bytes++)
        for (int pattern = 0; good && pattern < 5; pattern++)
            good = round_trip(bytes, pattern);
    CHECK(good, "frames of every length come back, without a start byte inside");
    CHECK(FRAME_WIRE_MAX * 100 < FRAME_DATA_MAX * 103, "a full frame costs less than 3 %");
    CHECK(frame_crc32((const uint8_t *)"123456789", 9) == 0xcbf43926u, "CRC-32 of the check string");
}

/* Each single flipped bit, and each missing byte: never taken for a good frame; the next one is. */
static void test_damage(void)
{
    static struct frame f;
    static struct frame_parser p;
    uint8_t wire[2 * FRAME_WIRE_MAX];
    unsigned wrong = 0, missed = 0;
    for (int round = 0; round < 400; round++) {
        make(&f, pick() % 90, 0);
        size_t n = frame_encode(&f, wire);
        size_t at = 1 + pick() % (n - 1);
        if (round % 2)
            wire[at] ^= (uint8_t)(1u << pick() % 8);
        else
            memmove(wire + at, wire + at + 1, --n - at);
        size_t m = frame_encode(&f, wire + n);
        memset(&p, 0, sizeof p);
        unsigned good = 0;
        for (size_t i = 0; i < n + m; i++)
            if (frame_take(&p, wire[i]) == FRAME_GOOD) {
                wrong += i + 1 != n + m;
                good++;
            }
        missed += good != 1;
    }
    CHECK(wrong == 0, "a damaged frame is never taken for good");
    CHECK(missed == 0, "the frame behind a damaged one is found");
}

static void test_text(void)
{
    static struct frame f;
    static struct frame_parser p;
    uint8_t wire[FRAME_WIRE_MAX];
    char text[64];
    size_t t = 0;
    unsigned good = 0;
    make(&f, 40, 0);
    size_t n = frame_encode(&f, wire);
    for (const char *c = "login: "; *c; c++)
        if (frame_take(&p, (uint8_t)*c) == FRAME_PLAIN)
            text[t++] = *c;
    for (size_t i = 0; i < n; i++)
        good += frame_take(&p, wire[i]) == FRAME_GOOD;
    for (const char *c = "root\n"; *c; c++)
        if (frame_take(&p, (uint8_t)*c) == FRAME_PLAIN)
            text[t++] = *c;
    CHECK(good == 1 && t == 12 && memcmp(text, "login: root\n", t) == 0,
          "text before and behind a frame passes");
    for (size_t i = 0; i < n / 2; i++)
        frame_take(&p, wire[i]);
    CHECK(frame_idle(&p) && frame_take(&p, 'x') == FRAME_PLAIN, "silence ends a half frame");
    wire[3] ^= 0x55;
    for (size_t i = 0; i < n; i++)
        frame_take(&p, wire[i]);
    CHECK(frame_take(&p, 'x') == FRAME_JUNK, "what follows a damaged frame is marked");
    CHECK(!frame_idle(&p) && frame_take(&p, 'x') == FRAME_PLAIN, "until there was silence");
}

int main(void)
{
    test_round_trips();
    test_damage();
    test_text();
    return check_done();
}
