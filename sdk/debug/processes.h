/* SPDX-License-Identifier: Apache-2.0 */
/* The list of processes as a debug agent gives it: GDB's "osdata" XML. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct process {
    long pid;
    char command[256]; /* words with blanks between; longer ones are cut off */
};

/* The next item of the text, from *at on, which moves; false: there is none. Items without a pid are
 * passed over. */
bool process_next(const char *text, size_t len, size_t *at, struct process *p);

/* Is it what a user means by the name: the last part of the program's path, or all of it? */
bool process_is_called(const struct process *p, const char *name);
