/* SPDX-License-Identifier: Apache-2.0 */
/* TimerTimeout() on SEND, REPLY and RECEIVE.  Page: QNX Neutrino Library Reference, TimerTimeout(). */
#include "../rendezvous.h"

static int chid, coid;

static int send_with(unsigned flags, long ms, int *err)
{
    uint64_t ns = (uint64_t)ms * 1000000;
    char b[8];
    TimerTimeout(CLOCK_MONOTONIC, (int)flags, NULL, &ns, NULL);
    int r = (int)MsgSend(coid, "x", 2, b, sizeof(b));
    *err = errno;
    return r;
}

static void *late_server(void *arg)
{
    (void)arg;
    char b[8];
    int rcvid = MsgReceive(chid, b, sizeof(b), NULL);
    rv_sleep_ms(150);
    MsgReply(rcvid, 4, NULL, 0);
    return NULL;
}

int main(void)
{
    tap_plan(11);
    chid = ChannelCreate(0);
    coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    char b[64];
    int err;
    TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, NULL, NULL, NULL);
    ok(MsgReceive(chid, b, sizeof(b), NULL) == -1 && errno == ETIMEDOUT, "NULL time polls");
    struct timespec t0, t1;
    clock_gettime(CLOCK_MONOTONIC, &t0);
    rv_receive_timeout(40);
    ok(MsgReceive(chid, b, sizeof(b), NULL) == -1 && errno == ETIMEDOUT, "a receive times out");
    clock_gettime(CLOCK_MONOTONIC, &t1);
    ok((t1.tv_sec - t0.tv_sec) * 1000000000L + t1.tv_nsec - t0.tv_nsec >= 40000000L, "not before its time");
    ok(send_with(_NTO_TIMEOUT_SEND, 30, &err) == -1 && err == ETIMEDOUT, "SEND timeout, nobody receives");
    ok(send_with(_NTO_TIMEOUT_SEND | _NTO_TIMEOUT_REPLY, 30, &err) == -1 && err == ETIMEDOUT, "SEND|REPLY timeout in SEND");
    rv_receive_timeout(0);
    ok(MsgReceive(chid, b, sizeof(b), NULL) == -1 && errno == ETIMEDOUT, "the timed-out message is gone");

    pthread_t th;
    pthread_create(&th, NULL, late_server, NULL);
    rv_sleep_ms(20);
    ok(send_with(_NTO_TIMEOUT_REPLY, 30, &err) == -1 && err == ETIMEDOUT, "REPLY timeout while the server works");
    pthread_join(th, NULL);
    pthread_create(&th, NULL, late_server, NULL);
    is_int(send_with(_NTO_TIMEOUT_SEND, 30, &err), 4, "a SEND timeout does not count once received");
    pthread_join(th, NULL);

    uint64_t ns = 20000000;
    TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, NULL, &ns, NULL);
    (void)SchedYield();
    pthread_create(&th, NULL, late_server, NULL);
    is_int((int)MsgSend(coid, "x", 2, b, sizeof(b)), 4, "a timeout armed before another call is consumed by that call");
    pthread_join(th, NULL);
    ns = 1;
    ok(TimerTimeout(99, _NTO_TIMEOUT_RECEIVE, NULL, &ns, NULL) == -1 && errno == EINVAL, "unknown clock: EINVAL");
    ok(TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, NULL, (void *)8, NULL) == -1 && errno == EFAULT, "bad pointer: EFAULT");
    return done();
}
