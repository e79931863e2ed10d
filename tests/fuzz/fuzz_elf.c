/* SPDX-License-Identifier: Apache-2.0 */
/* Programs: stripping, usage messages, and the kernel check, on any bytes. */
#include "fuzz.h"

#include "common/elf64.h"
#include "qrv/kernel_file.h"

#include <stdlib.h>
#include <string.h>

/* No more than the file, its names, its table and the usage message; that is still there. */
static void stripped(const uint8_t *data, size_t size, const struct buf *small)
{
    struct buf again = {0};
    size_t len;
    size_t kept;
    const char *text = elf_usage(data, size, &len);
    const char *found = elf_usage(small->data, small->len, &kept);
    if (small->len > 4 * size + sizeof(uint64_t) || (text != NULL && found != NULL && (len != kept || memcmp(text, found, len) != 0)))
        abort();
    elf_strip(small->data, small->len, &again);
    buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf small = {0};
    struct buf with = {0};
    size_t len;
    size_t at = 0;
    for (const char *name = elf_needed(data, size, &at); name != NULL;
         name = elf_needed(data, size, &at))
        if (strlen(name) >= size)
            abort();
    const char *interpreter = elf_interpreter(data, size);
    if (interpreter != NULL && strlen(interpreter) >= size)
        abort();
    elf_usage(data, size, &len);
    const char *id = elf_build_id(data, size, &len);
    if (id != NULL && (id < (const char *)data || len > size || id + len > (const char *)data + size))
        abort();
    kernel_refuse(data, size, (uint64_t)128 << 20, size);
    if (elf_strip(data, size, &small) == NULL)
        stripped(data, size, &small);
    if (elf_set_usage(data, size, "text", 4, &with) == NULL) {
        const char *text = elf_usage(with.data, with.len, &len);
        if (text == NULL || len != 4 || memcmp(text, "text", 4) != 0)
            abort();
    }
    buf_free(&small);
    buf_free(&with);
    return 0;
}
