/* SPDX-License-Identifier: Apache-2.0 */
/* TAP for the host tests of taskman. */
#pragma once
#include <stdbool.h>
#include <stdio.h>

static unsigned check_count, check_failed;

static inline bool check_that(bool is_ok, const char *text, const char *file, int line)
{
    printf("%sok %u - %s\n", is_ok ? "" : "not ", ++check_count, text);
    if (!is_ok) {
        printf("# at %s:%d\n", file, line);
        check_failed++;
    }
    return is_ok;
}
#define check(condition) check_that(condition, #condition, __FILE__, __LINE__)

static inline int check_done(void)
{
    printf("1..%u\n", check_count);
    return check_failed != 0;
}
