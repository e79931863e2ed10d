/* SPDX-License-Identifier: Apache-2.0 */
/* siginfo of stopped threads, as GDB reads and writes it. */
#pragma once
#include "target.h"

/* 0, ESRCH: nothing that has one stopped the thread. */
int siginfo_read(struct target *t, int tid, struct _kc_siginfo *info);
/* 0, ESRCH, EINVAL (it does not fit), ENOTSUP (a signal that stops jobs), EAGAIN (too many). */
int siginfo_write(struct target *t, int tid, uint64_t offset, const void *data, size_t bytes);
/* All of t stands still and tid is about to go on with signo: if its siginfo was written, the signal comes to it here and now, and it
 * stands before the first instruction of its handler. */
void siginfo_deliver(struct target *t, int tid, int signo);
