/* SPDX-License-Identifier: Apache-2.0 */
/* Registers by GDB's numbers, which the target description gives them. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include <sys/procfs.h>

enum { REG_SP = 2, REG_TP = 4, REG_FP = 8, REG_PC = 32, REG_F0 = 33, REG_FFLAGS = 65, REG_FRM = 66, REG_FCSR = 67, REGISTERS = 68 };

struct registers {
    procfs_greg g;
    procfs_fpreg f;
};

extern const char target_description[];
size_t register_bytes(unsigned number); /* 0: no such register */
void register_get(const struct registers *r, unsigned number, void *value);
void register_set(struct registers *r, unsigned number, const void *value);
