/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target on a fixed number of mutations of its own seed: no libFuzzer needed, always
 * the same inputs. usage: fuzz_NAME [COUNT] */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t fuzz_seed(uint8_t *data, size_t room);

#define ROOM 8192

static uint64_t state = 0x9e3779b97f4a7c15u;

static uint32_t pick(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 33) % below;
}

static size_t mutate(uint8_t *data, size_t size)
{
    static const uint8_t bytes[] = {0, 1, 2, 0x7f, 0x80, 0xff, '/', '.', '0', 'F'};

    for (uint32_t rounds = 1 + pick(6); rounds; rounds--) {
        size_t at = size ? pick((uint32_t)size) : 0;
        switch (pick(5)) {
        case 0:
            if (size)
                data[at] ^= (uint8_t)(1u << pick(8));
            break;
        case 1:
            if (size)
                data[at] = bytes[pick(sizeof(bytes))];
            break;
        case 2: /* a whole word of an extreme value */
            at &= ~(size_t)3;
            if (size >= 8 && at + 4 <= size)
                memset(data + at, pick(2) ? 0xff : 0x00, 4);
            break;
        case 3:
            if (pick(8) == 0)
                size = at;
            break;
        default:
            if (size + 16 < ROOM) {
                memmove(data + at + 1, data + at, size - at);
                data[at] = bytes[pick(sizeof(bytes))];
                size++;
            }
        }
    }
    return size;
}

int main(int argc, char **argv)
{
    static uint8_t seed[ROOM];
    size_t n = fuzz_seed(seed, ROOM);
    long count = argc > 1 ? atol(argv[1]) : 100000;

    for (long i = 0; i < count; i++) {
        uint8_t *data = malloc(ROOM);
        size_t size;

        memcpy(data, seed, n);
        size = mutate(data, n);
        data = realloc(data, size ? size : 1); /* the sanitizer sees a step beyond the end */
        LLVMFuzzerTestOneInput(data, size);
        free(data);
    }
    printf("1..1\nok 1 - %ld mutations\n", count);
    return 0;
}
