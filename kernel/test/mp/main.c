/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel on several harts of the build machine: options, taskman, the root process, counting.  See mp.h and README. */
#include <abi/tm.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "arch/host/host.h"
#include "mm/mm.h"
#include "mp.h"
#include "object/channel.h"
#include "object/intr.h"
#include "object/process.h"
#include "object/sync.h"
#include "object/timer.h"

#define ROOT_PID 2
#define GONE_NS 20000000000UL /* all processes of a scenario have to be gone by then */

extern struct slab process_slab, thread_slab;

const struct scenario mp_scenarios[] = {
    { "rendezvous", scn_rendezvous }, { "two-replies", scn_two_replies }, { "objects", scn_objects }, { "kill", scn_kill },
    { "mutex", scn_mutex }, { "robust", scn_robust }, { "condvar", scn_condvar }, { "semaphore", scn_semaphore }, { "flags", scn_flags },
    { "threads", scn_threads }, { "priorities", scn_priorities }, { "timers", scn_timers }, { "interrupts", scn_interrupts },
    { "signals", scn_signals }, { "code", scn_code }, { "debugger", scn_debugger },
    { "debugger-threads", scn_debugger_threads },
    { NULL, NULL },
};

static struct {
    const char *only;
    unsigned loops, work, seconds;
    bool verbose;
} options = { .loops = 1, .work = 100, .seconds = 300 };
static const char *now_running = "boot";

/* Races are fatal at once: what comes after the first one is noise. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
    return "halt_on_error=1:history_size=5:report_signal_unsafe=0:report_thread_leaks=0";
}

/* ---- for the scenarios */

void mp_failed(const char *file, int line, const char *what, long got)
{
    static char text[300];
    snprintf(text, sizeof(text), "%s: %s:%d: %s (%ld)", now_running, file, line, what, got);
    user_quiet = false;
    sim_fail(text);
}

unsigned mp_rounds(unsigned n)
{
    return n * options.work / 100 + 1;
}

bool mp_chance(unsigned one_in)
{
    return u_random() % one_in == 0;
}

uint64_t mp_range(uint64_t from, uint64_t to)
{
    return from + u_random() % (to - from + 1);
}

void mp_sleep(uint64_t ns)
{
    u_write(u_buf(), &ns, sizeof(ns));
    kc(KC_NANOSLEEP, _KC_CLOCK_MONOTONIC, 0, u_buf(), 0);
}

void mp_timeout(uint32_t states, uint64_t ns)
{
    uint64_t at = u_buf() + USER_BUF - sizeof(ns);
    u_write(at, &ns, sizeof(ns));
    kc(KC_TIMER_TIMEOUT, _KC_CLOCK_MONOTONIC, states, 0, at, 0);
}

void mp_pause(void)
{
    switch (u_random() % 8) {
    case 0:
        mp_sleep(mp_range(1, 40) * MP_USEC);
        break;
    case 1:
    case 2:
        kc(KC_SCHED_YIELD);
        break;
    default:
        for (unsigned n = (unsigned)(u_random() % 16); n > 0; n--)
            u_poll();
    }
}

int64_t mp_receive(int32_t chid, uint64_t msg, int64_t bytes, uint64_t info)
{
    return kc(KC_MSG_RECEIVEV, chid, info, 0, msg, -bytes, 0);
}

int64_t mp_send(int32_t coid, uint64_t smsg, int64_t sbytes, uint64_t rmsg, int64_t rbytes)
{
    return kc(KC_MSG_SENDV, coid, smsg, -sbytes, rmsg, -rbytes, 0);
}

void mp_handler(int signo, void (*fn)(int), uint64_t flags)
{
    struct _kc_sigaction act = { .handler = (uint64_t)(uintptr_t)fn, .flags = flags };
    u_write(u_buf(), &act, sizeof(act));
    MP_CHECK(kc(KC_SIGNAL_ACTION, signo, 0x1000, u_buf(), 0) == 0);
}

int64_t mp_thread(void (*fn)(void *), void *arg, uint32_t flags, int priority)
{
    int64_t tid = u_thread(fn, arg, flags, priority);
    if (tid < 0)
        MP_ONE_OF(tid, -ESRCH);
    return tid;
}

void mp_kill(int32_t pid)
{
    MP_ONE_OF(kc(KC_SIGNAL_KILL, pid, 0, MP_SIGKILL, 0, 0, 0), 0, -ESRCH);
}

/* ---- taskman */

struct request { /* to taskman */
    uint32_t call; /* 0: spawn, else TM_* */
    int32_t pid;
    void (*fn)(void *);
    void *arg;
    uint64_t va, bytes, extra;
};

struct first {
    void (*fn)(void *);
    void *arg;
};

static void first_thread(void *arg)
{
    struct first f = *(struct first *)arg;
    free(arg);
    f.fn(f.arg);
    kc(KC_PROC_EXIT, 0);
    for (;;) /* this thread ends at its next look */
        u_poll();
}

static int64_t tm_spawn(uint64_t buf, const struct request *r)
{
    struct tm_proc_create pc = { .attr = { .ppid = ROOT_PID, .abilities = TM_ABLE_ALL, .name = "mp" } };
    u_write(buf, &pc, sizeof(pc));
    int64_t pid = kc(TM_PROC_CREATE, buf);
    if (pid < 0)
        return pid;
    struct tm_map m = { .pid = (int32_t)pid, .prot = TM_PROT_READ | TM_PROT_WRITE, .flags = TM_MAP_ANON | TM_MAP_LAZY,
                        .va = USER_BASE, .bytes = USER_BYTES };
    u_write(buf, &m, sizeof(m));
    MP_CHECK(kc(TM_MAP, buf) == 0);
    struct first *f = malloc(sizeof(*f));
    *f = (struct first){ r->fn, r->arg };
    struct _kc_thread_create tc = user_first_thread(user_process((int32_t)pid), first_thread, f);
    tc.pid = (int32_t)pid;
    u_write(buf, &tc, sizeof(tc));
    int64_t tid = kc(KC_THREAD_CREATE, buf);
    MP_ONE_OF(tid, 1, -ESRCH); /* killed before it lived */
    return pid;
}

static int64_t tm_serve(uint64_t buf, const struct request *r)
{
    struct tm_map m = { .pid = r->pid, .prot = (uint32_t)r->extra, .flags = TM_MAP_ANON, .va = r->va, .bytes = r->bytes };
    switch (r->call) {
    case 0:
        return tm_spawn(buf, r);
    case TM_MAP:
        u_write(buf, &m, sizeof(m));
        return kc(TM_MAP, buf);
    case TM_PROTECT:
        return kc(TM_PROTECT, r->pid, r->va, r->bytes, r->extra);
    case TM_UNMAP:
        return kc(TM_UNMAP, r->pid, r->va, r->bytes);
    case TM_COPY: { /* fills the range with the word extra */
        for (uint64_t at = 0; at < r->bytes; at += sizeof(r->extra)) {
            u_write(buf, &r->extra, sizeof(r->extra));
            int64_t n = kc(TM_COPY, r->pid, r->va + at, buf, sizeof(r->extra), TM_COPY_WRITE);
            if (n < 0)
                return n;
        }
        return 0;
    }
    case TM_DEBUG_ATTACH:
    case TM_DEBUG_DETACH:
    case TM_DEBUG_STOP:
    case TM_DEBUG_RUN:
        return kc(r->call, r->pid, r->va, r->bytes, r->extra);
    case TM_DEBUG_REGS:
        return kc(TM_DEBUG_REGS, r->pid, r->va, buf, r->extra);
    default:
        return -ENOSYS;
    }
}

static void tm_pulse(const struct _kc_pulse *p)
{
    if (p->code != _PULSE_CODE_TM_DEATH)
        return;
    int64_t r;
    while ((r = kc(TM_PROC_RELEASE, p->value)) == -EBUSY)
        kc(KC_SCHED_YIELD);
    MP_CHECK(r == 0);
}

static void root_main(void *arg);

static void touch_all(void)
{
    for (uint64_t va = USER_BASE; va < USER_BASE + USER_SHARED + 4 * USER_SLOT; va += 4096)
        u_write(va, "x", 1);
}

static void taskman_main(void *arg)
{
    (void)arg;
    uint64_t msg = u_buf(), work = u_buf() + 0x1000, info = u_buf() + 0x2000;
    touch_all();
    MP_CHECK(kc(KC_CHANNEL_CREATE, 0) == TASKMAN_CHID);
    struct request root = { .fn = root_main };
    MP_CHECK(tm_spawn(work, &root) == ROOT_PID);
    for (;;) {
        union {
            struct _kc_pulse p;
            struct request r;
        } m;
        int64_t rcvid = mp_receive(TASKMAN_CHID, msg, (int64_t)sizeof(m), info);
        MP_CHECK(rcvid >= 0);
        u_read(&m, msg, sizeof(m));
        if (rcvid == 0)
            tm_pulse(&m.p);
        else
            kc(KC_MSG_REPLYV, rcvid, tm_serve(work, &m.r), 0, 0);
    }
}

static int64_t ask(const struct request *r)
{
    uint64_t at = u_buf() + USER_BUF - 256;
    u_write(at, r, sizeof(*r));
    return mp_send(SYSMGR_COID, at, sizeof(*r), 0, 0);
}

int32_t mp_spawn(void (*fn)(void *), void *arg)
{
    struct request r = { .fn = fn, .arg = arg };
    int64_t pid = ask(&r);
    MP_CHECK(pid > ROOT_PID);
    return (int32_t)pid;
}

int64_t mp_tm(uint32_t call, int32_t pid, uint64_t va, uint64_t bytes, uint64_t extra)
{
    struct request r = { .call = call, .pid = pid, .va = va, .bytes = bytes, .extra = extra };
    return ask(&r);
}

/* ---- counting */

struct counts {
    uint32_t processes, threads, channels, conns, sconns, pulses, timers, interrupts, objects, waiters;
    uint64_t heap, pages;
};

static uint32_t used(struct slab *s)
{
    return atomic_load(&s->used);
}

static struct counts count(void)
{
    struct counts c = {
        .processes = used(&process_slab), .threads = used(&thread_slab), .channels = used(&channel_slab),
        .conns = used(&conn_slab), .sconns = used(&sconn_slab), .pulses = used(&pulse_slab), .timers = timer_count(),
        .interrupts = intr_count(), .objects = memobj_count(), .waiters = sync_waiter_count(), .heap = kheap_bytes(),
    };
    uint64_t total, free;
    frame_stats(&total, &free);
    c.pages = free + slab_pages();
    return c;
}

static void show(const char *text, const struct counts *c)
{
    fprintf(stderr, "%s: processes %u threads %u channels %u conns %u sconns %u pulses %u timers %u interrupts %u objects %u "
                    "waiters %u heap %lu pages %lu\n",
            text, c->processes, c->threads, c->channels, c->conns, c->sconns, c->pulses, c->timers, c->interrupts, c->objects,
            c->waiters, c->heap, c->pages);
}

/* Everything the scenario made goes away, sooner or later. */
static void settle(const struct counts *before)
{
    struct counts c;
    uint64_t end = sim_now() + (sim_config.free_running ? 10 : 1) * GONE_NS; /* free running, the host may be busy */
    for (;;) {
        c = count();
        if (memcmp(&c, before, sizeof(c)) == 0)
            return;
        if (sim_now() > end)
            break;
        mp_sleep(MP_MSEC);
    }
    show("before", before);
    show("after ", &c);
    mp_failed(__FILE__, __LINE__, "objects are left over", 0);
}

/* ---- the root process */

static void nothing(void *arg)
{
    (void)arg;
}

static void run_one(const struct scenario *s)
{
    struct counts before = count();
    now_running = s->name;
    s->run();
    settle(&before);
    user_sweep(ROOT_PID);
    if (options.verbose)
        fprintf(stderr, "%s: done at %lu us\n", s->name, sim_now() / 1000);
}

static void root_main(void *arg)
{
    (void)arg;
    unsigned ran = 0;
    touch_all();
    mp_spawn(nothing, NULL); /* tables and buffers that taskman keeps */
    mp_sleep(20 * MP_MSEC);
    while (used(&process_slab) > 2) /* a loaded host takes its time when harts run freely */
        mp_sleep(MP_MSEC);
    user_sweep(ROOT_PID);
    for (unsigned loop = 0; loop < options.loops; loop++)
        for (const struct scenario *s = mp_scenarios; s->name; s++)
            if (!options.only || strcmp(options.only, s->name) == 0) {
                run_one(s);
                ran++;
            }
    fprintf(stderr, "%u scenarios passed, seed %lu, %s\n", ran, sim_config.seed,
            sim_config.free_running ? "free running" : "taking turns");
    _exit(ran == 0);
}

/* ---- start */

static int usage(const char *name)
{
    fprintf(stderr,
            "usage: %s [--seed N] [--free] [--harts N] [--pace N] [--only SCENARIO] [--loops N] [--work PERCENT] [--time SECONDS] [-v]\n"
            "  --free    harts are threads of the host; otherwise they take turns and a seed gives the same run every time\n"
            "  --pace    mean number of atomic operations between two turns\n",
            name);
    return 2;
}

int main(int argc, char **argv)
{
    sim_config.pace = 0;
    for (int i = 1; i < argc; i++) {
        const char *o = argv[i], *v = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(o, "--free") == 0 || strcmp(o, "-v") == 0) {
            *(o[1] == 'v' ? &options.verbose : &sim_config.free_running) = true;
            continue;
        }
        if (!v)
            return usage(argv[0]);
        unsigned long n = strtoul(v, NULL, 10);
        i++;
        if (strcmp(o, "--seed") == 0)
            sim_config.seed = n;
        else if (strcmp(o, "--harts") == 0 && n >= 1 && n <= SIM_HARTS_MAX)
            sim_config.harts = (unsigned)n;
        else if (strcmp(o, "--pace") == 0 && n > 0)
            sim_config.pace = (unsigned)n;
        else if (strcmp(o, "--loops") == 0)
            options.loops = (unsigned)n;
        else if (strcmp(o, "--work") == 0)
            options.work = (unsigned)n;
        else if (strcmp(o, "--time") == 0)
            options.seconds = (unsigned)n;
        else if (strcmp(o, "--only") == 0)
            options.only = v;
        else
            return usage(argv[0]);
    }
    if (sim_config.pace == 0)
        sim_config.pace = (unsigned[]){ 3, 8, 20, 60 }[sim_config.seed % 4];
    fprintf(stderr, "seed %lu, %u harts, pace %u, %s\n", sim_config.seed, sim_config.harts, sim_config.pace,
            sim_config.free_running ? "free running" : "taking turns");
    user_quiet = !options.verbose;
    sim_watchdog(options.seconds);
    host_boot(taskman_main);
    sim_run(host_hart_main);
}
