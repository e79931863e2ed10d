/* SPDX-License-Identifier: Apache-2.0 */
/* A real interrupt: waiting for it, the mask after delivery, sharing, what remains of a dead
 * driver. Pages: QNX Neutrino Library Reference, InterruptAttachEvent(), InterruptWait(),
 * InterruptUnmask(), InterruptDetach(); System Architecture, "Interrupt handling". */
#include "goldfish.h"

static int wait_ms(long ms)
{
    uint64_t ns = (uint64_t)ms * 1000000;
    TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_INTR, NULL, &ns, NULL);
    return InterruptWait_r(0, NULL);
}

static void waiting(void)
{
    struct sigevent ev;
    SIGEV_INTR_INIT(&ev);
    int id = InterruptAttachEvent(RTC_VECTOR, &ev, 0);
    ok(id != -1, "InterruptAttachEvent with SIGEV_INTR");
    is_int(wait_ms(20), ETIMEDOUT, "nothing yet: ETIMEDOUT");
    rtc_alarm_in(20000000);
    is_int(wait_ms(2000), 0, "the interrupt ends InterruptWait");
    rtc_alarm_in(1000000); /* still masked: must not come */
    is_int(wait_ms(50), ETIMEDOUT, "it is masked after the delivery");
    is_int(InterruptUnmask(RTC_VECTOR, id), 0, "InterruptUnmask opens it");
    is_int(wait_ms(2000), 0, "and what was held back comes");
    rtc_quiet();
    InterruptUnmask(RTC_VECTOR, id);
    rtc_alarm_in(1000000);
    rv_sleep_ms(50);
    is_int(wait_ms(0), 0, "one that came before the wait is remembered");
    is_int(wait_ms(0), ETIMEDOUT, "once");
    rtc_quiet();
    InterruptUnmask(RTC_VECTOR, id);
    is_int(InterruptMask(RTC_VECTOR, id), 1, "masks are counted");
    is_int(InterruptMask(RTC_VECTOR, id), 2, "up");
    is_int(InterruptUnmask(RTC_VECTOR, id), 1, "and down");
    rtc_alarm_in(1000000);
    is_int(wait_ms(40), ETIMEDOUT, "closed while one is left");
    InterruptUnmask(RTC_VECTOR, id);
    covers("semantic:22");
    is_int(wait_ms(2000), 0, "open with the last");
    rtc_quiet();
    is_int(InterruptDetach(id), 0, "InterruptDetach");
    is_int(InterruptDetach_r(id), EINVAL, "again: EINVAL");
}

static void sharing(void)
{
    struct sigevent ev;
    struct _pulse p;
    int chid = ChannelCreate(0), coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    SIGEV_PULSE_INIT(&ev, coid, 20, 5, 1);
    int a = InterruptAttachEvent(RTC_VECTOR, &ev, 0);
    SIGEV_PULSE_INIT(&ev, coid, 20, 5, 2);
    int b = InterruptAttachEvent(RTC_VECTOR, &ev, 0);
    SIGEV_PULSE_INIT(&ev, coid, 20, 5, 3);
    int c = InterruptAttachEvent(RTC_VECTOR, &ev, _NTO_INTR_FLAGS_END);
    rtc_alarm_in(1000000);
    int order = 0;
    for (int i = 0; i < 3; i++)
        if (rv_receive(chid, &p, sizeof(p), NULL) == 0)
            order = order * 10 + p.value.sival_int;
    covers("semantic:23");
    is_int(order, 213, "three share a vector: the newest first, END last");
    rtc_quiet();
    is_int(InterruptUnmask(RTC_VECTOR, a), 2, "each has to unmask");
    InterruptUnmask(RTC_VECTOR, b);
    is_int(InterruptUnmask(RTC_VECTOR, c), 0, "... before it is open");
    rtc_alarm_in(1000000);
    for (int i = 0; i < 3; i++)
        rv_receive(chid, &p, sizeof(p), NULL);
    rtc_quiet();
    InterruptUnmask(RTC_VECTOR, a);
    InterruptDetach(b); /* without unmasking */
    InterruptUnmask(RTC_VECTOR, c);
    rtc_alarm_in(1000000);
    is_int(rv_receive(chid, &p, sizeof(p), NULL), 0, "one that detaches takes its masks along");
    rtc_quiet();
    InterruptDetach(a);
    InterruptDetach(c);
    ConnectDetach(coid);
    ChannelDestroy(chid);
}

static void *attach_and_end(void *arg)
{
    struct sigevent ev;
    SIGEV_INTR_INIT(&ev);
    *(int *)arg = InterruptAttachEvent(RTC_VECTOR, &ev, 0);
    return NULL;
}

static void dying(void)
{
    struct sigevent ev;
    pthread_t t;
    int id = -1, status;
    SIGEV_INTR_INIT(&ev);
    pid_t pid = fork();
    if (pid == 0) {
        if (InterruptAttachEvent(RTC_VECTOR, &ev, _NTO_INTR_FLAGS_EXCLUSIVE) == -1)
            _exit(1);
        rtc_alarm_in(1000000);
        _exit(wait_ms(2000) == 0 ? 7 : 2); /* leaves it masked and the device's line up */
    }
    waitpid(pid, &status, 0);
    is_int(WEXITSTATUS(status), 7, "a driver attaches exclusively, gets one, and dies");
    rtc_quiet();
    id = InterruptAttachEvent(RTC_VECTOR, &ev, 0);
    rtc_alarm_in(1000000);
    ok(id != -1 && wait_ms(2000) == 0, "the next one finds the vector usable");
    rtc_quiet();
    InterruptDetach(id);
    pthread_create(&t, NULL, attach_and_end, &id);
    pthread_join(t, NULL);
    ok(id != -1 && InterruptDetach_r(id) == EINVAL,
       "what a thread attached for itself goes with it");
}

int main(void)
{
    if (!rtc_open()) {
        tap_plan(1);
        skip("no Goldfish clock on this machine");
        return done();
    }
    tap_plan(22);
    ThreadCtl(_NTO_TCTL_IO, 0);
    rtc_quiet();
    waiting();
    sharing();
    dying();
    return done();
}
