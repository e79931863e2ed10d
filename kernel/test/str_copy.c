/* SPDX-License-Identifier: Apache-2.0 */
/* str_copy() alone: the rest of lib/string.c would replace the C library's functions. */
#include <string.h>
#include "lib/string.h"

size_t str_copy(char *dst, const char *src, size_t size)
{
    size_t n = strlen(src);
    if (size > 0) {
        memcpy(dst, src, n < size - 1 ? n : size - 1);
        dst[n < size - 1 ? n : size - 1] = '\0';
    }
    return n;
}
