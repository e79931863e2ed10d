/* SPDX-License-Identifier: Apache-2.0 */
/* Text output and formatting without a C library's stdio. */
#pragma once
#include <stdarg.h>
#include <stddef.h>

/* %s %d %u %x %c %% with l modifier and 0-padded width; returns the length written, always
 * NUL-terminates. */
size_t tm_format(char *out, size_t room, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
size_t tm_vformat(char *out, size_t room, const char *fmt, va_list ap);
/* One line on the kernel's console, "taskman: " in front. */
void tm_log(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
