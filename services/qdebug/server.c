/* SPDX-License-Identifier: Apache-2.0 */
/* What GDB asks, all-stop: while one process of the connection is reported as stopped, all of them are. */
#include "server.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "image.h"
#include "registers.h"

#define MEMORY_MAX (RSP_PACKET_MAX / 2 - 8)

void reply_ok(struct server *s)
{
    rsp_text(&s->out, "OK");
}

void reply_error(struct server *s, int error)
{
    rsp_format(&s->out, "E%02x", error & 0xff);
}

static void reply(struct server *s, int error)
{
    if (error == EOK)
        reply_ok(s);
    else
        reply_error(s, error);
}

struct target *server_target(const struct server *s)
{
    return target_find(s->general.pid > 0 ? s->general.pid : 0);
}

/* The general thread: of Hg, else the first one. */
static struct target *general(struct server *s, int *tid)
{
    struct target *t = server_target(s);
    procfs_status status;
    *tid = s->general.tid > 0 ? s->general.tid : 0;
    if (t != NULL && *tid == 0)
        *tid = target_thread(t, 1, &status) ? status.tid : 0;
    return t != NULL && *tid > 0 ? t : NULL;
}

/* By GDB. */
static bool is_known(const struct target *t)
{
    return t->pid != 0 && !t->is_secret;
}

/* ---- stops */

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

/* signo: as GDB is to see it; the target's number. */
static void report_stop(struct server *s, struct target *t, const procfs_status *status, int signo)
{
    rsp_format(&s->out, "T%02xthread:p%x.%x;", signo != 0 ? signal_to_gdb(signo) : 0, (unsigned)t->pid, (unsigned)status->tid);
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

/* What stopped t, if anything did: true when that is in s->out. */
static bool report_pending(struct server *s, struct target *t)
{
    procfs_status status;
    if (t->has_ended) {
        report_end(s, t);
        return true;
    }
    if (t->has_execed) {
        report_exec(s, t);
        return true;
    }
    if (target_child(t) != NULL) {
        report_fork(s, t, target_child(t));
        return true;
    }
    if (!target_pending(t, &status))
        return false;
    report_stop(s, t, &status, status.what);
    return true;
}

static void report_first(struct server *s, struct target *t, int signo)
{
    procfs_status status;
    if (target_thread(t, 1, &status))
        report_stop(s, t, &status, signo);
    else
        reply_error(s, ESRCH);
}

static void stop_all(void)
{
    for (size_t i = 0; i < TARGETS_MAX; i++)
        if (targets[i].pid != 0 && targets[i].is_running) {
            target_stop(&targets[i]);
            targets[i].is_running = false;
        }
}

bool server_event(struct server *s, pid_t pid)
{
    struct target *t = target_find(pid);
    if (t == NULL || !t->is_running || !s->is_waiting)
        return false;
    target_stop(t);
    if (!report_pending(s, t))
        report_first(s, t, SIGTRAP); /* the thread that ran alone has ended */
    stop_all();
    s->is_waiting = false;
    return true;
}

bool server_interrupt(struct server *s)
{
    struct target *t = target_find(0);
    if (!s->is_waiting || t == NULL)
        return false;
    stop_all();
    s->is_waiting = false;
    for (size_t i = 0; i < TARGETS_MAX; i++)
        if (is_known(&targets[i]) && report_pending(s, &targets[i]))
            return true;
    report_first(s, t, SIGINT);
    return true;
}

/* ---- going on */

static struct rsp_action actions[RSP_ACTIONS_MAX];
static size_t num_actions;

static bool fits(const struct rsp_thread *who, pid_t pid, int tid)
{
    return (who->pid <= 0 || who->pid == pid) && (who->tid <= 0 || who->tid == tid);
}

static struct resume plan(const struct target *t, int tid)
{
    for (size_t i = 0; i < num_actions; i++)
        if (fits(&actions[i].thread, t->pid, tid))
            return (struct resume){actions[i].what == 'c' ? 'c' : 0,
                                   actions[i].signo != 0 ? signal_from_gdb(actions[i].signo) : 0};
    return (struct resume){0, 0};
}

/* GDB resumes something of it. */
static bool is_to_go(const struct target *t)
{
    procfs_status status;
    if (t->has_ended)
        return true;
    for (int tid = 1; target_thread(t, tid, &status); tid = status.tid + 1)
        if (plan(t, status.tid).what != 0)
            return true;
    return false;
}

static bool go_on(struct server *s)
{
    int error = EOK;
    bool is_any = false;
    for (size_t i = 0; i < TARGETS_MAX; i++) /* a stop that was held back comes first */
        if (is_known(&targets[i]) && is_to_go(&targets[i]) && report_pending(s, &targets[i]))
            return true;
    s->is_waiting = true;
    for (size_t i = 0; i < TARGETS_MAX && error == EOK; i++) {
        if (is_known(&targets[i]))
            error = target_resume(&targets[i], plan);
        is_any = is_any || targets[i].is_running;
    }
    if (error == EOK && is_any)
        return false; /* the answer is the next stop */
    stop_all();
    s->is_waiting = false;
    reply_error(s, error != EOK ? error : ESRCH);
    return true;
}

static bool do_vcont(struct server *s, const char *at)
{
    if (*at == '?') { /* GDB steps by itself (its OS ABI for QRV says so) */
        rsp_text(&s->out, "vCont;c;C;t");
        return true;
    }
    num_actions = rsp_actions(at, actions);
    for (size_t i = 0; i < num_actions; i++)
        if (actions[i].what == 's' || actions[i].what == 'r')
            num_actions = 0;
    if (num_actions > 0)
        return go_on(s);
    reply_error(s, EINVAL);
    return true;
}

/* ---- processes */

static void do_attach(struct server *s, const char *at)
{
    struct target *t;
    uint64_t pid;
    if (!rsp_number(&at, &pid) || *at != '\0' || pid > INT32_MAX) {
        reply_error(s, EINVAL);
        return;
    }
    if (server_is_needed((pid_t)pid)) {
        rsp_text(&s->out, "E.this process serves the connection of the debugger");
        return;
    }
    int error = target_attach((pid_t)pid, false, &t);
    if (error != EOK)
        reply_error(s, error);
    else
        report_first(s, t, SIGTRAP);
}

#define ARGS_MAX 256

static void do_run(struct server *s, const char *at)
{
    static char last[1024]; /* an empty name is the program of the last time */
    static char text[RSP_PACKET_MAX];
    char *argv[ARGS_MAX + 1];
    size_t argc = 0, used = 0, n;
    struct target *t;
    while (rsp_skip(&at, ";") && argc < ARGS_MAX) {
        argv[argc++] = text + used;
        if (!rsp_bytes(&at, text + used, sizeof text - used - 1, &n)) {
            reply_error(s, EINVAL);
            return;
        }
        text[used + n] = '\0';
        used += n + 1;
    }
    argv[argc] = NULL;
    if (argc > 0 && argv[0][0] != '\0')
        snprintf(last, sizeof last, "%s", argv[0]);
    else if (argc > 0)
        argv[0] = last;
    if (*at != '\0' || argc == 0 || argv[0][0] == '\0') {
        reply_error(s, EINVAL);
        return;
    }
    int error = target_spawn(&s->startup, argv, &t);
    if (error != EOK)
        reply_error(s, error);
    else
        report_first(s, t, SIGTRAP);
}

static void end_process(struct server *s, const char *at, bool is_kill)
{
    uint64_t pid;
    struct target *t = NULL;
    if (rsp_number(&at, &pid) && *at == '\0' && pid > 0 && pid <= INT32_MAX)
        t = target_find((pid_t)pid);
    if (t == NULL) {
        reply_error(s, ESRCH);
        return;
    }
    s->general = (struct rsp_thread){0};
    reply(s, is_kill ? target_kill(t) : target_detach(t));
}

void server_end(struct server *s)
{
    for (size_t i = 0; i < TARGETS_MAX; i++)
        if (targets[i].pid != 0)
            targets[i].is_ours ? (void)target_kill(&targets[i]) : (void)target_detach(&targets[i]);
    vfile_end();
    startup_end(&s->startup);
}

static void do_question(struct server *s)
{
    struct target *t = target_find(0);
    if (t == NULL)
        rsp_text(&s->out, "W00");
    else
        report_first(s, t, SIGTRAP);
}

/* ---- registers and memory */

static void do_get_all(struct server *s)
{
    struct registers r;
    uint8_t value[8];
    int tid;
    struct target *t = general(s, &tid);
    int error = t != NULL ? target_get_regs(t, tid, &r.g, &r.f) : ESRCH;
    if (error != EOK) {
        reply_error(s, error);
        return;
    }
    for (unsigned i = 0; i < REGISTERS; i++) {
        register_get(&r, i, value);
        rsp_hex(&s->out, value, register_bytes(i));
    }
}

static int store(struct target *t, int tid, const struct registers *old, const struct registers *r)
{
    bool has_g = memcmp(&old->g, &r->g, sizeof r->g) != 0, has_f = memcmp(&old->f, &r->f, sizeof r->f) != 0;
    return target_set_regs(t, tid, has_g ? &r->g : NULL, has_f ? &r->f : NULL);
}

static void do_set_all(struct server *s, const char *at)
{
    uint8_t bytes[REGISTERS * 8];
    size_t n, used = 0;
    struct registers r, old;
    int tid;
    struct target *t = general(s, &tid);
    int error = t != NULL ? target_get_regs(t, tid, &r.g, &r.f) : ESRCH;
    if (error == EOK && (!rsp_bytes(&at, bytes, sizeof bytes, &n) || *at != '\0'))
        error = EINVAL;
    old = r;
    for (unsigned i = 0; error == EOK && i < REGISTERS && used + register_bytes(i) <= n; i++) {
        register_set(&r, i, bytes + used);
        used += register_bytes(i);
    }
    reply(s, error == EOK ? store(t, tid, &old, &r) : error);
}

static void do_one(struct server *s, const char *at, bool is_set)
{
    uint64_t number, value = 0;
    struct registers r, old;
    size_t n;
    int tid;
    struct target *t = general(s, &tid);
    int error = t != NULL ? target_get_regs(t, tid, &r.g, &r.f) : ESRCH;
    if (error == EOK && (!rsp_number(&at, &number) || number >= REGISTERS))
        error = EINVAL;
    if (error == EOK && is_set && (!rsp_skip(&at, "=") || !rsp_bytes(&at, &value, 8, &n)))
        error = EINVAL;
    if (error != EOK) {
        reply_error(s, error);
        return;
    }
    old = r;
    if (is_set) {
        register_set(&r, (unsigned)number, &value);
        reply(s, store(t, tid, &old, &r));
    } else {
        register_get(&r, (unsigned)number, &value);
        rsp_hex(&s->out, &value, register_bytes((unsigned)number));
    }
}

static bool range(const char **at, uint64_t *addr, uint64_t *bytes)
{
    return rsp_number(at, addr) && rsp_skip(at, ",") && rsp_number(at, bytes);
}

static void do_read(struct server *s, const char *at)
{
    static uint8_t data[MEMORY_MAX];
    uint64_t addr, bytes;
    const struct target *t = server_target(s);
    if (t == NULL || !range(&at, &addr, &bytes) || *at != '\0') {
        reply_error(s, t == NULL ? ESRCH : EINVAL);
        return;
    }
    ssize_t n = target_read(t, addr, data, bytes < sizeof data ? bytes : sizeof data);
    if (n < 0 || (n == 0 && bytes > 0))
        reply_error(s, EFAULT);
    else
        rsp_hex(&s->out, data, (size_t)n);
}

static void do_write(struct server *s, const char *at, const char *end, bool is_binary)
{
    static uint8_t data[MEMORY_MAX];
    uint64_t addr, bytes;
    size_t n = 0;
    const struct target *t = server_target(s);
    int error = t == NULL ? ESRCH : range(&at, &addr, &bytes) && rsp_skip(&at, ":") ? EOK : EINVAL;
    if (error == EOK && is_binary && (uint64_t)(end - at) != bytes)
        error = EINVAL;
    if (error == EOK && !is_binary && (!rsp_bytes(&at, data, sizeof data, &n) || n != bytes))
        error = EINVAL;
    if (error == EOK && bytes > 0 &&
        target_write(t, addr, is_binary ? (const void *)at : data, bytes) != (ssize_t)bytes)
        error = EFAULT;
    reply(s, error);
}

static void do_break(struct server *s, const char *at, bool is_set)
{
    uint64_t type, addr, kind;
    const struct target *t = server_target(s);
    if (!rsp_number(&at, &type) || type != 0)
        return; /* only software breakpoints: empty */
    if (t == NULL || !rsp_skip(&at, ",") || !range(&at, &addr, &kind))
        reply_error(s, t == NULL ? ESRCH : EINVAL);
    else
        reply(s, target_break(t, addr, is_set));
}

/* ---- threads */

static bool exists(const struct rsp_thread *who)
{
    procfs_status status;
    const struct target *t = target_find(who->pid > 0 ? who->pid : 0);
    return t != NULL && (who->tid <= 0 || (target_thread(t, who->tid, &status) && status.tid == who->tid));
}

static void do_select(struct server *s, const char *at)
{
    struct rsp_thread who;
    char what = *at;
    if (what == '\0' || (at++, !rsp_thread(&at, &who)) || *at != '\0') {
        reply_error(s, EINVAL);
        return;
    }
    if (who.pid > 0 || who.tid > 0) {
        if (!exists(&who)) {
            reply_error(s, ESRCH);
            return;
        }
    }
    if (what == 'g')
        s->general = who;
    reply_ok(s);
}

static void do_alive(struct server *s, const char *at)
{
    struct rsp_thread who;
    reply(s, rsp_thread(&at, &who) && *at == '\0' && exists(&who) ? EOK : ESRCH);
}

static void list_threads(struct server *s)
{
    procfs_status status;
    const char *separator = "m";
    for (size_t i = 0; i < TARGETS_MAX; i++)
        for (int tid = 1; is_known(&targets[i]) && target_thread(&targets[i], tid, &status); tid = status.tid + 1) {
            rsp_format(&s->out, "%sp%x.%x", separator, (unsigned)targets[i].pid, (unsigned)status.tid);
            separator = ",";
        }
    if (s->out.bytes == 0)
        rsp_text(&s->out, "l");
}

static void extra_info(struct server *s, const char *at)
{
    struct rsp_thread who;
    procfs_status status;
    char text[96];
    if (!rsp_thread(&at, &who) || *at != '\0' || !exists(&who) || who.tid <= 0) {
        reply_error(s, ESRCH);
        return;
    }
    target_thread(target_find(who.pid > 0 ? who.pid : 0), who.tid, &status);
    describe_thread(&status, text, sizeof text);
    rsp_hex(&s->out, text, strlen(text));
}

/* ---- queries */

static void supported(struct server *s, const char *at)
{
    s->has_swbreak = strstr(at, "swbreak+") != NULL;
    s->has_exec_events = strstr(at, "exec-events+") != NULL;
    s->has_fork_events = strstr(at, "fork-events+") != NULL;
    target_follow_forks(s->has_fork_events);
    rsp_format(&s->out, "PacketSize=%x;QStartNoAckMode+;multiprocess+;swbreak+;vContSupported+;fork-events+;exec-events+;QPassSignals+;", RSP_PACKET_MAX);
    rsp_text(&s->out, "qXfer:features:read+;qXfer:threads:read+;qXfer:exec-file:read+;qXfer:auxv:read+;"
                      "qXfer:libraries-svr4:read+;QEnvironmentHexEncoded+;QEnvironmentUnset+;QEnvironmentReset+;QSetWorkingDir+;"
                      "qXfer:osdata:read+;qXfer:siginfo:read+");
}

static void pass_signals(struct server *s, const char *at)
{
    uint64_t set = 0, number;
    while (rsp_number(&at, &number)) {
        int signo = number < 256 ? signal_from_gdb((int)number) : 0;
        if (signo != 0)
            set |= 1ul << (signo - 1);
        if (!rsp_skip(&at, ";"))
            break;
    }
    target_pass_signals(set);
    reply_ok(s);
}

static void attached(struct server *s, const char *at)
{
    uint64_t pid = 0;
    if (rsp_skip(&at, ":") && (!rsp_number(&at, &pid) || pid > INT32_MAX)) {
        reply_error(s, EINVAL);
        return;
    }
    const struct target *t = target_find((pid_t)pid);
    if (t == NULL)
        reply_error(s, ESRCH);
    else
        rsp_text(&s->out, t->is_ours ? "0" : "1");
}

/* THREAD,OFFSET,LINK-MAP */
static void tls_address(struct server *s, const char *at)
{
    struct rsp_thread who;
    uint64_t offset, lm, addr;
    struct registers r;
    if (!rsp_thread(&at, &who) || !rsp_skip(&at, ",") || !range(&at, &offset, &lm) || *at != '\0' || !exists(&who) || who.tid <= 0) {
        reply_error(s, EINVAL);
        return;
    }
    const struct target *t = target_find(who.pid > 0 ? who.pid : 0);
    int error = target_get_regs(t, who.tid, &r.g, &r.f);
    if (error == EOK)
        error = image_tls(t, r.g.x[REG_TP], lm, offset, &addr);
    if (error == EOK)
        rsp_format(&s->out, "%lx", (unsigned long)addr);
    else
        reply_error(s, error);
}

/* What the next program is started with; the text is in hexadecimal. */
static void set_startup(struct server *s, const char *at, int (*set)(struct startup *s, const char *text))
{
    static char text[RSP_PACKET_MAX / 2 + 1];
    size_t n;
    if (!rsp_bytes(&at, text, sizeof text - 1, &n) || *at != '\0' || memchr(text, '\0', n) != NULL) {
        reply_error(s, EINVAL);
        return;
    }
    text[n] = '\0';
    reply(s, set(&s->startup, text));
}

/* "monitor": text in hexadecimal in both directions. */
static void monitor(struct server *s, const char *at)
{
    static const char help[] = "The following monitor commands are supported:\n"
                               "  exit  ends this session; what it has started is killed, the rest goes on\n  help  this text\n";
    char text[64];
    size_t n;
    if (!rsp_bytes(&at, text, sizeof text - 1, &n) || *at != '\0') {
        reply_error(s, EINVAL);
        return;
    }
    text[n] = '\0';
    s->is_over = strcmp(text, "exit") == 0;
    if (s->is_over)
        reply_ok(s);
    else if (strcmp(text, "help") == 0)
        rsp_hex(&s->out, help, strlen(help));
    else
        rsp_hex(&s->out, "unknown command, see \"monitor help\"\n", 36);
}

static bool startup_packet(struct server *s, const char *at)
{
    if (rsp_skip(&at, "QEnvironmentHexEncoded:"))
        set_startup(s, at, startup_set);
    else if (rsp_skip(&at, "QEnvironmentUnset:"))
        set_startup(s, at, startup_unset);
    else if (rsp_skip(&at, "QSetWorkingDir:"))
        set_startup(s, at, startup_directory);
    else if (strcmp(at, "QEnvironmentReset") == 0) {
        startup_reset_environment(&s->startup);
        reply_ok(s);
    } else
        return false;
    return true;
}

static void do_query(struct server *s, const char *at, size_t bytes)
{
    const char *start = at;
    if (rsp_skip(&at, "qSupported"))
        supported(s, at);
    else if (rsp_skip(&at, "qXfer:"))
        (void)xfer_packet(s, at, bytes - (size_t)(at - start));
    else if (strcmp(at, "qC") == 0 && server_target(s) != NULL)
        rsp_format(&s->out, "QCp%x.%x", (unsigned)server_target(s)->pid, s->general.tid > 0 ? (unsigned)s->general.tid : 1);
    else if (strcmp(at, "qfThreadInfo") == 0)
        list_threads(s);
    else if (strcmp(at, "qsThreadInfo") == 0)
        rsp_text(&s->out, "l");
    else if (rsp_skip(&at, "qThreadExtraInfo,"))
        extra_info(s, at);
    else if (rsp_skip(&at, "qAttached"))
        attached(s, at);
    else if (rsp_skip(&at, "qGetTLSAddr:"))
        tls_address(s, at);
    else if (rsp_skip(&at, "qRcmd,"))
        monitor(s, at);
    else if (startup_packet(s, at))
        return;
    else if (rsp_skip(&at, "qSymbol:"))
        reply_ok(s);
    else if (rsp_skip(&at, "QPassSignals:"))
        pass_signals(s, at);
    else if (strcmp(at, "QStartNoAckMode") == 0) {
        s->is_quiet = true;
        reply_ok(s);
    }
}

static bool do_v(struct server *s, const char *at, size_t bytes)
{
    const char *start = at;
    if (rsp_skip(&at, "vCont"))
        return do_vcont(s, at);
    if (rsp_skip(&at, "vFile:"))
        vfile_packet(s, at, bytes - (size_t)(at - start));
    else if (rsp_skip(&at, "vAttach;"))
        do_attach(s, at);
    else if (rsp_skip(&at, "vRun"))
        do_run(s, at);
    else if (rsp_skip(&at, "vKill;"))
        end_process(s, at, true);
    return true; /* others, and vMustReplyEmpty: empty */
}

/* While GDB waits for a stop it has nothing to say; whatever it says is refused rather than mixed up with the stop. */
bool server_packet(struct server *s, const char *packet, size_t bytes)
{
    const char *at = packet + 1, *end = packet + bytes;
    rsp_clear(&s->out);
    if (s->is_waiting) {
        reply_error(s, EBUSY);
        return true;
    }
    switch (packet[0]) {
    case '!':
        s->is_extended = true;
        reply_ok(s);
        return true;
    case '?':
        do_question(s);
        return true;
    case 'g':
        do_get_all(s);
        return true;
    case 'G':
        do_set_all(s, at);
        return true;
    case 'p':
    case 'P':
        do_one(s, at, packet[0] == 'P');
        return true;
    case 'm':
        do_read(s, at);
        return true;
    case 'M':
    case 'X':
        do_write(s, at, end, packet[0] == 'X');
        return true;
    case 'Z':
    case 'z':
        do_break(s, at, packet[0] == 'Z');
        return true;
    case 'H':
        do_select(s, at);
        return true;
    case 'T':
        do_alive(s, at);
        return true;
    case 'D':
        end_process(s, rsp_skip(&at, ";") ? at : "", false);
        return true;
    case 'k':
        server_end(s);
        return false;
    case 'q':
    case 'Q':
        do_query(s, packet, bytes);
        return true;
    case 'v':
        return do_v(s, packet, bytes);
    default:
        return true; /* unknown: empty */
    }
}
