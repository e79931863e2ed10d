/* SPDX-License-Identifier: Apache-2.0 */
/* Steps of threads, with breakpoints of the agent's own. */
#pragma once
#include "target.h"

/* As target_resume() for a plan in which a thread is to step ('s', 'r').  *is_done: it has done so already and nothing runs. */
int stepping_begin(struct target *t, struct resume (*plan)(const struct target *t, int tid), bool *is_done);
/* t stands still: the agent's breakpoints are taken out. */
void stepping_pause(struct target *t);
/* After that, with nothing to report otherwise: true when the step is over, or cannot be; *tid is the thread, 0 it has ended.
 * false: it goes on. */
bool stepping_next(struct target *t, struct resume (*plan)(const struct target *t, int tid), int *tid);
