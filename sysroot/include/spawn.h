/* SPDX-License-Identifier: Apache-2.0 */
/* musl's <spawn.h> with Neutrino's spawn().  Documentation followed: Library Reference spawn(),
 * posix_spawnattr_setaslr(), posix_spawnattr_setxflags(). */
#pragma once
#include <musl/spawn.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/cdefs.h>
#include <sys/types.h>

__BEGIN_DECLS

/* clang-format off */
#define SPAWN_SETGROUP       0x00000001
#define SPAWN_SETSIGMASK     0x00000002
#define SPAWN_SETSIGDEF      0x00000004
#define SPAWN_SETSIGIGN      0x00000008
#define SPAWN_TCSETPGROUP    0x00000010
#define SPAWN_SETND          0x00000020
#define SPAWN_SETSID         0x00000040
#define SPAWN_EXPLICIT_SCHED 0x00000080
#define SPAWN_EXPLICIT_CPU   0x00000100
#define SPAWN_SETSTACKMAX    0x00000200
#define SPAWN_NOZOMBIE       0x00000400
#define SPAWN_DEBUG          0x00000800
#define SPAWN_HOLD           0x00001000
#define SPAWN_EXEC           0x00002000
#define SPAWN_SEARCH_PATH    0x00004000
#define SPAWN_CHECK_SCRIPT   0x00008000
#define SPAWN_ALIGN_MASK     0x00030000
#define SPAWN_ALIGN_DEFAULT  0x00000000
#define SPAWN_ALIGN_FAULT    0x00010000
#define SPAWN_ALIGN_NOFAULT  0x00020000
#define SPAWN_CRITICAL       0x00040000
#define SPAWN_PADDR64_SAFE   0x00080000
#define SPAWN_ASLR_INVERT    0x00100000

#define SPAWN_NEWPGROUP 0
#define SPAWN_FDCLOSED  (-1)

#define POSIX_SPAWN_EXPLICIT_CPU 0x1000
#define POSIX_SPAWN_NEWAPP       0x2000
#define POSIX_SPAWN_SETCRED      0x4000
#define POSIX_SPAWN_SETSIGIGN    0x8000
#define POSIX_SPAWN_ASLR_INVERT  0x10000
#define POSIX_SPAWN_EXEC         0x20000
#define POSIX_SPAWN_HOLD         0x40000
#define POSIX_SPAWN_NOZOMBIE     0x80000
/* clang-format on */

typedef enum {
    POSIX_SPAWN_ASLR_DEFAULT, /* as the parent */
    POSIX_SPAWN_ASLR_ENABLE,
    POSIX_SPAWN_ASLR_DISABLE
} posix_spawnattr_aslr_t;

typedef struct inheritance {
    unsigned long flags; /* SPAWN_* */
    pid_t pgroup;        /* SPAWN_NEWPGROUP: a new one */
    sigset_t sigmask;
    sigset_t sigdefault;
    sigset_t sigignore;
    unsigned long stack_max;
    int policy;
    uint32_t nd;
    unsigned runmask;
    struct sched_param param;
} spawn_inheritance_type;

/* The pid of the new process, or -1.  fd_count 0: it gets every descriptor without FD_CLOEXEC;
 * otherwise descriptor i is a copy of fd_map[i]. */
pid_t spawn(const char *path, int fd_count, const int fd_map[], const struct inheritance *inherit,
            char *const argv[], char *const envp[]);
pid_t spawnp(const char *file, int fd_count, const int fd_map[], const struct inheritance *inherit,
             char *const argv[], char *const envp[]);

int posix_spawnattr_setxflags(posix_spawnattr_t *attr, uint32_t flags);
int posix_spawnattr_getxflags(const posix_spawnattr_t *attr, uint32_t *flags);
/* Does the new program lie at addresses chosen at random?  Library Reference posix_spawnattr_setaslr(). */
int posix_spawnattr_setaslr(posix_spawnattr_t *attr, posix_spawnattr_aslr_t aslr);
int posix_spawnattr_getaslr(const posix_spawnattr_t *attr, posix_spawnattr_aslr_t *aslr);
int posix_spawnattr_setcred(posix_spawnattr_t *attr, uid_t uid, gid_t gid);
int posix_spawnattr_getcred(const posix_spawnattr_t *attr, uid_t *uid, gid_t *gid);

__END_DECLS
