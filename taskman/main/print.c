/* SPDX-License-Identifier: Apache-2.0 */
/* A small formatter and the log line; no state, no lock. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "main/kcall.h"
#include "main/lock.h"
#include "main/print.h"

struct sink {
    char *at, *end;
};

static void put(struct sink *s, char c)
{
    if (s->at < s->end)
        *s->at++ = c;
}

static void put_number(struct sink *s, uint64_t value, unsigned base, unsigned width, char pad)
{
    char digits[24];
    unsigned n = 0;

    do {
        digits[n++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    for (; width > n; width--)
        put(s, pad);
    while (n)
        put(s, digits[--n]);
}

static const char *put_one(struct sink *s, const char *fmt, va_list *ap)
{
    bool is_long = false;
    char pad = ' ';
    unsigned width = 0;

    if (*fmt == '0') {
        pad = '0';
        fmt++;
    }
    while (*fmt >= '0' && *fmt <= '9')
        width = width * 10 + (unsigned)(*fmt++ - '0');
    for (; *fmt == 'l' || *fmt == 'z'; fmt++)
        is_long = true;
    switch (*fmt) {
    case 's': {
        const char *text = va_arg(*ap, const char *);
        while (*text)
            put(s, *text++);
        break;
    }
    case 'c':
        put(s, (char)va_arg(*ap, int));
        break;
    case 'd': {
        int64_t v = is_long ? va_arg(*ap, long) : va_arg(*ap, int);
        if (v < 0)
            put(s, '-');
        put_number(s, v < 0 ? -(uint64_t)v : (uint64_t)v, 10, width, pad);
        break;
    }
    case 'u':
    case 'x':
        put_number(s, is_long ? va_arg(*ap, unsigned long) : va_arg(*ap, unsigned int),
                   *fmt == 'x' ? 16 : 10, width, pad);
        break;
    default:
        put(s, *fmt);
    }
    return fmt + 1;
}

size_t tm_vformat(char *out, size_t room, const char *fmt, va_list ap)
{
    struct sink s = {out, out + room - 1};
    va_list args;

    va_copy(args, ap);
    while (*fmt) {
        if (*fmt != '%')
            put(&s, *fmt++);
        else if (fmt[1] == '\0')
            break;
        else
            fmt = put_one(&s, fmt + 1, &args);
    }
    va_end(args);
    *s.at = '\0';
    return (size_t)(s.at - out);
}

size_t tm_format(char *out, size_t room, const char *fmt, ...)
{
    va_list ap;
    size_t n;

    va_start(ap, fmt);
    n = tm_vformat(out, room, fmt, ap);
    va_end(ap);
    return n;
}

void tm_log(const char *fmt, ...)
{
    char line[256] = "taskman: ";
    va_list ap;
    size_t n;

    va_start(ap, fmt);
    n = 9 + tm_vformat(line + 9, sizeof(line) - 10, fmt, ap);
    va_end(ap);
    line[n++] = '\n';
    tmk_print(line, n);
}

/* taskman's own broken invariant: the kernel treats the death of pid 1 as a panic, which is wanted
 * here. */
_Noreturn void tm_panic(const char *what, long value)
{
    tm_log("panic: %s: %ld (%lx), caller %lx", what, value, (unsigned long)value,
           (unsigned long)__builtin_return_address(0));
    k_exit(6);
}
