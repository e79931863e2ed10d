/* SPDX-License-Identifier: Apache-2.0 */
/* Who the client is and what it may do to an attribute. */
#include <errno.h>
#include <stdlib.h>
#include "resmgr_impl.h"

int iofunc_client_info(resmgr_context_t *ctp, int ioflag, struct _client_info *info)
{
    (void)ioflag;
    return ConnectClientInfo(ctp->info.scoid, info, _KC_NGROUPS_MAX) == -1 ? errno : EOK;
}

int iofunc_client_info_ext(resmgr_context_t *ctp, int ioflag, struct _client_info **info)
{
    struct _client_info *copy = malloc(sizeof(*copy));
    int rc;

    if (copy == NULL)
        return ENOMEM;
    rc = iofunc_client_info(ctp, ioflag, copy);
    if (rc != EOK) {
        free(copy);
        return rc;
    }
    *info = copy;
    return EOK;
}

int iofunc_client_info_ext_free(struct _client_info **info)
{
    if (info == NULL || *info == NULL)
        return EINVAL;
    free(*info);
    *info = NULL;
    return EOK;
}

/* Abilities go with effective user id 0 (see procmgr_ability()). */
int iofunc_client_info_able(resmgr_context_t *ctp, int ioflag, struct _client_info **info,
                            int flags, struct _client_able *abilities, int nable)
{
    int rc = iofunc_client_info_ext(ctp, ioflag, info);

    (void)flags;
    if (rc != EOK)
        return rc;
    for (int i = 0; i < nable; i++) {
        if ((*info)->cred.euid == 0) {
            abilities[i].flags &= ~(uint32_t)_NTO_CI_UNABLE;
        } else {
            abilities[i].flags |= _NTO_CI_UNABLE;
            (*info)->flags |= _NTO_CI_UNABLE;
        }
    }
    return EOK;
}

static bool in_group(const struct _client_info *info, gid_t gid)
{
    if (info->cred.egid == gid)
        return true;
    for (uint32_t i = 0; i < info->cred.ngroups && i < _KC_NGROUPS_MAX; i++)
        if (info->cred.grouplist[i] == gid)
            return true;
    return false;
}

/* checkmode: S_IRUSR, S_IWUSR, S_IXUSR for the access wanted; S_ISUID: must be the owner; S_ISGID:
 * must be of the group. */
int iofunc_check_access(resmgr_context_t *ctp, const iofunc_attr_t *attr, mode_t checkmode,
                        const struct _client_info *info)
{
    mode_t want = checkmode & S_IRWXU, have;

    (void)ctp;
    if (info == NULL)
        return ENOSYS;
    if (info->cred.euid == 0) {
        bool some_x = S_ISDIR(attr->mode) || (attr->mode & (S_IXUSR | S_IXGRP | S_IXOTH));

        return (want & S_IXUSR) && !some_x ? EACCES : EOK;
    }
    if ((checkmode & S_ISUID) && info->cred.euid != attr->uid)
        return EPERM;
    if ((checkmode & S_ISGID) && !in_group(info, attr->gid))
        return EPERM;
    if (info->cred.euid == attr->uid)
        have = attr->mode & S_IRWXU;
    else if (in_group(info, attr->gid))
        have = (attr->mode & S_IRWXG) << 3;
    else
        have = (attr->mode & S_IRWXO) << 6;
    return (want & ~have) != 0 ? EACCES : EOK;
}
