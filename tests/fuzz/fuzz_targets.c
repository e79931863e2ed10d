/* SPDX-License-Identifier: Apache-2.0 */
/* The file of targets. */
#include "fuzz.h"

#include "deploy/target.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct targets t = {0};
    unsigned line;
    const char *why;
    bool good = targets_parse((const char *)data, size, &t, &line, &why);
    if (good != (why == NULL))
        abort();
    for (size_t i = 0; good && i < t.count; i++)
        if (t.list[i].name[0] == '\0' || t.list[i].line == NULL || t.list[i].line[0] == '\0')
            abort();
    targets_free(&t);
    return 0;
}
