/* SPDX-License-Identifier: Apache-2.0 */
/* Children that stand beside a session of GDB: they end with this process, however it ends, and Ctrl-C is not for them. */
#pragma once

#include <sys/types.h>

/* As fork(). What the caller wants ignored (nohup) stays ignored in the child, what it handles does not. */
pid_t companion_fork(void);

/* "qrv run" with these words (words[0] is a name), without input, its text in a new file. Waits until it has made `socket`. Its process;
 * -1 after a message. */
pid_t companion_machine(char *const *words, const char *log, const char *socket);

/* Ends one and waits for it; nothing for a number that is none. */
void companion_end(pid_t pid, int signo);
