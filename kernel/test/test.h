/* SPDX-License-Identifier: Apache-2.0 */
/* Host unit tests of kernel code: a check that fails says where and makes the program exit with 1. */
#pragma once
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static int test_checks;

#define CHECK(cond)                                                           \
    do {                                                                      \
        test_checks++;                                                        \
        if (!(cond)) {                                                        \
            fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #cond); \
            exit(1);                                                          \
        }                                                                     \
    } while (0)

/* Deterministic: a failure can be seen again. */
static uint64_t test_random_state = 88172645463325252UL;
static inline uint64_t test_random(void)
{
    uint64_t x = test_random_state;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return test_random_state = x;
}

static inline int test_done(const char *name)
{
    printf("%s: %d checks passed\n", name, test_checks);
    return 0;
}
