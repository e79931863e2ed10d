/* SPDX-License-Identifier: Apache-2.0 */
/* MsgSend*(): the four shapes, each as a cancellation point and not.  That the server asks for the message once more
 * (ERESTART) is between it and the kernel. */
#include <limits.h>
#include "kcall.h"

static inline long send_nc(int coid, const void *s, long sn, void *r, long rn)
{
    return __kercall6(KC_MSG_SENDV, coid, (long)s, sn, (long)r, rn, KC_SEND_NC);
}

static inline long send_cp(int coid, const void *s, long sn, void *r, long rn)
{
    long rc = __kercall6(KC_MSG_SENDV, coid, (long)s, sn, (long)r, rn, __qrv_cancel_point() ? KC_SEND_NC : 0);
    return rc == -ECANCELED ? __qrv_canceled() : rc;
}

/* Kernel notation: parts >= 0 counts iovecs, < 0 is a buffer of that many bytes. */
static int too_long(size_t n)
{
    return n > SSIZE_MAX;
}
static int too_many(size_t n)
{
    return n > QRV_IOV_MAX;
}

static inline long send_plain(int coid, const void *smsg, size_t sbytes, void *rmsg, size_t rbytes)
{
    if (too_long(sbytes) || too_long(rbytes))
        return -EOVERFLOW;
    return send_cp(coid, smsg, -(long)sbytes, rmsg, -(long)rbytes);
}

long MsgSend_r(int coid, const void *smsg, size_t sbytes, void *rmsg, size_t rbytes)
{
    return send_plain(coid, smsg, sbytes, rmsg, rbytes);
}

static inline long send_sv(int coid, const void *smsg, size_t sbytes, const iov_t *riov, size_t rparts)
{
    if (too_long(sbytes) || too_many(rparts))
        return too_long(sbytes) ? -EOVERFLOW : -EINVAL;
    return send_cp(coid, smsg, -(long)sbytes, (void *)riov, (long)rparts);
}

long MsgSendsv_r(int coid, const void *smsg, size_t sbytes, const iov_t *riov, size_t rparts)
{
    return send_sv(coid, smsg, sbytes, riov, rparts);
}

static inline long send_vs(int coid, const iov_t *siov, size_t sparts, void *rmsg, size_t rbytes)
{
    if (too_many(sparts) || too_long(rbytes))
        return too_many(sparts) ? -EINVAL : -EOVERFLOW;
    return send_cp(coid, siov, (long)sparts, rmsg, -(long)rbytes);
}

long MsgSendvs_r(int coid, const iov_t *siov, size_t sparts, void *rmsg, size_t rbytes)
{
    return send_vs(coid, siov, sparts, rmsg, rbytes);
}

static inline long send_v(int coid, const iov_t *siov, size_t sparts, const iov_t *riov, size_t rparts)
{
    if (too_many(sparts) || too_many(rparts))
        return -EINVAL;
    return send_cp(coid, siov, (long)sparts, (void *)riov, (long)rparts);
}

long MsgSendv_r(int coid, const iov_t *siov, size_t sparts, const iov_t *riov, size_t rparts)
{
    return send_v(coid, siov, sparts, riov, rparts);
}

static inline long send_plain_nc(int coid, const void *smsg, size_t sbytes, void *rmsg, size_t rbytes)
{
    if (too_long(sbytes) || too_long(rbytes))
        return -EOVERFLOW;
    return send_nc(coid, smsg, -(long)sbytes, rmsg, -(long)rbytes);
}

long MsgSendnc_r(int coid, const void *smsg, size_t sbytes, void *rmsg, size_t rbytes)
{
    return send_plain_nc(coid, smsg, sbytes, rmsg, rbytes);
}

static inline long send_sv_nc(int coid, const void *smsg, size_t sbytes, const iov_t *riov, size_t rparts)
{
    if (too_long(sbytes) || too_many(rparts))
        return too_long(sbytes) ? -EOVERFLOW : -EINVAL;
    return send_nc(coid, smsg, -(long)sbytes, (void *)riov, (long)rparts);
}

long MsgSendsvnc_r(int coid, const void *smsg, size_t sbytes, const iov_t *riov, size_t rparts)
{
    return send_sv_nc(coid, smsg, sbytes, riov, rparts);
}

static inline long send_vs_nc(int coid, const iov_t *siov, size_t sparts, void *rmsg, size_t rbytes)
{
    if (too_many(sparts) || too_long(rbytes))
        return too_many(sparts) ? -EINVAL : -EOVERFLOW;
    return send_nc(coid, siov, (long)sparts, rmsg, -(long)rbytes);
}

long MsgSendvsnc_r(int coid, const iov_t *siov, size_t sparts, void *rmsg, size_t rbytes)
{
    return send_vs_nc(coid, siov, sparts, rmsg, rbytes);
}

static inline long send_v_nc(int coid, const iov_t *siov, size_t sparts, const iov_t *riov, size_t rparts)
{
    if (too_many(sparts) || too_many(rparts))
        return -EINVAL;
    return send_nc(coid, siov, (long)sparts, (void *)riov, (long)rparts);
}

long MsgSendvnc_r(int coid, const iov_t *siov, size_t sparts, const iov_t *riov, size_t rparts)
{
    return send_v_nc(coid, siov, sparts, riov, rparts);
}

long MsgSend(int coid, const void *smsg, size_t sbytes, void *rmsg, size_t rbytes)
{
    return __qrv_neg(send_plain(coid, smsg, sbytes, rmsg, rbytes));
}

long MsgSendsv(int coid, const void *smsg, size_t sbytes, const iov_t *riov, size_t rparts)
{
    return __qrv_neg(send_sv(coid, smsg, sbytes, riov, rparts));
}

long MsgSendvs(int coid, const iov_t *siov, size_t sparts, void *rmsg, size_t rbytes)
{
    return __qrv_neg(send_vs(coid, siov, sparts, rmsg, rbytes));
}

long MsgSendv(int coid, const iov_t *siov, size_t sparts, const iov_t *riov, size_t rparts)
{
    return __qrv_neg(send_v(coid, siov, sparts, riov, rparts));
}

long MsgSendnc(int coid, const void *smsg, size_t sbytes, void *rmsg, size_t rbytes)
{
    return __qrv_neg(send_plain_nc(coid, smsg, sbytes, rmsg, rbytes));
}

long MsgSendsvnc(int coid, const void *smsg, size_t sbytes, const iov_t *riov, size_t rparts)
{
    return __qrv_neg(send_sv_nc(coid, smsg, sbytes, riov, rparts));
}

long MsgSendvsnc(int coid, const iov_t *siov, size_t sparts, void *rmsg, size_t rbytes)
{
    return __qrv_neg(send_vs_nc(coid, siov, sparts, rmsg, rbytes));
}

long MsgSendvnc(int coid, const iov_t *siov, size_t sparts, const iov_t *riov, size_t rparts)
{
    return __qrv_neg(send_v_nc(coid, siov, sparts, riov, rparts));
}
