/* SPDX-License-Identifier: Apache-2.0 */
/* musl's <unistd.h> with Neutrino's additions. */
#pragma once
#include <musl/unistd.h>
#include <sys/cdefs.h>

__BEGIN_DECLS

#if defined(_BSD_SOURCE) || defined(_GNU_SOURCE)
struct sigevent;

/* Wait that many milliseconds; delay() returns what was left when a signal came. */
unsigned delay(unsigned milliseconds);
int nap(unsigned milliseconds);
int napms(int milliseconds);

int eaccess(const char *path, int mode);
int openfd(int fd, int oflag);
int ionotify(int fd, int action, int flags, const struct sigevent *event);
/* Whole blocks at block number block: blocks moved, or -1. */
int readblock(int fd, size_t blksize, unsigned block, int numblks, void *buf);
int writeblock(int fd, size_t blksize, unsigned block, int numblks, const void *buf);
/* Read from a terminal: min bytes, time and timeout in tenths of a second. */
int readcond(int fd, void *buf, int nbytes, int min, int time, int timeout);
int execlpe(const char *file, const char *arg, ...);
#ifndef _GNU_SOURCE
int setresuid(uid_t ruid, uid_t euid, uid_t suid);
int setresgid(gid_t rgid, gid_t egid, gid_t sgid);
int execvpe(const char *file, char *const argv[], char *const envp[]);
#endif
#endif

__END_DECLS
