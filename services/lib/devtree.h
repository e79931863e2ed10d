/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the flattened device tree: finds nodes by "compatible".  Pure code over a byte range that
 * is not trusted; tests/fuzz runs it on the build machine. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct devtree_node {
    uint64_t address, bytes; /* first range of "reg" */
    uint64_t second;         /* address of the second range, 0: none */
    uint32_t irq;            /* first cell of "interrupts", 0: none */
    bool has_mac, is_disabled;
    uint8_t mac[6];          /* "local-mac-address" */
};

/* The index-th node that has `compatible` in its list and is not disabled; false: there is none, or the tree is
 * broken before it. */
bool devtree_find(const void *tree, size_t bytes, const char *compatible, unsigned index,
                  struct devtree_node *out);
/* The machine's tree, malloc()ed; NULL when it cannot be had (devtree_file.c). */
void *devtree_read(size_t *bytes);
