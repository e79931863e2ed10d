/* SPDX-License-Identifier: Apache-2.0 */
/* InterruptAttach(): the handler runs, its event arrives (pulse, or SIGEV_INTR for
 * InterruptWait()), InterruptLock() keeps it out, InterruptDetach() ends it.  Pages: Library
 * Reference InterruptAttach(), InterruptWait(), InterruptLock(). */
#include "../interrupt/goldfish.h"

static volatile int calls, passed_id;
static struct sigevent event;
static int silent;

static const struct sigevent *handler(void *area, int id)
{
    rtc_quiet();
    passed_id = id;
    calls += *(int *)area;
    return silent ? NULL : &event;
}

static int wait_ms(long ms)
{
    uint64_t ns = (uint64_t)ms * 1000000;
    TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_INTR, NULL, &ns, NULL);
    return InterruptWait_r(0, NULL);
}

static void by_wait(void)
{
    int one = 1;
    SIGEV_INTR_INIT(&event);
    int id = InterruptAttach(RTC_VECTOR, handler, &one, sizeof(one), 0);
    if (!ok(id >= 0, "InterruptAttach()"))
        return;
    rtc_alarm_in(2000000);
    is_int(wait_ms(3000), 0, "InterruptWait() hears the event its handler returned");
    ok(calls == 1 && passed_id == id, "the handler ran once, with area and id (%d %d)", calls,
       passed_id);
    is_int(wait_ms(40), ETIMEDOUT, "one event, one wake-up");
    silent = 1;
    rtc_alarm_in(2000000);
    is_int(wait_ms(100), ETIMEDOUT, "a handler that returns NULL wakes nobody");
    is_int(calls, 2, "though it ran");
    silent = 0;

    struct intrspin lock = {0};
    InterruptLock(&lock);
    rtc_alarm_in(2000000);
    rv_sleep_ms(60);
    is_int(calls, 2, "it stays out while InterruptLock() is held");
    InterruptUnlock(&lock);
    is_int(wait_ms(3000), 0, "and runs after InterruptUnlock()");
    is_int(calls, 3, "once");
    is_int(InterruptDetach(id), 0, "InterruptDetach()");
    rtc_alarm_in(2000000);
    rv_sleep_ms(60);
    is_int(calls, 3, "nothing runs any more");
    rtc_quiet();
    is_int(InterruptDetach_r(id), EINVAL, "again: EINVAL");
}

static void by_pulse(void)
{
    struct _pulse p;
    int two = 2, chid = ChannelCreate(0), coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    SIGEV_PULSE_INIT(&event, coid, 20, 5, 77);
    int id = InterruptAttach(RTC_VECTOR, handler, &two, sizeof(two), 0);
    rtc_alarm_in(2000000);
    ok(MsgReceivePulse(chid, &p, sizeof(p), NULL) == 0 && p.code == 5 && p.value.sival_int == 77,
       "a pulse the handler returned arrives");
    InterruptDetach(id);
    ok(InterruptAttach(RTC_VECTOR, NULL, NULL, 0, 0) == -1 && errno == EINVAL,
       "no handler: EINVAL");
    ok(InterruptAttach(100000, handler, &two, sizeof(two), 0) == -1 && errno == EINVAL,
       "no such vector: EINVAL");
}

static struct sigevent second;
static const struct sigevent *const both[] = {&event, &second, NULL};
static volatile int armed;

static const struct sigevent *const *array_handler(void *area, int id)
{
    rtc_quiet();
    if (!armed) /* the controller saw the line before it fell */
        return NULL;
    armed = 0;
    passed_id = id;
    calls += *(int *)area;
    return silent ? NULL : both;
}

/* InterruptAttachArray(): the handler returns several events. */
static void by_array(void)
{
    struct _pulse p;
    int four = 4, chid = ChannelCreate(0), coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    SIGEV_PULSE_INIT(&event, coid, 20, 5, 1);
    SIGEV_PULSE_INIT(&second, coid, 20, 6, 2);
    calls = 0;
    int id = InterruptAttachArray(RTC_VECTOR, array_handler, &four, sizeof(four), 0);
    ok(id >= 0, "InterruptAttachArray()");
    armed = 1;
    rtc_alarm_in(2000000);
    ok(rv_receive(chid, &p, sizeof(p), NULL) == 0 && p.code == 5 && p.value.sival_int == 1, "the first event arrives");
    ok(rv_receive(chid, &p, sizeof(p), NULL) == 0 && p.code == 6 && p.value.sival_int == 2, "and the second");
    ok(calls == 4 && passed_id == id, "the handler ran once, with area and id (%d, %d)", calls, passed_id);
    silent = 1;
    armed = 1;
    rtc_alarm_in(2000000);
    rv_receive_timeout(100);
    ok(MsgReceive(chid, &p, sizeof(p), NULL) == -1 && calls == 8, "NULL: no event (%d)", calls);
    silent = 0;
    is_int(InterruptDetach(id), 0, "detached");
}

int main(void)
{
    if (!rtc_open()) {
        tap_plan(1);
        skip("no goldfish clock on this machine");
        return done();
    }
    tap_plan(21);
    by_wait();
    by_pulse();
    by_array();
    return done();
}
