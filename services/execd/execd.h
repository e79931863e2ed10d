/* SPDX-License-Identifier: Apache-2.0 */
/* execd: what runs the program of "qrv exec" on the target.  Two threads: the dispatch loop serves
 * the standard descriptors and the link; the other one starts the program and waits for it.
 * execd_lock covers the link and the state of the descriptors. */
#pragma once
#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

#include "link.h"

extern pthread_mutex_t execd_lock;

/* stdio.c: /dev/exec/0, 1 and 2.  Functions that begin with stdio_ want the lock unless they are
 * handlers. */
int stdio_serve(void); /* makes the dispatch and attaches the link's interrupt */
int stdio_attach(const struct qrv_exec_start *start);
void stdio_end(void);            /* before EXIT: says how much of the input was taken */
_Noreturn void stdio_loop(void); /* the dispatch loop */
void stdio_input(const void *bytes, uint32_t n);
void stdio_eof(void);
void stdio_closed(uint32_t fd); /* the host's reader of 1 or 2 is gone */
void stdio_winsize(struct qrv_exec_winsize size);

/* program.c */
void program_frame(uint32_t type, const void *payload, uint32_t bytes); /* with the lock */
void *program_thread(void *unused);
uint64_t machine_ns(void); /* since the machine was switched on */
