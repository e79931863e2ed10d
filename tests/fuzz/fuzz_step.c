/* SPDX-License-Identifier: Apache-2.0 */
/* Code of a process as qdebug's step decoder reads it: any bytes, at any address.  Nothing is read outside of what is there, the places are
 * even and few, and one after the other leads somewhere. */
#include "fuzz.h"

#include "../../services/qdebug/step.h"

#include <stdlib.h>
#include <string.h>

struct text {
    uint64_t base;
    const uint8_t *bytes;
    size_t size;
};

static bool read_half(const void *context, uint64_t addr, uint16_t *half)
{
    const struct text *t = context;
    uint64_t at = addr - t->base;
    if (at >= t->size || t->size - at < 2)
        return false;
    memcpy(half, t->bytes + at, 2);
    return true;
}

static void one(const struct text *t, uint64_t pc, const uint64_t x[32], bool are_known)
{
    struct step s;
    uint16_t half;
    bool is_there = read_half(t, pc, &half);
    if (!step_decode(&(struct step_code){read_half, t}, pc, x, are_known, &s))
        return;
    if (!is_there || s.count > STEP_NEXT_MAX || (s.count == 0) != (s.kind == STEP_TRAP))
        abort();
    for (unsigned i = 0; i < s.count; i++)
        for (unsigned j = 0; j < i; j++)
            if (s.next[i] == s.next[j])
                abort();
    for (unsigned i = 0; i < s.count; i++)
        if ((s.next[i] ^ t->base) & 1)
            abort();
    if (s.kind == STEP_SELF && (s.count != 1 || s.next[0] != pc || s.link > 31))
        abort();
    if (s.kind != STEP_TRAP && s.after - pc != 2 && s.after - pc != 4 && s.after - pc != 6 && s.after - pc != 8)
        abort();
}

/* No place of a range is inside of it, but for what has to be looked at there. */
static void line(const struct text *t, uint64_t from, uint64_t to)
{
    struct step s;
    for (uint64_t pc = from; pc != to; pc += 2) {
        if (!step_range(&(struct step_code){read_half, t}, from, to, pc, &s))
            continue;
        if (s.count > STEP_NEXT_MAX)
            abort();
        for (unsigned i = 0; i < s.count; i++)
            if (s.next[i] == pc)
                abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint64_t bases[] = {0, 0x10000, 0x3ffffff000, UINT64_MAX - 63};
    uint64_t x[32];
    for (size_t i = 0; i < 32; i++)
        x[i] = size > 0 ? 0x0101010101010100ul * data[i % size] : i;
    for (size_t b = 0; b < sizeof bases / sizeof *bases; b++) {
        const struct text t = {bases[b], data, size};
        for (uint64_t at = 0; at < size; at += 2)
            one(&t, t.base + at, x, (at & 2) != 0);
        if (size >= 16)
            line(&t, t.base + size / 4 * 2 % 64, t.base + size / 8 * 2 % 64 + 64);
    }
    return 0;
}
