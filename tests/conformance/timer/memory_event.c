/* SPDX-License-Identifier: Apache-2.0 */
/* SIGEV_MEMORY: an event that changes a word; SignalKillSigval(); a time of day before the machine was started.
 * Pages: QNX Neutrino Library Reference, sigevent, TimerCreate(), MsgDeliverEvent(), MsgVerifyEvent(), SignalKillSigval(),
 * ClockTime(). */
#define _GNU_SOURCE
#include <sys/mman.h>
#include "../rendezvous.h"

static unsigned word;

static unsigned after(unsigned start, int op, unsigned value)
{
    struct sigevent ev;
    word = start;
    SIGEV_MEMORY_INIT(&ev, &word, op, value);
    if (MsgDeliverEvent(0, &ev) == -1)
        return 0xdead;
    return word;
}

static void operations(void)
{
    is_int(after(5, SIGEV_MEM_ASSIGN, 9), 9, "assign");
    is_int(after(5, SIGEV_MEM_ADD, 9), 14, "add");
    is_int(after(5, SIGEV_MEM_SUB, 2), 3, "subtract");
    is_int(after(0x11, SIGEV_MEM_BITSET, 0x22), 0x33, "set bits");
    is_int(after(0x33, SIGEV_MEM_BITCLR, 0x21), 0x12, "clear bits");
    is_int(after(0x33, SIGEV_MEM_BITTOGGLE, 0x0f), 0x3c, "toggle bits");
}

static void from_a_timer(void)
{
    struct sigevent ev;
    struct _itimer it = {.nsec = 1000000, .interval_nsec = 1000000};
    word = 0;
    SIGEV_MEMORY_INIT(&ev, &word, SIGEV_MEM_ADD, 1);
    int id = TimerCreate(CLOCK_MONOTONIC, &ev);
    ok(id >= 0, "a timer with SIGEV_MEMORY");
    TimerSettime(id, 0, &it, NULL);
    for (int i = 0; i < 5000 && __atomic_load_n(&word, __ATOMIC_RELAXED) < 3; i++)
        rv_sleep_ms(1);
    ok(word >= 3, "counts its expiries");
    TimerDestroy(id);
}

/* A client in another process gives its server an event on a word that both can see. */
static void from_a_server(void)
{
    unsigned *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANON, -1, 0);
    int chid = ChannelCreate(0), status = -1;
    pid_t server = getpid(), child = fork();
    if (child == 0) {
        struct sigevent ev;
        int coid = ConnectAttach(0, server, chid, _NTO_SIDE_CHANNEL, 0);
        SIGEV_MEMORY_INIT(&ev, shared, SIGEV_MEM_BITSET, 0x80000001);
        if (MsgSend(coid, &ev, sizeof ev, NULL, 0) != 0)
            _exit(1);
        for (int i = 0; i < 5000 && !*(volatile unsigned *)shared; i++)
            rv_sleep_ms(1);
        _exit(*shared == 0x80000001 ? 0 : 2);
    }
    struct sigevent ev;
    int rcvid = rv_receive(chid, &ev, sizeof ev, NULL);
    is_int(MsgVerifyEvent(rcvid, &ev), 0, "the client's event is sound");
    MsgReply(rcvid, 0, NULL, 0);
    is_int(MsgDeliverEvent(rcvid, &ev), 0, "delivered after the reply");
    waitpid(child, &status, 0);
    is_int(status, 0, "the client's word has changed");
    ChannelDestroy(chid);
}

static void errors(void)
{
    struct sigevent ev;
    SIGEV_MEMORY_INIT(&ev, (char *)&word + 1, SIGEV_MEM_ADD, 1);
    is_int(MsgDeliverEvent_r(0, &ev), EINVAL, "a word across words: EINVAL");
    SIGEV_MEMORY_INIT(&ev, &word, 99, 1);
    is_int(MsgDeliverEvent_r(0, &ev), EINVAL, "no such operation: EINVAL");
    is_int(TimerCreate_r(CLOCK_MONOTONIC, &ev), -EINVAL, "... for a timer, too");
    SIGEV_MEMORY_INIT(&ev, NULL, SIGEV_MEM_ADD, 1);
    is_int(MsgDeliverEvent_r(0, &ev), EINVAL, "no word: EINVAL");
    SIGEV_MEMORY_INIT(&ev, 0x1000, SIGEV_MEM_ADD, 1);
    is_int(MsgDeliverEvent_r(0, &ev), EFAULT, "a word nowhere: EFAULT");
    const unsigned *constant = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANON, -1, 0);
    SIGEV_MEMORY_INIT(&ev, constant, SIGEV_MEM_ADD, 1);
    is_int(MsgDeliverEvent_r(0, &ev), EFAULT, "a word that cannot be written: EFAULT");
}

static void *volatile got;

static void handler(int sig, siginfo_t *info, void *ctx)
{
    (void)sig;
    (void)ctx;
    got = info->si_value.sival_ptr;
}

static void sigval(void)
{
    struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    union sigval v = {.sival_ptr = (void *)0x123456789abcUL};
    sigaction(SIGUSR1, &sa, NULL);
    is_int(SignalKillSigval(ND_LOCAL_NODE, 0, gettid(), SIGUSR1, SI_MINAVAIL, &v), 0, "SignalKillSigval()");
    ok(got == v.sival_ptr, "carries a pointer");
    is_int(SignalKillSigval_r(ND_LOCAL_NODE, 32000, 0, SIGUSR1, SI_MINAVAIL, &v), ESRCH, "no such process: ESRCH");
    is_int(SignalKillSigval_r(ND_LOCAL_NODE, 0, 1, 99, SI_MINAVAIL, &v), EINVAL, "no such signal: EINVAL");
}

static void before_the_start(void)
{
    uint64_t early = 1000, old = 0, now = 0, up = 0;
    struct timespec at, ts;
    ClockTime(CLOCK_MONOTONIC, NULL, &up);
    ok(up > early, "the machine has been up for a while");
    is_int(ClockTime(CLOCK_REALTIME, &early, &old), 0, "a time of day smaller than that");
    ClockTime(CLOCK_REALTIME, NULL, &now);
    ok(now >= early && now < up, "the clock goes on from there");
    clock_gettime(CLOCK_REALTIME, &ts);
    ok(ts.tv_sec < (time_t)(up / 1000000000) + 1, "... clock_gettime(), too");
    at = ts;
    at.tv_nsec += 20000000;
    if (at.tv_nsec >= 1000000000)
        at.tv_sec++, at.tv_nsec -= 1000000000;
    is_int(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &at, NULL), 0, "sleeping until a time of that day");
    clock_gettime(CLOCK_REALTIME, &ts);
    ok(ts.tv_sec > at.tv_sec || (ts.tv_sec == at.tv_sec && ts.tv_nsec >= at.tv_nsec), "... lasts until then");
    early = UINT64_MAX;
    is_int(ClockTime_r(CLOCK_REALTIME, &early, NULL), EINVAL, "after the end of time: EINVAL");
    old += 1000000000;
    ClockTime(CLOCK_REALTIME, &old, NULL);
}

int main(void)
{
    tap_plan(0);
    operations();
    from_a_timer();
    from_a_server();
    errors();
    sigval();
    before_the_start();
    return done();
}
