/* SPDX-License-Identifier: Apache-2.0 */
/* See thrower.h. */
#include "thrower.h"

int frames_cleaned;

namespace {
struct guard {
    ~guard() { frames_cleaned++; }
};
} // namespace

void throw_library_error(int code)
{
    guard here;
    library_error error("from the library");
    error.code = code;
    throw error;
}

static void descend(void (*function)(int), int depth, int left)
{
    guard here;
    if (left > 1)
        descend(function, depth, left - 1);
    else
        function(depth);
}

void call_back(void (*function)(int), int depth)
{
    descend(function, depth, depth);
}
