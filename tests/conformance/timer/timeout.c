/* SPDX-License-Identifier: Apache-2.0 */
/* TimerTimeout() in general: clocks, absolute times, other events than unblocking.
 * Page: QNX Neutrino Library Reference, TimerTimeout(). */
#define _GNU_SOURCE
#include "../rendezvous.h"

static int chid, coid;

static uint64_t now(clockid_t id)
{
    uint64_t t = 0;
    ClockTime(id, NULL, &t);
    return t;
}

static int receive(struct _pulse *p)
{
    int r = MsgReceive(chid, p, sizeof(*p), NULL);
    return r == -1 ? -errno : r;
}

static volatile sig_atomic_t handled;
static void on_usr1(int s)
{
    (void)s;
    handled++;
}

static void *joined(void *arg)
{
    rv_sleep_ms((long)(intptr_t)arg);
    return NULL;
}

int main(void)
{
    struct _pulse p;
    struct sigevent ev;
    tap_plan(13);
    chid = ChannelCreate(0);
    coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    uint64_t t0 = now(CLOCK_MONOTONIC), ns = t0 + 30000000;
    TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE | (int)_KC_TIMEOUT_ABSTIME, NULL, &ns, NULL);
    ok(receive(&p) == -ETIMEDOUT && now(CLOCK_MONOTONIC) >= ns, "an absolute monotonic time");
    ns = now(CLOCK_REALTIME) + 30000000;
    TimerTimeout(CLOCK_REALTIME, _NTO_TIMEOUT_RECEIVE | (int)_KC_TIMEOUT_ABSTIME, NULL, &ns, NULL);
    ok(receive(&p) == -ETIMEDOUT && now(CLOCK_REALTIME) >= ns, "an absolute time of day");
    ns = 1;
    TimerTimeout(CLOCK_REALTIME, _NTO_TIMEOUT_RECEIVE | (int)_KC_TIMEOUT_ABSTIME, NULL, &ns, NULL);
    is_int(receive(&p), -ETIMEDOUT, "one that is long over");
    SIGEV_UNBLOCK_INIT(&ev);
    ns = 5000000;
    TimerTimeout(CLOCK_REALTIME, _NTO_TIMEOUT_RECEIVE, &ev, &ns, NULL);
    is_int(receive(&p), -ETIMEDOUT, "SIGEV_UNBLOCK spelled out");

    TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_SEM, NULL, NULL, NULL);
    MsgSendPulse(coid, 10, 3, 0);
    is_int(receive(&p), 0, "a timeout for another state does not matter");
    MsgSendPulse(coid, 10, 4, 0);
    TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, NULL, NULL, NULL);
    ok(receive(&p) == 0 && p.code == 4, "a poll takes what is there");

    SIGEV_PULSE_INIT(&ev, coid, 10, 9, 99);
    ns = 10000000;
    TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, &ev, &ns, NULL);
    ok(receive(&p) == 0 && p.code == 9 && p.value.sival_int == 99,
       "a pulse as the event of a receive's timeout");
    struct sigaction sa = {.sa_handler = on_usr1};
    sigaction(SIGUSR1, &sa, NULL);
    SIGEV_SIGNAL_INIT(&ev, SIGUSR1);
    TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, &ev, &ns, NULL);
    ok(receive(&p) == -EINTR && handled == 1, "a signal as the event: its handler, EINTR");

    pthread_t t;
    pthread_create(&t, NULL, joined, (void *)150);
    ns = 10000000;
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    is_int(pthread_timedjoin_np(t, NULL, &at), ETIMEDOUT, "joining can time out");
    pthread_join(t, NULL);
    is_int(TimerTimeout_r(CLOCK_MONOTONIC, 1, NULL, &ns, NULL), -EINVAL,
           "a state that is none: EINVAL");
    SIGEV_PULSE_INIT(&ev, 4321, 10, 9, 99);
    is_int(TimerTimeout_r(CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, &ev, &ns, NULL), -EBADF,
           "an event on no connection: EBADF");
    is_int(TimerTimeout_r(CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, (void *)8, &ns, NULL), -EFAULT,
           "an event nowhere: EFAULT");
    ns = 3000000;
    int first = TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_SEND, NULL, &ns, NULL);
    int second = TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, NULL, &ns, NULL);
    ok(first == 0 && second == _NTO_TIMEOUT_SEND && receive(&p) == -ETIMEDOUT,
       "arming again replaces and reports the old states");
    return done();
}
