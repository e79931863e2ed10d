/* SPDX-License-Identifier: Apache-2.0 */
/* Device tree reader.  One primitive, next_token(), does every bounds check of the structure block. */
#include "lib/fdt.h"
#include "lib/string.h"

enum token { TOK_BEGIN = 1, TOK_END = 2, TOK_PROP = 3, TOK_NOP = 4, TOK_STOP = 9 };

struct item {
    enum token kind;
    uint32_t next;   /* offset of the token after this one */
    const char *name; /* BEGIN: node name; PROP: property name */
    struct fdt_prop prop;
};

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint64_t be64(const uint8_t *p)
{
    return (uint64_t)be32(p) << 32 | be32(p + 4);
}

uint32_t fdt_blob_size(const void *blob)
{
    const uint8_t *b = blob;
    if (be32(b) != FDT_MAGIC)
        return 0;
    uint32_t size = be32(b + 4);
    return size < 48 || size > FDT_SIZE_MAX ? 0 : size;
}

bool fdt_open(struct fdt *t, const void *blob, size_t max)
{
    const uint8_t *b = blob;
    if (max < 48)
        return false;
    uint32_t size = fdt_blob_size(blob);
    if (size == 0 || size > max || be32(b + 24) > 17) /* last compatible version */
        return false;
    *t = (struct fdt){ .blob = b, .size = size };
    t->struct_off = be32(b + 8);
    t->strings_off = be32(b + 12);
    t->rsv_off = be32(b + 16);
    t->strings_size = be32(b + 32);
    t->struct_size = be32(b + 36);
    bool fine = (t->struct_off & 3) == 0 && t->struct_off <= size && t->struct_size <= size - t->struct_off &&
           t->strings_off <= size && t->strings_size <= size - t->strings_off && (t->rsv_off & 7) == 0 &&
           t->rsv_off <= size;
    while (fine && t->strings_size > 0 && b[t->strings_off + t->strings_size - 1] != 0)
        t->strings_size--; /* what is not terminated is no string: so every offset that is left leads to one */
    return fine;
}

/* Reads the token at off; anything broken reads as TOK_STOP.  NOPs are skipped. */
static struct item next_token(const struct fdt *t, uint32_t off)
{
    struct item stop = { .kind = TOK_STOP, .next = off };
    const uint8_t *base = t->blob + t->struct_off;
    uint32_t size = t->struct_size;
    uint32_t kind;
    do {
        if (off > size || size - off < 4)
            return stop;
        kind = be32(base + off);
        off += 4;
    } while (kind == TOK_NOP);
    if (kind == TOK_END)
        return (struct item){ .kind = TOK_END, .next = off };
    if (kind == TOK_BEGIN) {
        const char *name = (const char *)base + off;
        uint32_t len = (uint32_t)strnlen(name, size - off) + 1;
        if (len > size - off)
            return stop;
        return (struct item){ .kind = TOK_BEGIN, .next = off + ((len + 3) & ~3U), .name = name };
    }
    if (kind == TOK_PROP && size - off >= 8) {
        uint32_t len = be32(base + off);
        uint32_t name_off = be32(base + off + 4);
        off += 8;
        if (name_off >= t->strings_size || len > size - off)
            return stop;
        const char *name = (const char *)t->blob + t->strings_off + name_off;
        return (struct item){ .kind = TOK_PROP, .next = off + ((len + 3) & ~3U), .name = name,
                              .prop = { base + off, len } };
    }
    return stop;
}

fdt_node fdt_root(const struct fdt *t)
{
    return next_token(t, 0).kind == TOK_BEGIN ? 0 : FDT_NONE;
}

/* Where the property at off ends; 0: there is none, or a broken one. */
static uint32_t prop_end(const struct fdt *t, uint32_t off)
{
    const uint8_t *p = t->blob + t->struct_off + off;
    if (off > t->struct_size || t->struct_size - off < 12 || p[3] != TOK_PROP || be32(p) != TOK_PROP)
        return 0;
    uint32_t len = be32(p + 4);
    off += 12;
    return len <= t->struct_size - off ? off + ((len + 3) & ~3U) : 0;
}

/* From inside a node (after its BEGIN token): the offset of its first child, or FDT_NONE with *end behind its END token. */
static fdt_node skip_props(const struct fdt *t, uint32_t off, uint32_t *end)
{
    for (;;) {
        for (uint32_t next; (next = prop_end(t, off)) != 0;)
            off = next;
        struct item it = next_token(t, off);
        if (it.kind == TOK_BEGIN)
            return off;
        if (it.kind == TOK_END || it.kind == TOK_STOP) {
            *end = it.kind == TOK_END ? it.next : UINT32_MAX;
            return FDT_NONE;
        }
        off = it.next;
    }
}

fdt_node fdt_first_child(const struct fdt *t, fdt_node n)
{
    uint32_t end;
    return n == FDT_NONE ? FDT_NONE : skip_props(t, next_token(t, n).next, &end);
}

fdt_node fdt_next(const struct fdt *t, fdt_node n, int *depth)
{
    struct item it = next_token(t, n);
    uint32_t end = UINT32_MAX, off = it.next;
    for (bool inside = true;; inside = false) {
        fdt_node child = skip_props(t, off, &end);
        if (child != FDT_NONE) {
            if (inside)
                (*depth)++;
            return *depth <= 0 || *depth > FDT_DEPTH_MAX ? FDT_NONE : child;
        }
        if (end == UINT32_MAX)
            return FDT_NONE;
        if (!inside && --*depth <= 0)
            return FDT_NONE;
        off = end;
    }
}

fdt_node fdt_next_sibling(const struct fdt *t, fdt_node n)
{
    if (n == FDT_NONE)
        return FDT_NONE;
    int depth = 1;
    uint32_t off = next_token(t, n).next;
    for (;;) {
        struct item it = next_token(t, off);
        if (it.kind == TOK_STOP)
            return FDT_NONE;
        if (it.kind == TOK_BEGIN) {
            if (depth == 0)
                return off;
            if (++depth > FDT_DEPTH_MAX)
                return FDT_NONE;
        } else if (it.kind == TOK_END && --depth < 0) {
            return FDT_NONE;
        }
        off = it.next;
    }
}

/* Does the node's name match a path component, with the unit address when the component has one? */
static bool name_matches(const char *name, const char *part, size_t len)
{
    if (strncmp(name, part, len) != 0)
        return false;
    return name[len] == '\0' || name[len] == '@';
}

fdt_node fdt_find(const struct fdt *t, const char *path)
{
    fdt_node n = fdt_root(t);
    while (n != FDT_NONE) {
        while (*path == '/')
            path++;
        if (*path == '\0')
            return n;
        size_t len = 0;
        while (path[len] != '\0' && path[len] != '/')
            len++;
        fdt_node c = fdt_first_child(t, n);
        while (c != FDT_NONE && !name_matches(fdt_name(t, c), path, len))
            c = fdt_next_sibling(t, c);
        n = c;
        path += len;
    }
    return FDT_NONE;
}

fdt_node fdt_by_phandle(const struct fdt *t, uint32_t phandle)
{
    int depth = 0;
    for (fdt_node n = fdt_root(t); n != FDT_NONE; n = fdt_next(t, n, &depth))
        if (fdt_u32(t, n, "phandle", 0) == phandle || fdt_u32(t, n, "linux,phandle", 0) == phandle)
            return phandle != 0 ? n : FDT_NONE;
    return FDT_NONE;
}

fdt_node fdt_parent(const struct fdt *t, fdt_node n)
{
    fdt_node stack[FDT_DEPTH_MAX + 1];
    int depth = 0;
    for (fdt_node c = fdt_root(t); c != FDT_NONE; c = fdt_next(t, c, &depth)) {
        stack[depth] = c;
        if (c == n)
            return depth > 0 ? stack[depth - 1] : FDT_NONE;
    }
    return FDT_NONE;
}

const char *fdt_name(const struct fdt *t, fdt_node n)
{
    struct item it = next_token(t, n);
    return it.kind == TOK_BEGIN ? it.name : "";
}

struct fdt_prop fdt_get(const struct fdt *t, fdt_node n, const char *name)
{
    if (n != FDT_NONE) {
        struct item it = next_token(t, n);
        while (it.kind == TOK_BEGIN || it.kind == TOK_PROP) {
            it = next_token(t, it.next);
            if (it.kind == TOK_BEGIN)
                break; /* properties come before children */
            if (it.kind == TOK_PROP && strcmp(it.name, name) == 0)
                return it.prop;
        }
    }
    return (struct fdt_prop){ NULL, 0 };
}

uint32_t fdt_cell(struct fdt_prop p, uint32_t i)
{
    return p.data != NULL && p.len / 4 > i ? be32(p.data + i * 4) : 0;
}

uint32_t fdt_u32(const struct fdt *t, fdt_node n, const char *name, uint32_t absent)
{
    struct fdt_prop p = fdt_get(t, n, name);
    return p.data != NULL && p.len >= 4 ? be32(p.data) : absent;
}

const char *fdt_string(const struct fdt *t, fdt_node n, const char *name)
{
    struct fdt_prop p = fdt_get(t, n, name);
    const char *s = (const char *)p.data;
    return s != NULL && strnlen(s, p.len) < p.len ? s : NULL;
}

bool fdt_is_compatible(const struct fdt *t, fdt_node n, const char *what)
{
    struct fdt_prop p = fdt_get(t, n, "compatible");
    for (uint32_t i = 0; p.data != NULL && i < p.len;) {
        const char *s = (const char *)p.data + i;
        size_t len = strnlen(s, p.len - i);
        if (len == p.len - i)
            return false;
        if (strcmp(s, what) == 0)
            return true;
        i += (uint32_t)len + 1;
    }
    return false;
}

bool fdt_is_enabled(const struct fdt *t, fdt_node n)
{
    const char *s = fdt_string(t, n, "status");
    return s == NULL ? fdt_get(t, n, "status").data == NULL : strcmp(s, "okay") == 0 || strcmp(s, "ok") == 0;
}

static bool read_cells(const uint8_t *p, uint32_t cells, uint64_t *v)
{
    *v = 0;
    for (uint32_t i = 0; i < cells; i++) {
        if (*v >> 32 != 0)
            return false;
        *v = *v << 32 | be32(p + i * 4);
    }
    return true;
}

bool fdt_reg(const struct fdt *t, fdt_node n, uint32_t i, uint64_t *addr, uint64_t *bytes)
{
    fdt_node parent = fdt_parent(t, n);
    uint32_t ac = fdt_u32(t, parent, "#address-cells", 2);
    uint32_t sc = fdt_u32(t, parent, "#size-cells", 1);
    struct fdt_prop p = fdt_get(t, n, "reg");
    if (p.data == NULL || ac == 0 || ac > 4 || sc > 4)
        return false;
    uint32_t entry = (ac + sc) * 4;
    if (p.len / entry <= i)
        return false;
    const uint8_t *d = p.data + i * entry;
    return read_cells(d, ac, addr) && read_cells(d + ac * 4, sc, bytes);
}

bool fdt_reservation(const struct fdt *t, uint32_t i, uint64_t *addr, uint64_t *bytes)
{
    if (i >= t->size / 16 || t->size - t->rsv_off < ((uint64_t)i + 1) * 16)
        return false;
    const uint8_t *p = t->blob + t->rsv_off + i * 16;
    *addr = be64(p);
    *bytes = be64(p + 8);
    return *addr != 0 || *bytes != 0;
}
