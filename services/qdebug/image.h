/* SPDX-License-Identifier: Apache-2.0 */
/* What the dynamic linker of a target has laid out in its memory, which may be anything at all: the auxiliary vector, the link map,
 * thread-local storage. */
#pragma once
#include <stdint.h>

#include "table.h"
#include "target.h"

struct image_module {
    uint64_t debug, lm, addr, ld; /* the linker's record; its entry in the link map; what was added to its addresses; its dynamic section */
    char name[256];
};

/* All of these: 0 or an errno. */
int image_auxv(const struct target *t, struct table *x);
/* The program first; none before the dynamic linker has run, and in a program without one.  Freed by the caller. */
int image_modules(const struct target *t, struct image_module **out, int *count);
/* Of the module with entry lm, 0 the program, in the thread whose tp is given. */
int image_tls(const struct target *t, uint64_t tp, uint64_t lm, uint64_t offset, uint64_t *addr);
