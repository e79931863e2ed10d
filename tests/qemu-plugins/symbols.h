/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of the kernel by address, from the output of `nm -n kernel.elf`. */
#pragma once
#include <stdint.h>

struct symbol {
    uint64_t pc;
    char name[56];
};

int symbols_load(const char *path);               /* how many, -1: cannot be read */
int symbols_at(uint64_t pc);                      /* index, -1: before the first */
const struct symbol *symbols_get(int index);      /* also for -1 */
