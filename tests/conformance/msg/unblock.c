/* SPDX-License-Identifier: Apache-2.0 */
/* What a signal does to a REPLY-blocked client, with and without _NTO_CHF_UNBLOCK.
 * Page: "Getting Started with QNX Neutrino", Using the _NTO_CHF_UNBLOCK flag; Library Reference MsgError(), ChannelCreate(). */
#include "../rendezvous.h"

static void on_signal(int signo)
{
    (void)signo;
}

static void without_flag(void)
{
    int chid = ChannelCreate(0), coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    char in[64];
    struct rv_client c = { .coid = coid, .smsg = "x", .slen = 2 };
    rv_start(&c);
    int rcvid = rv_receive(chid, in, sizeof(in), NULL);
    pthread_kill(c.thread, SIGUSR1);
    rv_join(&c);
    ok(c.result == -1 && c.err == EINTR, "no UNBLOCK flag: the client returns EINTR at once");
    ok(MsgReply(rcvid, 0, NULL, 0) == -1 && errno == ESRCH, "and a late reply fails with ESRCH");
    ConnectDetach(coid);
    ChannelDestroy(chid);
}

static void with_flag(void)
{
    int chid = ChannelCreate(_NTO_CHF_UNBLOCK), coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    char in[64];
    struct _msg_info info;
    struct rv_client c = { .coid = coid, .smsg = "x", .slen = 2 };
    rv_start(&c);
    int rcvid = rv_receive(chid, in, sizeof(in), &info);
    is_int(info.flags & _NTO_MI_UNBLOCK_REQ, 0, "no unblock request yet");
    pthread_kill(c.thread, SIGUSR1);
    struct _pulse p;
    is_int(rv_receive(chid, &p, sizeof(p), NULL), 0, "the server gets a pulse");
    is_int(p.code, _PULSE_CODE_UNBLOCK, "_PULSE_CODE_UNBLOCK");
    is_int(p.value.sival_int, rcvid, "whose value is the rcvid");
    is_int(MsgInfo(rcvid, &info), 0, "the client is still there");
    ok(info.flags & _NTO_MI_UNBLOCK_REQ, "_NTO_MI_UNBLOCK_REQ shows");
    pthread_kill(c.thread, SIGUSR2);
    rv_receive_timeout(50);
    ok(MsgReceive(chid, &p, sizeof(p), NULL) == -1 && errno == ETIMEDOUT, "one pulse only, whatever comes");
    is_int(MsgReply(rcvid, 9, NULL, 0), 0, "the server may still answer");
    rv_join(&c);
    is_int(c.result, 9, "and the client gets the answer");

    rv_start(&c);
    rcvid = rv_receive(chid, in, sizeof(in), NULL);
    pthread_kill(c.thread, SIGUSR1);
    rv_receive(chid, &p, sizeof(p), NULL);
    is_int(MsgError(rcvid, -1), 0, "MsgError(rcvid, -1)");
    rv_join(&c);
    covers("semantic:10");
    ok(c.result == -1 && c.err == EINTR, "gives the client the kernel's reason");
    ConnectDetach(coid);
    ChannelDestroy(chid);
}

static void send_blocked(void)
{
    int chid = ChannelCreate(_NTO_CHF_UNBLOCK), coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    struct rv_client c = { .coid = coid, .smsg = "x", .slen = 2 };
    rv_start(&c);
    rv_sleep_ms(30);
    pthread_kill(c.thread, SIGUSR1);
    rv_join(&c);
    ok(c.result == -1 && c.err == EINTR, "a SEND-blocked client just returns EINTR");
    struct _pulse p;
    rv_receive_timeout(0);
    ok(MsgReceive(chid, &p, sizeof(p), NULL) == -1 && errno == ETIMEDOUT, "without any pulse");
}

int main(void)
{
    tap_plan(15);
    struct sigaction sa = { .sa_handler = on_signal }; /* signal() would restart the interrupted send */
    sigaction(SIGUSR1, &sa, NULL);
    sigaction(SIGUSR2, &sa, NULL);
    without_flag();
    with_flag();
    send_blocked();
    return done();
}
