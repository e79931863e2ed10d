/* SPDX-License-Identifier: Apache-2.0 */
/* Messages: servers and clients that time out, are signalled, cancelled, detached, destroyed and killed while they wait. */
#include "mp.h"

#define SERVERS 3
#define CLIENTS 3
#define WORKERS 2    /* threads of a server */
#define SENDERS 2    /* threads of a client */
#define BODY_MAX 3000

struct header {
    uint32_t seq, bytes; /* of the body behind it */
    uint64_t sum;
};

struct server {
    _Atomic int32_t pid, chid;
    uint32_t flags;
};

static struct server servers[SERVERS];
static _Atomic bool stop;

static uint64_t pattern(uint32_t seq, uint32_t i)
{
    return (seq * 0x9e3779b97f4a7c15UL) ^ i;
}

static uint64_t fill(uint64_t *body, uint32_t seq, uint32_t bytes)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < bytes / 8; i++)
        sum += body[i] = pattern(seq, i);
    return sum;
}

/* A whole message, not parts of two; returns its number. */
static uint32_t check_message(uint64_t at)
{
    struct header h;
    u_read(&h, at, sizeof(h));
    MP_CHECK(h.bytes <= BODY_MAX);
    uint64_t word, sum = 0;
    for (uint32_t i = 0; i < h.bytes / 8; i++) {
        u_read(&word, at + sizeof(h) + i * 8, 8);
        sum += word;
    }
    MP_CHECK(sum == h.sum);
    return h.seq;
}

static uint32_t write_message(uint64_t at, uint32_t seq)
{
    static const uint32_t sizes[] = { 0, 8, 64, 512, 992, 1600, 2400 };
    uint64_t body[BODY_MAX / 8];
    uint32_t bytes = sizes[u_random() % (sizeof(sizes) / sizeof(sizes[0]))];
    struct header h = { .seq = seq, .bytes = bytes, .sum = fill(body, seq, bytes) };
    u_write(at, &h, sizeof(h));
    u_write(at + sizeof(h), body, bytes);
    return (uint32_t)sizeof(h) + bytes;
}

/* ---- servers */

static void on_pulse(uint64_t at)
{
    struct _kc_pulse p;
    u_read(&p, at, sizeof(p));
    if (p.code == _PULSE_CODE_UNBLOCK)
        MP_ONE_OF(kc(KC_MSG_ERROR, p.value, EINTR), 0, -ESRCH);
    else if (p.code == _PULSE_CODE_DISCONNECT)
        MP_ONE_OF(kc(KC_CONNECT_DETACH, p.scoid), 0, -EINVAL);
}

static void answer(int64_t rcvid, uint64_t at)
{
    struct header h;
    (void)check_message(at);
    u_read(&h, at, sizeof(h));
    if (mp_chance(4)) { /* again, from the client's memory: it must still be the same message, unless the client is gone */
        int64_t n = kc(KC_MSG_READV, rcvid, at, -(int64_t)sizeof(h), 0);
        MP_ONE_OF(n, sizeof(h), -ESRCH);
    }
    if (mp_chance(3))
        mp_pause();
    uint32_t n = write_message(at, h.seq + 1);
    if (mp_chance(8))
        MP_ONE_OF(kc(KC_MSG_ERROR, rcvid, EIO), 0, -ESRCH);
    else
        MP_ONE_OF(kc(KC_MSG_REPLYV, rcvid, h.seq & 0xffff, at, -(int64_t)n), 0, -ESRCH);
}

static void worker(void *arg)
{
    struct server *s = arg;
    uint64_t at = u_buf(), info = u_buf() + 0x2c00;
    while (!atomic_load(&stop)) {
        mp_timeout(_NTO_TIMEOUT_RECEIVE, mp_range(100, 2000) * MP_USEC);
        int32_t chid = atomic_load(&s->chid);
        int64_t r = mp_receive(chid, at, (int64_t)(sizeof(struct header) + BODY_MAX), mp_chance(2) ? info : 0);
        if (r == 0)
            on_pulse(at);
        else if (r > 0)
            answer(r, at);
        else
            MP_ONE_OF(r, -ETIMEDOUT, -ESRCH, -EINTR);
    }
}

/* A process that is being killed may still see that it gets none. */
static int32_t new_channel(const struct server *s)
{
    int64_t chid = kc(KC_CHANNEL_CREATE, s->flags);
    if (chid <= 0)
        MP_ONE_OF(chid, -ESRCH);
    return (int32_t)chid;
}

static void server_main(void *arg)
{
    struct server *s = arg;
    int32_t chid = new_channel(s);
    if (chid < 0)
        return;
    atomic_store(&s->chid, chid);
    atomic_store(&s->pid, u_pid());
    for (int i = 0; i < WORKERS; i++)
        mp_thread(worker, s, 0, (int)mp_range(8, 12));
    while (!atomic_load(&stop)) {
        mp_sleep(mp_range(200, 3000) * MP_USEC);
        if (!mp_chance(3))
            continue;
        int32_t again = new_channel(s);
        if (again < 0)
            return;
        int32_t old = atomic_exchange(&s->chid, again);
        MP_CHECK(kc(KC_CHANNEL_DESTROY, old) == 0);
    }
}

/* ---- clients */

static _Atomic uint32_t handled;

static void on_usr1(int signo)
{
    (void)signo;
    atomic_fetch_add(&handled, 1);
    if (mp_chance(4))
        kc(KC_SCHED_YIELD);
}

static int32_t attach(const struct server *s, uint32_t index)
{
    int32_t pid = atomic_load(&s->pid);
    if (pid == 0)
        return -1;
    int64_t c = kc(KC_CONNECT_ATTACH, 0, pid, atomic_load(&s->chid), index, 0);
    if (c < 0)
        MP_ONE_OF(c, -ESRCH);
    return (int32_t)c;
}

static void exchange(int32_t coid, uint32_t seq)
{
    uint64_t out = u_buf(), in = u_buf() + 0x1000;
    uint32_t n = write_message(out, seq);
    if (mp_chance(5))
        mp_timeout(_NTO_TIMEOUT_SEND | _NTO_TIMEOUT_REPLY, mp_range(0, 200) * MP_USEC);
    int64_t r = mp_send(coid, out, n, in, sizeof(struct header) + BODY_MAX);
    /* A late answer to an earlier message may come instead (the rcvid is the same), but status and data belong together. */
    if (r >= 0) {
        MP_CHECK(r == ((check_message(in) - 1) & 0xffff));
    } else {
        MP_ONE_OF(r, -EIO, -ESRCH, -EBADF, -ETIMEDOUT, -EINTR, -ECANCELED);
    }
}

static _Atomic int32_t shared_coid[CLIENTS];

static void sender(void *arg)
{
    unsigned me = (unsigned)(uintptr_t)arg;
    for (unsigned round = 0; round < mp_rounds(12); round++) {
        int32_t coid = attach(&servers[mp_range(0, SERVERS - 1)], mp_chance(2) ? _NTO_SIDE_CHANNEL : 3);
        if (coid < 0) {
            mp_sleep(20 * MP_USEC);
            continue;
        }
        int32_t before = atomic_exchange(&shared_coid[me], coid);
        for (unsigned i = 0; i < 4; i++)
            exchange(i == 3 && before > 0 ? before : coid, (uint32_t)u_random() & 0xffffff);
        MP_ONE_OF(kc(KC_CONNECT_DETACH, coid), 0, -EINVAL, -EBADF);
    }
}

/* Disturbs the other threads of its process. */
static void tormentor(void *arg)
{
    unsigned me = (unsigned)(uintptr_t)arg;
    for (unsigned i = 0; i < mp_rounds(30); i++) {
        int32_t tid = (int32_t)mp_range(2, 1 + SENDERS);
        switch (u_random() % 6) {
        case 0:
        case 1:
            MP_ONE_OF(kc(KC_SIGNAL_KILL, 0, tid, MP_SIGUSR1, 0, 0, 0), 0, -ESRCH, -EAGAIN);
            break;
        case 2:
            MP_ONE_OF(kc(KC_THREAD_CANCEL, tid), 0, -ESRCH);
            break;
        case 3: {
            int32_t param[2] = { (int32_t)mp_range(5, 15), 0 };
            u_write(u_buf(), param, sizeof(param));
            MP_ONE_OF(kc(KC_SCHED_SET, 0, tid, _KC_SCHED_NOCHANGE, u_buf()), 0, -ESRCH);
            break;
        }
        case 4: {
            int32_t coid = atomic_exchange(&shared_coid[me], 0);
            if (coid > 0 && mp_chance(3))
                MP_ONE_OF(kc(KC_CONNECT_DETACH, coid), 0, -EINVAL, -EBADF);
            break;
        }
        default:
            mp_sleep(mp_range(1, 100) * MP_USEC);
        }
        u_poll();
    }
}

static void join_all(unsigned from, unsigned to)
{
    for (unsigned tid = from; tid <= to; tid++)
        MP_CHECK(kc(KC_THREAD_JOIN, tid, 0) == 0);
}

static void client_main(void *arg)
{
    mp_handler(MP_SIGUSR1, on_usr1, mp_chance(2) ? MP_SA_RESTART : 0);
    for (int i = 0; i < SENDERS; i++)
        mp_thread(sender, arg, 0, (int)mp_range(8, 12));
    mp_thread(tormentor, arg, 0, 11);
    join_all(2, 2 + SENDERS);
}

static void start_servers(void)
{
    static const uint32_t flags[] = { 0, _NTO_CHF_UNBLOCK, _NTO_CHF_UNBLOCK | _NTO_CHF_DISCONNECT,
                                      _NTO_CHF_FIXED_PRIORITY | _NTO_CHF_COID_DISCONNECT };
    atomic_store(&stop, false);
    for (int i = 0; i < SERVERS; i++) {
        servers[i].flags = flags[u_random() % 4];
        atomic_store(&servers[i].pid, 0);
        mp_spawn(server_main, &servers[i]);
    }
}

/* Is the process still there? */
static bool lives(int32_t pid)
{
    return kc(KC_SIGNAL_KILL, pid, 0, 0, 0, 0, 0) == 0;
}

void scn_rendezvous(void)
{
    int32_t clients[CLIENTS];
    start_servers();
    for (unsigned i = 0; i < CLIENTS; i++)
        clients[i] = mp_spawn(client_main, (void *)(uintptr_t)i);
    for (unsigned i = 0; i < CLIENTS; i++)
        while (lives(clients[i]))
            mp_sleep(500 * MP_USEC);
    atomic_store(&stop, true);
}

/* The same, and now and then one of them is killed and another one started. */
void scn_kill(void)
{
    int32_t clients[CLIENTS];
    start_servers();
    for (unsigned i = 0; i < CLIENTS; i++)
        clients[i] = mp_spawn(client_main, (void *)(uintptr_t)i);
    for (unsigned n = 0; n < mp_rounds(12); n++) {
        mp_sleep(mp_range(20, 1500) * MP_USEC);
        unsigned i = (unsigned)mp_range(0, CLIENTS - 1);
        if (mp_chance(3)) {
            struct server *s = &servers[i % SERVERS];
            int32_t pid = atomic_load(&s->pid);
            if (pid == 0)
                continue;
            mp_kill(pid);
            atomic_store(&s->pid, 0);
            mp_spawn(server_main, s);
        } else {
            mp_kill(clients[i]);
            clients[i] = mp_spawn(client_main, (void *)(uintptr_t)i);
        }
    }
    for (unsigned i = 0; i < CLIENTS; i++)
        mp_kill(clients[i]);
    atomic_store(&stop, true);
}

/* ---- one message, several who answer it */

#define SLOTS 3
static _Atomic int64_t pending[SLOTS]; /* rcvids that everybody may answer */
static _Atomic int32_t rival_chid;

static void rival(void *arg)
{
    uint64_t at = u_buf();
    while (!atomic_load(&stop)) {
        if (mp_chance(2)) {
            mp_timeout(_NTO_TIMEOUT_RECEIVE, mp_range(10, 300) * MP_USEC);
            int64_t r = mp_receive(atomic_load(&rival_chid), at, 2048L, 0);
            if (r > 0)
                atomic_store(&pending[u_random() % SLOTS], r);
            if (r > 0 && mp_chance(2))
                continue; /* one of the others will, or the client gives up */
        }
        int64_t rcvid = atomic_load(&pending[u_random() % SLOTS]);
        if (rcvid <= 0)
            continue;
        switch (u_random() % 4) {
        case 0:
            MP_ONE_OF(kc(KC_MSG_WRITEV, rcvid, at, -256L, (uintptr_t)arg * 256), 256, 64, 0, -ESRCH); /* each its own part */
            break;
        case 1:
            MP_ONE_OF(kc(KC_MSG_ERROR, rcvid, EIO), 0, -ESRCH);
            break;
        default:
            MP_ONE_OF(kc(KC_MSG_REPLYV, rcvid, 0, at, -(int64_t)(mp_chance(2) ? 16 : 2000)), 0, -ESRCH);
        }
    }
}

static void rival_client(void *arg)
{
    int32_t pid = (int32_t)(intptr_t)arg;
    int64_t coid = kc(KC_CONNECT_ATTACH, 0, pid, atomic_load(&rival_chid), _NTO_SIDE_CHANNEL, 0);
    MP_CHECK(coid >= 0);
    for (unsigned i = 0; i < mp_rounds(40); i++) {
        mp_timeout(_NTO_TIMEOUT_SEND | _NTO_TIMEOUT_REPLY, mp_range(50, 400) * MP_USEC);
        int64_t r = mp_send((int32_t)coid, u_buf(), mp_chance(2) ? 8 : 2000, u_buf() + 0x1000, mp_chance(2) ? 64 : 2000);
        MP_ONE_OF(r, 0, -EIO, -ETIMEDOUT);
    }
}

static void rival_server(void *arg)
{
    (void)arg;
    atomic_store(&rival_chid, (int32_t)kc(KC_CHANNEL_CREATE, 0));
    for (int i = 0; i < 4; i++)
        mp_thread(rival, (void *)(uintptr_t)i, 0, 10);
    join_all(2, 5);
}

void scn_two_replies(void)
{
    int32_t clients[3];
    atomic_store(&stop, false);
    atomic_store(&rival_chid, 0);
    for (int i = 0; i < SLOTS; i++)
        atomic_store(&pending[i], 0);
    int32_t server = mp_spawn(rival_server, NULL);
    while (atomic_load(&rival_chid) == 0)
        mp_sleep(50 * MP_USEC);
    for (int i = 0; i < 3; i++)
        clients[i] = mp_spawn(rival_client, (void *)(intptr_t)server);
    for (int i = 0; i < 3; i++)
        while (lives(clients[i]))
            mp_sleep(500 * MP_USEC);
    atomic_store(&stop, true);
}

/* ---- the objects come and go */

static void churner(void *arg)
{
    (void)arg;
    uint64_t at = u_buf();
    for (unsigned i = 0; i < mp_rounds(25); i++) {
        int64_t chid = kc(KC_CHANNEL_CREATE, mp_chance(2) ? _NTO_CHF_DISCONNECT | _NTO_CHF_UNBLOCK : _NTO_CHF_COID_DISCONNECT);
        MP_CHECK(chid > 0);
        int64_t a = kc(KC_CONNECT_ATTACH, 0, 0, chid, _NTO_SIDE_CHANNEL, 0);
        int64_t b = kc(KC_CONNECT_ATTACH, 0, 0, mp_range(1, 4), 0, 0); /* somebody's, if it is there */
        if (a < 0)
            MP_ONE_OF(a, -ESRCH); /* another thread has destroyed the channel already */
        if (b < 0)
            MP_ONE_OF(b, -ESRCH);
        else
            MP_ONE_OF(kc(KC_MSG_SEND_PULSE, b, -1, 5, i), 0, -ESRCH, -EBADF);
        MP_ONE_OF(kc(KC_MSG_SEND_PULSE, a, 10, 1, i), 0, -ESRCH, -EBADF);
        mp_timeout(_NTO_TIMEOUT_RECEIVE, 0);
        MP_ONE_OF(mp_receive(chid, at, 64L, 0), 0, -ETIMEDOUT, -ESRCH);
        if (a >= 0 && mp_chance(2))
            MP_ONE_OF(kc(KC_CONNECT_DETACH, a), 0, -EINVAL, -EBADF);
        MP_ONE_OF(kc(KC_CHANNEL_DESTROY, mp_chance(4) ? (int64_t)mp_range(1, 4) : chid), 0, -EINVAL, -ESRCH);
        if (b >= 0)
            MP_ONE_OF(kc(KC_CONNECT_DETACH, b), 0, -EINVAL, -EBADF);
    }
}

static void churn_process(void *arg)
{
    for (int i = 0; i < 3; i++)
        mp_thread(churner, arg, 0, 10);
    join_all(2, 4);
}

void scn_objects(void)
{
    for (int i = 0; i < 3; i++)
        mp_spawn(churn_process, NULL);
}
