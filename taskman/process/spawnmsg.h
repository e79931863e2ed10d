/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of a spawn or exec request before anybody looks into it.  Pure; fuzzed by
 * tests/fuzz_spawn.c.  The loader relies on what was checked here: every string it is pointed at
 * ends inside the message. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <abi/taskman.h>

/* text: `total` bytes, aligned to 8.  0, -EINVAL, -E2BIG, -EBADF (a bad descriptor in the map). */
int spawn_check(const void *text, size_t total);
/* Is the program of a checked request to lie at random addresses? */
bool spawn_is_random(const struct tmsg_spawn *req, bool is_parent_random);
/* Bytes of the argument strings of a checked request, each with its NUL. */
size_t spawn_args_bytes(const struct tmsg_spawn *req);
