/* SPDX-License-Identifier: Apache-2.0 */
/* Identities: process, group, session, users.  Credentials belong to the process, so one message
 * changes them for all its threads. */
#include <sys/syscall.h>
#include "qrv.h"

static long get_ids(int pid, struct tmsg_ids *ids)
{
    struct tmsg_id m = {.type = TMSG_PROC, .subtype = TMSG_PROC_GETID, .pid = pid};
    return __qrv_tm(&m, sizeof m, ids, sizeof *ids);
}

static long tell(uint16_t sub, int pid, int value)
{
    struct tmsg_id m = {.type = TMSG_PROC, .subtype = sub, .pid = pid, .value = value};
    return __qrv_tm(&m, sizeof m, 0, 0);
}

static long set_cred(uint32_t mask, const struct _cred_info *cred)
{
    struct tmsg_cred m = {
        .type = TMSG_PROC, .subtype = TMSG_PROC_SETCRED, .mask = mask, .cred = *cred};
    return mask ? __qrv_tm(&m, sizeof m, 0, 0) : 0;
}

/* setuid()/setgid(): all three for a privileged caller, else the effective one. */
static long set_one(uint32_t id, int group)
{
    struct tmsg_ids ids;
    struct _cred_info c = {.ruid = id, .euid = id, .suid = id, .rgid = id, .egid = id, .sgid = id};
    long rc = get_ids(0, &ids);
    if (rc < 0)
        return rc;
    if ((int32_t)id == -1)
        return -EINVAL;
    if (group)
        return set_cred(ids.cred.euid == 0 ? TMSG_CRED_RGID | TMSG_CRED_EGID | TMSG_CRED_SGID
                                           : TMSG_CRED_EGID,
                        &c);
    return set_cred(
        ids.cred.euid == 0 ? TMSG_CRED_RUID | TMSG_CRED_EUID | TMSG_CRED_SUID : TMSG_CRED_EUID, &c);
}

static long set_res(int r, int e, int s, int group)
{
    struct _cred_info c = {.ruid = (uint32_t)r,
                           .euid = (uint32_t)e,
                           .suid = (uint32_t)s,
                           .rgid = (uint32_t)r,
                           .egid = (uint32_t)e,
                           .sgid = (uint32_t)s};
    uint32_t mask = 0;
    if (r != -1)
        mask |= group ? TMSG_CRED_RGID : TMSG_CRED_RUID;
    if (e != -1)
        mask |= group ? TMSG_CRED_EGID : TMSG_CRED_EUID;
    if (s != -1)
        mask |= group ? TMSG_CRED_SGID : TMSG_CRED_SUID;
    return set_cred(mask, &c);
}

/* setreuid(): the saved id follows the new effective one when the real one is set or they part. */
static long set_re(int r, int e, int group)
{
    struct tmsg_ids ids;
    long rc = get_ids(0, &ids);
    if (rc < 0)
        return rc;
    int oldr = (int)(group ? ids.cred.rgid : ids.cred.ruid),
        olde = (int)(group ? ids.cred.egid : ids.cred.euid);
    int s = r != -1 || (e != -1 && e != oldr) ? (e != -1 ? e : olde) : -1;
    return set_res(r, e, s, group);
}

static long get_res(uint32_t *r, uint32_t *e, uint32_t *s, int group)
{
    struct tmsg_ids ids;
    long rc = get_ids(0, &ids);
    if (rc < 0)
        return rc;
    *r = group ? ids.cred.rgid : ids.cred.ruid;
    *e = group ? ids.cred.egid : ids.cred.euid;
    *s = group ? ids.cred.sgid : ids.cred.suid;
    return 0;
}

static long get_groups(int n, gid_t *list)
{
    struct tmsg_ids ids;
    long rc = get_ids(0, &ids);
    if (rc < 0)
        return rc;
    uint32_t have = ids.cred.ngroups < _KC_NGROUPS_MAX ? ids.cred.ngroups : _KC_NGROUPS_MAX;
    if (n == 0)
        return have;
    if (n < 0 || (uint32_t)n < have)
        return -EINVAL;
    for (uint32_t i = 0; i < have; i++)
        list[i] = ids.cred.grouplist[i];
    return have;
}

static long set_groups(size_t n, const gid_t *list)
{
    struct _cred_info c = {.ngroups = (uint32_t)n};
    if (n > _KC_NGROUPS_MAX)
        return -EINVAL;
    for (size_t i = 0; i < n; i++)
        c.grouplist[i] = list[i];
    return set_cred(TMSG_CRED_GROUPS, &c);
}

long __qrv_ids(long n, long a, long b, long c)
{
    struct tmsg_hdr hdr = {.type = TMSG_PROC, .subtype = TMSG_PROC_SETSID};
    struct tmsg_ids ids;
    long rc;
    switch (n) {
    case SYS_getpid:
        return __kercall0(KC_GETPID);
    case SYS_getppid:
        return __kercall0(KC_GETPPID);
    case SYS_getuid:
        return (rc = get_ids(0, &ids)) < 0 ? rc : (long)ids.cred.ruid;
    case SYS_geteuid:
        return (rc = get_ids(0, &ids)) < 0 ? rc : (long)ids.cred.euid;
    case SYS_getgid:
        return (rc = get_ids(0, &ids)) < 0 ? rc : (long)ids.cred.rgid;
    case SYS_getegid:
        return (rc = get_ids(0, &ids)) < 0 ? rc : (long)ids.cred.egid;
    case SYS_getpgid:
        return a < 0 ? -ESRCH : (rc = get_ids((int)a, &ids)) < 0 ? rc : ids.pgrp;
    case SYS_getsid:
        return a < 0 ? -ESRCH : (rc = get_ids((int)a, &ids)) < 0 ? rc : ids.sid;
    case SYS_getresuid:
        return get_res((uint32_t *)a, (uint32_t *)b, (uint32_t *)c, 0);
    case SYS_getresgid:
        return get_res((uint32_t *)a, (uint32_t *)b, (uint32_t *)c, 1);
    case SYS_getgroups:
        return get_groups((int)a, (gid_t *)b);
    case SYS_setuid:
        return set_one((uint32_t)a, 0);
    case SYS_setgid:
        return set_one((uint32_t)a, 1);
    case SYS_setreuid:
        return set_re((int)a, (int)b, 0);
    case SYS_setregid:
        return set_re((int)a, (int)b, 1);
    case SYS_setresuid:
        return set_res((int)a, (int)b, (int)c, 0);
    case SYS_setresgid:
        return set_res((int)a, (int)b, (int)c, 1);
    case SYS_setgroups:
        return set_groups((size_t)a, (const gid_t *)b);
    case SYS_setpgid:
        return a < 0 || b < 0 ? -EINVAL : tell(TMSG_PROC_SETPGID, (int)a, (int)b);
    case SYS_setsid:
        return __qrv_tm(&hdr, sizeof hdr, 0, 0);
    case SYS_umask:
        return tell(TMSG_PROC_UMASK, 0, (int)a & 0777);
    default:
        return -ENOSYS;
    }
}
