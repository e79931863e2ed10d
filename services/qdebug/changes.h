/* SPDX-License-Identifier: Apache-2.0 */
/* What GDB has written into the siginfo of stopped threads ("set $_siginfo..."), until they go on.  Pure: no I/O, tested on the build
 * machine (services/qdebug/test).  Followed: "GDB Remote Serial Protocol", section "General Query Packets" (qXfer write). */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <abi/signal.h>

#define CHANGES_MAX 8 /* threads of a process */

struct change {
    int tid;             /* 0: free */
    bool is_delivered;   /* its signal has come to the thread: it must not get it once more */
    struct _kc_siginfo old, info;
};

struct change *changes_find(struct change all[CHANGES_MAX], int tid); /* NULL: none */
/* Data from offset of the siginfo of tid, which is old without this: 0, EINVAL (it does not fit) or EAGAIN (too many threads). */
int changes_write(struct change all[CHANGES_MAX], int tid, const struct _kc_siginfo *old, uint64_t offset, const void *data, size_t bytes);
void changes_forget(struct change all[CHANGES_MAX], int tid); /* 0: of all threads */
bool changes_are_there(const struct change all[CHANGES_MAX]);
/* A thread that gets signo is to get it with what was written: not when that is about another signal. */
bool changes_fit(const struct change *c, int signo);
