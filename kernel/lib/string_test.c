/* SPDX-License-Identifier: Apache-2.0 */
/* Every alignment and length against a byte-wise reference.  The functions under test are compiled under other names. */
#include <string.h>
#include "test/test.h"

void *k_memcpy(void *dst, const void *src, size_t n);
void *k_memmove(void *dst, const void *src, size_t n);
void *k_memset(void *dst, int c, size_t n);
int k_memcmp(const void *a, const void *b, size_t n);
size_t k_strlen(const char *s);
size_t k_strnlen(const char *s, size_t max);
int k_strcmp(const char *a, const char *b);
int k_strncmp(const char *a, const char *b, size_t n);
size_t str_copy(char *dst, const char *src, size_t size);

static unsigned char a[200], b[200], c[200];

static void fill(void)
{
    for (size_t i = 0; i < sizeof(a); i++) {
        a[i] = (unsigned char)test_random();
        b[i] = c[i] = (unsigned char)test_random();
    }
}

int main(void)
{
    for (size_t from = 0; from < 17; from++) {
        for (size_t to = 0; to < 17; to++) {
            for (size_t n = 0; n < 100; n++) {
                fill();
                CHECK(k_memcpy(b + to, a + from, n) == b + to);
                for (size_t i = 0; i < n; i++)
                    c[to + i] = a[from + i];
                CHECK(memcmp(b, c, sizeof(b)) == 0);
                fill();
                for (size_t i = 0; i < n; i++)
                    a[i] = c[from + i];
                k_memmove(b + to, b + from, n);
                CHECK(memcmp(b + to, a, n) == 0);
                k_memset(b + to, 0x5a, n);
                CHECK(n == 0 || (b[to] == 0x5a && b[to + n - 1] == 0x5a));
            }
        }
    }
    CHECK(k_memcmp("abc", "abd", 3) < 0 && k_memcmp("abc", "abd", 2) == 0);
    CHECK(k_memcmp("\xff", "\x01", 1) > 0);
    CHECK(k_strlen("") == 0 && k_strlen("abc") == 3 && k_strnlen("abc", 2) == 2);
    CHECK(k_strcmp("a", "a") == 0 && k_strcmp("a", "ab") < 0 && k_strcmp("\xff", "a") > 0);
    CHECK(k_strncmp("abc", "abx", 2) == 0 && k_strncmp("abc", "abx", 3) < 0 && k_strncmp("a", "a", 9) == 0);
    char s[4];
    CHECK(str_copy(s, "hello", sizeof(s)) == 5 && k_strcmp(s, "hel") == 0);
    CHECK(str_copy(s, "", sizeof(s)) == 0 && s[0] == '\0' && str_copy(NULL, "xx", 0) == 2);
    return test_done("string");
}
