/* SPDX-License-Identifier: Apache-2.0 */
/* The other side of the exception tests: a library that throws, and calls back through its own frames. */
#pragma once

#include <stdexcept>

struct library_error : std::runtime_error {
    using std::runtime_error::runtime_error;
    int code = 0;
};

/* Counts destructions, so that a test sees whether the frames between throw and catch were cleaned. */
extern int frames_cleaned;

void throw_library_error(int code);        /* throws library_error */
void call_back(void (*function)(int), int depth); /* depth frames of the library, then function(depth) */
