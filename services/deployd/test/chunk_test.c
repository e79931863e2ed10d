/* SPDX-License-Identifier: Apache-2.0 */
#include "../chunk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int number, failures;

static void ok(int good, const char *text)
{
    printf("%sok %d - %s\n", good ? "" : "not ", ++number, text);
    failures += !good;
}

enum { SIZE = 1 << 20, ENDS = SIZE / 128 };

static size_t cut(const uint8_t *bytes, size_t size, unsigned bits, size_t *ends)
{
    size_t count = 0;
    for (size_t at = 0; at < size;) {
        at += chunk_length(bytes + at, size - at, bits);
        ends[count++] = at;
    }
    return count;
}

int main(void)
{
    static uint8_t bytes[SIZE + 1];
    static size_t before[ENDS], after[ENDS];
    uint32_t dice = 1;
    for (size_t i = 1; i <= SIZE; i++)
        bytes[i] = (uint8_t)((dice = dice * 1664525u + 1013904223u) >> 24);
    for (unsigned bits = CHUNK_BITS_MIN; bits <= CHUNK_BITS_MAX; bits++) {
        size_t n = cut(bytes + 1, SIZE, bits, before), m = cut(bytes, SIZE + 1, bits, after), same = 0;
        for (size_t i = 0, j = 0; i < n && j < m;) {
            same += before[i] + 1 == after[j];
            if (before[i] + 1 < after[j])
                i++;
            else
                j++;
        }
        ok(before[n - 1] == SIZE && after[m - 1] == SIZE + 1, "everything is in a chunk");
        ok(n > (size_t)SIZE >> (bits + 1) && n < (size_t)SIZE >> (bits - 1), "about as many as were wanted");
        ok(same + 4 >= n, "a byte in front moves the chunks, and changes few");
    }
    memset(bytes, 0, sizeof bytes);
    ok(chunk_length(bytes, SIZE, CHUNK_BITS_MIN) == chunk_max(CHUNK_BITS_MIN), "zeros: as long as it may be");
    ok(chunk_length(bytes, 1, CHUNK_BITS_MAX) == 1, "the rest");
    ok(chunk_bits_for(0) == CHUNK_BITS_MIN && chunk_bits_for(UINT64_MAX) == CHUNK_BITS_MAX, "of any size");
    printf("1..%d\n", number);
    return failures != 0;
}
