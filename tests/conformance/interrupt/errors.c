/* SPDX-License-Identifier: Apache-2.0 */
/* What the interrupt calls refuse.  Pages: QNX Neutrino Library Reference, InterruptAttachEvent(),
 * InterruptMask(), InterruptWait(), ThreadCtl() (_NTO_TCTL_IO). */
#include "../rendezvous.h"

#define SPARE 50 /* a vector nobody uses */

int main(void)
{
    struct sigevent ev;
    tap_plan(12);
    SIGEV_INTR_INIT(&ev);
    is_int(InterruptAttachEvent_r(0, &ev, 0), -EINVAL, "vector 0: EINVAL");
    is_int(InterruptAttachEvent_r(5000, &ev, 0), -EINVAL, "vector 5000: EINVAL");
    is_int(InterruptAttachEvent_r(-1, &ev, 0), -EINVAL, "vector -1: EINVAL");
    is_int(InterruptAttachEvent_r(SPARE, (void *)8, 0), -EFAULT, "an event nowhere: EFAULT");
    is_int(InterruptAttachEvent_r(SPARE, &ev, 0x8000), -EINVAL, "unknown flags: EINVAL");
    is_int(InterruptMask(SPARE, 77), -1, "masking by a wrong id fails");
    int id = InterruptAttachEvent_r(SPARE, &ev, _NTO_INTR_FLAGS_EXCLUSIVE);
    ok(id >= 0, "exclusively");
    is_int(InterruptAttachEvent_r(SPARE, &ev, 0), -EBUSY, "a second one: EBUSY");
    InterruptDetach(id);
    SIGEV_PULSE_INIT(&ev, 12345, 10, 1, 1);
    is_int(InterruptAttachEvent_r(SPARE, &ev, 0), -EBADF, "a pulse on no connection: EBADF");
    is_int(InterruptDetach_r(-5), EINVAL, "detaching nothing: EINVAL");
    uint64_t ns = 5000000;
    TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_INTR, NULL, &ns, NULL);
    is_int(InterruptWait_r(0, NULL), ETIMEDOUT,
           "InterruptWait without anything attached times out");
    pid_t pid = fork();
    if (pid == 0) {
        if (setuid(1000) != 0)
            _exit(9);
        SIGEV_INTR_INIT(&ev);
        _exit(InterruptAttachEvent_r(SPARE, &ev, 0) == -EPERM ? 0 : 1);
    }
    int status = -1;
    waitpid(pid, &status, 0);
    is_int(status, 0, "without the right: EPERM");
    return done();
}
