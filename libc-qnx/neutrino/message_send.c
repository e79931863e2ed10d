/* SPDX-License-Identifier: Apache-2.0 */
/* MsgSend*(): the four shapes, each as a cancellation point and not.  ERESTART from MsgError()
 * sends once more. */
#include <limits.h>
#include "kcall.h"

static long send_parts(int coid, const void *s, long sn, void *r, long rn, unsigned flags)
{
    long rc;
    do
        rc = __kercall6(KC_MSG_SENDV, coid, (long)s, sn, (long)r, rn, flags);
    while (rc == -ERESTART);
    return rc;
}

static long send_cp(int coid, const void *s, long sn, void *r, long rn)
{
    for (;;) {
        long rc = send_parts(coid, s, sn, r, rn, __qrv_cancel_point());
        if (rc != -ECANCELED)
            return rc;
    }
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

long MsgSend_r(int coid, const void *smsg, size_t sbytes, void *rmsg, size_t rbytes)
{
    if (too_long(sbytes) || too_long(rbytes))
        return -EOVERFLOW;
    return send_cp(coid, smsg, -(long)sbytes, rmsg, -(long)rbytes);
}

long MsgSendsv_r(int coid, const void *smsg, size_t sbytes, const iov_t *riov, size_t rparts)
{
    if (too_long(sbytes) || too_many(rparts))
        return too_long(sbytes) ? -EOVERFLOW : -EINVAL;
    return send_cp(coid, smsg, -(long)sbytes, (void *)riov, (long)rparts);
}

long MsgSendvs_r(int coid, const iov_t *siov, size_t sparts, void *rmsg, size_t rbytes)
{
    if (too_many(sparts) || too_long(rbytes))
        return too_many(sparts) ? -EINVAL : -EOVERFLOW;
    return send_cp(coid, siov, (long)sparts, rmsg, -(long)rbytes);
}

long MsgSendv_r(int coid, const iov_t *siov, size_t sparts, const iov_t *riov, size_t rparts)
{
    if (too_many(sparts) || too_many(rparts))
        return -EINVAL;
    return send_cp(coid, siov, (long)sparts, (void *)riov, (long)rparts);
}

long MsgSendnc_r(int coid, const void *smsg, size_t sbytes, void *rmsg, size_t rbytes)
{
    if (too_long(sbytes) || too_long(rbytes))
        return -EOVERFLOW;
    return send_parts(coid, smsg, -(long)sbytes, rmsg, -(long)rbytes, KC_SEND_NC);
}

long MsgSendsvnc_r(int coid, const void *smsg, size_t sbytes, const iov_t *riov, size_t rparts)
{
    if (too_long(sbytes) || too_many(rparts))
        return too_long(sbytes) ? -EOVERFLOW : -EINVAL;
    return send_parts(coid, smsg, -(long)sbytes, (void *)riov, (long)rparts, KC_SEND_NC);
}

long MsgSendvsnc_r(int coid, const iov_t *siov, size_t sparts, void *rmsg, size_t rbytes)
{
    if (too_many(sparts) || too_long(rbytes))
        return too_many(sparts) ? -EINVAL : -EOVERFLOW;
    return send_parts(coid, siov, (long)sparts, rmsg, -(long)rbytes, KC_SEND_NC);
}

long MsgSendvnc_r(int coid, const iov_t *siov, size_t sparts, const iov_t *riov, size_t rparts)
{
    if (too_many(sparts) || too_many(rparts))
        return -EINVAL;
    return send_parts(coid, siov, (long)sparts, (void *)riov, (long)rparts, KC_SEND_NC);
}

long MsgSend(int coid, const void *smsg, size_t sbytes, void *rmsg, size_t rbytes)
{
    return __qrv_neg(MsgSend_r(coid, smsg, sbytes, rmsg, rbytes));
}

long MsgSendsv(int coid, const void *smsg, size_t sbytes, const iov_t *riov, size_t rparts)
{
    return __qrv_neg(MsgSendsv_r(coid, smsg, sbytes, riov, rparts));
}

long MsgSendvs(int coid, const iov_t *siov, size_t sparts, void *rmsg, size_t rbytes)
{
    return __qrv_neg(MsgSendvs_r(coid, siov, sparts, rmsg, rbytes));
}

long MsgSendv(int coid, const iov_t *siov, size_t sparts, const iov_t *riov, size_t rparts)
{
    return __qrv_neg(MsgSendv_r(coid, siov, sparts, riov, rparts));
}

long MsgSendnc(int coid, const void *smsg, size_t sbytes, void *rmsg, size_t rbytes)
{
    return __qrv_neg(MsgSendnc_r(coid, smsg, sbytes, rmsg, rbytes));
}

long MsgSendsvnc(int coid, const void *smsg, size_t sbytes, const iov_t *riov, size_t rparts)
{
    return __qrv_neg(MsgSendsvnc_r(coid, smsg, sbytes, riov, rparts));
}

long MsgSendvsnc(int coid, const iov_t *siov, size_t sparts, void *rmsg, size_t rbytes)
{
    return __qrv_neg(MsgSendvsnc_r(coid, siov, sparts, rmsg, rbytes));
}

long MsgSendvnc(int coid, const iov_t *siov, size_t sparts, const iov_t *riov, size_t rparts)
{
    return __qrv_neg(MsgSendvnc_r(coid, siov, sparts, riov, rparts));
}
