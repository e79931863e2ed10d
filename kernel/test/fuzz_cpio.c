/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer: any bytes as a boot archive. */
#include "lib/cpio.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const void *d;
    size_t n;
    (void)cpio_find(data, size, "taskman", &d, &n);
    return 0;
}
