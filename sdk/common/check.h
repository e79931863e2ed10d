/* SPDX-License-Identifier: Apache-2.0 */
/* Results of host unit tests, as TAP. For test programs only. */
#pragma once

#include <stdio.h>

static int check_count;
static int check_failures;

#define CHECK(condition, text)                                                                     \
    do {                                                                                           \
        int good_ = !!(condition);                                                                 \
        printf("%sok %d - %s\n", good_ ? "" : "not ", ++check_count, text);                        \
        if (!good_)                                                                                \
            printf("# %s:%d: %s\n", __FILE__, __LINE__, #condition);                               \
        check_failures += !good_;                                                                  \
    } while (0)

static inline int check_done(void)
{
    printf("1..%d\n", check_count);
    return check_failures != 0;
}
