/* SPDX-License-Identifier: Apache-2.0 */
/* Interrupt attachment.  Documentation followed: Library Reference InterruptAttachEvent(), InterruptWait().
 * Vectors are PLIC source numbers. */
#pragma once

#define _NTO_INTR_FLAGS_END       0x01
#define _NTO_INTR_FLAGS_PROCESS   0x02
#define _NTO_INTR_FLAGS_TRK_MSK   0x04
#define _NTO_INTR_FLAGS_NO_UNMASK 0x08
#define _NTO_INTR_FLAGS_EXCLUSIVE 0x10
