/* SPDX-License-Identifier: Apache-2.0 */
/* spawn family with a mode.  Documentation followed: Library Reference spawnl(), spawnv(). */
#pragma once
#include <spawn.h>
#include <sys/cdefs.h>
#include <sys/types.h>
#include <unistd.h>

__BEGIN_DECLS

#define P_WAIT    0 /* wait: the result is the exit status as waitpid() reports it */
#define P_NOWAIT  1 /* the result is the pid */
#define P_OVERLAY 2 /* replaces the caller */
#define P_NOWAITO 3 /* as P_NOWAIT; the child is nobody's to wait for */

int spawnl(int mode, const char *path, const char *arg0, ...);
int spawnle(int mode, const char *path, const char *arg0, ...);
int spawnlp(int mode, const char *file, const char *arg0, ...);
int spawnlpe(int mode, const char *file, const char *arg0, ...);
int spawnv(int mode, const char *path, char *const argv[]);
int spawnve(int mode, const char *path, char *const argv[], char *const envp[]);
int spawnvp(int mode, const char *file, char *const argv[]);
int spawnvpe(int mode, const char *file, char *const argv[], char *const envp[]);

__END_DECLS
