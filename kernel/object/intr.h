/* SPDX-License-Identifier: Apache-2.0 */
/* Interrupt attachments: vector -> chain of attachments, each with the event to deliver. */
#pragma once
#include <abi/intr.h>
#include "object/process.h"

void intr_init(void); /* boot, before the first attachment */

int intr_attach_event(struct thread *t, uint32_t vector, const struct _kc_sigevent *ev,
                      uint32_t flags); /* id */
int intr_detach(struct process *p, int32_t id);
/* id -1: not tracked to an attachment.  New mask count of the vector or -errno. */
int intr_mask(struct process *p, uint32_t vector, int32_t id);
int intr_unmask(struct process *p, uint32_t vector, int32_t id);
/* InterruptWait(): 0 at once when an event is remembered, else KC_BLOCKED or -errno. */
int64_t intr_wait(struct thread *t);
/* SIGEV_INTR for t: ends its InterruptWait() or is remembered, once.  Any context without locks. */
void intr_notify_thread(struct thread *t);

/* Detaches (and masks) what the thread attached for itself / everything of the process.  Bounded by
 * the id table (256). */
void intr_thread_fini(struct thread *t);
void intr_process_fini(struct process *p);
uint32_t intr_count(void);
