/* SPDX-License-Identifier: Apache-2.0 */
/* usage: decode_fuzz COUNT (or, with libFuzzer, decode_fuzz CORPUS-DIR)
 * Foreign bytes through the message checks as the library uses them: whatever is accepted is read
 * to its end, so that the sanitizers see a check that let too much through. */
#include "../resmgr_decode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned sum(const char *p, size_t n)
{
    unsigned s = 0;
    while (n-- > 0)
        s += (unsigned char)*p++;
    return s;
}

/* The chain of I/O parts must end, and each part must lie inside of the message. */
static unsigned walk(const char *m, size_t size, size_t off)
{
    struct io_part part;
    unsigned s = 0, parts = 0;
    while (__resmgr_check_io(m, size, size, off, &part) == 0) {
        s += sum(m + off, __resmgr_io_min(part.type));
        if (part.next == 0)
            break;
        if (part.next <= off || ++parts > size)
            abort();
        off = part.next;
    }
    return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static volatile unsigned sink;
    struct connect_parts parts;
    char *m = malloc(size ? size : 1); /* exact and aligned, as a context's message area is */
    memcpy(m, data, size);
    if (__resmgr_check_connect(m, size, size, &parts) == 0) {
        const struct _io_connect *c = (const void *)m;
        sink += (unsigned)strlen(m + _IO_CONNECT_HDR);
        if (parts.extra_off)
            sink += sum(m + parts.extra_off, c->extra_len);
        if (parts.extra_off && c->extra_type == _IO_CONNECT_EXTRA_LINK)
            sink += (unsigned)strlen(m + parts.extra_off);
        if (parts.io_off)
            sink += walk(m, size, parts.io_off);
    }
    sink += walk(m, size, 0);
    free(m);
    return 0;
}

#ifndef QRV_LIBFUZZER
static uint64_t state = 0x9e3779b97f4a7c15u;

static uint32_t pick(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)((state >> 32) % below);
}

/* Half of the fields get plausible values: random bytes alone would end at the first check. */
static size_t invent(uint8_t *out)
{
    static const uint16_t lens[] = {0,      4,      8,      16,     24,     32,
                                    0x8000, 0x8008, 0x8010, 0x8018, 0xffff, 0x7fff};
    size_t size = pick(200);
    uint16_t type = (uint16_t)(pick(4) ? _IO_CONNECT + pick(0x1c) : pick(0x10000));
    uint16_t second = pick(2) ? lens[pick(12)] : (uint16_t)pick(11);
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)(pick(3) ? 0 : pick(256));
    memcpy(out, &type, 2);
    memcpy(out + 2, &second, 2);
    uint16_t path_len = (uint16_t)pick(60), extra_len = (uint16_t)(pick(2) ? pick(40) : 0);
    if (pick(4)) {
        memcpy(out + 34, &path_len, 2);
        out[37] = (uint8_t)pick(4);
        memcpy(out + 38, &extra_len, 2);
        for (size_t i = 40; i < 160; i++)
            out[i] = (uint8_t) "abc../\0"[pick(7)];
    }
    for (size_t at = 8; at < 190; at += 8) { /* part headers at every place a chain may lead to */
        if (pick(3))
            continue;
        type = (uint16_t)(_IO_READ + pick(0x1b));
        memcpy(out + at, &type, 2);
        memcpy(out + at + 2, &lens[pick(12)], 2);
    }
    return size;
}

int main(int argc, char **argv)
{
    long count = argc > 1 ? atol(argv[1]) : 100000;
    static uint8_t bytes[256];
    for (long i = 0; i < count; i++)
        LLVMFuzzerTestOneInput(bytes, invent(bytes));
    printf("%ld inputs\n", count);
    return 0;
}
#endif
