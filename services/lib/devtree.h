/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the flattened device tree: finds nodes by "compatible".  Pure code over a byte range that
 * is not trusted; tests/fuzz runs it on the build machine. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct devtree_node {
    uint64_t address, bytes; /* first range of "reg" */
    uint32_t irq;            /* first cell of "interrupts", 0: none */
};

/* The index-th node that has `compatible` in its list; false: there is none, or the tree is broken
 * before it. */
bool devtree_find(const void *tree, size_t bytes, const char *compatible, unsigned index,
                  struct devtree_node *out);
