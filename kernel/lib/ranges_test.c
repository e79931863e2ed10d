/* SPDX-License-Identifier: Apache-2.0 */
/* Range sets against a bitmap. */
#include <string.h>
#include "lib/ranges.h"
#include "test/test.h"

#define SPACE 256
static bool model[SPACE];

static void check_equal(const struct range_set *s)
{
    bool seen[SPACE] = { false };
    for (unsigned i = 0; i < s->count; i++) {
        CHECK(s->r[i].base < s->r[i].end);
        CHECK(i == 0 || s->r[i - 1].end < s->r[i].base); /* sorted, merged */
        for (uint64_t a = s->r[i].base; a < s->r[i].end; a++)
            seen[a] = true;
    }
    CHECK(memcmp(seen, model, sizeof(model)) == 0);
}

static void random_walk(void)
{
    static struct range_set s;
    for (int i = 0; i < 50000; i++) {
        uint64_t base = test_random() % SPACE, n = test_random() % 40;
        n = base + n > SPACE ? SPACE - base : n;
        bool add = test_random() % 2;
        CHECK(add ? range_set_add(&s, base, n) : range_set_remove(&s, base, n));
        for (uint64_t a = base; a < base + n; a++)
            model[a] = add;
        check_equal(&s);
        bool all = true;
        for (uint64_t a = base; a < base + n; a++)
            all = all && model[a];
        CHECK(n == 0 || range_set_contains(&s, base, n) == all);
    }
}

static void find(void)
{
    struct range_set in = { 0 }, out = { 0 };
    CHECK(range_set_find(&in, &out, 0, 1, 1) == UINT64_MAX);
    range_set_add(&in, 0x1000, 0x3000);
    range_set_add(&out, 0x1000, 0x800);
    range_set_add(&out, 0x2800, 0x100);
    CHECK(range_set_find(&in, &out, 0, 0x1000, 0x1000) == 0x3000);
    CHECK(range_set_find(&in, &out, 0, 0x800, 0x800) == 0x1800);
    CHECK(range_set_find(&in, &out, 0x2000, 0x800, 0x10) == 0x2000);
    CHECK(range_set_find(&in, &out, 0x2001, 0x800, 0x10) == 0x2900);
    CHECK(range_set_find(&in, &out, 0, 0x1001, 0x1000) == UINT64_MAX);
}

static void edges(void)
{
    static struct range_set s;
    CHECK(!range_set_add(&s, UINT64_MAX, 2) && s.count == 0);
    for (uint64_t i = 0; i < RANGES_MAX; i++)
        CHECK(range_set_add(&s, i * 16, 8));
    CHECK(!range_set_add(&s, RANGES_MAX * 16, 8));
    CHECK(!range_set_remove(&s, 2, 2)); /* would split: no room */
    CHECK(range_set_add(&s, 8, 8));      /* merges two */
    CHECK(s.count == RANGES_MAX - 1);
    struct range_set t = { 2, { { 1, 4095 }, { 5000, 13000 } } };
    range_set_align_inward(&t, 4096);
    CHECK(t.count == 1 && t.r[0].base == 8192 && t.r[0].end == 12288);
}

int main(void)
{
    random_walk();
    find();
    edges();
    return test_done("ranges");
}
