/* SPDX-License-Identifier: Apache-2.0 */
/* taskman: process, memory and path manager of QRV, process 1.  This file is the order of start-up.
 */
#include <errno.h>
#include "builtin/nodes.h"
#include "main/main.h"
#include "main/message.h"
#include "main/print.h"
#include "main/rng.h"
#include "path/path.h"

uintptr_t __stack_chk_guard =
    0x2d5f00ff0a0d0000; /* replaced at random before the first thread is started */

_Noreturn void __stack_chk_fail(void);
_Noreturn void __stack_chk_fail(void)
{
    tm_panic("stack overrun", 0);
}

static void must(int rc, const char *step)
{
    if (rc < 0)
        tm_panic(step, rc);
}

static int attach_builtins(void)
{
    int rc = 0;

    for (uint32_t i = 0; i < HANDLES && rc >= 0; i++)
        rc = path_attach_own(builtins[i].prefix, i, builtins[i].flags | TMSG_PATH_SELF,
                             builtins[i].file_type);
    return rc;
}

/* The stack protector's word changes under this function's feet: it must not have one of its own.
 */
__attribute__((optimize("no-stack-protector"))) _Noreturn void taskman_main(const void *initrd,
                                                                            uint64_t bytes)
{
    int64_t rc = k_channel_create(_NTO_CHF_UNBLOCK | _NTO_CHF_DISCONNECT | _NTO_CHF_SENDER_LEN |
                                  _NTO_CHF_REPLY_LEN);

    if (rc != TASKMAN_CHID)
        tm_panic("channel", rc);
    rng_init(NULL, 0);
    seed_random();
    __stack_chk_guard = rng_u64() & ~0xffUL;
    must(procs_init(), "processes");
    must(paths_init(), "paths");
    must(aspaces_init(), "loader image");
    if (boot_init(initrd, bytes) < 0)
        tm_log("boot archive: nothing in it");
    must(attach_builtins(), "built-in names");
    must(pool_start(), "thread pool");
    rc = first_program();
    if (rc < 0)
        tm_log("cannot start the first program: error %d", (int)-rc);
    pool_loop();
}
