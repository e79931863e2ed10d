/* SPDX-License-Identifier: Apache-2.0 */
/* posix_spawn(): one message; the loader in the new process carries out the file actions and
 * reports what went wrong. Signals wait until the answer is there: an interrupted spawn would leave
 * a child nobody knows. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include "../qrv/spawnmsg.h"
#include "pthread_impl.h"

hidden int __qrv_posix_spawn(pid_t *restrict res, const char *restrict path,
                             const posix_spawn_file_actions_t *fa,
                             const posix_spawnattr_t *restrict attr, char *const argv[restrict],
                             char *const envp[restrict], uint32_t more);

/* Of what an attribute can ask for, only this is done to a process that becomes the program itself. */
#define EXEC_CAN                                                                                   \
    (TMSG_SPAWN_SETSIGMASK | TMSG_SPAWN_ASLR_ON | TMSG_SPAWN_ASLR_OFF | TMSG_SPAWN_ASLR_INVERT)

/* Neutrino's extended flags. */
static long apply_more(struct tmsg_spawn *h, const posix_spawnattr_t *a)
{
    posix_spawnattr_aslr_t aslr;
    posix_spawnattr_getaslr(a, &aslr);
    if (aslr == POSIX_SPAWN_ASLR_ENABLE)
        h->flags |= TMSG_SPAWN_ASLR_ON;
    if (aslr == POSIX_SPAWN_ASLR_DISABLE)
        h->flags |= TMSG_SPAWN_ASLR_OFF;
    if (a->__flags & POSIX_SPAWN_ASLR_INVERT)
        h->flags |= TMSG_SPAWN_ASLR_INVERT;
    if (a->__flags & POSIX_SPAWN_HOLD)
        h->flags |= TMSG_SPAWN_HOLD;
    if (a->__flags & POSIX_SPAWN_NOZOMBIE)
        h->flags |= TMSG_SPAWN_NOZOMBIE;
    return (a->__flags & POSIX_SPAWN_EXEC) && (h->flags & ~(uint32_t)EXEC_CAN) ? -ENOTSUP : 0;
}

static long apply(struct tmsg_spawn *h, const posix_spawnattr_t *a)
{
    struct _kc_sched_param now = {0};
    short fl = (short)a->__flags;
    if (fl & POSIX_SPAWN_RESETIDS)
        h->flags |= TMSG_SPAWN_RESETIDS;
    if (fl & POSIX_SPAWN_SETSID)
        h->flags |= TMSG_SPAWN_SETSID;
    if (fl & POSIX_SPAWN_SETPGROUP) {
        h->flags |= TMSG_SPAWN_SETGROUP;
        h->pgrp = a->__pgrp;
    }
    if (fl & POSIX_SPAWN_SETSIGDEF) {
        h->flags |= TMSG_SPAWN_SETSIGDEF;
        h->sigdefault = a->__def.__bits[0];
    }
    if (fl & POSIX_SPAWN_SETSIGMASK)
        h->sigmask = a->__mask.__bits[0];
    if (fl & (POSIX_SPAWN_SETSCHEDULER | POSIX_SPAWN_SETSCHEDPARAM)) {
        long policy = __kercall3(KC_SCHED_GET, 0, 0, (long)&now);
        if (policy < 0)
            return policy;
        h->flags |= TMSG_SPAWN_SETSCHED;
        h->policy = fl & POSIX_SPAWN_SETSCHEDULER ? a->__pol : (int32_t)policy;
        if (a->__prio)
            __qrv_copy(&h->sched, a->__pad, sizeof h->sched);
        else
            h->sched = now;
    }
    return apply_more(h, a);
}

int __qrv_posix_spawn(pid_t *restrict res, const char *restrict path,
                      const posix_spawn_file_actions_t *fa, const posix_spawnattr_t *restrict attr,
                      char *const argv[restrict], char *const envp[restrict], uint32_t more)
{
    struct qrv_spawn s = {.path = path, .argv = argv, .envp = envp, .fa = fa};
    sigset_t old;
    int cs;
    long rc = 0;
    uint16_t sub = attr && (attr->__flags & POSIX_SPAWN_EXEC) ? TMSG_PROC_EXEC : TMSG_PROC_SPAWN;
    __pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cs);
    __block_all_sigs(&old);
    s.h.nfds = -1;
    s.h.flags = TMSG_SPAWN_SETSIGMASK | more;
    s.h.sigmask = old.__bits[0];
    if (attr)
        rc = apply(&s.h, attr);
    if (rc == 0 && sub == TMSG_PROC_EXEC)
        rc = __qrv_may_exec(path, 0);
    if (rc == 0)
        rc = __qrv_spawn(&s, sub);
    __restore_sigs(&old);
    __pthread_setcancelstate(cs, 0);
    if (rc < 0)
        return (int)-rc;
    if (res)
        *res = (pid_t)rc;
    return 0;
}

int posix_spawn(pid_t *restrict res, const char *restrict path,
                const posix_spawn_file_actions_t *fa, const posix_spawnattr_t *restrict attr,
                char *const argv[restrict], char *const envp[restrict])
{
    return __qrv_posix_spawn(res, path, fa, attr, argv, envp, 0);
}
