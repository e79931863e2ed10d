/* SPDX-License-Identifier: Apache-2.0 */
#include "devtree.h"

#include <string.h>

enum { BEGIN_NODE = 1, END_NODE = 2, PROP = 3, NOP = 4, END = 9 };
#define MAGIC     0xd00dfeedu
#define DEPTH_MAX 16

struct level {
    uint32_t address_cells, size_cells; /* for the children's "reg" */
    bool matches;
    struct devtree_node node;
};

struct tree {
    const uint8_t *data;
    size_t structs, structs_end, strings, strings_end;
};

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool range_ok(size_t start, size_t bytes, size_t all)
{
    return start <= all && bytes <= all - start;
}

static bool open_tree(const void *data, size_t bytes, struct tree *t)
{
    const uint8_t *p = data;
    if (bytes < 40 || be32(p) != MAGIC)
        return false;
    t->data = p;
    t->structs = be32(p + 8);
    t->strings = be32(p + 12);
    if (!range_ok(t->structs, be32(p + 36), bytes) || !range_ok(t->strings, be32(p + 32), bytes) ||
        t->structs % 4 != 0)
        return false;
    t->structs_end = t->structs + be32(p + 36);
    t->strings_end = t->strings + be32(p + 32);
    return true;
}

static const char *string_at(const struct tree *t, uint32_t offset)
{
    size_t at = t->strings + offset;
    if (at >= t->strings_end || memchr(t->data + at, 0, t->strings_end - at) == NULL)
        return "";
    return (const char *)t->data + at;
}

/* A number of 0 to 2 cells; more do not fit and give 0. */
static uint64_t cells(const uint8_t *p, uint32_t count)
{
    if (count == 1)
        return be32(p);
    return count == 2 ? (uint64_t)be32(p) << 32 | be32(p + 4) : 0;
}

static bool in_list(const uint8_t *list, size_t len, const char *name)
{
    size_t want = strlen(name) + 1;
    while (len > 0) {
        const uint8_t *end = memchr(list, 0, len);
        if (end == NULL)
            return false;
        size_t n = (size_t)(end - list) + 1;
        if (n == want && memcmp(list, name, n) == 0)
            return true;
        list += n;
        len -= n;
    }
    return false;
}

/* "reg": two ranges at most are of interest. */
static void ranges(const struct level *up, struct level *own, const uint8_t *value, uint32_t len)
{
    uint32_t one = 4 * (up->address_cells + up->size_cells);
    own->node.address = cells(value, up->address_cells);
    own->node.bytes = cells(value + 4 * up->address_cells, up->size_cells);
    if (len - one >= one)
        own->node.second = cells(value + one, up->address_cells);
}

static void property(struct level *up, struct level *own, const char *name, const uint8_t *value,
                     uint32_t len, const char *compatible)
{
    if (strcmp(name, "compatible") == 0)
        own->matches = in_list(value, len, compatible);
    else if (strcmp(name, "#address-cells") == 0 && len == 4)
        own->address_cells = be32(value);
    else if (strcmp(name, "#size-cells") == 0 && len == 4)
        own->size_cells = be32(value);
    else if (strcmp(name, "interrupts") == 0 && len >= 4)
        own->node.irq = be32(value);
    else if (strcmp(name, "reg") == 0 && up->address_cells <= 2 && up->size_cells <= 2 &&
             len >= 4 * (up->address_cells + up->size_cells))
        ranges(up, own, value, len);
    else if (strcmp(name, "status") == 0)
        own->node.is_disabled = !in_list(value, len, "okay") && !in_list(value, len, "ok");
    else if (strcmp(name, "local-mac-address") == 0 && len == sizeof own->node.mac) {
        own->node.has_mac = true;
        memcpy(own->node.mac, value, len);
    }
}

bool devtree_find(const void *data, size_t bytes, const char *compatible, unsigned index,
                  struct devtree_node *out)
{
    struct level levels[DEPTH_MAX] = {{.address_cells = 2, .size_cells = 1}};
    struct tree t;
    unsigned depth = 0;
    if (!open_tree(data, bytes, &t))
        return false;
    for (size_t at = t.structs; t.structs_end - at >= 4;) {
        uint32_t token = be32(t.data + at);
        at += 4;
        if (token == BEGIN_NODE) {
            const uint8_t *end = memchr(t.data + at, 0, t.structs_end - at);
            if (end == NULL || ++depth == DEPTH_MAX)
                return false;
            levels[depth] = (struct level){.address_cells = 2, .size_cells = 1};
            at = ((size_t)(end - t.data) + 4) & ~(size_t)3;
        } else if (token == PROP) {
            if (t.structs_end - at < 8 || depth == 0)
                return false;
            uint32_t len = be32(t.data + at), name = be32(t.data + at + 4);
            at += 8;
            if (len > t.structs_end - at)
                return false;
            property(&levels[depth - 1], &levels[depth], string_at(&t, name), t.data + at, len,
                     compatible);
            at += ((size_t)len + 3) & ~(size_t)3;
        } else if (token == END_NODE) {
            if (depth == 0)
                return false;
            if (levels[depth].matches && !levels[depth].node.is_disabled && index-- == 0) {
                *out = levels[depth].node;
                return true;
            }
            depth--;
        } else if (token != NOP) {
            return false;
        }
        if (at > t.structs_end)
            return false;
    }
    return false;
}
