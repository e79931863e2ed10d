/* SPDX-License-Identifier: Apache-2.0 */
/* memcpy() is ours, in assembly: all bytes and no others, for each size up to MOST and each alignment of both sides, with
 * what is copied at the very end of a page that has none behind it, and at the very beginning of one that has none in
 * front of it. */
#include "../tap.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>

enum { MOST = 200, PAGE = 4096, MARK = 0xa5 };

static unsigned char to[MOST + 32];

/* Of `from`, to each alignment of the target. */
static unsigned wrong(const unsigned char *from, size_t n)
{
    unsigned count = 0;
    for (size_t align = 0; align < 8; align++) {
        bool good = true;
        memset(to, MARK, sizeof to);
        good = memcpy(to + 8 + align, from, n) == to + 8 + align;
        for (size_t i = 0; i < sizeof to; i++)
            good = good && to[i] == (i >= 8 + align && i < 8 + align + n ? from[i - 8 - align] : MARK);
        count += !good;
    }
    return count;
}

int main(void)
{
    unsigned at_end = 0, at_start = 0;
    tap_plan(3);
    unsigned char *area = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
    unsigned char *page = area + PAGE;
    for (unsigned i = 0; area != MAP_FAILED && i < PAGE; i++)
        page[i] = (unsigned char)(i * 7 + i / 251 + 1);
    ok(area != MAP_FAILED && mprotect(area, PAGE, PROT_NONE) == 0 && mprotect(page + PAGE, PAGE, PROT_NONE) == 0,
       "a page between two that are none");
    for (size_t n = 0; n <= MOST; n++)
        for (size_t align = 0; align < 8; align++) {
            at_end += wrong(page + PAGE - n - align, n);
            at_start += wrong(page + align, n);
        }
    is_int((int)at_end, 0, "up to 200 bytes from a page's end, to and from each alignment");
    is_int((int)at_start, 0, "up to 200 bytes from a page's beginning");
    return done();
}
