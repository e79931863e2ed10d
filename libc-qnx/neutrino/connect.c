/* SPDX-License-Identifier: Apache-2.0 */
/* Channels and connections. */
#include <stdlib.h>
#include <string.h>
#include "kcall.h"

int ChannelCreate_r(unsigned flags)
{
    return (int)__kercall1(KC_CHANNEL_CREATE, flags);
}

int ChannelCreate(unsigned flags)
{
    return (int)__qrv_neg(ChannelCreate_r(flags));
}

int ChannelDestroy_r(int chid)
{
    return __qrv_pos(__kercall1(KC_CHANNEL_DESTROY, chid));
}

int ChannelDestroy(int chid)
{
    return __qrv_ok(__kercall1(KC_CHANNEL_DESTROY, chid));
}

int ConnectAttach_r(uint32_t nd, pid_t pid, int chid, unsigned index, int flags)
{
    return (int)__kercall5(KC_CONNECT_ATTACH, nd, pid, chid, index, flags);
}

int ConnectAttach(uint32_t nd, pid_t pid, int chid, unsigned index, int flags)
{
    return (int)__qrv_neg(ConnectAttach_r(nd, pid, chid, index, flags));
}

int ConnectDetach_r(int coid)
{
    return __qrv_pos(__kercall1(KC_CONNECT_DETACH, coid));
}

int ConnectDetach(int coid)
{
    return __qrv_ok(__kercall1(KC_CONNECT_DETACH, coid));
}

int ConnectFlags_r(pid_t pid, int coid, unsigned mask, unsigned bits)
{
    return (int)__kercall4(KC_CONNECT_FLAGS, pid, coid, mask, bits);
}

int ConnectFlags(pid_t pid, int coid, unsigned mask, unsigned bits)
{
    return (int)__qrv_neg(ConnectFlags_r(pid, coid, mask, bits));
}

int ConnectServerInfo_r(pid_t pid, int coid, struct _server_info *info)
{
    return (int)__kercall3(KC_CONNECT_SERVER_INFO, pid, coid, (long)info);
}

int ConnectServerInfo(pid_t pid, int coid, struct _server_info *info)
{
    return (int)__qrv_neg(ConnectServerInfo_r(pid, coid, info));
}

int ConnectClientInfo_r(int scoid, struct _client_info *info, int ngroups)
{
    return __qrv_pos(__kercall3(KC_CONNECT_CLIENT_INFO, scoid, (long)info, ngroups));
}

int ConnectClientInfo(int scoid, struct _client_info *info, int ngroups)
{
    return __qrv_ok(__kercall3(KC_CONNECT_CLIENT_INFO, scoid, (long)info, ngroups));
}

int ConnectClientInfoExt(int scoid, struct _client_info **info, int flags)
{
    struct _client_info *ci = malloc(sizeof *ci);
    (void)flags;
    if (!ci)
        return -1;
    memset(ci, 0, sizeof *ci);
    if (ConnectClientInfo(scoid, ci, _KC_NGROUPS_MAX) == -1) {
        free(ci);
        return -1;
    }
    *info = ci;
    return 0;
}

/* Abilities go with the effective user: the superuser has them all, others have none. */
int ConnectClientInfoAble(int scoid, struct _client_info **info, int flags,
                          struct _client_able *abilities, int count)
{
    if (ConnectClientInfoExt(scoid, info, flags) == -1)
        return -1;
    int able = (*info)->cred.euid == 0;
    for (int i = 0; i < count; i++)
        abilities[i].flags = able ? 0 : _NTO_CI_UNABLE;
    if (!able && count > 0)
        (*info)->flags |= _NTO_CI_UNABLE;
    return 0;
}

int ClientInfoExtFree(struct _client_info **info)
{
    free(*info);
    *info = 0;
    return 0;
}
