/* SPDX-License-Identifier: Apache-2.0 */
/* Pseudo terminals: openpty(), forkpty() and login_tty() of the C library reference. */
#pragma once
#include <sys/cdefs.h>
#include <sys/ioctl.h>
#include <sys/types.h>
#include <termios.h>

__BEGIN_DECLS

/* Opens both ends of a pseudo terminal that is free.  `name`: NULL, or room for the slave's path; `termp`, `winp`: NULL, or what to
 * set.  -1 with ENOENT: there is none. */
int openpty(int *amaster, int *aslave, char *name, const struct termios *termp, const struct winsize *winp);
/* openpty(), fork(), and login_tty() in the child. */
pid_t forkpty(int *amaster, char *name, const struct termios *termp, const struct winsize *winp);
/* A new session whose terminal is fd, which becomes its standard input, output and error. */
int login_tty(int fd);

__END_DECLS
