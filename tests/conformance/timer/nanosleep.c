/* SPDX-License-Identifier: Apache-2.0 */
/* Sleeping: never early, time left, absolute times, clocks.
 * Pages: QNX Neutrino Library Reference, nanosleep(), clock_nanosleep(), TimerTimeout()
 * (_NTO_TIMEOUT_NANOSLEEP). */
#include "../rendezvous.h"
#include "../state.h"

static volatile sig_atomic_t handled;

static void on_usr1(int s)
{
    (void)s;
    handled++;
}

static uint64_t now(clockid_t id)
{
    uint64_t t = 0;
    ClockTime(id, NULL, &t);
    return t;
}

/* Interrupts the main thread when it sleeps. */
static void *poke(void *arg)
{
    blocked_wait_state(getpid(), 1, STATE_NANOSLEEP);
    pthread_kill(*(pthread_t *)arg, SIGUSR1);
    return NULL;
}

static struct timespec spec(uint64_t ns)
{
    return (struct timespec){(time_t)(ns / 1000000000), (long)(ns % 1000000000)};
}

int main(void)
{
    pthread_t t, self = pthread_self();
    tap_plan(13);
    struct sigaction sa = {.sa_handler = on_usr1, .sa_flags = SA_RESTART};
    sigaction(SIGUSR1, &sa, NULL);
    int early = 0;
    for (int i = 0; i < 50; i++) {
        struct timespec ts = {0, 100000 + i * 7777};
        uint64_t t0 = now(CLOCK_MONOTONIC);
        nanosleep(&ts, NULL);
        early += now(CLOCK_MONOTONIC) - t0 < (uint64_t)ts.tv_nsec;
    }
    is_int(early, 0, "fifty short sleeps, none early");
    struct timespec ts = {0, 0}, left = {0, 0};
    is_int(nanosleep(&ts, NULL), 0, "no time at all");
    ts.tv_sec = 100;
    pthread_create(&t, NULL, poke, &self);
    uint64_t t0 = now(CLOCK_MONOTONIC);
    int r = nanosleep(&ts, &left), e = errno;
    uint64_t took = now(CLOCK_MONOTONIC) - t0;
    pthread_join(t, NULL);
    ok(r == -1 && e == EINTR && handled == 1, "a handler ends it: EINTR");
    uint64_t rest = (uint64_t)left.tv_sec * 1000000000 + (uint64_t)left.tv_nsec;
    ok(rest < 100000000000 && rest + took >= 100000000000, "time slept and time left make the whole (%ld.%09ld left)",
       (long)left.tv_sec, left.tv_nsec);

    ts = spec(now(CLOCK_MONOTONIC) + 30000000);
    t0 = now(CLOCK_MONOTONIC);
    is_int(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL), 0, "until a monotonic time");
    ok(now(CLOCK_MONOTONIC) - t0 >= 29000000, "... reached");
    ts = spec(now(CLOCK_REALTIME) + 30000000);
    is_int(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &ts, NULL), 0, "until a time of day");
    ok(now(CLOCK_REALTIME) >= (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec,
       "... reached");
    ts = (struct timespec){5, 0};
    is_int(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) &&
               now(CLOCK_MONOTONIC) > 5000000000u,
           0, "a time that is over");
    ts.tv_nsec = 1000000000;
    ok(nanosleep(&ts, NULL) == -1 && errno == EINVAL, "a second of nanoseconds: EINVAL");
    ts = (struct timespec){0, 1000};
    is_int(clock_nanosleep(77, 0, &ts, NULL), EINVAL, "unknown clock: EINVAL");

    uint64_t ns = 20000000;
    t0 = now(CLOCK_MONOTONIC);
    r = TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_NANOSLEEP, NULL, &ns, NULL);
    ok(r != -1 && now(CLOCK_MONOTONIC) - t0 >= ns, "TimerTimeout on NANOSLEEP sleeps");
    ns = 100000000000;
    rest = 0;
    t0 = now(CLOCK_MONOTONIC);
    pthread_create(&t, NULL, poke, &self);
    r = TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_NANOSLEEP, NULL, &ns, &rest);
    ok(r == -1 && errno == EINTR && rest < ns && rest + now(CLOCK_MONOTONIC) - t0 >= ns, "... and reports the time left");
    pthread_join(t, NULL);
    return done();
}
