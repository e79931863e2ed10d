/* SPDX-License-Identifier: Apache-2.0 */
/* Connect messages: the permission and type checks of open() and its relatives. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include "resmgr_impl.h"

static mode_t wanted(const io_open_t *msg)
{
    return (msg->connect.ioflag & _IO_FLAG_RD ? S_IRUSR : 0U) |
           (msg->connect.ioflag & _IO_FLAG_WR ? S_IWUSR : 0U);
}

/* The client's identity: the one given, or looked up into *space. */
static int identify(resmgr_context_t *ctp, struct _client_info *given, struct _client_info *space,
                    struct _client_info **out)
{
    *out = given;
    if (given != NULL)
        return EOK;
    *out = space;
    return iofunc_client_info(ctp, 0, space);
}

static int open_existing(resmgr_context_t *ctp, io_open_t *msg, iofunc_attr_t *attr,
                         struct _client_info *info)
{
    uint32_t ioflag = msg->connect.ioflag;
    bool as_dir = (ioflag & O_DIRECTORY) || (msg->connect.eflag & _IO_CONNECT_EFLAG_DIR);
    mode_t want = wanted(msg) | (ioflag & O_TRUNC ? S_IWUSR : 0U);
    int rc;

    if ((ioflag & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
        return EEXIST;
    if (as_dir && !S_ISDIR(attr->mode))
        return ENOTDIR;
    if (S_ISDIR(attr->mode) && (want & S_IWUSR))
        return EISDIR;
    rc = iofunc_check_access(ctp, attr, want, info);
    if (rc != EOK)
        return rc;
    if ((ioflag & O_TRUNC) && S_ISREG(attr->mode)) {
        attr->nbytes = 0;
        attr->flags |= IOFUNC_ATTR_MTIME | IOFUNC_ATTR_CTIME | IOFUNC_ATTR_DIRTY_SIZE;
    }
    return EOK;
}

/* attr is there to be filled for a new file in dattr. */
static int open_new(resmgr_context_t *ctp, io_open_t *msg, iofunc_attr_t *attr,
                    iofunc_attr_t *dattr, struct _client_info *info)
{
    mode_t mode = msg->connect.mode;
    int rc;

    if (!(msg->connect.ioflag & O_CREAT))
        return ENOENT;
    if (msg->connect.eflag & _IO_CONNECT_EFLAG_DIR)
        return EISDIR;
    rc = iofunc_check_access(ctp, dattr, S_IWUSR | S_IXUSR, info);
    if (rc != EOK)
        return rc;
    if ((mode & S_IFMT) == 0)
        mode |= S_IFREG;
    iofunc_attr_init(attr, mode, dattr, info);
    dattr->flags |= IOFUNC_ATTR_MTIME | IOFUNC_ATTR_CTIME;
    return EOK;
}

int iofunc_open(resmgr_context_t *ctp, io_open_t *msg, iofunc_attr_t *attr, iofunc_attr_t *dattr,
                struct _client_info *info)
{
    struct _client_info space;
    int rc = identify(ctp, info, &space, &info);

    if (rc != EOK)
        return rc;
    return dattr != NULL ? open_new(ctp, msg, attr, dattr, info)
                         : open_existing(ctp, msg, attr, info);
}

int iofunc_open_default(resmgr_context_t *ctp, io_open_t *msg, iofunc_attr_t *attr, void *extra)
{
    int rc;

    (void)extra;
    iofunc_attr_lock(attr);
    rc = iofunc_open(ctp, msg, attr, NULL, NULL);
    if (rc == EOK)
        rc = iofunc_ocb_attach(ctp, msg, NULL, attr, NULL);
    iofunc_attr_unlock(attr);
    return rc;
}

/* Sticky directories: only the owner of the file or the directory, or root, takes a name away. */
static int may_remove(const iofunc_attr_t *attr, const iofunc_attr_t *dattr,
                      const struct _client_info *info)
{
    uint32_t uid = info->cred.euid;

    return uid != 0 && (dattr->mode & S_ISVTX) && uid != attr->uid && uid != dattr->uid ? EPERM
                                                                                        : EOK;
}

int iofunc_unlink(resmgr_context_t *ctp, io_unlink_t *msg, iofunc_attr_t *attr,
                  iofunc_attr_t *dattr, struct _client_info *info)
{
    struct _client_info space;
    int rc = identify(ctp, info, &space, &info);

    (void)msg;
    if (rc == EOK && dattr != NULL)
        rc = iofunc_check_access(ctp, dattr, S_IWUSR | S_IXUSR, info);
    if (rc == EOK && dattr != NULL)
        rc = may_remove(attr, dattr, info);
    if (rc != EOK)
        return rc;
    if (attr->nlink > 0)
        attr->nlink--;
    attr->flags |= IOFUNC_ATTR_CTIME | IOFUNC_ATTR_DIRTY_NLINK;
    if (dattr != NULL)
        dattr->flags |= IOFUNC_ATTR_MTIME | IOFUNC_ATTR_CTIME;
    return EOK;
}

int iofunc_link(resmgr_context_t *ctp, io_link_t *msg, iofunc_attr_t *attr, iofunc_attr_t *dattr,
                struct _client_info *info)
{
    struct _client_info space;
    int rc = identify(ctp, info, &space, &info);

    (void)msg;
    if (rc != EOK)
        return rc;
    if (S_ISDIR(attr->mode) &&
        (info->cred.euid != 0 || attr->mount == NULL || !(attr->mount->conf & IOFUNC_PC_LINK_DIR)))
        return EPERM;
    if (attr->nlink == (nlink_t)-1)
        return EMLINK;
    if (dattr != NULL) {
        rc = iofunc_check_access(ctp, dattr, S_IWUSR | S_IXUSR, info);
        if (rc != EOK)
            return rc;
        dattr->flags |= IOFUNC_ATTR_MTIME | IOFUNC_ATTR_CTIME;
    }
    attr->nlink++;
    attr->flags |= IOFUNC_ATTR_CTIME | IOFUNC_ATTR_DIRTY_NLINK;
    return EOK;
}

int iofunc_mknod(resmgr_context_t *ctp, io_mknod_t *msg, iofunc_attr_t *attr, iofunc_attr_t *dattr,
                 struct _client_info *info)
{
    struct _client_info space;
    int rc = identify(ctp, info, &space, &info);

    if (rc == EOK && dattr != NULL)
        rc = iofunc_check_access(ctp, dattr, S_IWUSR | S_IXUSR, info);
    if (rc != EOK)
        return rc;
    if ((S_ISCHR(msg->connect.mode) || S_ISBLK(msg->connect.mode)) && info->cred.euid != 0)
        return EPERM;
    iofunc_attr_init(attr, msg->connect.mode, dattr, info);
    if (dattr != NULL)
        dattr->flags |= IOFUNC_ATTR_MTIME | IOFUNC_ATTR_CTIME;
    return EOK;
}

int iofunc_readlink(resmgr_context_t *ctp, io_readlink_t *msg, iofunc_attr_t *attr,
                    struct _client_info *info)
{
    (void)ctp;
    (void)msg;
    (void)info;
    return S_ISLNK(attr->mode) ? EOK : EINVAL;
}

int iofunc_rename(resmgr_context_t *ctp, io_rename_t *msg, iofunc_attr_t *oldattr,
                  iofunc_attr_t *olddattr, iofunc_attr_t *newattr, iofunc_attr_t *newdattr,
                  struct _client_info *info)
{
    struct _client_info space;
    int rc = identify(ctp, info, &space, &info);

    (void)msg;
    if (rc != EOK)
        return rc;
    if (newattr != NULL && S_ISDIR(newattr->mode) != S_ISDIR(oldattr->mode))
        return S_ISDIR(newattr->mode) ? EISDIR : ENOTDIR;
    rc = iofunc_check_access(ctp, olddattr, S_IWUSR | S_IXUSR, info);
    if (rc == EOK)
        rc = may_remove(oldattr, olddattr, info);
    if (rc == EOK)
        rc = iofunc_check_access(ctp, newdattr, S_IWUSR | S_IXUSR, info);
    if (rc == EOK && newattr != NULL)
        rc = may_remove(newattr, newdattr, info);
    if (rc != EOK)
        return rc;
    olddattr->flags |= IOFUNC_ATTR_MTIME | IOFUNC_ATTR_CTIME;
    newdattr->flags |= IOFUNC_ATTR_MTIME | IOFUNC_ATTR_CTIME;
    oldattr->flags |= IOFUNC_ATTR_CTIME;
    if (newattr != NULL && newattr->nlink > 0) {
        newattr->nlink--;
        newattr->flags |= IOFUNC_ATTR_CTIME | IOFUNC_ATTR_DIRTY_NLINK;
    }
    return EOK;
}
