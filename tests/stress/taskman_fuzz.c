/* SPDX-License-Identifier: Apache-2.0 */
/* Malformed, mutated and random messages to taskman, from several processes without rights, which its answers fork, map, exec and end:
 * each message gets an answer, taskman lives on, and when the senders are gone it holds nothing more than before.
 * -n: messages.  Page: none; architecture.md, "Bad input". */
#include <abi/iomsg.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include "stress.h"

#define SENDERS 3
#define USER 77
#define FAMILY 24 /* processes of that user at most */

struct world {
    _Atomic uint64_t sent;
    uint64_t limit;
};
static struct world *world;

static struct rng rng;

static uint32_t pick(uint32_t below)
{
    return rng_below(&rng, below);
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

/* One as libc sends it, with some words changed, or none. */
static size_t make_valid(const int *coids)
{
    static const uint32_t kinds[][2] = {
        { TMSG_MEM, TMSG_MEM_MAP },      { TMSG_MEM, TMSG_MEM_INFO },      { TMSG_MEM, TMSG_MEM_SHMCTL },
        { TMSG_PATH, TMSG_PATH_RESOLVE }, { TMSG_PATH, TMSG_PATH_ATTACH },  { TMSG_PATH, TMSG_PATH_CHDIR },
        { TMSG_PATH, TMSG_PATH_GETCWD }, { TMSG_PROC, TMSG_PROC_WAIT },    { TMSG_PROC, TMSG_PROC_SETPGID },
        { TMSG_PROC, TMSG_PROC_RLIMIT }, { TMSG_PROC, TMSG_PROC_EVENT },   { TMSG_PROC, TMSG_PROC_FORK },
        { TMSG_SYS, TMSG_SYS_CONF },     { TMSG_PROC, TMSG_PROC_SETSID },
    };
    union {
        uint16_t head[2];
        struct tmsg_map map;
        struct tmsg_path path;
        struct tmsg_wait wait;
        struct tmsg_rlimit limit;
        struct tmsg_event event;
    } *m = (void *)message;
    const uint32_t *kind = kinds[pick(sizeof(kinds) / sizeof(kinds[0]))];
    memset(message, 0, 256);
    if (kind[0] == TMSG_MEM) {
        m->map.prot = pick(8);
        m->map.flags = pick(2) ? MAP_PRIVATE | MAP_ANON : MAP_SHARED;
        m->map.fd = pick(3) ? coids[1 + pick(5)] : -1;
        m->map.bytes = 1 + pick(70000);
        m->map.offset = pick(3) * 4096;
    } else if (kind[0] == TMSG_PATH) {
        m->path.flags = pick(4) ? 0 : pick(128);
        m->path.file_type = pick(4);
        m->path.path_len = 12;
        strcpy((char *)(&m->path + 1), pick(2) ? "/dev/shmem" : "/tmp/hostile");
    } else if (kind[1] == TMSG_PROC_WAIT) {
        m->wait.pid = -1;
        m->wait.options = 4 + (int)pick(2);
    } else if (kind[1] == TMSG_PROC_RLIMIT) {
        m->limit.resource = (int)pick(16);
        m->limit.set = pick(2);
        m->limit.cur = m->limit.max = 1UL << 26;
    } else if (kind[1] == TMSG_PROC_EVENT) {
        m->event.flags = pick(8);
        m->event.event[0] = pick(10);
    }
    m->head[0] = (uint16_t)kind[0];
    m->head[1] = (uint16_t)kind[1];
    for (uint32_t n = pick(3); n; n--) {
        uint64_t v = number();
        memcpy(message + 4 + 4 * pick(14), &v, 4);
    }
    return 64 + pick(32);
}

static int is_left_out(void)
{
    const uint16_t *head = (const void *)message;
    if (head[0] == TMSG_PROC && (head[1] == TMSG_PROC_EXEC || head[1] == TMSG_PROC_DAEMON))
        return pick(64) != 0; /* end the sender, or hide it from the supervisor */
    return head[0] == TMSG_PROC && head[1] == TMSG_PROC_FORK && pick(8) != 0;
}

static void send_one(const int *coids)
{
    uint64_t timeout = 20000000;
    size_t n = pick(2) ? make_message() : make_valid(coids);

    if (is_left_out())
        return;
    atomic_fetch_add(&world->sent, 1);
    TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_SEND | _NTO_TIMEOUT_REPLY, NULL, &timeout, NULL);
    switch (pick(8)) {
    case 0: /* the reply has nowhere to go */
        MsgSend(coids[pick(6)], message, n, (void *)8, 64);
        break;
    case 1:
        MsgSend(coids[pick(6)], message, n, NULL, 0);
        break;
    default:
        MsgSend(coids[pick(6)], message, n, answer, sizeof(answer));
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

/* A fork that a message makes comes back here, too: in the child as an orphan that goes on sending. */
static int sender(uint64_t seed, uint64_t stream)
{
    struct rlimit family = { FAMILY, FAMILY };
    int coids[6];

    rng = rng_of(seed, stream);
    if (setrlimit(RLIMIT_NPROC, &family) != 0 || setgid(USER) != 0 || setuid(USER) != 0)
        return 3;
    coids[0] = SYSMGR_COID;
    coids[1] = open("/dev/null", O_RDWR);
    coids[2] = open("/dev/shmem/hostile", O_RDWR | O_CREAT, 0600);
    coids[3] = open("/proc/boot", O_RDONLY);
    coids[4] = open("/dev/zero", O_RDWR);
    coids[5] = open("/proc/self/as", O_RDONLY);
    while (atomic_load(&world->sent) < world->limit) {
        pid_t self = getpid();
        send_one(coids);
        if (getpid() != self) /* not our parent's numbers again */
            rng.state ^= (uint64_t)getpid() << 20;
        if (pick(16) == 0)
            bad_spawn();
    }
    return 0;
}

/* Every process of that user is told to end, until there is none. */
static int sweep(void)
{
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        if (setgid(USER) != 0 || setuid(USER) != 0)
            _exit(3);
        for (int tries = 0; tries < 6000 && kill(-1, SIGKILL) == 0; tries++)
            sleep_ms(5);
        _exit(kill(-1, 0) == 0);
    }
    for (;;) { /* the others are waited for as well: the dead count */
        int other;
        pid_t got = wait(&other);
        if (got == pid)
            status = other;
        else if (got == -1 && errno == ECHILD)
            return status != 0;
    }
}

static unsigned ended, broken;

/* A random open or link may have made names there; they stay, as they should. */
static void empty_shmem(void)
{
    char path[512];
    struct dirent *e;
    DIR *d = opendir("/dev/shmem");
    while (d && (e = readdir(d)) != NULL) {
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
            continue;
        snprintf(path, sizeof(path), "/dev/shmem/%s", e->d_name);
        unlink(path);
    }
    if (d)
        closedir(d);
}

static void storm(uint64_t messages, uint64_t seed)
{
    pid_t pid[SENDERS] = { 0 };
    uint64_t stream = 0, told = now_ms();
    int status;
    world->limit = atomic_load(&world->sent) + messages;
    while (atomic_load(&world->sent) < world->limit) {
        for (int i = 0; i < SENDERS; i++) {
            if (pid[i] > 0 && waitpid(pid[i], &status, WNOHANG) == 0)
                continue;
            /* Random munmap() and mprotect() take the ground from under a sender: a signal is as good as an exit. */
            if (pid[i] > 0) {
                ended++;
                broken += WIFEXITED(status) && WEXITSTATUS(status) == 3;
            }
            pid[i] = fork();
            if (pid[i] == 0)
                _exit(sender(seed, stream));
            stream++;
        }
        sleep_ms(5);
        if (now_ms() - told > 20000) {
            told = now_ms();
            diag("%lu messages to go; %u senders ended", (unsigned long)(world->limit - atomic_load(&world->sent)), ended);
        }
    }
    ok(sweep() == 0, "every sender could be ended");
    empty_shmem();
}

int main(int argc, char **argv)
{
    struct options o = options_parse(argc, argv, 6000);
    int status = -1;
    world = mmap(NULL, sizeof(*world), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANON, -1, 0);
    if (world == MAP_FAILED)
        bail_out("mmap: %s", strerror(errno));
    memset(world, 0, sizeof(*world));
    storm(600, o.seed + 1);
    struct holdings before = holdings_now();
    storm(o.amount, o.seed);
    diag("%lu messages with seed %lu; %u senders ended on the way", (unsigned long)atomic_load(&world->sent), (unsigned long)o.seed, ended);
    is_int(broken, 0, "every sender could be set up");
    pid_t pid = fork();
    if (pid == 0)
        _exit(7);
    ok(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 7, "processes work as before");
    check_holdings(&before);
    return done();
}
