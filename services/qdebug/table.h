/* SPDX-License-Identifier: Apache-2.0 */
/* A text that grows: what qXfer sends in pieces. */
#pragma once
#include <stddef.h>

struct table {
    char *text;
    size_t bytes, room;
};

void table_bytes(struct table *x, const void *data, size_t n);
void table_add(struct table *x, const char *format, ...) __attribute__((format(printf, 2, 3)));
void table_escaped(struct table *x, const char *text); /* for XML */
