/* SPDX-License-Identifier: Apache-2.0 */
/* Timers whose event is a function in a thread of its own: POSIX timer_create() with SIGEV_THREAD,
 * Library Reference sigevent (SIGEV_THREAD_INIT).  Timer ids are ints, also for these. */
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

#include "../tap.h"

static atomic_int fired, value;

static void on_fire(union sigval v)
{
    value = v.sival_int;
    fired++;
}

static void wait_ms(long ms)
{
    struct timespec ts = {0, ms * 1000000};
    nanosleep(&ts, NULL);
}

int main(void)
{
    struct itimerspec often = {{0, 20000000}, {0, 20000000}}, left;
    struct sigevent event;
    timer_t first, second;
    tap_plan(0);
    SIGEV_THREAD_INIT(&event, on_fire, 42, NULL);
    is_int(timer_create(CLOCK_MONOTONIC, &event, &first), 0, "create a timer with a thread");
    is_int(timer_create(CLOCK_MONOTONIC, &event, &second), 0, "and another");
    ok(first >= 0 && second >= 0 && first != second, "ids %d and %d", first, second);
    is_int(timer_settime(first, 0, &often, NULL), 0, "start the first");
    wait_ms(300);
    ok(fired >= 3, "it fired %d times", (int)fired);
    is_int(value, 42, "... with its value");
    is_int(timer_gettime(first, &left), 0, "timer_gettime");
    is_int(left.it_interval.tv_nsec, 20000000, "... shows the interval");
    is_int(timer_delete(first), 0, "delete it");
    wait_ms(100);
    int now = fired;
    wait_ms(100);
    is_int(fired, now, "... no call any more");
    is_int(timer_delete(first), -1, "delete it twice");
    is_errno(EINVAL, "... EINVAL");
    is_int(timer_delete(second), 0, "delete the other, which never ran");
    return done();
}
