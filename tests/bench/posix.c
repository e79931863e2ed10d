/* SPDX-License-Identifier: Apache-2.0 */
/* The same operations on QRV and on Linux, timed by the clock: tests/bench/linux builds it for both and compares.  One hart, equal priorities,
 * SCHED_FIFO.  Output: "posix NAME NANOSECONDS" per line, the least of some rounds.  On Linux it is the first process, and powers off. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#else
#include <sys/neutrino.h>
#endif

#define ROUNDS 9
#define ROUND_NS 20000000
#define BIG 65536

static char buf[BIG];

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint64_t time_of(void (*op)(void), long n)
{
    uint64_t t = now();
    for (long i = 0; i < n; i++)
        op();
    return now() - t;
}

static void report(const char *name, void (*op)(void))
{
    long n = 1;
    uint64_t best = UINT64_MAX;
    while (time_of(op, n) < ROUND_NS / 2)
        n *= 2;
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t t = time_of(op, n) / (uint64_t)n;
        best = t < best ? t : best;
    }
    printf("posix %s %llu\n", name, (unsigned long long)best);
    fflush(stdout);
}

static void read_all(int fd, size_t bytes)
{
    for (size_t got = 0; got < bytes;) {
        ssize_t n = read(fd, buf, bytes - got);
        if (n <= 0)
            _exit(0); /* the other end has gone */
        got += (size_t)n;
    }
}

static void write_all(int fd, size_t bytes)
{
    for (size_t put = 0; put < bytes;) {
        ssize_t n = write(fd, buf, bytes - put);
        if (n <= 0)
            die("write");
        put += (size_t)n;
    }
}

/* ---- a partner that answers over pipes: `ask` bytes, then `answer` bytes back */

static int to[2], from[2];
static size_t ask, answer;
static pid_t partner;

static void begin(size_t a, size_t b)
{
    ask = a;
    answer = b;
    if (pipe(to) == -1 || pipe(from) == -1)
        die("pipe");
    partner = fork();
    if (partner == -1)
        die("fork");
    if (partner == 0) {
        close(to[1]);
        for (;;) {
            read_all(to[0], ask);
            write_all(from[1], answer);
        }
    }
}

static void end(void)
{
    close(to[0]);
    close(to[1]);
    close(from[0]);
    close(from[1]);
    kill(partner, SIGKILL);
    waitpid(partner, NULL, 0);
}

static void pipe_trip(void)
{
    write_all(to[1], ask);
    read_all(from[0], answer);
}

/* ---- the system's own way of a request and a reply: messages, or pipes again */

#ifdef __linux__
static void serve_begin(size_t a, size_t b) { begin(a, b); }
static void trip(void) { pipe_trip(); }
static void serve_end(void) { end(); }
#else
static int coid;

static void serve_begin(size_t a, size_t b)
{
    int chid;
    ask = a;
    answer = b;
    if (pipe(from) == -1)
        die("pipe");
    partner = fork();
    if (partner == -1)
        die("fork");
    if (partner == 0) {
        chid = ChannelCreate(0);
        if (write(from[1], &chid, sizeof(chid)) != sizeof(chid))
            die("write");
        for (;;) {
            struct _msg_info info;
            int rcvid = MsgReceive(chid, buf, ask, &info);
            if (rcvid > 0)
                MsgReply(rcvid, 0, buf, answer);
        }
    }
    if (read(from[0], &chid, sizeof(chid)) != sizeof(chid))
        die("read");
    coid = ConnectAttach(0, partner, chid, _NTO_SIDE_CHANNEL, 0);
    if (coid == -1)
        die("ConnectAttach");
}

static void trip(void)
{
    if (MsgSend(coid, buf, ask, buf, answer) == -1)
        die("MsgSend");
}

static void serve_end(void)
{
    ConnectDetach(coid);
    close(from[0]);
    close(from[1]);
    kill(partner, SIGKILL);
    waitpid(partner, NULL, 0);
}
#endif

/* ---- the operations */

static void null_call(void)
{
    (void)getppid();
}

static void yield(void)
{
    sched_yield();
}

static void *thread(void *arg)
{
    return arg;
}

static void thread_life(void)
{
    pthread_t t;
    if (pthread_create(&t, NULL, thread, NULL) != 0)
        die("pthread_create");
    pthread_join(t, NULL);
}

static void process_life(void)
{
    pid_t p = fork();
    if (p == -1)
        die("fork");
    if (p == 0)
        _exit(0);
    waitpid(p, NULL, 0);
}

static pthread_mutex_t mutex;

static void lock_unlock(void)
{
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
}

static sem_t ping, pong;

static void *answerer(void *arg)
{
    for (;;) {
        sem_wait(&ping);
        sem_post(&pong);
    }
    return arg;
}

static void sem_trip(void)
{
    sem_post(&ping);
    sem_wait(&pong);
}

static void yields(void)
{
    pid_t p = fork();
    if (p == -1)
        die("fork");
    if (p == 0)
        for (;;)
            sched_yield();
    report("yield_two_switches", yield);
    kill(p, SIGKILL);
    waitpid(p, NULL, 0);
}

static void all(void)
{
    pthread_mutexattr_t a;
    pthread_t t;
    report("null_call", null_call);
    serve_begin(64, 64);
    report("request_reply_64", trip);
    serve_end();
    serve_begin(BIG, 1);
    report("one_way_65536", trip);
    serve_end();
    begin(64, 64);
    report("pipe_round_trip_64", pipe_trip);
    end();
    yields();
    pthread_mutexattr_init(&a);
    pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT);
    pthread_mutex_init(&mutex, &a);
    report("mutex_uncontended", lock_unlock);
    report("pthread_create_join", thread_life);
    report("fork_exit_wait", process_life);
    sem_init(&ping, 0, 0);
    sem_init(&pong, 0, 0);
    if (pthread_create(&t, NULL, answerer, NULL) != 0)
        die("pthread_create");
    report("semaphore_round_trip", sem_trip);
}

int main(void)
{
    struct sched_param sp = { .sched_priority = 10 };
#ifdef __linux__
    if (mount("devtmpfs", "/dev", "devtmpfs", 0, NULL) == 0)
        dup2(open("/dev/console", O_RDWR), STDOUT_FILENO);
#endif
    signal(SIGPIPE, SIG_IGN);
    sched_setscheduler(0, SCHED_FIFO, &sp);
    all();
    puts("posix end");
    fflush(stdout);
#ifdef __linux__
    reboot(RB_POWER_OFF);
#endif
    return 0;
}
