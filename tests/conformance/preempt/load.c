/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that make the kernel work for long, one after the other: what tests/qemu-plugins/irqoff looks at. Here it only matters that each
 * of them does what it is for. */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include "../rendezvous.h"

#define MIB (1UL << 20)
#define GIB (1UL << 30)
#define SPACE (48 * MIB)
#define MANY 1000
#define THREADS 100
#define PROCESSES 40
#define PARTS 1024

static char *space(unsigned long bytes, int flags)
{
    char *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (p == MAP_FAILED)
        bail_out("mmap of %lu bytes", bytes);
    for (unsigned long i = 0; i < bytes; i += 4096)
        p[i] = 1;
    return p;
}

static int ended_well(pid_t pid)
{
    int status;
    return waitpid(pid, &status, 0) == pid && status == 0;
}

static void spaces(void)
{
    char *p = space(SPACE, MAP_PRIVATE | MAP_ANON);
    pid_t pid = fork();
    if (pid == 0) {
        for (unsigned long i = 0; i < SPACE; i += 8192)
            p[i] = 2;
        _exit(p[0] == 2 && p[4096] == 1 ? 0 : 1);
    }
    ok(ended_well(pid), "fork and end of a large process");
    ok(p[0] == 1 && mprotect(p, SPACE, PROT_READ) == 0, "protection of a large range changed");
    ok(munmap(p, SPACE) == 0, "a large range unmapped");
    p = mmap(NULL, 2UL << 30, PROT_NONE, MAP_PRIVATE | MAP_ANON, -1, 0);
    ok(p == MAP_FAILED || munmap(p, 2UL << 30) == 0, "a huge empty range mapped or refused, and unmapped");
    p = space(8 * MIB, MAP_SHARED | MAP_ANON);
    ok(munmap(p, 8 * MIB) == 0, "shared memory mapped and unmapped");
}

/* 33 pages at the far end of the last table of each GiB: every table on the way to them has to be looked through. So far down nothing is
 * placed by itself (taskman/memory/aspace.h). */
static int sparse_pages(int may_write)
{
    int placed = 0;
    for (unsigned long at = 5 * GIB; at <= 60 * GIB; at += GIB) {
        char *want = (char *)(at - 33 * 4096), *p = want;
        if (may_write) {
            p = mmap(want, 33 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
            if (p != want)
                bail_out("mmap at %p: %p", (void *)want, (void *)p);
        }
        for (int i = 0; i < 33; i++) {
            if (may_write)
                p[i * 4096] = (char)(placed + i);
            else if (p[i * 4096] != (char)(placed + i))
                return -1;
        }
        placed++;
    }
    return placed;
}

static void sparse(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        int placed = sparse_pages(1);
        pid = fork();
        if (pid == 0)
            _exit(sparse_pages(0) == placed ? 0 : 1);
        if (!ended_well(pid))
            _exit(2);
        _exit(munmap((char *)(5 * GIB - 33 * 4096), 20 * GIB) == 0 ? 0 : 3);
    }
    ok(ended_well(pid), "fork, unmapping and end of a process with few pages in many tables");
}

static void objects(void)
{
    int fd = shm_open("/preempt_load", O_RDWR | O_CREAT, 0600);
    ok(fd != -1 && ftruncate(fd, SPACE) == 0, "a large memory object");
    char *p = mmap(NULL, SPACE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ok(p != MAP_FAILED, "mapped");
    ok(munmap(p, SPACE) == 0 && ftruncate(fd, 4096) == 0, "unmapped and shortened");
    ok(ftruncate(fd, SPACE) == 0 && close(fd) == 0 && shm_unlink("/preempt_load") == 0, "grown again and destroyed");
}

/* Message of many small parts, from a process to another one with parts of another size. */
static void parts(void)
{
    static iov_t out[PARTS], in[PARTS];
    static char from[PARTS * 16], to[PARTS * 16];
    int chid = ChannelCreate(0);
    pid_t parent = getpid(), pid = fork();
    for (int i = 0; i < PARTS; i++) {
        SETIOV(&out[i], from + i * 16, i % 2 ? 15 : 0);
        SETIOV(&in[i], to + i * 16, 16);
    }
    if (pid == 0) {
        int coid = ConnectAttach(0, parent, chid, _NTO_SIDE_CHANNEL, 0);
        memset(from, 'x', sizeof from);
        _exit(MsgSendv(coid, out, PARTS, in, PARTS) == 3 && to[5000] == 'y' ? 0 : 1);
    }
    int rcvid = MsgReceivev(chid, in, PARTS, NULL);
    ok(rcvid > 0 && to[PARTS / 2 * 15 - 1] == 'x' && to[PARTS / 2 * 15] == 0, "a message of 1024 parts");
    memset(from, 'y', sizeof from);
    ok(MsgReplyv(rcvid, 3, out, PARTS) == 0 && ended_well(pid), "a reply of 1024 parts");
    ChannelDestroy(chid);
}

static void channels(void)
{
    static int chids[MANY], coids[MANY];
    int made = 0, gone = 0;
    for (int way = 0; way < 2; way++) {
        pid_t pid = way ? fork() : 0;
        if (pid != 0) {
            ok(ended_well(pid), "a process with 1,000 channels and connections ends");
            return;
        }
        for (int i = 0; i < MANY; i++) {
            chids[i] = ChannelCreate(_NTO_CHF_DISCONNECT | _NTO_CHF_COID_DISCONNECT);
            coids[i] = ConnectAttach(0, 0, chids[i], _NTO_SIDE_CHANNEL, 0);
            made += chids[i] != -1 && coids[i] != -1;
        }
        if (way)
            _exit(made == 2 * MANY ? 0 : 1);
        ok(made == MANY, "1,000 channels with a connection each");
        for (int i = 0; i < MANY; i++)
            gone += (i % 2 || ConnectDetach(coids[i]) == 0) && ChannelDestroy(chids[i]) == 0;
        for (int i = 1; i < MANY; i += 2)
            ConnectDetach(coids[i]);
        ok(gone == MANY, "destroyed");
    }
}

static void timers(void)
{
    static int id[MANY];
    struct sigevent ev;
    struct _pulse pulse;
    int chid = ChannelCreate(0), coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0), came = 0;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    SIGEV_PULSE_INIT(&ev, coid, 10, 1, 0);
    for (int i = 0; i < MANY; i++) {
        struct _itimer it = {.nsec = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec + 700000000};
        id[i] = TimerCreate(CLOCK_REALTIME, &ev);
        TimerSettime(id[i], TIMER_ABSTIME, &it, NULL);
    }
    uint64_t set = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec + 200000000; /* not before the uptime */
    ok(ClockTime(CLOCK_REALTIME, &set, NULL) == 0, "the clock set with 1,000 timers that follow it");
    while (came < MANY) {
        rv_receive_timeout(5000);
        if (MsgReceivePulse(chid, &pulse, sizeof pulse, NULL) == -1)
            break;
        came++;
    }
    is_int(came, MANY, "1,000 timers due at one moment");
    for (int i = 0; i < MANY; i++)
        TimerDestroy(id[i]);
    ConnectDetach(coid);
    ChannelDestroy(chid);
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static int waiting, woken, victim;

static void *cond_waiter(void *arg)
{
    pthread_mutex_lock(&lock);
    waiting++;
    while (!*(volatile int *)arg)
        pthread_cond_wait(&cond, &lock);
    woken++;
    pthread_mutex_unlock(&lock);
    return NULL;
}

static void *sender(void *arg)
{
    return (void *)(intptr_t)(MsgSend(*(int *)arg, NULL, 0, NULL, 0) == -1 ? errno : 0);
}

static void start_threads(pthread_t *t, void *(*fn)(void *), void *arg)
{
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 16384);
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&t[i], &attr, fn, arg) != 0)
            bail_out("pthread_create");
}

static void threads(void)
{
    static pthread_t t[THREADS];
    static int go;
    start_threads(t, cond_waiter, &go);
    for (int all = 0; !all; rv_sleep_ms(1)) {
        pthread_mutex_lock(&lock);
        all = waiting == THREADS;
        pthread_mutex_unlock(&lock);
    }
    pthread_mutex_lock(&lock);
    go = 1;
    pthread_cond_broadcast(&cond);
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < THREADS; i++)
        pthread_join(t[i], NULL);
    is_int(woken, THREADS, "a broadcast wakes 100 threads");

    int chid = ChannelCreate(0), failed = 0;
    victim = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    start_threads(t, sender, &victim);
    rv_sleep_ms(100);
    ChannelDestroy(chid);
    for (int i = 0; i < THREADS; i++) {
        void *err;
        pthread_join(t[i], &err);
        failed += (intptr_t)err == ESRCH;
    }
    is_int(failed, THREADS, "a channel destroyed under 100 senders");
}

static void many_threads_end(void)
{
    static pthread_t t[THREADS];
    static int never;
    int fd[2], status = 0;
    if (pipe(fd) == -1)
        bail_out("pipe");
    pid_t pid = fork();
    if (pid == 0) {
        start_threads(t, cond_waiter, &never);
        if (write(fd[1], "", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    char c;
    ok(read(fd[0], &c, 1) == 1 && kill(pid, SIGSTOP) == 0 && waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status),
       "a process of 100 threads stopped");
    ok(kill(pid, SIGCONT) == 0 && kill(pid, SIGKILL) == 0 && waitpid(pid, &status, 0) == pid && WIFSIGNALED(status),
       "continued and killed");
    close(fd[0]);
    close(fd[1]);
}

static void groups(void)
{
    pid_t first = 0;
    int ended = 0;
    for (int i = 0; i < PROCESSES; i++) {
        pid_t pid = fork();
        if (pid == 0)
            for (;;)
                pause();
        setpgid(pid, first ? first : pid);
        first = first ? first : pid;
    }
    ok(kill(-first, SIGTERM) == 0, "a signal to a group of 40 processes");
    while (waitpid(-first, NULL, 0) > 0)
        ended++;
    is_int(ended, PROCESSES, "all end");
}

int main(void)
{
    spaces();
    sparse();
    objects();
    parts();
    channels();
    timers();
    threads();
    many_threads_end();
    groups();
    return done();
}
