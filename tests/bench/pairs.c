/* SPDX-License-Identifier: Apache-2.0 */
/* usage: pairs TRIPS [PAIRS]
 *
 * Independent pairs of a client and a server, one pair to a hart: a pair alone on hart 0, then PAIRS (as many as harts).  Output: "pairs N
 * MESSAGES_PER_SECOND" for each.  The trips of the last round are between the marks of the plugin `marked`.  Run by
 * tests/bench/scaling. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/neutrino.h>
#include <sys/syspage.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAIRS_MAX 8
#define WARM_UP   200
#define BYTES     64

/* Shared by all. */
static struct shared {
    atomic_int chid[PAIRS_MAX], server[PAIRS_MAX], ready, go;
    uint64_t begun[PAIRS_MAX], ended[PAIRS_MAX];
} *s;

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

static void pin(int hart)
{
    if (ThreadCtl(_NTO_TCTL_RUNMASK, (void *)(uintptr_t)(1U << hart)) == -1)
        die("ThreadCtl");
}

static void serve(int i)
{
    char msg[BYTES];
    int chid = ChannelCreate(0);
    if (chid == -1)
        die("ChannelCreate");
    pin(i);
    s->chid[i] = chid;
    s->server[i] = getpid();
    for (;;) {
        struct _msg_info info;
        int rcvid = MsgReceive(chid, msg, sizeof(msg), &info);
        if (rcvid > 0)
            MsgReply(rcvid, 0, msg, sizeof(msg));
        else if (rcvid == -1)
            die("MsgReceive");
    }
}

static void trips(int coid, long n)
{
    char msg[BYTES] = { 0 };
    while (n-- > 0)
        if (MsgSend(coid, msg, sizeof(msg), msg, sizeof(msg)) == -1)
            die("MsgSend");
}

static void ask(int i, long n, int marked)
{
    while (s->server[i] == 0)
        usleep(1000);
    int coid = ConnectAttach(0, s->server[i], s->chid[i], _NTO_SIDE_CHANNEL, 0);
    if (coid == -1)
        die("ConnectAttach");
    pin(i);
    trips(coid, WARM_UP);
    s->ready++;
    while (!s->go)
        usleep(1000);
    s->begun[i] = now();
    if (marked)
        __asm__ volatile("slti x0, x0, 1");
    trips(coid, n);
    if (marked)
        __asm__ volatile("slti x0, x0, 2");
    s->ended[i] = now();
    exit(0);
}

static void run(int pairs, long n, int marked)
{
    pid_t server[PAIRS_MAX], client[PAIRS_MAX];
    uint64_t begun = UINT64_MAX, ended = 0;
    *s = (struct shared){ .ready = 0 };
    for (int i = 0; i < pairs; i++) {
        if ((server[i] = fork()) == 0)
            serve(i);
        if ((client[i] = fork()) == 0)
            ask(i, n, marked);
        if (server[i] == -1 || client[i] == -1)
            die("fork");
    }
    while (s->ready < pairs)
        usleep(1000);
    s->go = 1;
    for (int i = 0; i < pairs; i++) {
        int status;
        if (waitpid(client[i], &status, 0) == -1 || status != 0)
            die("a client");
        kill(server[i], SIGKILL);
        waitpid(server[i], &status, 0);
        begun = s->begun[i] < begun ? s->begun[i] : begun;
        ended = s->ended[i] > ended ? s->ended[i] : ended;
    }
    printf("pairs %d %.0f\n", pairs, (double)pairs * (double)n * 1e9 / (double)(ended - begun));
    fflush(stdout);
}

int main(int argc, char **argv)
{
    long n = argc > 1 ? atol(argv[1]) : 10000;
    int harts = _syspage_ptr->num_cpu;
    s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANON, NOFD, 0);
    if (s == MAP_FAILED)
        die("mmap");
    int pairs = argc > 2 ? atoi(argv[2]) : harts;
    run(1, n, pairs == 1);
    if (pairs > 1)
        run(pairs < PAIRS_MAX ? pairs : PAIRS_MAX, n, 1);
    return 0;
}
