/* SPDX-License-Identifier: Apache-2.0 */
/* The server's half of message passing. */
#include <limits.h>
#include <stdbool.h>
#include "kcall.h"

/* What is rare is apart, so that the usual receive saves no registers.  neg: errno and -1, not -errno. */
static __attribute__((noinline)) int receive_failed(long rc, bool neg)
{
    if (rc == -ECANCELED)
        rc = __qrv_canceled();
    return (int)(neg ? __qrv_fail(rc) : rc);
}

static inline int receive_now(int chid, const void *msg, long parts, struct _msg_info *info, unsigned flags, bool neg)
{
    if (__pthread_self()->canceldisable)
        flags |= KC_RECEIVE_NC;
    long rc = __kercall6(KC_MSG_RECEIVEV, chid, (long)info, 0, (long)msg, parts, flags);
    return __builtin_expect(rc < 0, 0) ? receive_failed(rc, neg) : (int)rc;
}

static __attribute__((noinline)) int receive_canceled(int chid, const void *msg, long parts, struct _msg_info *info, unsigned flags,
                                                      bool neg)
{
    __pthread_testcancel();
    return receive_now(chid, msg, parts, info, flags, neg);
}

static inline int receive(int chid, const void *msg, long parts, struct _msg_info *info, unsigned flags, bool neg)
{
    return __builtin_expect(__pthread_self()->cancel, 0) ? receive_canceled(chid, msg, parts, info, flags, neg)
                                                         : receive_now(chid, msg, parts, info, flags, neg);
}

static inline int receive_plain(int chid, void *msg, size_t bytes, struct _msg_info *info, unsigned flags, bool neg)
{
    return bytes > SSIZE_MAX ? receive_failed(-EOVERFLOW, neg) : receive(chid, msg, -(long)bytes, info, flags, neg);
}

static inline int receive_v(int chid, const iov_t *riov, size_t rparts, struct _msg_info *info, unsigned flags, bool neg)
{
    return rparts > QRV_IOV_MAX ? receive_failed(-EINVAL, neg) : receive(chid, riov, (long)rparts, info, flags, neg);
}

int MsgReceive_r(int chid, void *msg, size_t bytes, struct _msg_info *info)
{
    return receive_plain(chid, msg, bytes, info, 0, false);
}

int MsgReceivev_r(int chid, const iov_t *riov, size_t rparts, struct _msg_info *info)
{
    return receive_v(chid, riov, rparts, info, 0, false);
}

int MsgReceivePulse_r(int chid, void *pulse, size_t bytes, struct _msg_info *info)
{
    return receive_plain(chid, pulse, bytes, info, KC_RECEIVE_PULSE, false);
}

int MsgReceivePulsev_r(int chid, const iov_t *piov, size_t parts, struct _msg_info *info)
{
    return receive_v(chid, piov, parts, info, KC_RECEIVE_PULSE, false);
}

int MsgReceive(int chid, void *msg, size_t bytes, struct _msg_info *info)
{
    return receive_plain(chid, msg, bytes, info, 0, true);
}

int MsgReceivev(int chid, const iov_t *riov, size_t rparts, struct _msg_info *info)
{
    return receive_v(chid, riov, rparts, info, 0, true);
}

int MsgReceivePulse(int chid, void *pulse, size_t bytes, struct _msg_info *info)
{
    return receive_plain(chid, pulse, bytes, info, KC_RECEIVE_PULSE, true);
}

int MsgReceivePulsev(int chid, const iov_t *piov, size_t parts, struct _msg_info *info)
{
    return receive_v(chid, piov, parts, info, KC_RECEIVE_PULSE, true);
}

static inline long reply(int rcvid, long status, const void *msg, long parts)
{
    return __kercall4(KC_MSG_REPLYV, rcvid, status, (long)msg, parts);
}

int MsgReply_r(int rcvid, long status, const void *msg, size_t bytes)
{
    return bytes > SSIZE_MAX ? EOVERFLOW : __qrv_pos(reply(rcvid, status, msg, -(long)bytes));
}

int MsgReplyv_r(int rcvid, long status, const iov_t *riov, size_t rparts)
{
    return rparts > QRV_IOV_MAX ? EINVAL : __qrv_pos(reply(rcvid, status, riov, (long)rparts));
}

int MsgReply(int rcvid, long status, const void *msg, size_t bytes)
{
    return __qrv_ok(bytes > SSIZE_MAX ? -EOVERFLOW : reply(rcvid, status, msg, -(long)bytes));
}

int MsgReplyv(int rcvid, long status, const iov_t *riov, size_t rparts)
{
    return __qrv_ok(rparts > QRV_IOV_MAX ? -EINVAL : reply(rcvid, status, riov, (long)rparts));
}

int MsgError_r(int rcvid, int error)
{
    return __qrv_pos(__kercall2(KC_MSG_ERROR, rcvid, error));
}

int MsgError(int rcvid, int error)
{
    return __qrv_ok(__kercall2(KC_MSG_ERROR, rcvid, error));
}

ssize_t MsgRead_r(int rcvid, void *msg, size_t bytes, size_t offset)
{
    if (bytes > SSIZE_MAX || offset > SSIZE_MAX)
        return -EOVERFLOW;
    return __kercall4(KC_MSG_READV, rcvid, (long)msg, -(long)bytes, (long)offset);
}

ssize_t MsgReadv_r(int rcvid, const iov_t *riov, size_t rparts, size_t offset)
{
    if (rparts > QRV_IOV_MAX || offset > SSIZE_MAX)
        return rparts > QRV_IOV_MAX ? -EINVAL : -EOVERFLOW;
    return __kercall4(KC_MSG_READV, rcvid, (long)riov, (long)rparts, (long)offset);
}

ssize_t MsgWrite_r(int rcvid, const void *msg, size_t bytes, size_t offset)
{
    if (bytes > SSIZE_MAX || offset > SSIZE_MAX)
        return -EOVERFLOW;
    return __kercall4(KC_MSG_WRITEV, rcvid, (long)msg, -(long)bytes, (long)offset);
}

ssize_t MsgWritev_r(int rcvid, const iov_t *iov, size_t parts, size_t offset)
{
    if (parts > QRV_IOV_MAX || offset > SSIZE_MAX)
        return parts > QRV_IOV_MAX ? -EINVAL : -EOVERFLOW;
    return __kercall4(KC_MSG_WRITEV, rcvid, (long)iov, (long)parts, (long)offset);
}

ssize_t MsgRead(int rcvid, void *msg, size_t bytes, size_t offset)
{
    return __qrv_neg(MsgRead_r(rcvid, msg, bytes, offset));
}

ssize_t MsgReadv(int rcvid, const iov_t *riov, size_t rparts, size_t offset)
{
    return __qrv_neg(MsgReadv_r(rcvid, riov, rparts, offset));
}

ssize_t MsgWrite(int rcvid, const void *msg, size_t bytes, size_t offset)
{
    return __qrv_neg(MsgWrite_r(rcvid, msg, bytes, offset));
}

ssize_t MsgWritev(int rcvid, const iov_t *iov, size_t parts, size_t offset)
{
    return __qrv_neg(MsgWritev_r(rcvid, iov, parts, offset));
}

int MsgInfo_r(int rcvid, struct _msg_info *info)
{
    return __qrv_pos(__kercall2(KC_MSG_INFO, rcvid, (long)info));
}

int MsgInfo(int rcvid, struct _msg_info *info)
{
    return __qrv_ok(__kercall2(KC_MSG_INFO, rcvid, (long)info));
}

int MsgCurrent_r(int rcvid)
{
    return __qrv_pos(__kercall1(KC_MSG_CURRENT, rcvid));
}

int MsgCurrent(int rcvid)
{
    return __qrv_ok(__kercall1(KC_MSG_CURRENT, rcvid));
}
