/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interrupt calls in both forms: every errno, every pointer, a wait that is disturbed.
 * Page: QNX Neutrino Library Reference, InterruptAttach(), 7.1 i/interruptattacharray, InterruptAttachEvent(), InterruptDetach(), InterruptWait(),
 * InterruptMask(), InterruptUnmask(), InterruptDisable(), InterruptEnable(), InterruptLock(), InterruptUnlock().
 */
#include "../blocked.h"

#define SPARE 50 /* a vector nobody uses */

static const struct sigevent *handler(void *area, int id)
{
    (void)area;
    (void)id;
    return NULL;
}

static const struct sigevent *const *array_handler(void *area, int id)
{
    (void)area;
    (void)id;
    return NULL;
}

static void attaching(void)
{
    struct sigevent ev, wrong;
    int ids[16], n = 0;
    SIGEV_INTR_INIT(&ev);
    SIGEV_PULSE_INIT(&wrong, 4242, 10, 1, 1);
    int a = InterruptAttachEvent(SPARE, &ev, 0);
    errno = UNTOUCHED;
    int b = InterruptAttachEvent_r(SPARE, &ev, _NTO_INTR_FLAGS_END);
    covers("InterruptAttachEvent:ok InterruptAttachEvent_r:ok");
    ok(a >= 0 && b >= 0 && a != b && errno == UNTOUCHED, "two share a vector (%d, %d)", a, b);
    fails_value(InterruptAttachEvent, EINVAL, "vector 5000", 5000, &ev, 0);
    fails_value(InterruptAttachEvent, EINVAL, "unknown flags", SPARE, &ev, 0x8000);
    fails_value(InterruptAttachEvent, EBUSY, "exclusively", SPARE, &ev, _NTO_INTR_FLAGS_EXCLUSIVE);
    fails_value(InterruptAttachEvent, EBADF, "a pulse on no connection", SPARE, &wrong, 0);
    bad_value(InterruptAttachEvent, event, SPARE, BAD, 0);
    bad_value(InterruptAttachEvent, event, SPARE, IN_KERNEL, 0);
    while (n < 16 && (ids[n] = InterruptAttachEvent_r(SPARE, &ev, 0)) >= 0)
        n++;
    fails_value(InterruptAttachEvent, EAGAIN, "a full chain", SPARE, &ev, 0);
    while (n > 0)
        InterruptDetach(ids[--n]);
    covers("InterruptAttachEvent:EPERM InterruptAttachEvent_r:EPERM");
    ok(unprivileged(FAIL_BOTH_VALUE(InterruptAttachEvent, EPERM, SPARE, &ev, 0)), "without the ability: EPERM");
    int m = InterruptMask(SPARE, a), u = InterruptUnmask(SPARE, a);
    covers("InterruptMask:ok InterruptUnmask:ok");
    ok(m == 1 && u == 0, "masked and opened (%d, %d)", m, u);
    covers("InterruptMask:EINVAL InterruptUnmask:EINVAL");
    ok(PLAIN(InterruptMask(SPARE, 77)) == -EINVAL && PLAIN(InterruptUnmask(SPARE, 77)) == -EINVAL &&
           PLAIN(InterruptMask(5000, a)) == -EINVAL && PLAIN(InterruptUnmask(5000, a)) == -EINVAL,
       "a wrong id, a wrong vector: EINVAL");
    int rc = InterruptDetach(a);
    errno = UNTOUCHED;
    int rr = InterruptDetach_r(b);
    covers("InterruptDetach:ok InterruptDetach_r:ok");
    ok(rc == 0 && rr == EOK && errno == UNTOUCHED, "both detached");
    fails_status(InterruptDetach, EINVAL, "again", a);
}

static void handlers(void)
{
    int a = InterruptAttach(SPARE, handler, NULL, 0, 0);
    errno = UNTOUCHED;
    int b = InterruptAttach_r(SPARE, handler, NULL, 0, 0);
    covers("InterruptAttach:ok InterruptAttach_r:ok");
    ok(a >= 0 && b >= 0 && errno == UNTOUCHED, "two handlers (%d, %d)", a, b);
    InterruptDetach(a);
    InterruptDetach(b);
    fails_value(InterruptAttach, EINVAL, "vector 5000", 5000, handler, NULL, 0, 0);
    covers("InterruptAttach:EPERM InterruptAttach_r:EPERM");
    ok(unprivileged(FAIL_BOTH_VALUE(InterruptAttach, EPERM, SPARE, handler, NULL, 0, 0)), "without the ability: EPERM");
    a = InterruptAttachArray(SPARE, array_handler, NULL, 0, 0);
    errno = UNTOUCHED;
    b = InterruptAttachArray_r(SPARE, array_handler, NULL, 0, 0);
    covers("InterruptAttachArray:ok InterruptAttachArray_r:ok");
    ok(a >= 0 && b >= 0 && errno == UNTOUCHED, "two handlers that return arrays (%d, %d)", a, b);
    InterruptDetach(a);
    InterruptDetach(b);
    fails_value(InterruptAttachArray, EINVAL, "vector 5000", 5000, array_handler, NULL, 0, 0);
    fails_value(InterruptAttachArray, EINVAL, "no handler", SPARE, NULL, NULL, 0, 0);
    covers("InterruptAttachArray:EPERM InterruptAttachArray_r:EPERM");
    ok(unprivileged(FAIL_BOTH_VALUE(InterruptAttachArray, EPERM, SPARE, array_handler, NULL, 0, 0)), "without the ability: EPERM");
    struct intrspin spin = {0};
    InterruptLock(&spin);
    InterruptUnlock(&spin);
    covers("InterruptLock:ok InterruptUnlock:ok");
    ok(spin.value == 0, "locked and unlocked");
    int d = InterruptDisable(), e = InterruptEnable();
    covers("InterruptDisable:ok InterruptEnable:ok");
    ok(d != -1 && e != -1, "disabled and enabled");
}

static long wait_form(void *arg)
{
    return *(int *)arg ? R_STATUS(InterruptWait_r(0, NULL)) : PLAIN(InterruptWait(0, NULL));
}

/* The event comes from the thread itself, before it waits: remembered once. */
static long wait_for_own(void *arg)
{
    struct sigevent ev;
    SIGEV_INTR_INIT(&ev);
    MsgDeliverEvent(0, &ev);
    return wait_form(arg);
}

static void waiting(int form)
{
    static const char *const names[] = {"InterruptWait", "InterruptWait_r"};
    covers("%s:ok", names[form]);
    is_int(wait_for_own(&form), 0, "an event that came before ends the wait");
    blocked_times_out(names[form], wait_form, &form, _NTO_TIMEOUT_INTR);
    blocked_is_interrupted(names[form], wait_form, &form, STATE_INTR);
    blocked_is_cancelled(names[form], wait_form, &form, STATE_INTR);
    blocked_is_killed(names[form], wait_form, &form, STATE_INTR);
}

int main(void)
{
    uint64_t ns = 1000000;
    blocked_handle(SIGUSR1);
    ThreadCtl(_NTO_TCTL_IO, 0);
    attaching();
    waiting(0);
    waiting(1);
    fails_status(InterruptWait, ENOTSUP, "reserved flags", 1, NULL);
    fails_status(InterruptWait, ENOTSUP, "a reserved timeout", 0, &ns);
    handlers();
    return done();
}
