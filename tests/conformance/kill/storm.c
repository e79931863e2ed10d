/* SPDX-License-Identifier: Apache-2.0 */
/* Processes killed at random moments while they send, receive, fork, map, lock and make timers leave nothing behind: afterwards
 * the kernel and taskman hold as many objects as before (TMSG_SYS_KSTAT). */
#include <abi/taskman.h>
#include <abi/tm.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/neutrino.h>
#include <sys/wait.h>
#include <time.h>
#include "../tap.h"

struct stats {
    struct tm_kstat k;
    struct taskman_stat t;
};

static struct stats stats(void)
{
    struct stats s;
    struct tmsg_hdr h = { .type = TMSG_SYS, .subtype = TMSG_SYS_KSTAT };
    memset(&s, 0, sizeof(s));
    if (MsgSend(SYSMGR_COID, &h, sizeof(h), &s, sizeof(s)) == -1)
        bail_out("TMSG_SYS_KSTAT: %s", strerror(errno));
    return s;
}

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

static void victim(int kind)
{
    pthread_t t;
    signal(SIGUSR1, SIG_IGN);
    chid = ChannelCreate(_NTO_CHF_UNBLOCK | _NTO_CHF_DISCONNECT);
    void *(*const jobs[])(void *) = { sender, receiver, mapper, locker, opener, locker };
    for (int i = 0; i < 6; i++)
        pthread_create(&t, NULL, jobs[(i + kind) % 6], NULL);
    for (;;) {
        pid_t p = fork();
        if (p == 0)
            _exit(0);
        waitpid(p, NULL, 0);
    }
}

static unsigned seed = 1;

static unsigned next_random(void)
{
    seed = seed * 1103515245 + 12345;
    return seed >> 16;
}

static void storm(int rounds)
{
    for (int i = 0; i < rounds; i++) {
        pid_t p = fork();
        if (p == 0)
            victim(i);
        if (p == -1)
            bail_out("fork: %s", strerror(errno));
        struct timespec ts = { 0, (long)(next_random() % 25) * 1000000 };
        nanosleep(&ts, NULL);
        kill(p, SIGKILL);
        int st;
        if (waitpid(p, &st, 0) != p || !WIFSIGNALED(st))
            bail_out("round %d: the victim did not die of SIGKILL", i);
    }
}

static void settle(void)
{
    struct timespec ts = { 0, 300000000 };
    nanosleep(&ts, NULL);
}

#define SAME(field) ok(before.field == after.field, #field ": %lu before, %lu after", (unsigned long)before.field, (unsigned long)after.field)

int main(void)
{
    storm(3); /* caches and id tables reach their size */
    settle();
    struct stats before = stats();
    storm(60);
    settle();
    struct stats after = stats();
    SAME(k.processes);
    SAME(k.threads);
    SAME(k.channels);
    SAME(k.connections);
    SAME(k.sconns);
    SAME(k.timers);
    SAME(k.interrupts);
    SAME(k.objects);
    SAME(k.pulses);
    SAME(k.sync_waiters);
    SAME(t.processes);
    SAME(t.regions);
    SAME(t.ocbs);
    SAME(t.path_nodes);
    SAME(t.links);
    SAME(t.waiters);
    SAME(t.shm_objects);
    ok(after.k.free_pages + 64 >= before.k.free_pages, "free pages: %lu before, %lu after", (unsigned long)before.k.free_pages,
       (unsigned long)after.k.free_pages);
    return done();
}
