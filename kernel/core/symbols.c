/* SPDX-License-Identifier: Apache-2.0 */
/* See symbols.h.  The table is constant: any context. */
#include "core/symbols.h"
#include "arch/riscv64/riscv.h"

extern const uint32_t symbols_count;
extern const uint32_t symbols_at[];   /* from _start on, ascending */
extern const uint32_t symbols_name[]; /* offset in symbols_text */
extern const char symbols_text[];

const char *symbol_find(uint64_t address, uint64_t *offset)
{
    uint64_t at = address - (uint64_t)_start;
    uint32_t low = 0, high = symbols_count; /* [low] is not behind it, [high] is */
    if (address < (uint64_t)_start || address >= (uint64_t)__rodata_start || high == 0 || at < symbols_at[0])
        return NULL;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (symbols_at[middle] <= at)
            low = middle;
        else
            high = middle;
    }
    *offset = at - symbols_at[low];
    return &symbols_text[symbols_name[low]];
}
