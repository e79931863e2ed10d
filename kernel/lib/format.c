/* SPDX-License-Identifier: Apache-2.0 */
/* printf formatting.  No state: may be re-entered from any context. */
#include <stdbool.h>
#include <stdint.h>
#include "lib/format.h"

struct out {
    char *buf;
    size_t size, len;
};

struct spec {
    bool left, zero, alt, negative;
    int width, precision; /* precision -1: none given */
    int size;             /* of the argument: 1, 2, 4, 8 */
};

static void put(struct out *o, char c)
{
    if (o->len + 1 < o->size)
        o->buf[o->len] = c;
    o->len++;
}

static void pad(struct out *o, char c, int n)
{
    while (n-- > 0)
        put(o, c);
}

static void put_number(struct out *o, struct spec *s, uint64_t v, unsigned base, bool upper)
{
    char digits[24];
    int n = 0;
    do {
        digits[n++] = (upper ? "0123456789ABCDEF" : "0123456789abcdef")[v % base];
        v /= base;
    } while (v != 0);
    if (s->precision >= 0)
        s->zero = false;
    int prefix = s->alt && base == 16 ? 2 : 0;
    int zeros = s->precision > n ? s->precision - n : 0;
    int fill = s->width - n - zeros - prefix - (s->negative ? 1 : 0);
    if (s->zero && !s->left && fill > 0) {
        zeros += fill;
        fill = 0;
    }
    if (!s->left)
        pad(o, ' ', fill);
    if (s->negative)
        put(o, '-');
    if (prefix != 0) {
        put(o, '0');
        put(o, upper ? 'X' : 'x');
    }
    pad(o, '0', zeros);
    while (n > 0)
        put(o, digits[--n]);
    if (s->left)
        pad(o, ' ', fill);
}

static void put_string(struct out *o, const struct spec *s, const char *str)
{
    if (str == NULL)
        str = "(null)";
    int n = 0;
    while ((s->precision < 0 || n < s->precision) && str[n] != '\0')
        n++;
    if (!s->left)
        pad(o, ' ', s->width - n);
    for (int i = 0; i < n; i++)
        put(o, str[i]);
    if (s->left)
        pad(o, ' ', s->width - n);
}

/* A width or precision; absurd values are cut so that arithmetic cannot overflow. */
static const char *read_number(const char *f, int *v)
{
    int n = 0;
    for (; *f >= '0' && *f <= '9'; f++)
        n = n < 10000 ? n * 10 + (*f - '0') : n;
    *v = n;
    return f;
}

static const char *read_length(const char *f, struct spec *s)
{
    s->size = 4;
    switch (*f) {
    case 'h':
        s->size = f[1] == 'h' ? 1 : 2;
        return f + (f[1] == 'h' ? 2 : 1);
    case 'l':
        s->size = 8;
        return f + (f[1] == 'l' ? 2 : 1);
    case 'z':
    case 'j':
    case 't':
        s->size = 8;
        return f + 1;
    }
    return f;
}

static int clip(int v)
{
    return v > 10000 ? 10000 : v < -10000 ? -10000 : v;
}

static const char *read_flags(const char *f, struct spec *s)
{
    for (;; f++) {
        if (*f == '-')
            s->left = true;
        else if (*f == '0')
            s->zero = true;
        else if (*f == '#')
            s->alt = true;
        else
            return f;
    }
}

static uint64_t cut_unsigned(uint64_t v, int size)
{
    return size == 8 ? v : v & ((1UL << (size * 8)) - 1);
}

static int64_t cut_signed(int64_t v, int size)
{
    int shift = 64 - size * 8;
    return (int64_t)((uint64_t)v << shift) >> shift;
}

size_t format_v(char *buf, size_t size, const char *fmt, va_list args)
{
    struct out o = { buf, size, 0 };
    va_list ap;
    va_copy(ap, args);
    for (const char *f = fmt; *f != '\0';) {
        if (*f != '%') {
            put(&o, *f++);
            continue;
        }
        const char *start = f++;
        struct spec s = { .precision = -1 };
        f = read_flags(f, &s);
        if (*f == '*') {
            s.width = clip(va_arg(ap, int));
            f++;
        } else {
            f = read_number(f, &s.width);
        }
        if (s.width < 0) {
            s.left = true;
            s.width = -s.width;
        }
        if (*f == '.') {
            f++;
            if (*f == '*') {
                s.precision = clip(va_arg(ap, int));
                f++;
            } else {
                f = read_number(f, &s.precision);
            }
        }
        f = read_length(f, &s);
        switch (*f) {
        case 'd':
        case 'i': {
            int64_t v = s.size == 8 ? va_arg(ap, int64_t) : cut_signed(va_arg(ap, int), s.size);
            s.negative = v < 0;
            put_number(&o, &s, s.negative ? 0 - (uint64_t)v : (uint64_t)v, 10, false);
            break;
        }
        case 'u':
        case 'x':
        case 'X': {
            uint64_t v = s.size == 8 ? va_arg(ap, uint64_t) : va_arg(ap, unsigned);
            put_number(&o, &s, cut_unsigned(v, s.size), *f == 'u' ? 10 : 16, *f == 'X');
            break;
        }
        case 'p':
            s.alt = true;
            put_number(&o, &s, (uint64_t)(uintptr_t)va_arg(ap, void *), 16, false);
            break;
        case 'c': {
            char c = (char)va_arg(ap, int);
            s.precision = 1;
            if (c == '\0')
                put(&o, c);
            else
                put_string(&o, &s, (char[2]){ c, '\0' });
            break;
        }
        case 's':
            put_string(&o, &s, va_arg(ap, const char *));
            break;
        case '%':
            put(&o, '%');
            break;
        default: /* unknown: shown as written; the rest of the arguments cannot be trusted */
            while (*start != '\0')
                put(&o, *start++);
            f = start - 1;
            break;
        }
        f++;
    }
    va_end(ap);
    if (size > 0)
        buf[o.len < size ? o.len : size - 1] = '\0';
    return o.len;
}

size_t format(char *buf, size_t size, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    size_t n = format_v(buf, size, fmt, ap);
    va_end(ap);
    return n;
}
