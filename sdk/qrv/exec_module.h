/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ELF files that a program of the target consists of, for naming addresses. Files are not
 * trusted: what does not make sense has no code and no symbols.
 */
#pragma once

#include "../common/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct module {
    char *path;
    struct buf bytes;
    uint64_t text_start, text_end; /* addresses of the executable segment; both 0: none */
};

struct modules {
    struct module *list;
    size_t count;
};

/* The program (a path of this machine, or a command of the target) and the shared libraries it asks
 * for, as far as they are found. */
void modules_of(const char *program, struct modules *all);
void modules_free(struct modules *all);

/* The 8 bytes at that address of the file; false: there are none. */
bool module_code(const struct module *m, uint64_t address, uint64_t *code);
/* The function that the address lies in, and where it starts; NULL: unknown. Inside m. */
const char *module_symbol(const struct module *m, uint64_t address, uint64_t *start);
/* "FILE:LINE" and the function's name as the source has it, on the heap, from the SDK's addr2line;
 * each NULL when unknown. */
char *module_line(const struct module *m, uint64_t address, char **function);
