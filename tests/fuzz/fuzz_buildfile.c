/* SPDX-License-Identifier: Apache-2.0 */
/* Build files: parser and start scripts; a file that is taken has sound entries. */
#include "fuzz.h"

#include "image/buildfile.h"
#include "image/script.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct define defines[] = {{"PROCESSOR", "riscv64"}, {NULL, NULL}};
    struct build b = {0};
    struct problem p;
    if (build_parse(&b, (const char *)data, size, defines, &p) == 0) {
        for (size_t i = 0; i < b.count; i++) {
            const struct entry *e = &b.entries[i];
            if (e->target[0] != '/' || strstr(e->target, "/../") != NULL ||
                strstr(e->target, "//") != NULL)
                abort();
            if (e->attr.type == ENTRY_INLINE)
                script_check(e->data.data, e->data.len, e->line, &p);
        }
    } else if (p.line == 0 || p.text[0] == '\0')
        abort(); /* an error without a line or a text */
    build_free(&b);
    script_check((const char *)data, size, 1, &p);
    return 0;
}
