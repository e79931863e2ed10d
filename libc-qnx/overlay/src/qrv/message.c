/* SPDX-License-Identifier: Apache-2.0 */
/* Sending. */
#include "qrv.h"

long __qrv_send(int coid, const void *msg, size_t len, void *reply, size_t rlen, unsigned fl)
{
    return __kercall6(KC_MSG_SENDV, coid, (long)msg, -(long)len, (long)reply, -(long)rlen, fl);
}

long __qrv_sendv(int coid, const struct iovec *s, int sn, const struct iovec *r, int rn,
                 unsigned fl)
{
    return __kercall6(KC_MSG_SENDV, coid, (long)s, sn, (long)r, rn, fl);
}

long __qrv_tm(const void *msg, size_t len, void *reply, size_t rlen)
{
    return __qrv_send(SYSMGR_COID, msg, len, reply, rlen, KC_SEND_NC);
}
