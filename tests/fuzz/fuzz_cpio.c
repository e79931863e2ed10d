/* SPDX-License-Identifier: Apache-2.0 */
/* Boot archives: an archive that is taken comes out the same after writing and reading it again. */
#include "fuzz.h"

#include "image/cpio.h"

#include <stdlib.h>
#include <string.h>

static void compare(const struct archive *a, const struct archive *b)
{
    if (a->count != b->count)
        abort();
    for (size_t i = 0; i < a->count; i++) {
        const struct member *m = &a->members[i];
        const struct member *n = &b->members[i];
        if (strcmp(m->name, n->name) != 0 || m->mode != n->mode || m->len != n->len ||
            memcmp(m->data, n->data, m->len) != 0)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct archive a = {0};
    struct archive b = {0};
    struct buf bytes = {0};
    size_t where;
    if (cpio_read(data, size, &a, &where) == NULL) {
        cpio_write(&a, &bytes);
        if (cpio_read(bytes.data, bytes.len, &b, &where) != NULL)
            abort();
        compare(&a, &b);
    } else if (where > size)
        abort();
    archive_free(&a);
    archive_free(&b);
    buf_free(&bytes);
    return 0;
}
