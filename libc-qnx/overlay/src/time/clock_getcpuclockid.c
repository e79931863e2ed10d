/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <time.h>
#include "../qrv/kercall.h"

int clock_getcpuclockid(pid_t pid, clockid_t *clk)
{
    long rc = __kercall2(KC_CLOCK_ID, pid, 0);
    if (rc < 0)
        return rc == -EINVAL ? ESRCH : (int)-rc;
    *clk = (clockid_t)rc;
    return 0;
}
