/* SPDX-License-Identifier: Apache-2.0 */
/* The table of processes that a debug agent sends. */
#include "fuzz.h"

#include "debug/processes.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct process p;
    size_t at = 0, before = 0;
    while (process_next((const char *)data, size, &at, &p)) {
        if (at <= before || at > size || p.pid <= 0 || memchr(p.command, '\0', sizeof p.command) == NULL)
            abort();
        before = at;
        process_is_called(&p, "qdebug");
        process_is_called(&p, "/bin/sh");
    }
    return 0;
}
