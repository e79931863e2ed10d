/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers and names that GDB's commands (sdk/gdb) need and that no type in the debug information tells.  Never used by the kernel. */
#include <abi/limits.h>
#include <abi/msg.h>
#include <abi/sync.h>
#include <abi/thread.h>
#include "arch/riscv64/layout.h"
#include "arch/riscv64/pte.h"
#include "object/channel.h"
#include "object/idtable.h"

struct gdb_facts {
    uint32_t idtable_chunk, side_channel, scoid_base;
    uint32_t sync_waiters, pte_held, pte_lazy;
    uint64_t direct_base, user_end;
    const char *states[STATE_MAX];
};

__attribute__((used)) const struct gdb_facts gdb_facts = {
    .idtable_chunk = IDTABLE_CHUNK,
    .side_channel = _NTO_SIDE_CHANNEL,
    .scoid_base = QRV_SCOID_BASE,
    .sync_waiters = (uint32_t)QRV_SYNC_WAITERS,
    .pte_held = PTE_HELD,
    .pte_lazy = PTE_LAZY,
    .direct_base = DIRECT_BASE,
    .user_end = QRV_USER_END,
    .states = {
        [STATE_DEAD] = "DEAD", [STATE_RUNNING] = "RUNNING", [STATE_READY] = "READY", [STATE_STOPPED] = "STOPPED",
        [STATE_SEND] = "SEND", [STATE_RECEIVE] = "RECEIVE", [STATE_REPLY] = "REPLY", [STATE_STACK] = "STACK",
        [STATE_WAITTHREAD] = "WAITTHREAD", [STATE_WAITPAGE] = "WAITPAGE", [STATE_SIGSUSPEND] = "SIGSUSPEND",
        [STATE_SIGWAITINFO] = "SIGWAITINFO", [STATE_NANOSLEEP] = "NANOSLEEP", [STATE_MUTEX] = "MUTEX",
        [STATE_CONDVAR] = "CONDVAR", [STATE_JOIN] = "JOIN", [STATE_INTR] = "INTR", [STATE_SEM] = "SEM",
        [STATE_WAITCTX] = "WAITCTX", [STATE_NET_SEND] = "NET_SEND", [STATE_NET_REPLY] = "NET_REPLY",
    },
};
