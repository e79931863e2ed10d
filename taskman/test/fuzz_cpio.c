/* SPDX-License-Identifier: Apache-2.0 */
/* Every byte of every member that the reader hands out is touched. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "image/cpio.h"

size_t fuzz_seed(uint8_t *data, size_t room);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile unsigned sum;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cpio_reader r;
    struct cpio_member m;
    unsigned members = 0;

    cpio_open(&r, data, size);
    while (cpio_next(&r, &m) == 1) {
        sum += (unsigned)strlen(m.name);
        for (uint64_t i = 0; i < m.bytes; i++)
            sum += m.data[i];
        if (++members > size / 110)
            abort(); /* more members than there are headers */
    }
    return 0;
}

size_t fuzz_seed(uint8_t *data, size_t room)
{
    char *at = (char *)data;

    (void)room;
    memset(data, 0, 512);
    at += sprintf(at, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08Xab", 1, 0100644, 0,
                  0, 1, 5, 5, 0, 0, 0, 0, 3, 0);
    at = (char *)data + ((at + 1 - (char *)data + 3) & ~3);
    memcpy(at, "hello\0\0", 8);
    at += 8;
    sprintf(at, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08XTRAILER!!!", 0, 0, 0, 0,
            1, 0, 0, 0, 0, 0, 0, 11, 0);
    return 512;
}
