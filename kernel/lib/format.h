/* SPDX-License-Identifier: Apache-2.0 */
/* printf formatting into a caller's buffer.
 * Conversions: d i u x X p c s %, with flags - 0 #, width and precision (numbers or *), lengths hh h l ll z j t. */
#pragma once
#include <stdarg.h>
#include <stddef.h>

/* Always ends with NUL when size > 0; returns the length the whole text has. */
size_t format_v(char *buf, size_t size, const char *fmt, va_list ap);
size_t format(char *buf, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
