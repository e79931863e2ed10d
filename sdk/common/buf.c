/* SPDX-License-Identifier: Apache-2.0 */
#include "buf.h"
#include "exit.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *xrealloc(void *p, size_t size)
{
    void *fresh = realloc(p, size ? size : 1);
    if (fresh == NULL) {
        fputs("qrv: error: out of memory\n", stderr);
        exit(EXIT_MEMORY);
    }
    return fresh;
}

void *xmalloc(size_t size)
{
    return xrealloc(NULL, size);
}

char *xstrndup(const char *text, size_t len)
{
    char *copy = xmalloc(len + 1);
    memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

char *xstrdup(const char *text)
{
    return xstrndup(text, strlen(text));
}

static void reserve(struct buf *b, size_t extra)
{
    size_t need = b->len + extra + 1;
    if (need <= b->room)
        return;
    size_t room = b->room ? b->room : 64;
    while (room < need)
        room *= 2;
    b->data = xrealloc(b->data, room);
    b->room = room;
}

void buf_append(struct buf *b, const void *bytes, size_t len)
{
    reserve(b, len);
    if (len > 0)
        memcpy(b->data + b->len, bytes, len);
    b->len += len;
    b->data[b->len] = '\0';
}

void buf_puts(struct buf *b, const char *text)
{
    buf_append(b, text, strlen(text));
}

static void vappend(struct buf *b, const char *format, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, format, ap);
    if (n > 0) {
        reserve(b, (size_t)n);
        vsnprintf(b->data + b->len, (size_t)n + 1, format, again);
        b->len += (size_t)n;
    }
    va_end(again);
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    vappend(b, format, ap);
    va_end(ap);
}

char *xprintf(const char *format, ...)
{
    struct buf b = {0};
    va_list ap;
    buf_puts(&b, "");
    va_start(ap, format);
    vappend(&b, format, ap);
    va_end(ap);
    return b.data;
}

void buf_zero_to(struct buf *b, size_t multiple)
{
    static const char zeros[512];
    while (b->len % multiple != 0) {
        size_t gap = multiple - b->len % multiple;
        buf_append(b, zeros, gap < sizeof zeros ? gap : sizeof zeros);
    }
}

void buf_free(struct buf *b)
{
    free(b->data);
    *b = (struct buf){0};
}
