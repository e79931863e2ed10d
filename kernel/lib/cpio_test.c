/* SPDX-License-Identifier: Apache-2.0 */
/* A hand-made archive, then thousands of damaged copies of it under the address sanitizer. */
#include <string.h>
#include "lib/cpio.h"
#include "test/test.h"

static char archive[2048];
static size_t used;

static void add(const char *name, unsigned mode, const char *data)
{
    size_t n = strlen(name) + 1, len = strlen(data);
    used += (size_t)sprintf(archive + used, "070701%08X%08X%08X%08X%08X%08X%08zX%08X%08X%08X%08X%08zX%08X", 1, mode, 0, 0, 1,
                            0, len, 0, 0, 0, 0, n, 0);
    memcpy(archive + used, name, n);
    used = (used + n + 3) & ~(size_t)3;
    memcpy(archive + used, data, len);
    used = (used + len + 3) & ~(size_t)3;
}

static bool finds(const char *a, size_t n, const char *name, const char *want)
{
    const void *data;
    size_t len;
    if (!cpio_find(a, n, name, &data, &len))
        return false;
    return len == strlen(want) && memcmp(data, want, len) == 0;
}

static void damage(void)
{
    for (int i = 0; i < 200000; i++) {
        size_t n = used;
        if (test_random() % 4 == 0)
            n = test_random() % (used + 1);
        char *copy = malloc(n > 0 ? n : 1); /* exact size: the sanitizer sees any read beyond it */
        memcpy(copy, archive, n);
        for (unsigned k = test_random() % 4; k-- > 0 && n > 0;)
            copy[test_random() % n] = "0123456789ABCDEFf\0\377"[test_random() % 19];
        const void *data;
        size_t len;
        if (cpio_find(copy, n, "taskman", &data, &len)) {
            CHECK((const char *)data >= copy && len <= n && (const char *)data - copy <= (long)(n - len));
        }
        free(copy);
    }
}

int main(void)
{
    add("dir", 040755, "");
    add("dir/taskman", 0100644, "wrong one");
    add("taskman", 040755, "");
    add("./taskman", 0100755, "the program");
    add("empty", 0100644, "");
    add("TRAILER!!!", 0, "");
    add("after", 0100644, "x");
    CHECK(finds(archive, used, "taskman", "the program"));
    CHECK(finds(archive, used, "empty", ""));
    CHECK(finds(archive, used, "dir/taskman", "wrong one"));
    CHECK(!finds(archive, used, "after", "x"));
    CHECK(!finds(archive, used, "nothing", ""));
    CHECK(!finds(archive, 0, "taskman", ""));
    CHECK(!finds("", 0, "taskman", ""));
    damage();
    return test_done("cpio");
}
