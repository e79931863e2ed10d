/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last words of a kernel, kept: the report as it came, and where in the sources the addresses of its backtrace are. They lie
 * in $XDG_STATE_HOME/qrv (~/.local/state/qrv), the newest few of each target.
 */
#pragma once

#include "../common/buf.h"
#include "target.h"

/* Appends the lines of the report's backtrace. elfs: the kernels that it may be of, up to a NULL; the one
 * whose symbols fit is taken. */
void panic_lines(const char *report, const char *const *elfs, struct buf *out);
/* The report with its lines into a file of that target; its path, or NULL after a message. Heap. */
char *panic_keep(const struct target *t, const char *report);
/* The path of the newest one; NULL: there is none. Heap. */
char *panic_newest(const struct target *t);
