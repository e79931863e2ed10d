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

/* The four shapes, of the functions' own parameters.  Macros, so that a debugger finds their code in the function that the user named.
 * Kernel notation: parts >= 0 counts iovecs, < 0 is a buffer of that many bytes. */
#define TOO_LONG(n) ((n) > SSIZE_MAX)
#define TOO_MANY(n) ((n) > QRV_IOV_MAX)
#define PLAIN(send)                                                                                \
    (TOO_LONG(sbytes) || TOO_LONG(rbytes) ? -EOVERFLOW                                             \
                                          : send(coid, smsg, -(long)sbytes, rmsg, -(long)rbytes))
#define SV(send)                                                                                   \
    (TOO_LONG(sbytes)   ? -EOVERFLOW                                                               \
     : TOO_MANY(rparts) ? -EINVAL                                                                  \
                        : send(coid, smsg, -(long)sbytes, (void *)riov, (long)rparts))
#define VS(send)                                                                                   \
    (TOO_MANY(sparts)   ? -EINVAL                                                                  \
     : TOO_LONG(rbytes) ? -EOVERFLOW                                                               \
                        : send(coid, siov, (long)sparts, rmsg, -(long)rbytes))
#define V(send)                                                                                    \
    (TOO_MANY(sparts) || TOO_MANY(rparts) ? -EINVAL                                                \
                                          : send(coid, siov, (long)sparts, (void *)riov, (long)rparts))

long MsgSend_r(int coid, const void *smsg, size_t sbytes, void *rmsg, size_t rbytes)
{
    return PLAIN(send_cp);
}

long MsgSendsv_r(int coid, const void *smsg, size_t sbytes, const iov_t *riov, size_t rparts)
{
    return SV(send_cp);
}

long MsgSendvs_r(int coid, const iov_t *siov, size_t sparts, void *rmsg, size_t rbytes)
{
    return VS(send_cp);
}

long MsgSendv_r(int coid, const iov_t *siov, size_t sparts, const iov_t *riov, size_t rparts)
{
    return V(send_cp);
}

long MsgSendnc_r(int coid, const void *smsg, size_t sbytes, void *rmsg, size_t rbytes)
{
    return PLAIN(send_nc);
}

long MsgSendsvnc_r(int coid, const void *smsg, size_t sbytes, const iov_t *riov, size_t rparts)
{
    return SV(send_nc);
}

long MsgSendvsnc_r(int coid, const iov_t *siov, size_t sparts, void *rmsg, size_t rbytes)
{
    return VS(send_nc);
}

long MsgSendvnc_r(int coid, const iov_t *siov, size_t sparts, const iov_t *riov, size_t rparts)
{
    return V(send_nc);
}

long MsgSend(int coid, const void *smsg, size_t sbytes, void *rmsg, size_t rbytes)
{
    return __qrv_neg(PLAIN(send_cp));
}

long MsgSendsv(int coid, const void *smsg, size_t sbytes, const iov_t *riov, size_t rparts)
{
    return __qrv_neg(SV(send_cp));
}

long MsgSendvs(int coid, const iov_t *siov, size_t sparts, void *rmsg, size_t rbytes)
{
    return __qrv_neg(VS(send_cp));
}

long MsgSendv(int coid, const iov_t *siov, size_t sparts, const iov_t *riov, size_t rparts)
{
    return __qrv_neg(V(send_cp));
}

long MsgSendnc(int coid, const void *smsg, size_t sbytes, void *rmsg, size_t rbytes)
{
    return __qrv_neg(PLAIN(send_nc));
}

long MsgSendsvnc(int coid, const void *smsg, size_t sbytes, const iov_t *riov, size_t rparts)
{
    return __qrv_neg(SV(send_nc));
}

long MsgSendvsnc(int coid, const iov_t *siov, size_t sparts, void *rmsg, size_t rbytes)
{
    return __qrv_neg(VS(send_nc));
}

long MsgSendvnc(int coid, const iov_t *siov, size_t sparts, const iov_t *riov, size_t rparts)
{
    return __qrv_neg(V(send_nc));
}
