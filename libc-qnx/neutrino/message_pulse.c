/* SPDX-License-Identifier: Apache-2.0 */
/* Pulses and events: nothing here blocks. */
#include "kcall.h"

static long pulse(int coid, int priority, int code, uint64_t value)
{
    return __kercall4(KC_MSG_SEND_PULSE, coid, priority, code, (long)value);
}

int MsgSendPulse_r(int coid, int priority, int code, int value)
{
    return __qrv_pos(pulse(coid, priority, code, (uint32_t)value));
}

int MsgSendPulse(int coid, int priority, int code, int value)
{
    return __qrv_ok(pulse(coid, priority, code, (uint32_t)value));
}

int MsgSendPulsePtr_r(int coid, int priority, int code, void *value)
{
    return __qrv_pos(pulse(coid, priority, code, (uint64_t)value));
}

int MsgSendPulsePtr(int coid, int priority, int code, void *value)
{
    return __qrv_ok(pulse(coid, priority, code, (uint64_t)value));
}

int MsgDeliverEvent_r(int rcvid, const struct sigevent *event)
{
    return __qrv_pos(__kercall2(KC_MSG_DELIVER_EVENT, rcvid, (long)event));
}

int MsgDeliverEvent(int rcvid, const struct sigevent *event)
{
    return __qrv_ok(__kercall2(KC_MSG_DELIVER_EVENT, rcvid, (long)event));
}

int MsgRegisterEvent_r(struct sigevent *event, int coid)
{
    return __qrv_pos(__kercall2(KC_MSG_REGISTER_EVENT, (long)event, coid));
}

int MsgRegisterEvent(struct sigevent *event, int coid)
{
    return __qrv_ok(__kercall2(KC_MSG_REGISTER_EVENT, (long)event, coid));
}

int MsgUnregisterEvent_r(const struct sigevent *event)
{
    return __qrv_pos(__kercall1(KC_MSG_UNREGISTER_EVENT, (long)event));
}

int MsgUnregisterEvent(const struct sigevent *event)
{
    return __qrv_ok(__kercall1(KC_MSG_UNREGISTER_EVENT, (long)event));
}

int MsgVerifyEvent_r(int rcvid, const struct sigevent *event)
{
    return __qrv_pos(__kercall2(KC_MSG_VERIFY_EVENT, rcvid, (long)event));
}

int MsgVerifyEvent(int rcvid, const struct sigevent *event)
{
    return __qrv_ok(__kercall2(KC_MSG_VERIFY_EVENT, rcvid, (long)event));
}
