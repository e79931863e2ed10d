/* SPDX-License-Identifier: Apache-2.0 */
/* Stop replies. */
#include <errno.h>
#include <signal.h>

#include "registers.h"
#include "server.h"

static void select_thread(struct server *s, pid_t pid, int tid)
{
    s->general = (struct rsp_thread){pid, tid};
}

static void report_end(struct server *s, struct target *t)
{
    if (t->status & 0x7f)
        rsp_format(&s->out, "X%02x;process:%x", signal_to_gdb(t->status & 0x7f), (unsigned)t->pid);
    else
        rsp_format(&s->out, "W%02x;process:%x", t->status >> 8 & 0xff, (unsigned)t->pid);
    target_detach(t);
    s->general = (struct rsp_thread){0};
}

/* Those that GDB looks at after every step, which saves it a question for each. */
static void add_registers(struct server *s, const struct target *t, int tid)
{
    static const unsigned numbers[] = {REG_SP, REG_FP, REG_PC};
    struct registers r;
    uint8_t value[8];
    if (target_get_regs(t, tid, &r.g, NULL) != EOK)
        return;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        register_get(&r, numbers[i], value);
        rsp_format(&s->out, "%x:", numbers[i]);
        rsp_hex(&s->out, value, register_bytes(numbers[i]));
        rsp_text(&s->out, ";");
    }
}

void report_stop(struct server *s, struct target *t, const procfs_status *status, int signo)
{
    rsp_format(&s->out, "T%02xthread:p%x.%x;", signo != 0 ? signal_to_gdb(signo) : 0, (unsigned)t->pid, (unsigned)status->tid);
    add_registers(s, t, status->tid);
    if (status->why == _DEBUG_WHY_FAULTED && status->what == SIGTRAP && s->has_swbreak && target_is_break(t, status->ip))
        rsp_text(&s->out, "swbreak:;");
    target_set_reported(t, status->tid);
    select_thread(s, t->pid, status->tid);
}

/* Both stand in their calls of fork; what becomes of each is GDB's to say. */
static void report_fork(struct server *s, struct target *t, struct target *child)
{
    procfs_status status;
    int tid = target_thread(child, 1, &status) ? status.tid : 1;
    rsp_format(&s->out, "T05fork:p%x.%x;thread:p%x.%x;", (unsigned)child->pid, (unsigned)tid, (unsigned)t->pid, (unsigned)child->parent_tid);
    child->is_secret = false;
    select_thread(s, t->pid, child->parent_tid);
}

static void report_exec(struct server *s, struct target *t)
{
    char path[1024];
    procfs_status status;
    ssize_t n = xfer_exec_file(t->pid, path, sizeof path);
    int tid = target_thread(t, 1, &status) ? status.tid : 1;
    t->has_execed = false;
    rsp_text(&s->out, "T05");
    if (s->has_exec_events && n > 0) {
        rsp_text(&s->out, "exec:");
        rsp_hex(&s->out, path, (size_t)n);
        rsp_text(&s->out, ";");
    }
    rsp_format(&s->out, "thread:p%x.%x;", (unsigned)t->pid, (unsigned)tid);
    select_thread(s, t->pid, tid);
}

bool report_process(struct server *s, struct target *t)
{
    if (t->has_ended)
        report_end(s, t);
    else if (t->has_execed)
        report_exec(s, t);
    else if (target_child(t) != NULL)
        report_fork(s, t, target_child(t));
    else
        return false;
    return true;
}
