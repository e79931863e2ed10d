/* SPDX-License-Identifier: Apache-2.0 */
#include "table.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void table_bytes(struct table *x, const void *data, size_t n)
{
    if (x->bytes + n > x->room) {
        size_t room = (x->bytes + n) * 2;
        char *text = realloc(x->text, room);
        if (text == NULL)
            return; /* a table that ends early */
        x->text = text;
        x->room = room;
    }
    memcpy(x->text + x->bytes, data, n);
    x->bytes += n;
}

void table_add(struct table *x, const char *format, ...)
{
    char text[512];
    va_list ap;
    va_start(ap, format);
    int n = vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    table_bytes(x, text, n < (int)sizeof text ? (size_t)n : sizeof text - 1);
}

void table_escaped(struct table *x, const char *text)
{
    for (; *text != '\0'; text++) {
        if (strchr("<>&\"'", *text) != NULL || (unsigned char)*text < ' ')
            table_add(x, "&#%d;", (unsigned char)*text < ' ' ? ' ' : *text);
        else
            table_bytes(x, text, 1);
    }
}
