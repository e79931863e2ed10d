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

#define CLIENTS 3

/* Until the message of rcvid has an unblock request; the client must still be there. */
static int is_requested(int rcvid)
{
    struct _msg_info info;
    for (int i = 0; i < 500; i++) {
        if (MsgInfo(rcvid, &info) == -1)
            return 0;
        if (info.flags & _NTO_MI_UNBLOCK_REQ)
            return 1;
        rv_sleep_ms(10);
    }
    return 0;
}

/* A client that left because the channel is full could send again, and the server would answer that in place of what it received. */
static void full_of_pulses(void)
{
    int chid = ChannelCreate(_NTO_CHF_UNBLOCK), coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    struct rv_client c[CLIENTS];
    int rcvid[CLIENTS], sent = 0, ordinary = 0, unblock = 0, right = 0, ended = 0;
    struct _pulse p;
    char in[64];
    for (int i = 0; i < CLIENTS; i++) {
        c[i] = (struct rv_client){ .coid = coid, .smsg = "x", .slen = 2 };
        rv_start(&c[i]);
        rcvid[i] = rv_receive(chid, in, sizeof(in), NULL);
    }
    while (MsgSendPulse(coid, -1, 5, sent) == 0)
        sent++;
    is_int(errno, EAGAIN, "the channel is full of pulses");
    for (int i = 0; i < CLIENTS; i++)
        pthread_kill(c[i].thread, SIGUSR1);
    for (int i = 0; i < CLIENTS; i++)
        right += is_requested(rcvid[i]);
    is_int(right, CLIENTS, "interrupted clients wait for the server all the same");
    right = 0;
    for (;;) {
        rv_receive_timeout(1000);
        if (MsgReceivePulse(chid, &p, sizeof(p), NULL) == -1)
            break;
        for (int i = 0; i < CLIENTS && p.code == _PULSE_CODE_UNBLOCK; i++)
            right += p.value.sival_int == rcvid[i];
        *(p.code == _PULSE_CODE_UNBLOCK ? &unblock : &ordinary) += 1;
    }
    is_int(ordinary, sent, "all pulses arrive");
    ok(unblock == CLIENTS && right == CLIENTS, "and one unblock pulse for each client: %d, of theirs %d", unblock, right);
    for (int i = 0; i < CLIENTS; i++)
        MsgError(rcvid[i], -1);
    for (int i = 0; i < CLIENTS; i++) {
        rv_join(&c[i]);
        ended += c[i].result == -1 && c[i].err == EINTR;
    }
    is_int(ended, CLIENTS, "the clients get the kernel's reason");
    ConnectDetach(coid);
    ChannelDestroy(chid);
}

int main(void)
{
    tap_plan(20);
    struct sigaction sa = { .sa_handler = on_signal }; /* signal() would restart the interrupted send */
    sigaction(SIGUSR1, &sa, NULL);
    sigaction(SIGUSR2, &sa, NULL);
    without_flag();
    with_flag();
    send_blocked();
    full_of_pulses();
    return done();
}
