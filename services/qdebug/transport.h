/* SPDX-License-Identifier: Apache-2.0 */
/* Where GDB comes from.  Each connection is a process of its own, so whatever becomes of one
 * (a killed GDB, a broken cable, a fault of the agent) touches no other. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct line {
    int in, out;
    uint8_t first[1024]; /* what came before the session's process was there */
    size_t first_bytes;
};

/* Serves the places that the operands name until none is left, each connection with one call of session(),
 * in a process that ends behind it.  Returns an exit code, after a message if it is one of failure. */
int transport_serve(char *const *operands, size_t count, bool is_optional, void (*session)(const struct line *));

/* Does the process serve the line of this session?  Who stops it hears nothing any more. */
bool transport_needs(const struct line *line, pid_t pid);
