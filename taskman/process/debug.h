/* SPDX-License-Identifier: Apache-2.0 */
/* Debuggers: which open file of /proc controls which process, its breakpoints, and who waits for a stop.
 *
 * The record belongs to the file and outlives the process, so that its end can be asked for.  Breakpoints are ours, not the
 * debugger's: they are gone from the process when the debugger is, and from a forked child at once.  One lock for all of it, rank
 * debug; the kernel does the stopping (abi/tm.h). */
#pragma once
#include "builtin/ocb.h"
#include "main/message.h"

/* A command from QRV_DCMD_PROC_CONTROL_FIRST on, or one that reads a thread's state. */
int64_t debug_devctl(struct message *m, struct ocb *o, unsigned cmd, const uint8_t *data, size_t bytes);
void debug_closed(struct ocb *o); /* a file of /proc is gone: its process goes on, or is killed */

/* Bytes of pid's memory as they are without breakpoints. */
void debug_hide(int32_t pid, uint64_t va, uint8_t *bytes, size_t count);
/* bytes are about to be written to pid's memory through o: breakpoints stay in them.  TM_COPY_*: how to write. */
int debug_write_mode(const struct ocb *o, uint64_t va, uint8_t *bytes, size_t count);

/* What happens to processes. */
void debug_changed(int32_t pid); /* pulse: a held thread has come to rest */
void debug_died(int32_t pid, int32_t status);
void debug_emptied(int32_t pid); /* exec: the old program is gone, with its breakpoints */
void debug_loaded(int32_t pid);  /* a program is loaded, not one of its instructions has run: it stops */
/* Around the copying of an address space: breakpoints come and go before or after it.  true: end has to follow; child < 0: there is
 * none. */
bool debug_fork_begin(void);
void debug_fork_end(int32_t parent, int32_t child);
/* The child of a thread of parent is complete, and the parent not answered yet: with _DEBUG_FLAG_FORK both stop. */
void debug_forked(int32_t parent, int32_t tid, int32_t child);
bool debug_unblock(int32_t rcvid); /* EINTR for whoever waits with that rcvid */
