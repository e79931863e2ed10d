/* SPDX-License-Identifier: Apache-2.0 */
/* The lists of chunks that a target sends, cut into messages by the first byte. */
#include "fuzz.h"

#include "deploy/delta.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct delta *d = delta_new();
    size_t part = size > 0 ? (1u + data[0] % 16u) * sizeof(struct deploy_chunk) : 1;
    uint64_t offset = 0, from;
    bool at_end = false, good = true;
    for (size_t at = 1; good && !at_end && at < size;) {
        size_t n = size - at < part ? size - at : part;
        good = delta_take(d, data + at, data[at] == 0 ? 0 : n, &at_end);
        at += data[at] == 0 ? 1 : n;
    }
    while (good && !at_end) /* now it is asked */
        good = delta_take(d, NULL, 0, &at_end);
    for (size_t at = 1; good && at + sizeof(struct deploy_chunk) <= size; at += sizeof(struct deploy_chunk)) {
        const uint8_t *hash = data + at + 4;
        uint32_t bytes = data[at];
        delta_has(d, offset, bytes, hash);
        if (delta_finds(d, bytes, hash, &from) && from > UINT64_MAX / 2 + UINT32_MAX)
            abort();
        offset += bytes;
    }
    delta_free(d);
    return 0;
}
