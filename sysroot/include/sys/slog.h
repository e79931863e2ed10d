/* SPDX-License-Identifier: Apache-2.0 */
/* Writing to the system log.  -1 with ENOENT when no logger runs. */
#pragma once
#include <stdarg.h>
#include <sys/cdefs.h>
#include <sys/slogcodes.h>

__BEGIN_DECLS

int slogf(int opcode, int severity, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int vslogf(int opcode, int severity, const char *fmt, va_list arg)
    __attribute__((format(printf, 3, 0)));
int slogb(int opcode, int severity, const void *data, int size);
int slogi(int opcode, int severity, int nargs, ...); /* at most 32 ints */

__END_DECLS
