/* SPDX-License-Identifier: Apache-2.0 */
/* usage: fuzz-NAME COUNT SEED-FILE...: COUNT mutations spread over the seeds. A crash is the only
 * failure. */
#include "fuzz.h"

#include "common/fs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_INPUT = 1 << 18 };

static uint64_t state = 0x9e3779b97f4a7c15u;

static uint32_t pick(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)((state >> 32) % below);
}

/* Bytes that parsers care about, more often than by chance. */
static uint8_t interesting(void)
{
    static const char bytes[] = "[]{}=\"'#\\ \n/.+-${}0f07F&%\0\xff\x7f";
    return pick(3) ? (uint8_t)bytes[pick(sizeof bytes)] : (uint8_t)pick(256);
}

static size_t mutate(uint8_t *data, size_t size, const struct buf *other)
{
    for (uint32_t rounds = 1 + pick(8); rounds > 0; rounds--) {
        size_t at = size ? pick((uint32_t)size) : 0;
        size_t n = 1 + pick(16);
        switch (pick(6)) {
        case 0: /* change */
            if (size)
                data[at] = interesting();
            break;
        case 1: /* insert */
            if (size < MAX_INPUT) {
                memmove(data + at + 1, data + at, size - at);
                data[at] = interesting();
                size++;
            }
            break;
        case 2: /* delete */
            n = n < size - at ? n : size - at;
            memmove(data + at, data + at + n, size - at - n);
            size -= n;
            break;
        case 3: /* cut off */
            if (pick(4) == 0)
                size = at;
            break;
        case 4: /* flip a bit */
            if (size)
                data[at] ^= (uint8_t)(1u << pick(8));
            break;
        default: /* a piece of another seed */
            if (other->len > 0) {
                size_t from = pick((uint32_t)other->len);
                n = n * 4 < other->len - from ? n * 4 : other->len - from;
                if (size + n > MAX_INPUT)
                    break;
                memmove(data + at + n, data + at, size - at);
                memcpy(data + at, other->data + from, n);
                size += n;
            }
        }
    }
    return size;
}

#ifdef __SANITIZE_ADDRESS__
/* A failure that calls abort() shows where. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "handle_abort=1";
}
#endif

int main(int argc, char **argv)
{
    long count = argc > 2 ? strtol(argv[1], NULL, 10) : 0;
    int seeds = argc - 2;
    if (count <= 0 || seeds <= 0) {
        fprintf(stderr, "usage: %s COUNT SEED-FILE...\n", argv[0]);
        return 2;
    }
    struct buf *seed = calloc((size_t)seeds, sizeof *seed);
    uint8_t *work = malloc(MAX_INPUT + 64);
    if (seed == NULL || work == NULL)
        return 2;
    for (int i = 0; i < seeds; i++) {
        if (fs_read(argv[i + 2], &seed[i]) != 0 || seed[i].len > MAX_INPUT) {
            fprintf(stderr, "%s: cannot be read, or too large\n", argv[i + 2]);
            return 2;
        }
        LLVMFuzzerTestOneInput((const uint8_t *)seed[i].data, seed[i].len);
    }
    for (long n = 0; n < count; n++) {
        const struct buf *from = &seed[pick((uint32_t)seeds)];
        memcpy(work, from->data, from->len);
        size_t size = mutate(work, from->len, &seed[pick((uint32_t)seeds)]);
        /* A copy of exactly that size, so that reading one byte too far is seen. */
        uint8_t *exact = malloc(size ? size : 1);
        memcpy(exact, work, size);
        LLVMFuzzerTestOneInput(exact, size);
        free(exact);
    }
    for (int i = 0; i < seeds; i++)
        buf_free(&seed[i]);
    free(seed);
    free(work);
    printf("ok 1 - %ld inputs, no crash\n1..1\n", count);
    return 0;
}
