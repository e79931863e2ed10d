/* SPDX-License-Identifier: Apache-2.0 */
/* The breakpoints of one process: where they are, and what the memory would hold without them.  The caller holds debug_lock. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "main/list.h"

struct breaks {
    struct list all;
    uint32_t count;
};

int breaks_set(struct breaks *b, int32_t pid, uint64_t addr);
int breaks_clear(struct breaks *b, int32_t pid, uint64_t addr);
/* The memory of pid, which may be a forked child's, as it was without them. */
void breaks_undo(const struct breaks *b, int32_t pid);
void breaks_forget(struct breaks *b);
/* For each byte of a breakpoint inside [va, va + count): swaps in what is wanted there. */
void breaks_overlay(const struct breaks *b, uint64_t va, uint8_t *bytes, size_t count, bool is_write);
