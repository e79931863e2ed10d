/* SPDX-License-Identifier: Apache-2.0 */
/* Byte stuffing: Cheshire and Baker, "Consistent Overhead Byte Stuffing" (1999), with FRAME_START in
 * the place of zero.  CRC-32: that of IEEE 802.3. */
#include "frame.h"

#include <string.h>

static uint32_t crc_table[256];

static void make_crc_table(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int bit = 0; bit < 8; bit++)
            c = c & 1 ? c >> 1 ^ 0xedb88320u : c >> 1;
        crc_table[i] = c;
    }
}

uint32_t frame_crc32(const uint8_t *bytes, size_t n)
{
    uint32_t c = 0xffffffffu;
    if (crc_table[1] == 0)
        make_crc_table();
    for (size_t i = 0; i < n; i++)
        c = crc_table[(c ^ bytes[i]) & 0xff] ^ c >> 8;
    return ~c;
}

/* Not zero for a header of zeros. */
static uint8_t header_check(const uint8_t *header)
{
    return (uint8_t)(frame_crc32(header, FRAME_HEADER - 1) >> 24);
}

static size_t stuff(const uint8_t *plain, size_t n, uint8_t *out)
{
    size_t code_at = 0, to = 1;
    uint8_t code = 1;
    for (size_t i = 0; i < n; i++) {
        if (plain[i] != 0) {
            out[to++] = plain[i] ^ FRAME_START;
            code++;
        }
        if (plain[i] != 0 && (code != 255 || i + 1 == n))
            continue;
        out[code_at] = code ^ FRAME_START;
        code_at = to++;
        code = 1;
    }
    out[code_at] = code ^ FRAME_START;
    return to;
}

size_t frame_encode(const struct frame *f, uint8_t *out)
{
    uint8_t plain[FRAME_PLAIN_MAX];
    const uint8_t header[] = {f->type,          f->channel, f->seq, f->ack, (uint8_t)f->bytes,
                              (uint8_t)(f->bytes >> 8)};
    memcpy(plain, header, sizeof header);
    plain[sizeof header] = header_check(header);
    memcpy(plain + FRAME_HEADER, f->data, f->bytes);
    size_t n = FRAME_HEADER + f->bytes;
    frame_put32(plain + n, frame_crc32(plain, n));
    out[0] = FRAME_START;
    return 1 + stuff(plain, n + 4, out + 1);
}

/* ------------------------------------------------------------------ parsing */

/* One more decoded byte; false: this is no frame. */
static bool decoded(struct frame_parser *p, uint8_t byte)
{
    if (p->have == (p->total ? p->total : FRAME_HEADER))
        return false;
    p->plain[p->have++] = byte;
    if (p->have == FRAME_HEADER) {
        size_t bytes = p->plain[4] | (size_t)p->plain[5] << 8;
        if (p->plain[6] != header_check(p->plain) || bytes > FRAME_DATA_MAX)
            return false;
        p->total = FRAME_HEADER + bytes + 4;
    }
    return true;
}

static bool finish(struct frame_parser *p)
{
    size_t n = p->total - 4;
    if (frame_get32(p->plain + n) != frame_crc32(p->plain, n))
        return false;
    p->frame.type = p->plain[0];
    p->frame.channel = p->plain[1];
    p->frame.seq = p->plain[2];
    p->frame.ack = p->plain[3];
    p->frame.bytes = (uint16_t)(n - FRAME_HEADER);
    memcpy(p->frame.data, p->plain + FRAME_HEADER, p->frame.bytes);
    return true;
}

/* A byte of the frame, unstuffed. */
static enum frame_result inside(struct frame_parser *p, uint8_t c)
{
    bool good = true;
    p->wire_n = p->begun ? 0 : p->wire_n;
    p->begun = false;
    if (p->wire_n < sizeof p->wire)
        p->wire[p->wire_n++] = c ^ FRAME_START;
    if (p->left > 0) {
        p->left--;
        good = decoded(p, c);
    } else { /* the head of a block */
        if (p->zero)
            good = decoded(p, 0);
        p->left = c - 1;
        p->zero = c != 255;
    }
    if (good && (p->total == 0 || p->have < p->total))
        return FRAME_MORE;
    if (good && p->left == 0 && finish(p)) {
        p->state = FRAME_OUTSIDE;
        return FRAME_GOOD;
    }
    p->state = FRAME_LOST;
    return FRAME_BAD;
}

enum frame_result frame_take(struct frame_parser *p, uint8_t byte)
{
    if (byte == FRAME_START) {
        bool cut = p->state == FRAME_INSIDE && p->have > 0;
        p->state = FRAME_INSIDE;
        p->have = p->total = 0;
        p->left = 0;
        p->zero = false;
        p->begun = true;
        return cut ? FRAME_BAD : FRAME_MORE;
    }
    if (p->state == FRAME_INSIDE)
        return inside(p, byte ^ FRAME_START);
    return p->state == FRAME_LOST ? FRAME_JUNK : FRAME_PLAIN;
}

bool frame_idle(struct frame_parser *p)
{
    bool cut = p->state == FRAME_INSIDE;
    p->state = FRAME_OUTSIDE;
    p->wire_n = p->begun ? 0 : p->wire_n;
    return cut;
}
