/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random kernel calls from several processes and threads at once, without rights: arguments of the kind a call takes, mixed with
 * hostile ones (addresses that are unmapped, read-only, misaligned, the kernel's, that cross the end of a page or of the mapping;
 * counts and flags without sense), on objects that the processes share.  The supervisor starts again what dies or stands still.
 * Nothing may be left behind, and the machine has to work as before.  -n: calls in all.
 * Rule checked: System Architecture, "The QNX Neutrino Microkernel" (a process cannot harm the kernel).
 */
#include <abi/ecall.h>
#include <abi/kercall.h>
#include <abi/sigevent.h>
#include <abi/sync.h>
#include <abi/thread.h>
#include <abi/time.h>
#include <pthread.h>
#include <sys/resource.h>
#include "stress.h"

#define PROCESSES 4
#define THREADS 3
#define KEEP 16 /* ids of a kind that are remembered */
#define AREA_PAGES 8
#define USER 4000

/* ---- what all processes see */
struct world {
    _Atomic uint64_t calls, deadly;
    _Atomic uint64_t beat[PROCESSES]; /* calls of one process */
    atomic_int pid[PROCESSES];
    atomic_uint last[PROCESSES][THREADS + 1]; /* the call that each thread made last: tells what it waits in */
    atomic_int chid[PROCESSES][KEEP];
    _Atomic uint32_t words[256]; /* synchronisation objects that several processes use */
};
static struct world *world;

/* ---- what one process has */
static char *area, *tail; /* tail: the last bytes before a hole */
static char *read_only;
static atomic_int coids[KEEP], rcvids[KEEP], timers[KEEP], tids[KEEP];
static unsigned me;

enum kind {
    NO, RAW, COID, CHID, RCVID, PID, TID, TIMER, SIGNO, PRIO, SMALL, CLOCK, PARTS,
    IN,     /* pointer to something that is read */
    OUT,    /* pointer to something that is written */
    SYNC,   /* a synchronisation object */
    EVENT,  /* struct sigevent */
    TIME,   /* uint64_t of nanoseconds, short */
    CREATE, /* struct _kc_thread_create */
    ITIMER,
};

struct shape {
    uint16_t number;
    uint8_t weight;
    uint8_t deadly; /* it ends the caller or stops it: once in a while */
    uint8_t kind[6];
};

static const struct shape shapes[] = {
    { KC_NOP, 1, 0, { NO } },
    { KC_MSG_SENDV, 12, 0, { COID, IN, PARTS, OUT, PARTS, SMALL } },
    { KC_MSG_RECEIVEV, 12, 0, { CHID, OUT, PARTS, OUT, SMALL } },
    { KC_MSG_REPLYV, 8, 0, { RCVID, SMALL, IN, PARTS } },
    { KC_MSG_ERROR, 4, 0, { RCVID, SMALL } },
    { KC_MSG_READV, 4, 0, { RCVID, OUT, PARTS, SMALL } },
    { KC_MSG_WRITEV, 4, 0, { RCVID, IN, PARTS, SMALL } },
    { KC_MSG_SEND_PULSE, 6, 0, { COID, PRIO, SMALL, RAW } },
    { KC_MSG_INFO, 2, 0, { RCVID, OUT } },
    { KC_MSG_DELIVER_EVENT, 4, 0, { RCVID, EVENT } },
    { KC_MSG_CURRENT, 2, 0, { RCVID } },
    { KC_MSG_VERIFY_EVENT, 2, 0, { RCVID, EVENT } },
    { KC_MSG_REGISTER_EVENT, 3, 0, { EVENT, COID } },
    { KC_MSG_UNREGISTER_EVENT, 2, 0, { EVENT } },
    { KC_CHANNEL_CREATE, 3, 0, { SMALL } },
    { KC_CHANNEL_DESTROY, 2, 0, { CHID } },
    { KC_CONNECT_ATTACH, 6, 0, { SMALL, PID, CHID, COID, SMALL } },
    { KC_CONNECT_DETACH, 3, 0, { COID } },
    { KC_CONNECT_FLAGS, 2, 0, { PID, COID, RAW, RAW } },
    { KC_CONNECT_SERVER_INFO, 2, 0, { PID, COID, OUT } },
    { KC_CONNECT_CLIENT_INFO, 2, 0, { COID, OUT, SMALL } },
    { KC_THREAD_CREATE, 2, 0, { CREATE } },
    { KC_THREAD_DESTROY, 1, 1, { TID, PRIO, RAW } },
    { KC_THREAD_EXIT, 1, 1, { RAW, OUT } },
    { KC_THREAD_JOIN, 2, 0, { TID, OUT } },
    { KC_THREAD_DETACH, 1, 0, { TID } },
    { KC_THREAD_CANCEL, 2, 0, { TID } },
    { KC_THREAD_CTL, 2, 1, { SMALL, IN } },
    { KC_SCHED_GET, 2, 0, { PID, TID, OUT } },
    { KC_SCHED_SET, 2, 0, { PID, TID, SMALL, IN } },
    { KC_SCHED_INFO, 1, 0, { PID, SMALL, OUT } },
    { KC_SCHED_YIELD, 3, 0, { NO } },
    { KC_GETPID, 1, 0, { NO } },
    { KC_GETTID, 1, 0, { NO } },
    { KC_PROC_EXIT, 1, 1, { RAW } },
    { KC_GETPPID, 1, 0, { NO } },
    { KC_SYNC_TYPE_CREATE, 3, 0, { SMALL, SYNC, IN } },
    { KC_SYNC_DESTROY, 2, 0, { SYNC } },
    { KC_SYNC_MUTEX_LOCK, 5, 0, { SYNC } },
    { KC_SYNC_MUTEX_UNLOCK, 5, 0, { SYNC } },
    { KC_SYNC_COND_WAIT, 4, 0, { SYNC, SYNC } },
    { KC_SYNC_COND_SIGNAL, 3, 0, { SYNC, SMALL } },
    { KC_SYNC_SEM_POST, 4, 0, { SYNC } },
    { KC_SYNC_SEM_WAIT, 4, 0, { SYNC, SMALL } },
    { KC_SYNC_CTL, 2, 0, { SMALL, SYNC, IN } },
    { KC_SYNC_MUTEX_EVENT, 2, 0, { SYNC, EVENT } },
    { KC_SYNC_MUTEX_REVIVE, 1, 0, { SYNC } },
    { KC_FUTEX_WAIT, 4, 0, { SYNC, RAW, SMALL } },
    { KC_FUTEX_WAKE, 4, 0, { SYNC, SMALL } },
    { KC_SIGNAL_ACTION, 3, 0, { SIGNO, RAW, IN, OUT } },
    { KC_SIGNAL_KILL, 1, 1, { PID, TID, SIGNO, SMALL, RAW } },
    { KC_SIGNAL_PROCMASK, 3, 0, { SMALL, IN, OUT } },
    { KC_SIGNAL_SUSPEND, 2, 0, { IN } },
    { KC_SIGNAL_WAITINFO, 3, 0, { IN, OUT } },
    { KC_SIGNAL_RETURN, 1, 1, { IN } },
    { KC_SIGNAL_PENDING, 1, 0, { OUT } },
    { KC_SIGNAL_ALTSTACK, 1, 0, { IN, OUT } },
    { KC_CLOCK_TIME, 2, 0, { CLOCK, IN, OUT } },
    { KC_CLOCK_ADJUST, 1, 0, { CLOCK, IN, OUT } },
    { KC_CLOCK_PERIOD, 1, 0, { CLOCK, IN, OUT, SMALL } },
    { KC_CLOCK_ID, 1, 0, { PID, TID } },
    { KC_TIMER_CREATE, 3, 0, { CLOCK, EVENT } },
    { KC_TIMER_DESTROY, 2, 0, { TIMER } },
    { KC_TIMER_SETTIME, 4, 0, { TIMER, SMALL, ITIMER, OUT } },
    { KC_TIMER_INFO, 2, 0, { PID, TIMER, SMALL, OUT } },
    { KC_TIMER_ALARM, 1, 1, { CLOCK, ITIMER, OUT } },
    { KC_TIMER_TIMEOUT, 1, 0, { CLOCK, RAW, EVENT, TIME, OUT } },
    { KC_NANOSLEEP, 2, 0, { CLOCK, SMALL, TIME, OUT } },
    { KC_INTR_ATTACH_EVENT, 1, 0, { SMALL, EVENT, SMALL } },
    { KC_INTR_DETACH, 1, 0, { SMALL } },
    { KC_INTR_MASK, 1, 0, { SMALL, SMALL } },
    { KC_INTR_UNMASK, 1, 0, { SMALL, SMALL } },
    { KC_INTR_WAIT, 1, 0, { SMALL, TIME } },
    { KC_CACHE_SYNC, 1, 0, { IN, SMALL } },
};
#define SHAPES (sizeof(shapes) / sizeof(shapes[0]))

static long call(uint64_t number, const uint64_t a[6])
{
    return _kc_call6((long)number, (long)a[0], (long)a[1], (long)a[2], (long)a[3], (long)a[4], (long)a[5]);
}

/* ---- arguments */

static uint64_t hostile(struct rng *r)
{
    uint64_t n = rng_next(r) >> 8;
    switch (rng_below(r, 16)) {
    case 0:
        return 0;
    case 1:
        return (uint64_t)area + n % (AREA_PAGES * 4096UL); /* misaligned, mostly */
    case 2:
        return (uint64_t)tail - n % 64; /* over the end of the mapping */
    case 3:
        return (uint64_t)area + 4096 * (1 + n % (AREA_PAGES - 1)) - n % 48; /* over the end of a page */
    case 4:
        return (uint64_t)tail + n % 8192; /* unmapped */
    case 5:
        return (uint64_t)read_only + n % 4096;
    case 6:
        return (uint64_t)call + n % 64 * 4; /* code */
    case 7:
        return 0xffffffc000000000 + n % 0x40000000; /* the kernel's map of memory */
    case 8:
        return 0xffffffff80000000 + n % 0x400000;
    case 9:
        return QRV_USER_END - n % 8192;
    case 10:
        return 1UL << n % 64;
    case 11:
        return (1UL << n % 64) - 1;
    case 12:
        return 0 - n % 5000;
    case 13:
        return n % 5000;
    default:
        return rng_next(r);
    }
}

static uint64_t address(struct rng *r)
{
    return (uint64_t)area + rng_below(r, AREA_PAGES * 4096 - 512) / 8 * 8;
}

static uint64_t kept(struct rng *r, const atomic_int *list)
{
    return (uint64_t)(int64_t)atomic_load(&list[rng_below(r, KEEP)]);
}

static void keep(struct rng *r, atomic_int *list, long value)
{
    if (value >= 0)
        atomic_store(&list[rng_below(r, KEEP)], (int)value);
}

/* A buffer of -n bytes, or an I/O vector at the address. */
static uint64_t parts(struct rng *r, uint64_t where)
{
    if (rng_below(r, 3))
        return 0 - (uint64_t)rng_below(r, rng_below(r, 4) ? 600 : 20000);
    uint64_t count = rng_below(r, 5), *iov = (uint64_t *)where;
    if ((uint64_t)iov >= (uint64_t)area && (uint64_t)(iov + 10) <= (uint64_t)tail && (uint64_t)iov % 8 == 0)
        for (uint64_t i = 0; i < count; i++) {
            iov[2 * i] = rng_below(r, 8) ? address(r) : hostile(r);
            iov[2 * i + 1] = rng_below(r, 8) ? rng_below(r, 500) : hostile(r);
        }
    return rng_below(r, 16) ? count : rng_below(r, 3000);
}

/* One with a handler, mostly: the others end or stop the process. */
static uint64_t signal_number(struct rng *r)
{
    uint64_t signo = 1 + rng_below(r, 21) * 3;
    return signo != SIGSTOP && rng_below(r, 200) ? signo : rng_below(r, 66);
}

static uint64_t event(struct rng *r)
{
    struct _kc_sigevent *ev = (void *)address(r);
    memset(ev, 0, sizeof(*ev));
    ev->notify = (int)rng_below(r, rng_below(r, 8) ? 12 : 70000);
    ev->id = rng_below(r, 2) ? (int)kept(r, coids) : (int)signal_number(r);
    ev->code = (int16_t)rng_below(r, rng_below(r, 8) ? 128 : 70000);
    ev->priority = (int16_t)(rng_below(r, 8) ? 1 + rng_below(r, 20) : hostile(r));
    ev->value = rng_below(r, 3) ? (uint64_t)&world->words[rng_below(r, 256)] : hostile(r);
    return (uint64_t)ev;
}

static void created(void)
{
    for (;;) {
        const uint64_t no[6] = { 0 };
        call(KC_THREAD_EXIT, no);
    }
}

static uint64_t creation(struct rng *r)
{
    struct _kc_thread_create *tc = (void *)address(r);
    memset(tc, 0, sizeof(*tc));
    tc->entry = rng_below(r, 8) ? (uint64_t)created : hostile(r);
    tc->sp = (address(r) & ~15UL) + 256;
    tc->flags = rng_below(r, 8) ? rng_below(r, 2) : rng_below(r, 8);
    tc->tid_addr = rng_below(r, 2) ? 0 : hostile(r);
    tc->policy = (int)rng_below(r, 5);
    tc->priority = (int)rng_below(r, 12);
    return (uint64_t)tc;
}

static uint64_t interval(struct rng *r)
{
    struct _itimer *it = (void *)address(r);
    it->nsec = rng_below(r, 4) ? rng_below(r, 2000000) : rng_next(r);
    it->interval_nsec = rng_below(r, 4) ? 0 : 100000 + rng_below(r, 3000000);
    return (uint64_t)it;
}

static uint64_t argument(struct rng *r, enum kind kind, uint64_t before)
{
    if (rng_below(r, 12) == 0)
        return hostile(r);
    switch (kind) {
    case NO:
        return 0;
    case RAW:
        return rng_below(r, 2) ? rng_below(r, 16) : hostile(r);
    case COID:
        return rng_below(r, 16) ? kept(r, coids) : SYSMGR_COID;
    case CHID:
        return kept(r, world->chid[rng_below(r, 4) ? me : rng_below(r, PROCESSES)]);
    case RCVID:
        return rng_below(r, 16) ? kept(r, rcvids) : 0;
    case PID:
        return rng_below(r, 3) ? 0 : (uint64_t)atomic_load(&world->pid[rng_below(r, PROCESSES)]);
    case TID:
        return rng_below(r, 3) ? kept(r, tids) : rng_below(r, 6);
    case TIMER:
        return kept(r, timers);
    case SIGNO:
        return signal_number(r);
    case PRIO:
        return rng_below(r, 3) ? 1 + rng_below(r, 12) : (uint64_t)-1;
    case SMALL:
        return rng_below(r, 2) ? rng_below(r, 4) : 1UL << rng_below(r, 16);
    case CLOCK:
        return rng_below(r, 6) ? rng_below(r, 4) : rng_next(r);
    case PARTS:
        return parts(r, before);
    case IN:
    case OUT:
        return address(r);
    case SYNC:
        return (uint64_t)&world->words[rng_below(r, 64) * (rng_below(r, 2) ? 4 : 1)];
    case EVENT:
        return rng_below(r, 8) ? event(r) : 0;
    case TIME: {
        uint64_t *ns = (void *)address(r);
        *ns = rng_below(r, 2000000);
        return (uint64_t)ns;
    }
    case CREATE:
        return creation(r);
    case ITIMER:
        return rng_below(r, 8) ? interval(r) : 0;
    }
    return 0;
}

/* ---- a process */

/* A pulse at p: a client that wants to go is let go, mostly, or soon nobody would be left to make calls. */
static void answer_pulse(struct rng *r, uint64_t p)
{
    const struct _kc_pulse *pulse = (const void *)p;
    if (p % 8 != 0 || p < (uint64_t)area || p + sizeof(*pulse) > (uint64_t)tail || rng_below(r, 16) == 0)
        return;
    const uint64_t error[6] = { pulse->value, EINTR }, detach[6] = { (uint64_t)(int64_t)pulse->scoid };
    if (pulse->code == _PULSE_CODE_UNBLOCK)
        call(KC_MSG_ERROR, error);
    else if (pulse->code == _PULSE_CODE_DISCONNECT)
        call(KC_CONNECT_DETACH, detach);
}

static void remember(struct rng *r, uint16_t number, const uint64_t a[6], long result)
{
    switch (number) {
    case KC_CHANNEL_CREATE:
        keep(r, world->chid[me], result);
        break;
    case KC_CONNECT_ATTACH:
        keep(r, coids, result);
        break;
    case KC_MSG_RECEIVEV:
        if (result > 0)
            keep(r, rcvids, result);
        else if (result == 0 && (int64_t)a[2] < 0)
            answer_pulse(r, a[1]);
        break;
    case KC_TIMER_CREATE:
        keep(r, timers, result);
        break;
    case KC_THREAD_CREATE:
        keep(r, tids, result);
        break;
    default:
        break;
    }
}

static unsigned total_weight(void)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < SHAPES; i++)
        sum += shapes[i].weight;
    return sum;
}

static const struct shape *choose(struct rng *r, unsigned total)
{
    unsigned at = rng_below(r, total);
    const struct shape *s = shapes;
    while (at >= s->weight)
        at -= s++->weight;
    return s;
}

static void one_call(struct rng *r, unsigned total, atomic_uint *last)
{
    const struct shape *s = choose(r, total);
    uint64_t a[6] = { 0 }, ns = rng_below(r, 1500000), number = s->number;
    if (s->deadly && rng_below(r, 300) != 0)
        return;
    for (int i = 0; i < 6; i++)
        a[i] = argument(r, s->kind[i], i ? a[i - 1] : 0);
    if (rng_below(r, 64) == 0)
        number = rng_below(r, 300); /* holes, taskman's calls, another call's arguments */
    if (number == KC_PROC_EXIT && rng_below(r, 8))
        return;
    for (int i = 0; i < 4; i++)
        *(uint64_t *)address(r) = rng_below(r, 4) ? rng_below(r, 64) : hostile(r);
    const uint64_t limit[6] = { _KC_CLOCK_MONOTONIC, _NTO_TIMEOUT_MASK & ~_NTO_TIMEOUT_NANOSLEEP, 0, (uint64_t)&ns, 0, 0 };
    call(KC_TIMER_TIMEOUT, limit);
    atomic_fetch_add(&world->calls, 1);
    atomic_fetch_add(&world->beat[me], 1);
    atomic_store(last, (unsigned)number);
    long result = call(number, a);
    if (number == s->number)
        remember(r, s->number, a, result);
}

static uint64_t seed;

static void *attack(void *arg)
{
    struct rng r = rng_of(seed, (uintptr_t)arg);
    unsigned total = total_weight();
    for (;;)
        one_call(&r, total, &world->last[me][(uintptr_t)arg % 8]);
    return NULL;
}

static void on_signal(int signo)
{
    (void)signo;
}

/* generation: how often this place was filled before. */
static int process(unsigned place, uint64_t generation)
{
    struct sched_param prio = { .sched_priority = 8 };
    struct rlimit memory = { 64UL << 20, 64UL << 20 };
    pthread_t t;
    me = place;
    setrlimit(RLIMIT_AS, &memory);
    if (SchedSet(0, 0, SCHED_RR, &prio) == -1 || setgid(USER) == -1 || setuid(USER) == -1)
        return 3;
    area = mmap(NULL, (AREA_PAGES + 2) * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
    read_only = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANON, -1, 0);
    if (area == MAP_FAILED || read_only == MAP_FAILED)
        return 3;
    tail = area + AREA_PAGES * 4096;
    munmap(tail, 2 * 4096);
    for (int i = 0; i < KEEP; i++) {
        coids[i] = rcvids[i] = timers[i] = tids[i] = -1;
        atomic_store(&world->chid[me][i], i < 4 ? ChannelCreate(i == 0 ? _NTO_CHF_UNBLOCK | _NTO_CHF_DISCONNECT : 0) : -1);
    }
    for (int signo = 1; signo < 64; signo += 3)
        if (signo != SIGSTOP)
            signal(signo, on_signal);
    atomic_store(&world->pid[me], getpid());
    for (unsigned i = 0; i < THREADS; i++)
        if (pthread_create(&t, NULL, attack, (void *)(uintptr_t)(generation * 64 + me * 8 + i)) != 0)
            return 4;
    attack((void *)(uintptr_t)(generation * 64 + me * 8 + THREADS));
    return 5;
}

/* ---- the supervisor */

struct place {
    pid_t pid;
    uint64_t generation, beat, moved; /* moved: when its calls last went on (ms) */
    uint64_t killed;                  /* when it was told to end, 0: it was not */
};

static struct place places[PROCESSES];
static unsigned died, stuck, broken, hung;

static void start(unsigned i)
{
    struct place *p = &places[i];
    p->generation++;
    p->killed = 0;
    p->moved = now_ms();
    p->pid = fork();
    if (p->pid == 0)
        _exit(process(i, p->generation));
    if (p->pid == -1)
        bail_out("fork: %s", strerror(errno));
}

static void end_place(struct place *p)
{
    if (!p->killed && p->pid > 0) {
        p->killed = now_ms();
        kill(p->pid, SIGKILL);
    }
}

static void reap(int again)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (unsigned i = 0; i < PROCESSES; i++) {
            if (places[i].pid != pid)
                continue;
            places[i].pid = 0;
            died += !places[i].killed;
            broken += WIFEXITED(status) && WEXITSTATUS(status) == 3;
            if (again)
                start(i);
        }
}

/* Stopped, or all threads ended or wait for a server that does not answer: part of the game, if only it can be killed. */
static void look(unsigned i)
{
    struct place *p = &places[i];
    uint64_t beat = atomic_load(&world->beat[i]), now = now_ms();
    if (beat != p->beat) {
        p->beat = beat;
        p->moved = now;
    } else if (!p->killed && now - p->moved > 2000) {
        stuck++;
        diag("process %u stands still; its last calls: %u %u %u %u", i, world->last[i][0], world->last[i][1], world->last[i][2],
             world->last[i][3]);
        end_place(p);
    }
    if (p->killed && now - p->killed > 3000)
        for (unsigned k = 0; k < PROCESSES; k++)
            end_place(&places[k]); /* it waits for a server that lives on and does not answer: the server has to go, too */
}

static int anybody(void)
{
    for (unsigned i = 0; i < PROCESSES; i++)
        if (places[i].pid > 0)
            return 1;
    return 0;
}

static void run(uint64_t calls)
{
    uint64_t told = now_ms(), begin = atomic_load(&world->calls);
    struct rng r = rng_of(seed, 1);
    for (unsigned i = 0; i < PROCESSES; i++)
        start(i);
    while (atomic_load(&world->calls) - begin < calls) {
        sleep_ms(5);
        reap(1);
        for (unsigned i = 0; i < PROCESSES; i++)
            look(i);
        if (rng_below(&r, 100) == 0)
            end_place(&places[rng_below(&r, PROCESSES)]);
        if (now_ms() - told > 20000) {
            told = now_ms();
            diag("%lu calls; %u processes died, %u stood still", (unsigned long)(atomic_load(&world->calls) - begin), died, stuck);
        }
    }
    for (unsigned i = 0; i < PROCESSES; i++)
        end_place(&places[i]);
    for (uint64_t until = now_ms() + 30000; anybody() && now_ms() < until; sleep_ms(5))
        reap(0);
    hung += (unsigned)anybody();
}

int main(int argc, char **argv)
{
    struct options o = options_parse(argc, argv, 60000);
    struct sched_param prio = { .sched_priority = 100 }; /* above all that a process without rights may have: one that spins is ended */
    int status = -1;
    seed = o.seed;
    world = mmap(NULL, sizeof(*world), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANON, -1, 0);
    if (world == MAP_FAILED || SchedSet(0, 0, SCHED_RR, &prio) == -1)
        bail_out("set-up: %s", strerror(errno));
    memset(world, 0, sizeof(*world));
    run(4000);
    struct holdings before = holdings_now();
    run(o.amount);
    diag("%lu calls with seed %lu; %u processes died, %u stood still and were killed", (unsigned long)atomic_load(&world->calls),
         (unsigned long)seed, died, stuck);
    is_int(broken, 0, "every process could be set up");
    is_int(hung, 0, "every process could be ended");
    ok(atomic_load(&world->calls) >= o.amount, "the calls were made");
    pid_t pid = fork();
    if (pid == 0)
        _exit(7);
    ok(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 7, "processes work as before");
    check_holdings(&before);
    return done();
}
