/* SPDX-License-Identifier: Apache-2.0 */
/* The format letters of pidin, one row each.  Letters as in the QNX Neutrino utilities reference.
 */
#include "pidin.h"

#include <stdio.h>
#include <string.h>
#include <sys/states.h>

static const char *const state_names[STATE_MAX] = {
    [STATE_DEAD] = "DEAD",
    [STATE_RUNNING] = "RUNNING",
    [STATE_READY] = "READY",
    [STATE_STOPPED] = "STOPPED",
    [STATE_SEND] = "SEND",
    [STATE_RECEIVE] = "RECEIVE",
    [STATE_REPLY] = "REPLY",
    [STATE_STACK] = "STACK",
    [STATE_WAITTHREAD] = "WAITTHREAD",
    [STATE_WAITPAGE] = "WAITPAGE",
    [STATE_SIGSUSPEND] = "SIGSUSPEND",
    [STATE_SIGWAITINFO] = "SIGWAITINFO",
    [STATE_NANOSLEEP] = "NANOSLEEP",
    [STATE_MUTEX] = "MUTEX",
    [STATE_CONDVAR] = "CONDVAR",
    [STATE_JOIN] = "JOIN",
    [STATE_INTR] = "INTR",
    [STATE_SEM] = "SEM",
    [STATE_WAITCTX] = "WAITCTX",
    [STATE_NET_SEND] = "NET_SEND",
    [STATE_NET_REPLY] = "NET_REPLY",
};

static char policy_letter(unsigned policy)
{
    return policy == _KC_SCHED_FIFO       ? 'f'
           : policy == _KC_SCHED_RR       ? 'r'
           : policy == _KC_SCHED_SPORADIC ? 's'
                                          : 'o';
}

static void put_pid(const struct subject *s, char *text, size_t size)
{
    snprintf(text, size, "%d", (int)s->info.pid);
}

static void put_tid(const struct subject *s, char *text, size_t size)
{
    snprintf(text, size, "%d", (int)s->thread.tid);
}

static void put_short_name(const struct subject *s, char *text, size_t size)
{
    snprintf(text, size, "%s", proc_base(s->info.name));
}

static void put_long_name(const struct subject *s, char *text, size_t size)
{
    if (proc_args(s->fd, text, size) != 0 || text[0] == '\0')
        snprintf(text, size, "%s", s->info.name);
}

static void put_priority(const struct subject *s, char *text, size_t size)
{
    snprintf(text, size, "%u%c", s->thread.priority, policy_letter(s->thread.policy));
}

static void put_scheduling(const struct subject *s, char *text, size_t size)
{
    snprintf(text, size, "%u/%u%c", s->thread.priority, s->thread.real_priority,
             policy_letter(s->thread.policy));
}

static void put_state(const struct subject *s, char *text, size_t size)
{
    const char *name = s->thread.state < STATE_MAX ? state_names[s->thread.state] : NULL;
    snprintf(text, size, "%s", name != NULL ? name : "?");
}

static void put_blocked(const struct subject *s, char *text, size_t size)
{
    unsigned long long on = s->thread.blocked_on;
    switch (s->thread.state) {
    case STATE_SEND:
    case STATE_REPLY:
    case STATE_RECEIVE:
    case STATE_JOIN:
    case STATE_WAITTHREAD:
    case STATE_INTR:
        snprintf(text, size, "%llu", on);
        break;
    case STATE_MUTEX: {
        uint32_t owner = (uint32_t)s->thread.blocked_aux & 0x7fffffffu;
        snprintf(text, size, "%u-%02u %#llx", owner >> 16, owner & 0xffffu, on);
        break;
    }
    case STATE_CONDVAR:
    case STATE_SEM:
    case STATE_WAITPAGE:
        snprintf(text, size, "%#llx", on);
        break;
    case STATE_STACK:
        snprintf(text, size, "%llu", (unsigned long long)s->thread.stack_size);
        break;
    default:
        text[0] = '\0';
        break;
    }
}

static void put_args(const struct subject *s, char *text, size_t size)
{
    static char args[PIDIN_TEXT_MAX];
    size_t used = 0;
    if (proc_args(s->fd, args, sizeof args) != 0) {
        snprintf(text, size, "%s", s->info.name);
        return;
    }
    for (size_t at = 0; at < sizeof args && args[at] != '\0' && used + 1 < size;
         at += strlen(args + at) + 1)
        used += (size_t)snprintf(text + used, size - used, "%s%s", used > 0 ? " " : "", args + at);
    if (used == 0)
        snprintf(text, size, "%s", s->info.name);
}

static void put_parent(const struct subject *s, char *text, size_t size)
{
    snprintf(text, size, "%d", (int)s->info.ppid);
}

static void put_group(const struct subject *s, char *text, size_t size)
{
    snprintf(text, size, "%d", (int)s->info.pgrp);
}

static void put_session(const struct subject *s, char *text, size_t size)
{
    snprintf(text, size, "%d", (int)s->info.sid);
}

static void put_threads(const struct subject *s, char *text, size_t size)
{
    snprintf(text, size, "%u", s->info.num_threads);
}

static void put_flags(const struct subject *s, char *text, size_t size)
{
    snprintf(text, size, "%s%s%s", s->info.flags & TM_PF_DYING ? "T" : "-",
             s->info.flags & TM_PF_DEAD ? "Z" : "-", s->info.flags & TM_PF_STOPPED ? "S" : "-");
}

static void put_bytes(char *text, size_t size, uint64_t bytes)
{
    if (bytes >= 10 * 1024 * 1024)
        snprintf(text, size, "%lluM", (unsigned long long)(bytes >> 20));
    else
        snprintf(text, size, "%lluK", (unsigned long long)((bytes + 1023) >> 10));
}

/* Bytes of the regions whose protection has all bits of `with` and none of `without`. */
static uint64_t region_bytes(const struct subject *s, uint32_t with, uint32_t without)
{
    procfs_mapinfo map;
    uint64_t total = 0;
    for (uint64_t at = 0;
         proc_map(s->fd, at, &map) == 0 && map.bytes > 0 && map.addr + map.bytes > at;
         at = map.addr + map.bytes) {
        if ((map.prot & with) == with && !(map.prot & without))
            total += map.bytes;
    }
    return total;
}

static void put_code_size(const struct subject *s, char *text, size_t size)
{
    put_bytes(text, size, region_bytes(s, TM_PROT_EXEC, TM_PROT_WRITE));
}

static void put_data_size(const struct subject *s, char *text, size_t size)
{
    put_bytes(text, size, region_bytes(s, TM_PROT_WRITE, 0));
}

static void put_stack_size(const struct subject *s, char *text, size_t size)
{
    put_bytes(text, size, s->thread.stack_size);
}

static void put_cpu(const struct subject *s, char *text, size_t size)
{
    snprintf(text, size, "%d", (int)s->thread.hart);
}

static void put_thread_name(const struct subject *s, char *text, size_t size)
{
    if (s->thread.name[0] != '\0')
        snprintf(text, size, "%s", s->thread.name);
    else
        put_tid(s, text, size);
}

static void put_runmask(const struct subject *s, char *text, size_t size)
{
    snprintf(text, size, "%08x", s->thread.runmask);
}

static void put_ignored(const struct subject *s, char *text, size_t size)
{
    snprintf(text, size, "%016llx", (unsigned long long)s->info.sig_ignore);
}

static void put_pending(const struct subject *s, char *text, size_t size)
{
    snprintf(text, size, "%016llx",
             (unsigned long long)(s->info.sig_pending | s->thread.sig_pending));
}

static void put_kernel_call(const struct subject *s, char *text, size_t size)
{
    snprintf(text, size, "%u", s->thread.last_kercall);
}

static void put_timers(const struct subject *s, char *text, size_t size)
{
    snprintf(text, size, "%u", s->info.num_timers);
}

static void put_seconds(char *text, size_t size, uint64_t ns)
{
    snprintf(text, size, "%llu.%03llu", (unsigned long long)(ns / 1000000000u),
             (unsigned long long)(ns / 1000000u % 1000u));
}

static void put_user_time(const struct subject *s, char *text, size_t size)
{
    put_seconds(text, size, s->info.utime_ns);
}

static void put_system_time(const struct subject *s, char *text, size_t size)
{
    put_seconds(text, size, s->info.stime_ns);
}

static void put_start_time(const struct subject *s, char *text, size_t size)
{
    put_seconds(text, size, s->info.start_ns);
}

static void put_thread_time(const struct subject *s, char *text, size_t size)
{
    put_seconds(text, size, s->thread.sutime_ns);
}

static void put_ids(const struct subject *s, char *text, size_t size)
{
    const struct _cred_info *c = &s->info.cred;
    snprintf(text, size, "%u/%u/%u  %u/%u/%u", c->ruid, c->euid, c->suid, c->rgid, c->egid,
             c->sgid);
}

static void put_pid_tid(const struct subject *s, char *text, size_t size)
{
    snprintf(text, size, "%d-%02d", (int)s->info.pid, (int)s->thread.tid);
}

static void put_queues(const struct subject *s, char *text, size_t size)
{
    procfs_channel ch;
    unsigned send = 0, receive = 0, reply = 0, pulse = 0;
    for (int chid = 0; proc_channel(s->fd, chid, &ch) == 0 && ch.chid >= chid; chid = ch.chid + 1) {
        send += ch.num_send;
        receive += ch.num_receive;
        reply += ch.num_reply;
        pulse += ch.num_pulse;
    }
    snprintf(text, size, "%u/%u/%u/%u", send, receive, reply, pulse);
}

static const struct column columns[] = {
    {'a', 8, false, "pid", put_pid},
    {'b', 3, true, "tid", put_tid},
    {'N', -18, false, "name", put_short_name},
    {'n', -30, false, "name", put_long_name},
    {'p', 4, true, "prio", put_priority},
    {'J', -11, true, "STATE", put_state},
    {'B', 0, true, "Blocked", put_blocked},
    {'A', 0, false, "Arguments", put_args},
    {'e', 8, false, "ppid", put_parent},
    {'P', 8, false, "pgrp", put_group},
    {'s', -16, true, "pending", put_pending},
    {'S', -16, false, "ignored", put_ignored},
    {'T', 7, false, "threads", put_threads},
    {'f', -5, false, "flags", put_flags},
    {'c', 6, false, "code", put_code_size},
    {'d', 6, false, "data", put_data_size},
    {'m', 6, true, "stack", put_stack_size},
    {'l', 3, true, "cpu", put_cpu},
    {'h', -16, true, "thread name", put_thread_name},
    {'H', -9, true, "sched", put_scheduling},
    {'i', -8, true, "runmask", put_runmask},
    {'K', 7, true, "kercall", put_kernel_call},
    {'R', 6, false, "timers", put_timers},
    {'I', -10, true, "pid-tid", put_pid_tid},
    {'U', 0, false, "uid (r/e/s)  gid (r/e/s)", put_ids},
    {'[', -12, false, "s/r/R/p", put_queues},
    /* Letters of our own, for the shorthands. */
    {'Z', 8, false, "sid", put_session},
    {'u', 10, false, "utime", put_user_time},
    {'y', 10, false, "stime", put_system_time},
    {'x', 10, false, "start", put_start_time},
    {'z', 10, true, "sutime", put_thread_time},
};

const struct column *column_find(char letter)
{
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        if (columns[i].letter == letter)
            return &columns[i];
    }
    return NULL;
}
