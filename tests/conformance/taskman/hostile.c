/* SPDX-License-Identifier: Apache-2.0 */
/* Malformed and random messages to taskman, from a process without rights: each gets an answer,
 * taskman lives on, and when the senders are gone it holds nothing more than before.  Page: none;
 * architecture.md, "Bad input". */
#include <abi/iomsg.h>
#include <abi/taskman.h>
#include <abi/tm.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/neutrino.h>
#include <sys/wait.h>
#include <time.h>
#include "../tap.h"

#define CHILDREN 3
#define MESSAGES 1000

struct stats {
    struct tm_kstat k;
    struct taskman_stat t;
};

static struct stats stats(void)
{
    struct stats s;
    struct tmsg_hdr h = {.type = TMSG_SYS, .subtype = TMSG_SYS_KSTAT};

    memset(&s, 0, sizeof(s));
    if (MsgSend(SYSMGR_COID, &h, sizeof(h), &s, sizeof(s)) == -1)
        bail_out("TMSG_SYS_KSTAT: %s", strerror(errno));
    return s;
}

static uint64_t state;

static uint32_t pick(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 33) % below;
}

static uint64_t number(void)
{
    static const uint64_t odd[] = {0,
                                   1,
                                   2,
                                   7,
                                   4095,
                                   4096,
                                   0x7fff,
                                   0x7fffffff,
                                   0x80000000u,
                                   0xffffffffu,
                                   0x3ff0000000,
                                   0x3fffffe000,
                                   0x3ffffff000,
                                   0x4000000000,
                                   INT64_MAX,
                                   UINT64_MAX,
                                   UINT64_MAX - 4095};

    return pick(4) ? odd[pick(sizeof(odd) / sizeof(odd[0]))]
                   : ((uint64_t)pick(UINT32_MAX) << 32 | pick(UINT32_MAX)) >> pick(64);
}

static uint8_t message[2048], answer[4096];

/* A random message of a known family; its length. */
static size_t make_message(void)
{
    uint16_t head[2] = {(uint16_t)(TMSG_BASE + pick(4)), (uint16_t)pick(20)};
    size_t n = 4 + pick(pick(8) ? 160 : sizeof(message) - 4);

    for (size_t i = 0; i + 8 <= sizeof(message); i += 4) {
        uint64_t v = number();
        memcpy(message + i, &v, 4);
    }
    if (pick(2)) {
        head[0] = (uint16_t)(_IO_BASE + pick(_IO_SYNC - _IO_BASE + 2));
        head[1] = (uint16_t)(pick(3) ? 0 : number());
    }
    if (head[0] == _IO_CONNECT) {
        struct _io_connect *c = (void *)message;
        head[1] = (uint16_t)pick(10);
        c->handle = pick(14);
        c->path_len = (uint16_t)(pick(3) ? 8 : number());
        strcpy(c->path, pick(2) ? "x/../yz" : "1/as\0\0\0");
    }
    if (head[0] == TMSG_PATH) {
        struct tmsg_path *p = (void *)message;
        p->path_len = pick(3) ? 20 : (uint32_t)number();
        strcpy((char *)(p + 1), "/dev/../zz/./y//q/t");
    }
    memcpy(message, head, sizeof(head));
    if (head[0] == TMSG_SYS && head[1] == TMSG_SYS_LOG)
        n = sizeof(struct tmsg_hdr); /* the console is where the results go */
    return n;
}

static int is_left_out(void)
{
    const uint16_t *head = (const void *)message;

    if (head[0] != TMSG_PROC)
        return 0;
    /* These answer twice, never, or end the sender: they have a turn of their own. */
    return head[1] == TMSG_PROC_FORK || head[1] == TMSG_PROC_EXEC || head[1] == TMSG_PROC_DAEMON;
}

static void send_one(int coid)
{
    uint64_t timeout = 20000000;
    size_t n = make_message();

    if (is_left_out())
        return;
    TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_SEND | _NTO_TIMEOUT_REPLY, NULL, &timeout, NULL);
    switch (pick(8)) {
    case 0: /* the reply has nowhere to go */
        MsgSend(coid, message, n, (void *)8, 64);
        break;
    case 1:
        MsgSend(coid, message, n, NULL, 0);
        break;
    default:
        MsgSend(coid, message, n, answer, sizeof(answer));
    }
}

/* A spawn request with one or more words of its head overwritten. */
static void bad_spawn(void)
{
    struct tmsg_spawn *req = (void *)message;
    uint64_t v;

    memset(message, 0, sizeof(message));
    req->type = TMSG_PROC;
    req->subtype = TMSG_PROC_SPAWN;
    req->total = sizeof(*req) + 64;
    req->path_off = req->argv_off = req->envp_off = sizeof(*req);
    req->argc = req->envc = 1;
    strcpy((char *)(req + 1), "/no/such/program");
    req->nfds = -1;
    for (uint32_t k = 1 + pick(2); k; k--) {
        v = number();
        memcpy(message + 4 + 4 * pick(sizeof(*req) / 4 - 1), &v, 4);
    }
    MsgSend(SYSMGR_COID, message, sizeof(*req) + 64, answer, 8);
}

static int child(uint64_t seed)
{
    int coids[6];

    state = seed;
    if (setgid(77) != 0 || setuid(77) != 0)
        return 1;
    coids[0] = SYSMGR_COID;
    coids[1] = open("/dev/null", O_RDWR);
    coids[2] = open("/dev/shmem/hostile", O_RDWR | O_CREAT, 0600);
    coids[3] = open("/proc/boot", O_RDONLY);
    coids[4] = open("/dev/zero", O_RDWR);
    coids[5] = open("/proc/self/as", O_RDONLY);
    for (int i = 0; i < MESSAGES; i++) {
        send_one(coids[pick(6)]);
        if (i % 16 == 0)
            bad_spawn();
    }
    return 0;
}

int main(void)
{
    struct stats before, after;
    struct timespec pause = {0, 50000000};
    pid_t pid[CHILDREN];
    char *boot;

    boot = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                0); /* so that the first mmap is behind us */
    munmap(boot, 4096);
    before = stats();
    for (int i = 0; i < CHILDREN; i++) {
        pid[i] = fork();
        if (pid[i] == 0)
            _exit(child((uint64_t)time(NULL) * 2654435761u + (uint64_t)i * 7919 + 1));
    }
    for (int i = 0; i < CHILDREN; i++) {
        int status = -1;
        /* Random munmap() and mprotect() may have taken the ground from under the sender: a signal
         * is as good as an exit. */
        ok(waitpid(pid[i], &status, 0) == pid[i] && status != 0x100, "sender %d came to its end",
           i);
        if (status)
            diag("sender %d: status 0x%x", i, (unsigned)status);
    }
    shm_unlink("hostile");
    unlink("/dev/shmem/hostile");
    for (int tries = 0; tries < 400; tries++) { /* failed spawns, and forks that a random message made, end on their own time */
        nanosleep(&pause, NULL);
        after = stats();
        if (after.t.processes == before.t.processes && after.k.processes == before.k.processes)
            break;
    }
    is_int(after.t.processes, before.t.processes, "taskman: as many processes as before");
    is_int(after.t.ocbs, before.t.ocbs, "open files");
    is_int(after.t.links, before.t.links, "attached names");
    is_int(after.t.path_nodes, before.t.path_nodes, "name nodes");
    is_int(after.t.waiters, before.t.waiters, "waiters");
    ok(after.t.regions <= before.t.regions, "regions: %u before, %u after", before.t.regions, after.t.regions);
    is_int(after.k.processes, before.k.processes, "kernel: processes");
    is_int(after.k.threads, before.k.threads, "threads");
    is_int(after.k.connections, before.k.connections, "connections");
    is_int(after.k.channels, before.k.channels, "channels");
    return done();
}
