/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel messages and the end of the kernel. */
#pragma once
#include "core/arch.h"

/* Text to the firmware's console; the address is kernel memory. Any context. */
void console_write(const char *text, size_t bytes);
_Noreturn void panic_with_regs(const struct regs *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
