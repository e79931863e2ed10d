/* SPDX-License-Identifier: Apache-2.0 */
/* I/O messages, part two: mode, owner and times of an attribute. */
#include <errno.h>
#include <sys/stat.h>
#include <time.h>
#include "resmgr_impl.h"

static int owner_or_root(const iofunc_attr_t *attr, const struct _client_info *info)
{
    return info->cred.euid == 0 || info->cred.euid == attr->uid ? EOK : EPERM;
}

static bool has_group(const struct _client_info *info, gid_t gid)
{
    if (info->cred.euid == 0 || info->cred.egid == gid)
        return true;
    for (uint32_t i = 0; i < info->cred.ngroups && i < _KC_NGROUPS_MAX; i++)
        if (info->cred.grouplist[i] == gid)
            return true;
    return false;
}

int iofunc_chmod(resmgr_context_t *ctp, io_chmod_t *msg, iofunc_ocb_t *ocb, iofunc_attr_t *attr)
{
    mode_t mode = msg->i.mode & 07777;
    struct _client_info info;
    int rc = iofunc_client_info(ctp, 0, &info);

    (void)ocb;
    if (rc == EOK)
        rc = owner_or_root(attr, &info);
    if (rc != EOK)
        return rc;
    if (!has_group(&info, attr->gid))
        mode &= ~(mode_t)S_ISGID;
    attr->mode = (attr->mode & ~(mode_t)07777) | mode;
    attr->flags |= IOFUNC_ATTR_CTIME | IOFUNC_ATTR_DIRTY_MODE;
    return EOK;
}

int iofunc_chmod_default(resmgr_context_t *ctp, io_chmod_t *msg, iofunc_ocb_t *ocb)
{
    return iofunc_chmod(ctp, msg, ocb, ocb->attr);
}

/* -1 leaves an id alone. */
int iofunc_chown(resmgr_context_t *ctp, io_chown_t *msg, iofunc_ocb_t *ocb, iofunc_attr_t *attr)
{
    uid_t uid = msg->i.uid == -1 ? attr->uid : (uid_t)msg->i.uid;
    gid_t gid = msg->i.gid == -1 ? attr->gid : (gid_t)msg->i.gid;
    struct _client_info info;
    int rc = iofunc_client_info(ctp, 0, &info);

    (void)ocb;
    if (rc == EOK)
        rc = owner_or_root(attr, &info);
    if (rc != EOK)
        return rc;
    if (info.cred.euid != 0) {
        /* Files are not given away, and groups only to those one is in. */
        if (uid != attr->uid || (gid != attr->gid && !has_group(&info, gid)))
            return EPERM;
        attr->mode &= ~(mode_t)(S_ISUID | S_ISGID);
        attr->flags |= IOFUNC_ATTR_DIRTY_MODE;
    }
    attr->uid = uid;
    attr->gid = gid;
    attr->flags |= IOFUNC_ATTR_CTIME | IOFUNC_ATTR_DIRTY_OWNER;
    return EOK;
}

int iofunc_chown_default(resmgr_context_t *ctp, io_chown_t *msg, iofunc_ocb_t *ocb)
{
    return iofunc_chown(ctp, msg, ocb, ocb->attr);
}

static bool valid_ns(int64_t ns)
{
    return (ns >= 0 && ns < 1000000000) || ns == UTIME_NOW || ns == UTIME_OMIT;
}

static void set_time(time_t *sec, uint32_t *nsec, int64_t to_sec, int64_t to_nsec,
                     const struct timespec *now)
{
    if (to_nsec == UTIME_OMIT)
        return;
    *sec = to_nsec == UTIME_NOW ? now->tv_sec : to_sec;
    *nsec = (uint32_t)(to_nsec == UTIME_NOW ? now->tv_nsec : to_nsec);
}

int iofunc_utime(resmgr_context_t *ctp, io_utime_t *msg, iofunc_ocb_t *ocb, iofunc_attr_t *attr)
{
    bool current =
        msg->i.cur_flag || (msg->i.atime_ns == UTIME_NOW && msg->i.mtime_ns == UTIME_NOW);
    struct _client_info info;
    struct timespec now;
    int rc = iofunc_client_info(ctp, 0, &info);

    (void)ocb;
    if (rc != EOK)
        return rc;
    if (!current && (!valid_ns(msg->i.atime_ns) || !valid_ns(msg->i.mtime_ns)))
        return EINVAL;
    rc = owner_or_root(attr, &info);
    if (rc != EOK && current) /* "now" is also for those who may write */
        rc = iofunc_check_access(ctp, attr, S_IWUSR, &info);
    if (rc != EOK)
        return rc;
    clock_gettime(CLOCK_REALTIME, &now);
    set_time(&attr->atime, &attr->atime_ns, msg->i.atime_s, current ? UTIME_NOW : msg->i.atime_ns,
             &now);
    set_time(&attr->mtime, &attr->mtime_ns, msg->i.mtime_s, current ? UTIME_NOW : msg->i.mtime_ns,
             &now);
    attr->flags &= ~(uint32_t)(IOFUNC_ATTR_ATIME | IOFUNC_ATTR_MTIME);
    attr->flags |= IOFUNC_ATTR_CTIME | IOFUNC_ATTR_DIRTY_TIME;
    return EOK;
}

int iofunc_utime_default(resmgr_context_t *ctp, io_utime_t *msg, iofunc_ocb_t *ocb)
{
    return iofunc_utime(ctp, msg, ocb, ocb->attr);
}
