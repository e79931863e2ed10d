/* SPDX-License-Identifier: Apache-2.0 */
#include "symbols.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static struct symbol *table;
static int count;

int symbols_load(const char *path)
{
    char line[400];
    FILE *f = fopen(path, "r");
    if (f == NULL)
        return -1;
    while (fgets(line, sizeof line, f) != NULL) {
        struct symbol s;
        char type;
        if (sscanf(line, "%" SCNx64 " %c %55s", &s.pc, &type, s.name) != 3 || (type != 't' && type != 'T') ||
            s.name[0] == '$')
            continue;
        if (count % 1024 == 0)
            table = realloc(table, sizeof *table * (size_t)(count + 1024));
        if (table == NULL)
            break;
        table[count++] = s;
    }
    fclose(f);
    return count;
}

int symbols_at(uint64_t pc)
{
    int lo = 0, hi = count;
    while (lo < hi) {
        int mid = (lo + hi) / 2;
        if (table[mid].pc <= pc)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo - 1;
}

const struct symbol *symbols_get(int index)
{
    static const struct symbol unknown = {.name = "?"};
    return index < 0 || index >= count ? &unknown : &table[index];
}
