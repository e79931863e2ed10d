/*
 * All that a test in plain C needs. CHECK() goes on after a failure, so that one run shows them
 * all; a test ends with "return check_result();". The lines are TAP, which many tools read.
 */
#pragma once

#include <stdio.h>

static int check_number;
static int check_failures;

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (condition) {                                                                           \
            printf("ok %d - %s\n", ++check_number, #condition);                                    \
        } else {                                                                                   \
            printf("not ok %d - %s\n# %s:%d\n", ++check_number, #condition, __FILE__, __LINE__);   \
            check_failures++;                                                                      \
        }                                                                                          \
    } while (0)

static inline int check_result(void)
{
    printf("1..%d\n", check_number);
    return check_failures != 0;
}
