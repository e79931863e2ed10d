/* SPDX-License-Identifier: Apache-2.0 */
/* What a broken target says on its line, and the report of its kernel in that. */
#include "fuzz.h"

#include "../../sdk/deploy/panic_log.h"
#include "../../sdk/deploy/words.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const elfs[] = {NULL};
    struct words w = {0};
    struct buf lines = {0};
    words_take_line(&w, data, size);
    if (w.text.len > 65536 || w.panic.len > 65536 + 200)
        abort();
    if (w.panic.len > 0)
        panic_lines(w.panic.data, elfs, &lines);
    buf_free(&lines);
    words_free(&w);
    return 0;
}
