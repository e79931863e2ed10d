/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What re-implementations of priorities, time slices, timeouts and mutexes most often get wrong, one result each; "semantic N"
 * of ../calls.list.
 * Pages: QNX Neutrino System Architecture, "Thread scheduling", "Priority inheritance and messages", "Mutexes"; Library
 * Reference, TimerTimeout(), MsgSendnc().
 */
#include <stdatomic.h>
#include "../blocked.h"

static int chid, coid;

static void set(int policy, int prio)
{
    struct sched_param sp = {.sched_priority = prio};
    if (SchedSet(0, 0, policy, &sp) == -1)
        bail_out("SchedSet");
}

static int current(int tid, int *policy)
{
    struct sched_param sp = {0};
    int p = SchedGet(0, tid, &sp);
    if (policy)
        *policy = p;
    return sp.sched_curpriority;
}

/* 8 */
static void inherits(void)
{
    struct rv_client high = {.coid = coid, .prio = 20, .smsg = "h", .slen = 1}, low = {.coid = coid, .prio = 7, .smsg = "l", .slen = 1};
    int policy = -1, policy_low = -1, before;
    char b[8];
    set(SCHED_FIFO, 12);
    rv_start(&low);
    int r = rv_receive(chid, b, sizeof b, NULL), at_low = current(0, &policy_low);
    rv_start(&high);
    for (int i = 0; i < 2000 && current(0, NULL) != 20; i++)
        rv_sleep_ms(1);
    before = current(0, NULL); /* it waits, nobody has received it */
    MsgReply(r, 0, NULL, 0);
    r = rv_receive(chid, b, sizeof b, NULL);
    int at_high = current(0, &policy);
    MsgReply(r, 0, NULL, 0);
    rv_join(&low);
    rv_join(&high);
    covers("semantic:8");
    ok(at_low == 7 && before == 20 && at_high == 20 && policy == SCHED_FIFO && policy_low == SCHED_FIFO,
       "down to 7, boosted to 20 while busy, up to 20, always FIFO (%d, %d, %d, %d)", at_low, before, at_high, policy);
    MsgReceive(-1, NULL, 0, NULL);
    set(SCHED_RR, 10);
}

/* 9: the server has no rights, its client's priority is a privileged one. */
static void clipped(void)
{
    int fd[2], theirs = -1;
    if (pipe(fd) != 0)
        bail_out("pipe");
    pid_t pid = fork();
    if (pid == 0) {
        char b[8];
        int id = ChannelCreate(0);
        if (setuid(1000) != 0 || write(fd[1], &id, sizeof id) != sizeof id)
            _exit(1);
        for (;;) {
            int r = MsgReceive(id, b, sizeof b, NULL);
            MsgReply(r, current(0, NULL), NULL, 0);
        }
    }
    if (read(fd[0], &theirs, sizeof theirs) != sizeof theirs)
        bail_out("no server");
    struct rv_client c = {.coid = ConnectAttach(0, pid, theirs, _NTO_SIDE_CHANNEL, 0), .prio = 80, .smsg = "x", .slen = 1};
    rv_start(&c);
    rv_join(&c);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    ConnectDetach(c.coid);
    close(fd[0]);
    close(fd[1]);
    covers("semantic:9");
    is_int(c.result, 63, "a client of priority 80 is served at 63 by a server without rights");
}

/* 15 */
static void *pulse_later(void *arg)
{
    rv_sleep_ms(40);
    MsgSendPulse(*(int *)arg, 10, 1, 0);
    return NULL;
}

/* Receives a pulse that comes later: 0, or -ETIMEDOUT when a timeout was armed for it. */
static long receive_later(int by)
{
    struct _pulse p;
    pthread_t t;
    uint64_t ns = 2000000;
    pthread_create(&t, NULL, pulse_later, &coid);
    if (by) {
        TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, NULL, &ns, NULL);
        if (by == 2)
            SchedYield(); /* any call uses it up */
    }
    long got = R_VALUE(MsgReceive_r(chid, &p, sizeof p, NULL));
    pthread_join(t, NULL);
    if (got != 0)
        MsgReceive(chid, &p, sizeof p, NULL);
    return got;
}

static void *arm_and_wait(void *arg)
{
    uint64_t ns = 1000000;
    TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, NULL, &ns, NULL);
    while (!atomic_load((atomic_int *)arg))
        ; /* armed, and no kernel call */
    return NULL;
}

static void timeout_once(void)
{
    struct _pulse p;
    pthread_t other;
    static atomic_int stop;
    long timed = receive_later(1), used_up = receive_later(2), plain = receive_later(0);
    pthread_create(&other, NULL, arm_and_wait, &stop);
    rv_sleep_ms(5);
    long not_mine = receive_later(0);
    stop = 1;
    pthread_join(other, NULL);
    TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, NULL, NULL, NULL);
    long polled = R_VALUE(MsgReceive_r(chid, &p, sizeof p, NULL));
    covers("semantic:15");
    ok(timed == -ETIMEDOUT && used_up == 0 && plain == 0 && not_mine == 0 && polled == -ETIMEDOUT,
       "for one call, whichever, of one thread; no time polls (%ld, %ld, %ld, %ld, %ld)", timed, used_up, plain, not_mine, polled);
}

/* 17: spinning threads on one hart. */
struct spinner {
    pthread_t thread;
    int policy;
    atomic_uint turns;
};
static atomic_int halt;

static void *spin(void *arg)
{
    struct spinner *s = arg;
    set(s->policy, 9);
    while (!halt)
        s->turns++;
    return NULL;
}

/* Two of a policy at one priority: how many of them get somewhere. */
static int share(int policy)
{
    struct spinner s[2] = {{.policy = policy}, {.policy = policy}};
    halt = 0;
    for (int i = 0; i < 2; i++)
        pthread_create(&s[i].thread, NULL, spin, &s[i]);
    for (int i = 0; i < 3000 && !(s[0].turns && s[1].turns); i++) {
        rv_sleep_ms(1);
        if (policy == SCHED_FIFO && i == 60)
            break;
    }
    int running = (s[0].turns > 0) + (s[1].turns > 0);
    halt = 1;
    for (int i = 0; i < 2; i++)
        pthread_join(s[i].thread, NULL);
    return running;
}

/* This thread and those that it makes. */
static void pin(unsigned mask)
{
    struct _thread_runmask m = {1, {mask, mask}};
    ThreadCtl(_NTO_TCTL_RUNMASK_GET_AND_SET_INHERIT, &m);
}

static void slices(void)
{
    struct _sched_info rr, other;
    struct _clockperiod tick;
    ClockPeriod(CLOCK_REALTIME, NULL, &tick, 0);
    SchedInfo(0, SCHED_RR, &rr);
    SchedInfo(0, SCHED_OTHER, &other);
    pin(1); /* at one hart with them, but more important */
    int n_rr = share(SCHED_RR), n_other = share(SCHED_OTHER), n_fifo = share(SCHED_FIFO);
    pin(~0U);
    covers("semantic:17");
    ok(rr.interval == 4ULL * tick.nsec && other.interval == rr.interval && n_rr == 2 && n_other == 2 && n_fifo == 1,
       "four ticks; RR and OTHER share a hart, FIFO does not (%lu, %d, %d, %d)", (unsigned long)rr.interval, n_rr, n_other, n_fifo);
}

/* 18: on one hart a client sends while another thread of its priority is ready. Who runs first after the reply? */
static char sequence[4];
static atomic_int place, ready_to_go;

static void mark(char c)
{
    sequence[place++] = c;
}

static void *nc_client(void *arg)
{
    if (*(int *)arg)
        MsgSendnc(coid, "x", 1, NULL, 0);
    else
        MsgSend(coid, "x", 1, NULL, 0);
    mark('C');
    return NULL;
}

static void *nc_rival(void *arg)
{
    mark('R');
    return arg;
}

static void *nc_server(void *arg)
{
    char b[8];
    int id = *(int *)arg;
    ready_to_go = gettid();
    int r = MsgReceive(id, b, sizeof b, NULL);
    MsgReply(r, 0, NULL, 0);
    return NULL;
}

/* A FIFO thread, on the harts of its creator. */
static void start(pthread_t *t, void *(*fn)(void *), void *arg, int prio)
{
    pthread_attr_t a;
    struct sched_param sp = {.sched_priority = prio};
    pthread_attr_init(&a);
    pthread_attr_setinheritsched(&a, PTHREAD_EXPLICIT_SCHED);
    pthread_attr_setschedpolicy(&a, SCHED_FIFO);
    pthread_attr_setschedparam(&a, &sp);
    if (pthread_create(t, &a, fn, arg) != 0)
        bail_out("pthread_create");
}

/* "CR": the client kept its place. */
static const char *who_first(int nc)
{
    pthread_t c, r, s;
    int fixed = ChannelCreate(_NTO_CHF_FIXED_PRIORITY), keep = coid;
    coid = ConnectAttach(0, 0, fixed, _NTO_SIDE_CHANNEL, 0);
    memset(sequence, 0, sizeof sequence);
    place = ready_to_go = 0;
    pin(1);
    set(SCHED_FIFO, 20);
    start(&s, nc_server, &fixed, 30);
    while (!ready_to_go || blocked_state(getpid(), ready_to_go) != STATE_RECEIVE)
        rv_sleep_ms(1);
    start(&c, nc_client, &nc, 11); /* both wait for this thread, at 20, to let them on the hart */
    start(&r, nc_rival, NULL, 11);
    set(SCHED_RR, 10);
    pthread_join(c, NULL);
    pthread_join(r, NULL);
    pthread_join(s, NULL);
    pin(~0U);
    ConnectDetach(coid);
    ChannelDestroy(fixed);
    coid = keep;
    return sequence;
}

static void nc_place(void)
{
    char plain[4], nc[4];
    strcpy(plain, who_first(0));
    strcpy(nc, who_first(1));
    covers("semantic:18");
    ok(strcmp(plain, "RC") == 0 && strcmp(nc, "CR") == 0, "after the reply: MsgSend() goes behind its equals, MsgSendnc() before (%s, %s)",
       plain, nc);
}

/* 19 */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int got_it[2];
static atomic_int count;

static void *want(void *arg)
{
    set(SCHED_RR, (int)(intptr_t)arg);
    pthread_mutex_lock(&mutex);
    got_it[count++] = (int)(intptr_t)arg;
    pthread_mutex_unlock(&mutex);
    return NULL;
}

static void handover(void)
{
    pthread_mutexattr_t a;
    pthread_t low, high;
    int protocol = -1, boosted = 0;
    pthread_mutexattr_init(&a);
    pthread_mutexattr_getprotocol(&a, &protocol);
    pthread_mutex_lock(&mutex);
    pthread_create(&low, NULL, want, (void *)15);
    for (int i = 0; i < 2000 && current(0, NULL) != 15; i++)
        rv_sleep_ms(1);
    pthread_create(&high, NULL, want, (void *)25);
    for (int i = 0; i < 2000 && current(0, NULL) != 25; i++)
        rv_sleep_ms(1);
    boosted = current(0, NULL);
    pthread_mutex_unlock(&mutex);
    int after = current(0, NULL);
    pthread_join(low, NULL);
    pthread_join(high, NULL);
    covers("semantic:19");
    ok(protocol == PTHREAD_PRIO_INHERIT && boosted == 25 && after == 10 && got_it[0] == 25 && got_it[1] == 15,
       "inheriting by default, and handed to the most important waiter (%d, %d, %d, %d)", protocol, boosted, after, got_it[0]);
}

int main(void)
{
    chid = ChannelCreate(0);
    coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    inherits();
    clipped();
    timeout_once();
    slices();
    nc_place();
    handover();
    return done();
}
