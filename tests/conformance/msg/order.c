/* SPDX-License-Identifier: Apache-2.0 */
/* Queues of a channel: senders by priority then arrival, messages and pulses together, receivers LIFO.
 * Page: QNX Neutrino System Architecture, "Channels and connections", "Message queues of a channel". */
#include "../rendezvous.h"

static int chid, coid;
static int order[3];
static _Atomic int arrived;

static void *receiver(void *arg)
{
    char b[64];
    int rcvid = MsgReceive(chid, b, sizeof(b), NULL);
    order[(intptr_t)arg] = ++arrived;
    MsgReply(rcvid, 0, NULL, 0);
    return NULL;
}

static void by_priority(void)
{
    static const int prio[] = { 8, 12, 10, 12 };
    static const char name[] = "abcd";
    struct rv_client c[4];
    for (int i = 0; i < 4; i++) {
        c[i] = (struct rv_client){ .coid = coid, .prio = prio[i], .smsg = &name[i], .slen = 1 };
        rv_start(&c[i]);
        rv_sleep_ms(30);
    }
    MsgSendPulse(coid, 11, 5, 0);
    char got[6] = { 0 };
    for (int i = 0; i < 5; i++) {
        char b[64] = { 0 };
        int rcvid = rv_receive(chid, b, sizeof(b), NULL);
        got[i] = rcvid == 0 ? 'P' : b[0];
        if (rcvid > 0)
            MsgReply(rcvid, 0, NULL, 0);
    }
    is_str(got, "bdPca", "priority first, then arrival; the pulse takes its place");
    for (int i = 0; i < 4; i++)
        rv_join(&c[i]);
}

static void lifo(void)
{
    pthread_t th[3];
    char b[8];
    for (intptr_t i = 0; i < 3; i++) {
        pthread_create(&th[i], NULL, receiver, (void *)i);
        rv_sleep_ms(30);
    }
    for (int i = 0; i < 3; i++) {
        MsgSend(coid, "x", 1, b, sizeof(b));
        rv_sleep_ms(10);
    }
    for (int i = 0; i < 3; i++)
        pthread_join(th[i], NULL);
    covers("semantic:7");
    ok(order[2] == 1 && order[1] == 2 && order[0] == 3, "the thread that waited last receives first (%d %d %d)",
       order[0], order[1], order[2]);
}

int main(void)
{
    tap_plan(2);
    chid = ChannelCreate(0);
    coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    struct sched_param sp = { .sched_priority = 20 };
    SchedSet(0, 0, SCHED_RR, &sp);
    by_priority();
    sp.sched_priority = 10;
    SchedSet(0, 0, SCHED_RR, &sp);
    lifo();
    return done();
}
