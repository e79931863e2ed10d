/* SPDX-License-Identifier: Apache-2.0 */
/* Processes killed at random moments while they send, receive, reply, fork, map, lock, make timers and take interrupts leave nothing
 * behind.  Each has a group of its own and is killed by itself or with the group, children that fork is making included.
 * -n: victims. */
#include <fcntl.h>
#include <pthread.h>
#include "../conformance/interrupt/goldfish.h"
#include "stress.h"

static int chid;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *sender(void *arg)
{
    (void)arg;
    int coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    char b[3000];
    for (;;)
        MsgSend(coid, b, sizeof(b), b, sizeof(b));
    return NULL;
}

static void *receiver(void *arg)
{
    (void)arg;
    char b[3000];
    for (;;) {
        int rcvid = MsgReceive(chid, b, sizeof(b), NULL);
        if (rcvid > 0)
            MsgReply(rcvid, 0, b, sizeof(b));
    }
    return NULL;
}

static void *mapper(void *arg)
{
    (void)arg;
    for (;;) {
        char *p = mmap(NULL, 64 * 1024, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (p != MAP_FAILED) {
            p[5000] = 1;
            munmap(p, 64 * 1024);
        }
    }
    return NULL;
}

static void *locker(void *arg)
{
    (void)arg;
    for (;;) {
        pthread_mutex_lock(&lock);
        sched_yield();
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

static void *opener(void *arg)
{
    (void)arg;
    for (;;) {
        struct sigevent ev;
        timer_t id;
        close(open("/dev/null", O_RDWR));
        SIGEV_SIGNAL_INIT(&ev, SIGUSR1);
        if (timer_create(CLOCK_MONOTONIC, &ev, &id) == 0)
            timer_delete(id);
    }
    return NULL;
}

/* An interrupt every 200 us, where there is a clock for it. */
static void *interrupted(void *arg)
{
    (void)arg;
    struct sigevent ev;
    SIGEV_INTR_INIT(&ev);
    int id = rtc != 0 && ThreadCtl(_NTO_TCTL_IO, NULL) != -1 ? InterruptAttachEvent(RTC_VECTOR, &ev, 0) : -1;
    while (id != -1) {
        rtc_alarm_in(200000);
        InterruptWait(0, NULL);
        rtc_quiet();
        InterruptUnmask(RTC_VECTOR, id);
    }
    return NULL;
}

static void victim(int kind)
{
    pthread_t t;
    setpgid(0, 0);
    signal(SIGUSR1, SIG_IGN);
    chid = ChannelCreate(_NTO_CHF_UNBLOCK | _NTO_CHF_DISCONNECT);
    void *(*const jobs[])(void *) = { sender, receiver, mapper, locker, opener, interrupted, locker };
    for (int i = 0; i < 7; i++)
        pthread_create(&t, NULL, jobs[(i + kind) % 7], NULL);
    for (;;) {
        pid_t p = fork();
        if (p == 0)
            _exit(0);
        waitpid(p, NULL, 0);
    }
}

static void storm(uint64_t rounds, struct rng *r)
{
    int status;
    for (uint64_t i = 0; i < rounds; i++) {
        pid_t p = fork();
        if (p == 0)
            victim((int)i);
        if (p == -1)
            bail_out("fork: %s", strerror(errno));
        setpgid(p, p);
        sleep_ms(rng_below(r, 25));
        if (rng_below(r, 4) == 0)
            kill(p, SIGSTOP);
        kill(rng_below(r, 2) ? p : -p, SIGKILL);
        if (end_child(p, &status) == -1 || !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
            bail_out("round %lu: the victim did not die of SIGKILL", (unsigned long)i);
        kill(-p, SIGKILL); /* a child that was being made */
    }
}

/* A child that fork is making belongs to the group already, but has no signal of its own to lose: what the group ignores does not
 * end it. */
static int ignoring(uint64_t rounds)
{
    int status, died = 0;
    for (uint64_t i = 0; i < rounds; i++) {
        pid_t p = fork();
        if (p == 0)
            _exit(0);
        died += p == -1 || waitpid(p, &status, 0) != p || status != 0;
    }
    return died != 0;
}

static void group_signals(uint64_t rounds)
{
    int status = -1;
    signal(SIGUSR1, SIG_IGN); /* inherited: the group's first signal may come before its first process runs */
    pid_t p = fork();
    if (p == 0) {
        setpgid(0, 0);
        _exit(ignoring(rounds));
    }
    setpgid(p, p);
    while (waitpid(p, &status, WNOHANG) == 0)
        kill(-p, SIGUSR1);
    ok(status == 0, "no child died of a signal that its group ignores (status 0x%x)", (unsigned)status);
}

int main(int argc, char **argv)
{
    struct options o = options_parse(argc, argv, 60);
    struct rng r = rng_of(o.seed, 0);
    if (!rtc_open()) {
        rtc = 0;
        diag("no clock for interrupts on this machine");
    }
    storm(3, &r); /* caches and id tables reach their size */
    struct holdings before = holdings_now();
    group_signals(o.amount * 4);
    storm(o.amount, &r);
    check_holdings(&before);
    return done();
}
