/* SPDX-License-Identifier: Apache-2.0 */
/* Programs: stripping, usage messages, and the kernel check, on any bytes. */
#include "fuzz.h"

#include "common/elf64.h"
#include "qrv/kernel_file.h"

#include <stdlib.h>
#include <string.h>

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
    elf_strip(data, size, &small);
    if (elf_set_usage(data, size, "text", 4, &with) == NULL) {
        const char *text = elf_usage(with.data, with.len, &len);
        if (text == NULL || len != 4 || memcmp(text, "text", 4) != 0)
            abort();
    }
    buf_free(&small);
    buf_free(&with);
    return 0;
}
