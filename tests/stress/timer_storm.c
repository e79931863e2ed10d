/* SPDX-License-Identifier: Apache-2.0 */
/* Timers with every kind of event, armed, re-armed and deleted while they expire, by several processes that die in the
 * middle of it; kernel timeouts on waits that end at the same moment.  -n: rounds of a process. */
#include <pthread.h>
#include "stress.h"

#define PROCESSES 3
#define TIMERS 200

struct storm {
    struct rng r;
    int chid, coid;
    int timer[TIMERS]; /* -1: none */
};

static uint32_t longest = 2000000; /* period in ns */

static void on_signal(int signo)
{
    (void)signo;
}

/* 600 timers that come too often for the machine, which may be an emulator that others hold up, leave no time for anything else: the
 * longest period is ten times what it takes to arm 400. */
static void choose_periods(void)
{
    struct _itimer never = { .nsec = 3600000000000 }, old;
    struct sigevent ev;
    struct timespec from, to;
    SIGEV_NONE_INIT(&ev);
    int id = TimerCreate(CLOCK_MONOTONIC, &ev);
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (int i = 0; i < 400; i++)
        TimerSettime(id, 0, &never, &old);
    clock_gettime(CLOCK_MONOTONIC, &to);
    TimerDestroy(id);
    uint64_t ns = 10 * ((uint64_t)(to.tv_sec - from.tv_sec) * 1000000000 + (uint64_t)to.tv_nsec - (uint64_t)from.tv_nsec);
    longest += ns < 2000000000 ? (uint32_t)ns : 2000000000;
    diag("periods of up to %u us", longest / 1000);
}

static int make_timer(struct storm *s)
{
    struct sigevent ev;
    switch (rng_below(&s->r, 4)) {
    case 0:
        SIGEV_SIGNAL_VALUE_INIT(&ev, SIGRTMIN + 1, NULL);
        break;
    case 1:
        SIGEV_PULSE_INIT(&ev, s->coid, 10, 3, 0);
        break;
    case 2:
        SIGEV_SIGNAL_INIT(&ev, SIGUSR1);
        break;
    default:
        SIGEV_NONE_INIT(&ev);
    }
    return TimerCreate(rng_below(&s->r, 2) ? CLOCK_REALTIME : CLOCK_MONOTONIC, &ev);
}

static int touch(struct storm *s, int *timer)
{
    struct _itimer at = { .nsec = 1 + rng_below(&s->r, 3000000) }, old;
    if (rng_below(&s->r, 2))
        at.interval_nsec = 50000 + rng_below(&s->r, longest);
    if (*timer == -1)
        *timer = make_timer(s);
    else if (rng_below(&s->r, 3) == 0)
        at = (struct _itimer){ 0 };
    if (*timer == -1 || TimerSettime(*timer, 0, &at, &old) == -1)
        return 1;
    if (rng_below(&s->r, 3) != 0)
        return 0;
    int id = *timer;
    *timer = -1;
    return TimerDestroy(id) == -1;
}

/* What has come, for at most 300 us. */
static void drain(struct storm *s)
{
    struct _pulse p;
    uint64_t ns = rng_below(&s->r, 300000);
    do {
        TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, NULL, &ns, NULL);
        ns = 0;
    } while (MsgReceivePulse(s->chid, &p, sizeof(p), NULL) == 0);
}

static void *post(void *arg)
{
    struct rng r = rng_of(7, (uintptr_t)arg);
    for (;;) {
        struct timespec ts = { .tv_nsec = (long)rng_below(&r, 200000) };
        nanosleep(&ts, NULL);
        MsgSendPulse((int)(uintptr_t)arg, -1, 4, 0);
    }
    return NULL;
}

static int process(uint64_t seed, uint64_t stream, uint64_t rounds)
{
    struct storm s = { .r = rng_of(seed, stream), .chid = ChannelCreate(0) };
    pthread_t t;
    uint64_t bad = 0;
    signal(SIGRTMIN + 1, on_signal);
    signal(SIGUSR1, on_signal);
    s.coid = ConnectAttach(0, 0, s.chid, _NTO_SIDE_CHANNEL, 0);
    memset(s.timer, -1, sizeof(s.timer));
    if (pthread_create(&t, NULL, post, (void *)(uintptr_t)s.coid) != 0)
        return 2;
    for (uint64_t i = 0; i < rounds; i++) {
        for (int n = 0; n < 16; n++)
            bad += (uint64_t)touch(&s, &s.timer[rng_below(&s.r, TIMERS)]);
        drain(&s);
    }
    return bad ? 3 : 7;
}

/* Some are killed half way. */
static int storm(uint64_t seed, uint64_t rounds)
{
    struct rng r = rng_of(seed, 1000);
    pid_t pid[PROCESSES];
    int bad = 0;
    for (unsigned i = 0; i < PROCESSES; i++) {
        pid[i] = fork();
        if (pid[i] == 0)
            _exit(process(seed, i, i == 0 ? UINT64_MAX : rounds));
    }
    for (unsigned i = 1; i < PROCESSES; i++) {
        int status = -1;
        while (waitpid(pid[i], &status, 0) == -1 && errno == EINTR)
            ;
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 7) {
            diag("process %u: status 0x%x", i, (unsigned)status);
            bad++;
        }
    }
    for (int n = 0, status; n < 10; n++) { /* the first one is killed with its timers, and nine like it */
        bad += end_child(pid[0], &status) == -1;
        pid[0] = n < 9 ? fork() : -1;
        if (pid[0] == 0)
            _exit(process(seed, 100 + (unsigned)n, UINT64_MAX));
        sleep_ms(rng_below(&r, 20));
    }
    return bad;
}

int main(int argc, char **argv)
{
    struct options o = options_parse(argc, argv, 300);
    choose_periods();
    storm(o.seed, 10);
    struct holdings before = holdings_now();
    is_int(storm(o.seed, o.amount), 0, "timers are made, armed, fire and go");
    check_holdings(&before);
    return done();
}
