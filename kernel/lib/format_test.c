/* SPDX-License-Identifier: Apache-2.0 */
/* Against the C library where both must agree, and the edges of the buffer. */
#include <string.h>
#include "lib/format.h"
#include "test/test.h"

#define SAME(...)                                                \
    do {                                                         \
        char x_[200], y_[200];                                   \
        int n_ = snprintf(x_, sizeof(x_), __VA_ARGS__);          \
        CHECK(format(y_, sizeof(y_), __VA_ARGS__) == (size_t)n_); \
        CHECK(strcmp(x_, y_) == 0);                              \
    } while (0)

int main(void)
{
    SAME("plain %%");
    SAME("%d %i %u", -1, 2147483647, 4294967295U);
    SAME("%ld %lu %lld", INT64_MIN, UINT64_MAX, -5LL);
    SAME("%x %X %#x %#lx", 0xabcU, 0xABCU, 255U, 0xdeadbeefcafeUL);
    SAME("[%5d] [%-5d] [%05d] [%5u]", 42, 42, -42, 7U);
    SAME("[%.3d] [%8.3d] [%-8.3d]", 5, 5, 5);
    SAME("[%s] [%8s] [%-8s] [%.2s] [%*s] [%-*s]", "abc", "abc", "abc", "abc", 6, "abc", 6, "abc");
    SAME("[%.*s] [%c] [%3c] [%-3c]", 2, "abcdef", 'x', 'y', 'z');
    SAME("%hhd %hd %hhu %zu %jd %td", (signed char)-3, (short)-300, (unsigned char)200, (size_t)9, (intmax_t)-9,
         (ptrdiff_t)4);
    SAME("%016lx %#010x", 0x1234UL, 0x12U);
    SAME("%p", (void *)0x1234);
    char b[8];
    CHECK(format(b, sizeof(b), "%s", "0123456789") == 10 && strcmp(b, "0123456") == 0);
    CHECK(format(b, 1, "%d", 12) == 2 && b[0] == '\0');
    CHECK(format(NULL, 0, "%d", 12) == 2);
    char nul[16];
    const char *const volatile none = NULL; /* the compiler must not know */
    format(nul, sizeof(nul), "%s", none);
    CHECK(strcmp(nul, "(null)") == 0);
    const char *strange = "%y %d";
    char out[32];
    CHECK(format(out, sizeof(out), strange, 1) == 5 && strcmp(out, "%y %d") == 0);
    const char *cut = "abc%";
    CHECK(format(out, sizeof(out), cut) == 4);
    return test_done("format");
}
