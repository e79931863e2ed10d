/* SPDX-License-Identifier: Apache-2.0 */
/* qrv run --log: after the machine has ended. */
#pragma once

/* Did its kernel panic? Then what it said goes to FILE.panic, with the source lines of its backtrace from the kernel.elf
 * beside `kernel`, and a message says so. */
void run_log_look(const char *file, const char *kernel);
