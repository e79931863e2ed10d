/* SPDX-License-Identifier: Apache-2.0 */
/* Writes flattened device trees for tests. */
#pragma once
#include <stdint.h>
#include <string.h>

struct tree {
    uint8_t st[16384];
    char strings[2048];
    uint32_t used, strings_used;
};

static inline void tree_u32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

static inline void tree_word(struct tree *t, uint32_t v)
{
    tree_u32(t->st + t->used, v);
    t->used += 4;
}

static inline void tree_bytes(struct tree *t, const void *p, uint32_t n)
{
    memset(t->st + t->used, 0, (n + 3) & ~3U);
    memcpy(t->st + t->used, p, n);
    t->used += (n + 3) & ~3U;
}

static inline void tree_begin(struct tree *t, const char *name)
{
    tree_word(t, 1);
    tree_bytes(t, name, (uint32_t)strlen(name) + 1);
}

static inline void tree_end(struct tree *t)
{
    tree_word(t, 2);
}

static inline void tree_prop(struct tree *t, const char *name, const void *p, uint32_t n)
{
    tree_word(t, 3);
    tree_word(t, n);
    tree_word(t, t->strings_used);
    strcpy(t->strings + t->strings_used, name);
    t->strings_used += (uint32_t)strlen(name) + 1;
    tree_bytes(t, p, n);
}

static inline void tree_str(struct tree *t, const char *name, const char *s)
{
    tree_prop(t, name, s, (uint32_t)strlen(s) + 1);
}

/* count cells follow */
#define tree_cells(t, name, ...)                                                      \
    do {                                                                              \
        const uint32_t v_[] = { __VA_ARGS__ };                                        \
        uint8_t b_[sizeof(v_)];                                                       \
        for (unsigned i_ = 0; i_ < sizeof(v_) / 4; i_++)                              \
            tree_u32(b_ + i_ * 4, v_[i_]);                                            \
        tree_prop(t, name, b_, sizeof(b_));                                           \
    } while (0)

/* Header, reservations (pairs of 64-bit values, count of pairs), structure, strings; returns the size. */
static inline uint32_t tree_finish(struct tree *t, uint8_t *out, const uint64_t *rsv, unsigned pairs)
{
    tree_word(t, 9);
    uint32_t rsv_size = (pairs + 1) * 16, st = 40 + rsv_size, str = st + t->used, total = str + t->strings_used;
    const uint32_t head[] = { 0xd00dfeed, total, st, str, 40, 17, 16, 0, t->strings_used, t->used };
    for (unsigned i = 0; i < 10; i++)
        tree_u32(out + i * 4, head[i]);
    memset(out + 40, 0, rsv_size);
    for (unsigned i = 0; i < pairs * 2; i++) {
        tree_u32(out + 40 + i * 8, (uint32_t)(rsv[i] >> 32));
        tree_u32(out + 44 + i * 8, (uint32_t)rsv[i]);
    }
    memcpy(out + st, t->st, t->used);
    memcpy(out + str, t->strings, t->strings_used);
    return total;
}
