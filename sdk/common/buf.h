/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing byte buffer. data is always followed by a NUL that len does not count, so text needs no
 * copy. Running out of memory ends the program with a message: a host tool has nothing better to
 * do.
 */
#pragma once

#include <stddef.h>

struct buf {
    char *data;
    size_t len;
    size_t room;
};

void buf_append(struct buf *b, const void *bytes, size_t len);
void buf_puts(struct buf *b, const char *text);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_zero_to(struct buf *b, size_t multiple); /* pads with zero bytes up to a multiple */
void buf_json(struct buf *b, const char *text); /* appends a quoted JSON string; see json.h */
void buf_free(struct buf *b);

void *xmalloc(size_t size);
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t len);
char *xprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));
