/* SPDX-License-Identifier: Apache-2.0 */
/* Names of the kernel's own functions, for a panic.  The table is made from the linked kernel (kernel/symbols) and linked into it. */
#pragma once
#include "core/types.h"

/* The function that address lies in, and how far behind its start; NULL: none is known. */
const char *symbol_find(uint64_t address, uint64_t *offset);
