/* SPDX-License-Identifier: Apache-2.0 */
/* Guest instructions per operation, counted by the `cycle` CSR under QEMU's -icount shift=0 (one instruction, one cycle, in
 * every privilege mode).  One hart; medians of many samples, less the cost of reading the counter.  Run by tests/bench/run.
 * Output: "bench NAME MEDIAN" per line. */
#include <abi/ecall.h>
#include <abi/kercall.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/neutrino.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SAMPLES 501
#define BIG (1 << 20)

static uint64_t sample[SAMPLES];
static uint64_t overhead;
static char *buf;
static int coid, pulse_out, pulse_in;

static inline uint64_t cycles(void)
{
    uint64_t c;
    __asm__ volatile("rdcycle %0" : "=r"(c));
    return c;
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static uint64_t measure(void (*op)(size_t), size_t arg, int n)
{
    for (int i = 0; i < 5; i++)
        op(arg);
    for (int i = 0; i < n; i++) {
        uint64_t t0 = cycles();
        op(arg);
        sample[i] = cycles() - t0;
    }
    qsort(sample, (size_t)n, sizeof(sample[0]), compare);
    return sample[n / 2];
}

static void report(const char *name, void (*op)(size_t), size_t arg, int n)
{
    printf("bench %s %llu\n", name, (unsigned long long)(measure(op, arg, n) - overhead));
    fflush(stdout);
}

static void nothing(size_t arg)
{
    (void)arg;
    __asm__ volatile("");
}

static void null_call(size_t arg)
{
    _kc_call1(KC_NOP, (long)arg);
}

static void round_trip(size_t len)
{
    MsgSendnc(coid, buf, len, buf, len);
}

static void one_way(size_t len)
{
    MsgSendnc(coid, buf, len, NULL, 0);
}

static void pulse_pair(size_t arg)
{
    struct _pulse p;
    (void)arg;
    MsgSendPulse(pulse_out, -1, 1, 0);
    MsgReceivePulse(pulse_in, &p, sizeof(p), NULL);
}

static void yield_pair(size_t arg)
{
    (void)arg;
    SchedYield();
}

static void mutex_pair(size_t arg)
{
    static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
    (void)arg;
    pthread_mutex_lock(&m);
    pthread_mutex_unlock(&m);
}

/* A more important thread that wants a mutex which its waker holds. */
static pthread_mutex_t shared = PTHREAD_MUTEX_INITIALIZER;
static sem_t turn;

static void *important(void *arg)
{
    for (;;) {
        sem_wait(&turn);
        pthread_mutex_lock(&shared);
        pthread_mutex_unlock(&shared);
    }
    return arg;
}

/* Four switches: the other thread is woken, waits for the mutex, gets it, sleeps again. */
static void contended(size_t arg)
{
    (void)arg;
    pthread_mutex_lock(&shared);
    sem_post(&turn);
    pthread_mutex_unlock(&shared);
}

static void start_important(void)
{
    struct sched_param p;
    pthread_attr_t a;
    pthread_t t;
    pthread_getschedparam(pthread_self(), &(int){0}, &p);
    p.sched_priority++;
    pthread_attr_init(&a);
    pthread_attr_setinheritsched(&a, PTHREAD_EXPLICIT_SCHED);
    pthread_attr_setschedpolicy(&a, SCHED_FIFO);
    pthread_attr_setschedparam(&a, &p);
    sem_init(&turn, 0, 0);
    if (pthread_create(&t, &a, important, NULL) != 0)
        exit(1);
    usleep(1000); /* it sleeps by then */
}

/* Nanoseconds, which are instructions here, from the time a sleep should end to the first instruction after it; idle in between. */
static uint64_t lateness(void)
{
    static uint64_t late[201];
    for (int i = 0; i < 201; i++) {
        struct timespec at, now;
        clock_gettime(CLOCK_MONOTONIC, &at);
        at.tv_nsec += 2000000 + i * 137;
        at.tv_sec += at.tv_nsec / 1000000000;
        at.tv_nsec %= 1000000000;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
        clock_gettime(CLOCK_MONOTONIC, &now);
        late[i] = (uint64_t)((now.tv_sec - at.tv_sec) * 1000000000L + now.tv_nsec - at.tv_nsec);
    }
    qsort(late, 201, sizeof(late[0]), compare);
    return late[100];
}

static void *ends(void *arg)
{
    return arg;
}

static void create_join(size_t arg)
{
    pthread_t t;
    (void)arg;
    pthread_create(&t, NULL, ends, NULL);
    pthread_join(t, NULL);
}

/* Answers messages with as many bytes as came, if the client wants any; pulses with a pulse. */
static void server(int chid, int back)
{
    char *b = malloc(BIG);
    memset(b, 1, BIG);
    struct _msg_info info;
    for (;;) {
        int rcvid = MsgReceive(chid, b, BIG, &info);
        if (rcvid > 0)
            MsgReply(rcvid, 0, b, (size_t)info.dstmsglen);
        else
            MsgSendPulse(back, -1, 1, 0);
    }
}

static pid_t start_server(void)
{
    int fd[2], chid;
    pulse_in = ChannelCreate(0);
    if (pipe(fd) == -1)
        exit(1);
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        chid = ChannelCreate(0);
        int back = ConnectAttach(0, parent, pulse_in, _NTO_SIDE_CHANNEL, 0);
        if (write(fd[1], &chid, sizeof(chid)) != sizeof(chid))
            _exit(1);
        server(chid, back);
    }
    if (read(fd[0], &chid, sizeof(chid)) != sizeof(chid))
        exit(1);
    coid = pulse_out = ConnectAttach(0, pid, chid, _NTO_SIDE_CHANNEL, 0);
    return pid;
}

int main(void)
{
    buf = malloc(BIG);
    memset(buf, 2, BIG);
    overhead = measure(nothing, 0, SAMPLES);
    report("null_call", null_call, 0, SAMPLES);
    report("mutex_uncontended", mutex_pair, 0, SAMPLES);
    report("pthread_create_join", create_join, 0, 101);
    start_important();
    report("mutex_contended", contended, 0, SAMPLES);
    printf("bench timer_lateness %llu\n", (unsigned long long)lateness());
    pid_t pid = start_server();
    report("msg_0", round_trip, 0, SAMPLES);
    report("msg_64", round_trip, 64, SAMPLES);
    report("msg_4096_one_way", one_way, 4096, SAMPLES);
    report("msg_65536_one_way", one_way, 65536, 101);
    report("msg_1048576_one_way", one_way, BIG, 21);
    report("pulse_pair", pulse_pair, 0, SAMPLES);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    pid = fork();
    if (pid == 0)
        for (;;)
            SchedYield();
    report("yield_two_switches", yield_pair, 0, SAMPLES);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    printf("bench end\n");
    return 0;
}
