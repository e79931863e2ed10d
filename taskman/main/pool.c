/* SPDX-License-Identifier: Apache-2.0 */
/* The threads that receive on channel 1: pulses of the kernel, requests of clients.  All are equal;
 * a handler never waits for another process, so a few are enough.  The kernel lends each the
 * priority of its client. */
#include <errno.h>
#include <string.h>
#include <abi/iomsg.h>
#include <abi/syspage.h>
#include "builtin/ocb.h"
#include "main/heap.h"
#include "main/main.h"
#include "main/message.h"
#include "main/print.h"
#include "process/core.h"
#include "process/debug.h"

extern void pool_entry(void);

struct self main_self = {.owner = TASKMAN_PID << 16 | 1};

static void on_pulse(const struct _kc_pulse *pulse)
{
    int32_t pid = (int32_t)pulse->value;
    struct _msg_info info;
    struct proc *p;

    switch (pulse->code) {
    case _PULSE_CODE_TM_DEATH:
        p = proc_get_or_mark_dead(pid);
        if (p) {
            proc_died(p);
            proc_put(p);
        }
        break;
    case _PULSE_CODE_TM_EXEC:
        proc_exec_ready(pid);
        break;
    case _PULSE_CODE_TM_JOB:
        proc_job_changed(pid);
        break;
    case _PULSE_CODE_TM_DEBUG:
        debug_changed(pid);
        break;
    case _PULSE_CODE_TM_CORE:
        core_wanted(pid);
        break;
    case _PULSE_CODE_DISCONNECT:
        ocb_connection_gone(pulse->scoid);
        k_connect_detach(pulse->scoid);
        break;
    case _PULSE_CODE_UNBLOCK:
        /* Who finds the request asks again, under its lock: it may have been answered since.  Not found: it is still on its way into
         * a list, and looks for the unblock flag itself when it is in. */
        if (k_msg_info(pid, &info) < 0 || !(info.flags & _NTO_MI_UNBLOCK_REQ))
            break;
        if (!wait_unblock(pid, info.pid) && !debug_unblock(pid) && !core_unblock(pid))
            start_unblock(pid);
        break;
    default: /* clients may send pulses; they mean nothing */
        break;
    }
}

static int64_t dispatch(struct message *m)
{
    uint16_t type;

    if (m->bytes < sizeof(type))
        return -EINVAL;
    memcpy(&type, m->data, sizeof(type));
    switch (type) {
    case TMSG_PROC:
        return tm_process(m);
    case TMSG_MEM:
        return tm_memory(m);
    case TMSG_PATH:
        return tm_path(m);
    case TMSG_SYS:
        return tm_system(m);
    default:
        return type >= _IO_BASE && type <= _IO_MAX ? tm_io(m) : -ENOSYS;
    }
}

static void serve(int32_t rcvid, const struct _msg_info *info)
{
    struct self *me = self();
    struct message m = {.rcvid = rcvid,
                        .info = *info,
                        .data = me->request,
                        .buffer = me->reply,
                        .proc = proc_get(info->pid)};
    int64_t rc;

    if (!m.proc) {
        k_error(rcvid, ESRCH);
        return;
    }
    m.bytes = info->msglen < 0 ? 0 : (size_t)info->msglen;
    if (m.bytes > MESSAGE_BYTES)
        m.bytes = MESSAGE_BYTES;
    rc = dispatch(&m);
    if (rc < 0 && rc != MSG_DEFERRED)
        k_error(rcvid, (int)-rc);
    else if (rc != MSG_DEFERRED)
        k_reply(rcvid, rc, m.reply, m.reply_bytes);
    proc_put(m.proc);
}

_Noreturn void pool_loop(void)
{
    struct self *me = self();

    me->owner = TASKMAN_PID << 16 | (int32_t)kcall(KC_GETTID, 0, 0, 0, 0, 0, 0);
    for (;;) {
        struct _msg_info info;
        long rcvid = k_receive(TASKMAN_CHID, me->request, MESSAGE_BYTES, &info);

        if (rcvid == 0)
            on_pulse((const struct _kc_pulse *)me->request);
        else if (rcvid > 0)
            serve((int32_t)rcvid, &info);
        else if (rcvid != -EINTR && rcvid != -EFAULT && rcvid != -ESRCH)
            tm_panic("receive", rcvid);
    }
}

static int give_buffers(struct self *s)
{
    s->request = heap_alloc(MESSAGE_BYTES);
    s->reply = heap_alloc(MESSAGE_BYTES);
    return s->request && s->reply ? 0 : -ENOMEM;
}

int pool_start(void)
{
    const struct qrv_syspage *sys = (const struct qrv_syspage *)QRV_SYSPAGE_ADDR;
    uint32_t count = sys->num_cpu > POOL_THREADS_MIN ? sys->num_cpu : POOL_THREADS_MIN;

    if (give_buffers(&main_self) < 0)
        return -ENOMEM;
    for (uint32_t i = 1; i < count; i++) {
        struct self *s = heap_alloc(sizeof(*s));
        uint8_t *stack = heap_alloc(
            POOL_STACK_BYTES - 64); /* with its heap header whole pages, an unmapped one below */
        struct _kc_thread_create tc = {.flags = _KC_TC_DETACHED};
        long tid;

        if (!s || !stack || give_buffers(s) < 0)
            return -ENOMEM;
        tc.entry = (uint64_t)pool_entry;
        tc.arg = (uint64_t)s;
        tc.sp = ((uint64_t)stack + POOL_STACK_BYTES - 64) & ~15UL;
        tc.stack_lo = (uint64_t)stack;
        tc.stack_size = POOL_STACK_BYTES - 64;
        tid = k_thread_create(&tc);
        if (tid < 0)
            return (int)tid;
    }
    return 0;
}
