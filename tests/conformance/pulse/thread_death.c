/* SPDX-License-Identifier: Apache-2.0 */
/* _NTO_CHF_THREAD_DEATH: a pulse for every thread of the process that ends.
 * Pages: QNX Neutrino Library Reference, ChannelCreate(), _pulse; Getting Started, "Channel flags". */
#define _GNU_SOURCE
#include "../rendezvous.h"

static volatile int tid;
static int other;

static void *ends(void *arg)
{
    (void)arg;
    tid = gettid();
    return NULL;
}

static void *receives(void *arg)
{
    struct _pulse p;
    (void)arg;
    tid = gettid();
    MsgReceive(other, &p, sizeof p, NULL);
    return NULL;
}

static int next_death(int chid)
{
    struct _pulse p;
    int rcvid = rv_receive(chid, &p, sizeof p, NULL);
    return rcvid == 0 && p.code == _PULSE_CODE_THREADDEATH ? p.value.sival_int : -1;
}

int main(void)
{
    struct _pulse p;
    pthread_t t;
    tap_plan(0);
    int chid = ChannelCreate(_NTO_CHF_THREAD_DEATH), two = ChannelCreate(_NTO_CHF_THREAD_DEATH);
    other = ChannelCreate(0);
    ok(chid > 0 && two > 0, "channels with _NTO_CHF_THREAD_DEATH");
    pthread_create(&t, NULL, ends, NULL);
    pthread_join(t, NULL);
    is_int(next_death(chid), tid, "the pulse says who has ended");
    is_int(next_death(two), tid, "every such channel gets one");

    tid = 0;
    pthread_create(&t, NULL, receives, NULL);
    while (!tid)
        rv_sleep_ms(1);
    rv_sleep_ms(20);
    pthread_cancel(t);
    pthread_join(t, NULL);
    is_int(next_death(chid), tid, "one that was cancelled while it received");

    rv_receive_timeout(50);
    is_int(MsgReceive(other, &p, sizeof p, NULL), -1, "a channel without the flag");
    is_errno(ETIMEDOUT, "... gets none");
    ChannelDestroy(two);
    pthread_create(&t, NULL, ends, NULL);
    pthread_detach(t);
    int gone = next_death(chid);
    is_int(gone, tid, "a detached thread, another such channel gone");
    ChannelDestroy(chid);
    pthread_create(&t, NULL, ends, NULL);
    is_int(pthread_join(t, NULL), 0, "no such channel left: nothing happens");
    return done();
}
