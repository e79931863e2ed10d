/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/dumper: processes that a signal ends with a core file, on their way to who writes it (abi/procfs.h).
 *
 * The kernel has stopped such a process (_PULSE_CODE_TM_CORE), and TM_DEBUG_DETACH ends it. Whatever happens to the one who writes,
 * each process that was stopped is let go once: when it is done with, or can be given to nobody. */
#pragma once
#include "main/message.h"

void core_wanted(int32_t pid); /* pulse */
void core_died(int32_t pid);   /* killed meanwhile, or let go */
bool core_unblock(int32_t rcvid);
