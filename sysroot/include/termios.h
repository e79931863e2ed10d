/* SPDX-License-Identifier: Apache-2.0 */
/* musl's <termios.h> with Neutrino's additions. */
#pragma once
#include <musl/termios.h>
#include <sys/cdefs.h>
#include <sys/types.h>

__BEGIN_DECLS

#if defined(_BSD_SOURCE) || defined(_GNU_SOURCE)
int tcdropline(int fd, int duration); /* milliseconds */
int tcinject(int fd, char *buf, int n);
int tcischars(int fd);
int tcgetsize(int fd, int *rows, int *cols);
int tcsetsize(int fd, int rows, int cols);
int tcsetsid(int fd, pid_t sid);
#endif

__END_DECLS
