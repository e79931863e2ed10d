/* SPDX-License-Identifier: Apache-2.0 */
/* lwIP's view of the compiler and of libc. */
#pragma once
#include <stdio.h>
#include <stdlib.h>

#define LWIP_ERRNO_STDINCLUDE 1
unsigned net_random(void);
#define LWIP_RAND() net_random()
unsigned short net_checksum(const void *data, int len);
#define LWIP_CHKSUM net_checksum
void *net_malloc(size_t n);
void *net_calloc(size_t count, size_t n);
void net_free(void *p);

/* An assertion of lwIP that does not hold is a bug: better no network than a wrong one. */
_Noreturn void net_assert(const char *text, const char *file, int line);
#define LWIP_PLATFORM_ASSERT(text) net_assert(text, __FILE__, __LINE__)
#define LWIP_PLATFORM_DIAG(x)                                                                      \
    do {                                                                                           \
        printf x;                                                                                  \
    } while (0)
