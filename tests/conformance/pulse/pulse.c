/* SPDX-License-Identifier: Apache-2.0 */
/* Pulses: contents, order, loss, errors.
 * Page: QNX Neutrino Library Reference, MsgSendPulse(), MsgReceive(), MsgReceivePulse(), _pulse. */
#include <limits.h>
#include "../rendezvous.h"

static int chid, coid;

static void contents(void)
{
    struct _pulse p;
    memset(&p, 0xff, sizeof(p));
    is_int(MsgSendPulse(coid, 9, 33, 0x12345678), 0, "MsgSendPulse");
    is_int(rv_receive(chid, &p, sizeof(p), NULL), 0, "a pulse is received as rcvid 0");
    is_int(p.type, _PULSE_TYPE, "type");
    is_int(p.subtype, _PULSE_SUBTYPE, "subtype");
    is_int(p.code, 33, "code");
    is_int(p.value.sival_int, 0x12345678, "value");
    MsgSendPulse(coid, 9, -100, -1);
    rv_receive(chid, &p, sizeof(p), NULL);
    ok(p.code == -100 && p.value.sival_int == -1, "code is signed, value is a full int");
}

static void errors(void)
{
    struct _pulse p;
    ok(MsgSendPulse(-1, 9, 1, 0) == -1 && errno == EBADF, "bad coid: EBADF");
    ok(MsgSendPulse(coid, 0, 1, 0) == -1 && errno == EINVAL, "priority 0: EINVAL");
    ok(MsgSendPulse(coid, 256, 1, 0) == -1 && errno == EINVAL, "priority 256: EINVAL");
    ok(MsgSendPulse(coid, 9, 128, 0) == -1 && errno == EINVAL, "code 128: EINVAL");
    MsgSendPulse(coid, 9, 1, 0);
    ok(MsgReceive(chid, &p, sizeof(p) - 1, NULL) == -1 && errno == EFAULT, "buffer too small for a pulse: EFAULT");
    rv_receive_timeout(0);
    ok(MsgReceive(chid, &p, sizeof(p), NULL) == -1 && errno == ETIMEDOUT, "and the pulse is lost");
    MsgSendPulse(coid, 9, 1, 0);
    ok(MsgReceive(chid, (void *)8, sizeof(p), NULL) == -1 && errno == EFAULT, "bad buffer: EFAULT");
}

static void pulses_only(void)
{
    struct rv_client c = { .coid = coid, .smsg = "x", .slen = 1 };
    struct _pulse p;
    char b[64];
    rv_start(&c);
    rv_sleep_ms(30);
    rv_receive_timeout(30);
    ok(MsgReceivePulse(chid, &p, sizeof(p), NULL) == -1 && errno == ETIMEDOUT, "MsgReceivePulse leaves messages alone");
    MsgSendPulse(coid, 1, 7, 0);
    rv_receive_timeout(1000);
    is_int(MsgReceivePulse(chid, &p, sizeof(p), NULL), 0, "and takes the pulse");
    is_int(p.code, 7, "its code");
    int rcvid = rv_receive(chid, b, sizeof(b), NULL);
    ok(rcvid > 0, "the message still waits");
    MsgReply(rcvid, 0, NULL, 0);
    rv_join(&c);
}

static void many(void)
{
    int sent = 0, got = 0;
    while (sent < 100000 && MsgSendPulse(coid, 9, 1, sent) == 0)
        sent++;
    ok(sent >= 1000 && errno == EAGAIN, "a channel nobody serves takes a bounded number (%d), then EAGAIN", sent);
    struct _pulse p;
    int in_order = 1;
    for (;;) {
        rv_receive_timeout(0);
        if (MsgReceive(chid, &p, sizeof(p), NULL) != 0)
            break;
        in_order &= p.value.sival_int == got++;
    }
    is_int(got, sent, "every one of them arrives");
    ok(in_order, "in order");
}

static void coid_death(void)
{
    int watch = ChannelCreate(_NTO_CHF_COID_DISCONNECT);
    int other = ChannelCreate(0), oc = ConnectAttach(0, 0, other, _NTO_SIDE_CHANNEL, 0);
    struct _pulse p;
    ChannelDestroy(other);
    is_int(rv_receive(watch, &p, sizeof(p), NULL), 0, "_NTO_CHF_COID_DISCONNECT: a pulse when a server's channel goes");
    is_int(p.code, _PULSE_CODE_COIDDEATH, "_PULSE_CODE_COIDDEATH");
    is_int(p.value.sival_int, oc, "names the coid");
    struct _server_info si;
    ok(ConnectServerInfo(0, oc, &si) == oc && (si.flags & _NTO_COF_DEAD), "which is marked dead");
    ConnectDetach(oc);
    ChannelDestroy(watch);
}

int main(void)
{
    chid = ChannelCreate(0);
    coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    contents();
    errors();
    pulses_only();
    many();
    coid_death();
    return done();
}
