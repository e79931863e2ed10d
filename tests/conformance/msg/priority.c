/* SPDX-License-Identifier: Apache-2.0 */
/* Priority inheritance over messages.
 * Page: QNX Neutrino System Architecture, "Priority inheritance and messages", "Server boost"; ChannelCreate(). */
#include "../rendezvous.h"

static int current_prio(void)
{
    struct sched_param sp;
    if (SchedGet(0, 0, &sp) == -1)
        return -1;
    return sp.sched_curpriority;
}

static int serve_once(int chid)
{
    char b[64];
    int rcvid = rv_receive(chid, b, sizeof(b), NULL);
    int prio = current_prio();
    if (rcvid > 0)
        MsgReply(rcvid, 0, NULL, 0);
    return prio;
}

static int send_at(int coid, int chid, int prio)
{
    struct rv_client c = { .coid = coid, .prio = prio, .smsg = "x", .slen = 1 };
    rv_start(&c);
    int got = serve_once(chid);
    rv_join(&c);
    return got;
}

static void boosted_while_busy(void)
{
    int chid = ChannelCreate(0), coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    struct rv_client low = { .coid = coid, .prio = 8, .smsg = "l", .slen = 1 };
    struct rv_client high = { .coid = coid, .prio = 22, .smsg = "h", .slen = 1 };
    char b[8];
    rv_start(&low);
    int rcvid = rv_receive(chid, b, sizeof(b), NULL);
    is_int(current_prio(), 8, "serving the low client at its priority");
    rv_start(&high);
    for (int i = 0; i < 200 && current_prio() != 22; i++)
        rv_sleep_ms(5);
    is_int(current_prio(), 22, "a more important client that waits boosts the busy server");
    MsgReply(rcvid, 0, NULL, 0);
    is_int(serve_once(chid), 22, "and is served at its own priority");
    rv_join(&low);
    rv_join(&high);
    is_int(send_at(coid, chid, 9), 9, "the boost is over with the next receive");
}

int main(void)
{
    tap_plan(9);
    int chid = ChannelCreate(0), coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    is_int(send_at(coid, chid, 20), 20, "the receiver takes a higher priority");
    is_int(send_at(coid, chid, 7), 7, "and a lower one");
    MsgSendPulse(coid, 15, 1, 0);
    is_int(serve_once(chid), 15, "a pulse's priority too");
    int fixed = ChannelCreate(_NTO_CHF_FIXED_PRIORITY), fcoid = ConnectAttach(0, 0, fixed, _NTO_SIDE_CHANNEL, 0);
    int before = current_prio();
    is_int(send_at(fcoid, fixed, 20), before, "_NTO_CHF_FIXED_PRIORITY: nothing changes");
    boosted_while_busy();
    MsgReceive(-1, NULL, 0, NULL);
    ok(current_prio() == 10, "leaving the channel gives the own priority back (%d)", current_prio());
    return done();
}
