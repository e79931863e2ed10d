/* SPDX-License-Identifier: Apache-2.0 */
/* Reader of flattened device trees (Devicetree Specification 0.4, chapter 5).  The blob is foreign bytes: every offset is checked
 * against it, a broken one ends the walk as if the tree ended there.  No allocation, no recursion, no state. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FDT_MAGIC 0xd00dfeedU
#define FDT_DEPTH_MAX 16
#define FDT_SIZE_MAX (4U << 20)

struct fdt {
    const uint8_t *blob;
    uint32_t size;
    uint32_t struct_off, struct_size;
    uint32_t strings_off, strings_size;
    uint32_t rsv_off;
};

/* A node is the offset of its FDT_BEGIN_NODE token; FDT_NONE: no such node. */
typedef uint32_t fdt_node;
#define FDT_NONE UINT32_MAX

struct fdt_prop {
    const uint8_t *data; /* NULL: absent */
    uint32_t len;
};

/* max: bytes that may be read at blob.  false when it is no device tree of a version we know. */
bool fdt_open(struct fdt *t, const void *blob, size_t max);
/* Bytes of the whole blob by its header alone, 0 when it is none. */
uint32_t fdt_blob_size(const void *blob);

fdt_node fdt_root(const struct fdt *t);
fdt_node fdt_first_child(const struct fdt *t, fdt_node n);
fdt_node fdt_next_sibling(const struct fdt *t, fdt_node n);
/* Next node in document order, with its depth below the root (root 0). */
fdt_node fdt_next(const struct fdt *t, fdt_node n, int *depth);
fdt_node fdt_find(const struct fdt *t, const char *path); /* "/soc/serial": unit addresses may be left out */
fdt_node fdt_by_phandle(const struct fdt *t, uint32_t phandle);
fdt_node fdt_parent(const struct fdt *t, fdt_node n);

const char *fdt_name(const struct fdt *t, fdt_node n); /* NUL inside the blob is checked */
struct fdt_prop fdt_get(const struct fdt *t, fdt_node n, const char *name);
uint32_t fdt_u32(const struct fdt *t, fdt_node n, const char *name, uint32_t absent);
/* First string of a property, NULL when absent or without its NUL. */
const char *fdt_string(const struct fdt *t, fdt_node n, const char *name);
bool fdt_is_compatible(const struct fdt *t, fdt_node n, const char *what);
bool fdt_is_enabled(const struct fdt *t, fdt_node n); /* status absent, "ok", "okay" */
/* Cell i of a property of 32-bit cells; 0 past the end. */
uint32_t fdt_cell(struct fdt_prop p, uint32_t i);
/* Range i of `reg`, with the cell counts of the node's parent.  false: no such range, or it does not fit 64 bits. */
bool fdt_reg(const struct fdt *t, fdt_node n, uint32_t i, uint64_t *addr, uint64_t *bytes);
/* Entry i of the memory reservation block; false at its end. */
bool fdt_reservation(const struct fdt *t, uint32_t i, uint64_t *addr, uint64_t *bytes);
