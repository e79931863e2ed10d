/* SPDX-License-Identifier: Apache-2.0 */
/* What GDB asks.  All-stop is here: while one process of the connection is reported as stopped, all of them are; nonstop.c has the
 * other mode. */
#include "server.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nonstop.h"
#include "stepping.h"

void reply_ok(struct server *s)
{
    rsp_text(&s->out, "OK");
}

void reply_error(struct server *s, int error)
{
    rsp_format(&s->out, "E%02x", error & 0xff);
}

void reply_result(struct server *s, int error)
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

bool server_knows(const struct target *t)
{
    return t->pid != 0 && !t->is_secret;
}

/* ---- stops */

/* What stopped t, if anything did: true when that is in s->out. */
static bool report_pending(struct server *s, struct target *t)
{
    procfs_status status;
    if (report_process(s, t))
        return true;
    if (!target_pending(t, &status))
        return false;
    report_stop(s, t, &status, status.what);
    return true;
}

static void report_thread(struct server *s, struct target *t, int tid, int signo)
{
    procfs_status status;
    if (target_thread(t, tid, &status) || target_thread(t, 1, &status))
        report_stop(s, t, &status, signo);
    else
        reply_error(s, ESRCH);
}

static void report_first(struct server *s, struct target *t, int signo)
{
    report_thread(s, t, 1, signo);
}

static void stop_one(struct target *t)
{
    target_stop(t);
    stepping_pause(t);
}

static void stop_all(void)
{
    for (size_t i = 0; i < TARGETS_MAX; i++)
        if (targets[i].pid != 0 && targets[i].is_running) {
            stop_one(&targets[i]);
            targets[i].is_running = false;
        }
}

bool server_interrupt(struct server *s)
{
    struct target *t = target_find(0);
    if (s->is_nonstop)
        nonstop_interrupt(s);
    if (!s->is_waiting || t == NULL)
        return false;
    rsp_clear(&s->out);
    stop_all();
    s->is_waiting = false;
    for (size_t i = 0; i < TARGETS_MAX; i++)
        if (server_knows(&targets[i]) && report_pending(s, &targets[i]))
            return true;
    report_first(s, t, SIGINT);
    return true;
}

/* ---- going on */

static struct rsp_action actions[RSP_ACTIONS_MAX];
static size_t num_actions;

static struct resume plan(const struct target *t, int tid)
{
    for (size_t i = 0; i < num_actions; i++) {
        const struct rsp_action *a = &actions[i];
        if (rsp_fits(&a->thread, t->pid, tid))
            return (struct resume){a->what != 't' ? a->what : 0, a->signo != 0 ? signal_from_gdb(a->signo) : 0, a->from, a->to};
    }
    return (struct resume){0};
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

/* What was resumed of t has ended. */
static bool report_nothing_left(struct server *s, struct target *t)
{
    t->is_running = false;
    for (size_t i = 0; i < TARGETS_MAX; i++)
        if (targets[i].pid != 0 && targets[i].is_running)
            return false;
    rsp_text(&s->out, "N");
    s->is_waiting = false;
    return true;
}

bool server_event(struct server *s, pid_t pid)
{
    struct target *t = target_find(pid);
    int tid = 1;
    if (s->is_nonstop && t != NULL)
        nonstop_event(t);
    if (t == NULL || !t->is_running || !s->is_waiting)
        return false;
    rsp_clear(&s->out);
    stop_one(t);
    if (!report_pending(s, t)) {
        if (t->stepping.tid != 0 && !stepping_next(t, plan, &tid))
            return false;
        if (s->has_no_resumed && !is_to_go(t))
            return report_nothing_left(s, t);
        report_thread(s, t, tid > 0 ? tid : 1, SIGTRAP);
    }
    stop_all();
    s->is_waiting = false;
    return true;
}

static bool go_on(struct server *s)
{
    int error = EOK;
    bool is_any = false, is_done = false;
    for (size_t i = 0; i < TARGETS_MAX; i++) /* a stop that was held back comes first */
        if (server_knows(&targets[i]) && is_to_go(&targets[i]) && report_pending(s, &targets[i]))
            return true;
    s->is_waiting = true;
    struct target *last = NULL;
    for (size_t i = 0; i < TARGETS_MAX && error == EOK && !is_done; i++) {
        last = &targets[i];
        if (server_knows(last))
            error = stepping_begin(last, plan, &is_done);
        is_any = is_any || last->is_running;
    }
    if (error == EOK && is_any && !is_done)
        return false; /* the answer is the next stop */
    stop_all();
    s->is_waiting = false;
    if (error == EOK && is_done)
        report_thread(s, last, last->stepping.tid, SIGTRAP);
    else
        reply_error(s, error != EOK ? error : ESRCH);
    return true;
}

static bool do_vcont(struct server *s, const char *at)
{
    if (*at == '?') {
        rsp_text(&s->out, "vCont;c;C;s;S;t;r");
        return true;
    }
    num_actions = rsp_actions(at, actions);
    if (num_actions > 0 && !s->is_nonstop)
        return go_on(s);
    if (num_actions > 0) {
        nonstop_vcont(s, actions, num_actions);
        return true;
    }
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
    if (error == EOK && s->is_nonstop)
        nonstop_attached(t);
    if (error != EOK || s->is_nonstop)
        reply_result(s, error);
    else
        report_first(s, t, SIGTRAP);
}

#define ARGS_MAX 256

static char *last_run[ARGS_MAX + 1]; /* of the last vRun that was one: R runs it again */

/* The words of a vRun, false: they are none. */
static bool split_run(const char *at, char *argv[ARGS_MAX + 1])
{
    static char name[1024]; /* an empty one is the program of the last time */
    static char text[RSP_PACKET_MAX];
    size_t argc = 0, used = 0, n;
    argv[0] = NULL; /* what is in text is lost */
    while (rsp_skip(&at, ";") && argc < ARGS_MAX) {
        if (!rsp_bytes(&at, text + used, sizeof text - used - 1, &n)) {
            argv[0] = NULL;
            return false;
        }
        argv[argc++] = text + used;
        text[used + n] = '\0';
        used += n + 1;
    }
    argv[argc] = NULL;
    if (argc > 0 && argv[0][0] != '\0')
        snprintf(name, sizeof name, "%s", argv[0]);
    else if (argc > 0)
        argv[0] = name;
    if (*at == '\0' && argc > 0 && argv[0][0] != '\0')
        return true;
    argv[0] = NULL;
    return false;
}

static void do_run(struct server *s, const char *at)
{
    struct target *t;
    int error = split_run(at, last_run) ? target_spawn(&s->startup, last_run, &t) : EINVAL;
    if (error == EOK && s->is_nonstop)
        nonstop_started(t);
    if (error != EOK)
        reply_error(s, error);
    else
        report_first(s, t, SIGTRAP);
}

/* There is no answer: GDB asks with "?" what has become of it. */
static void do_restart(struct server *s)
{
    struct target *t = server_target(s);
    if (last_run[0] == NULL || (t != NULL && !t->is_ours))
        return;
    if (t != NULL)
        target_kill(t);
    s->general = (struct rsp_thread){0};
    if (target_spawn(&s->startup, last_run, &t) == EOK && s->is_nonstop)
        nonstop_started(t);
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
    reply_result(s, is_kill ? target_kill(t) : target_detach(t));
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
    if (s->is_nonstop)
        nonstop_question(s);
    else if (t == NULL)
        rsp_text(&s->out, "W00");
    else
        report_first(s, t, SIGTRAP);
}

/* ---- threads */

bool server_has_thread(const struct rsp_thread *who)
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
        if (!server_has_thread(&who)) {
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
    reply_result(s, rsp_thread(&at, &who) && *at == '\0' && server_has_thread(&who) ? EOK : ESRCH);
}

static bool do_v(struct server *s, const char *at, size_t bytes)
{
    const char *start = at;
    if (rsp_skip(&at, "vCont"))
        return do_vcont(s, at);
    if (strcmp(at, "vStopped") == 0 && s->is_nonstop)
        nonstop_stopped(s);
    else if (strcmp(at, "vCtrlC") == 0 && s->is_nonstop)
        nonstop_interrupt(s);
    else if (rsp_skip(&at, "vFile:"))
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
static void do_break(struct server *s, const char *at, bool is_set)
{
    struct target *t = server_target(s);
    if (s->is_nonstop && t != NULL)
        nonstop_pause(t);
    access_break(s, at, is_set);
    if (s->is_nonstop && t != NULL)
        nonstop_go_on(t);
}

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
        access_get_all(s);
        return true;
    case 'G':
        access_set_all(s, at);
        return true;
    case 'p':
    case 'P':
        access_one(s, at, packet[0] == 'P');
        return true;
    case 'm':
        access_read(s, at);
        return true;
    case 'M':
    case 'X':
        access_write(s, at, end, packet[0] == 'X');
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
    case 'R':
        do_restart(s);
        return false;
    case 'k':
        server_end(s);
        return false;
    case 'q':
    case 'Q':
        query_packet(s, packet, bytes);
        return true;
    case 'v':
        return do_v(s, packet, bytes);
    default:
        return true; /* unknown: empty */
    }
}
