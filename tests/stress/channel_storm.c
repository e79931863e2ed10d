/* SPDX-License-Identifier: Apache-2.0 */
/* Many channels with many connections each, all there at the same time, from many processes; each connection reaches its channel; then the
 * channels go first, or the clients do.  -n: channels, and connections to each of them (1000: a million). */
#include <sys/resource.h>
#include "stress.h"

#define CLIENT_CONNECTIONS 7000U /* of one process; QRV_COID_MAX is the end */
#define SERVER_CLIENTS 60000U    /* clients times channels: what one server's table of clients holds */
#define CLIENTS_MAX 143
#define SERVERS_MAX 3

struct shared {
    atomic_uint ready, connected, drained, pulses, bad; /* how many got there */
    atomic_uint start, drain, go, end;                  /* what they wait for */
    int32_t chid[1000];
    pid_t server[1000];
};

static unsigned amount;
static struct shared *shared;

static void wait_for(atomic_uint *word, unsigned value)
{
    while (atomic_load(word) < value)
        sleep_ms(2);
}

/* The same, and tells how far it is. */
static void watch(atomic_uint *word, unsigned value, const char *what)
{
    for (uint64_t told = now_ms(); atomic_load(word) < value; sleep_ms(5))
        if (now_ms() - told > 20000) {
            told = now_ms();
            diag("%u of %u %s", atomic_load(word), value, what);
        }
}

static int pulse_goes(unsigned channel, unsigned k)
{
    return channel % 37 == k % 37;
}

/* per: connections to each channel. */
static int client(unsigned per)
{
    wait_for(&shared->start, 1);
    for (unsigned i = 0; i < amount; i++)
        for (unsigned k = 0; k < per; k++) {
            int c = ConnectAttach(0, shared->server[i], shared->chid[i], _NTO_SIDE_CHANNEL, 0);
            if (c == -1 || (pulse_goes(i, k) && MsgSendPulse(c, -1, 5, (int)i) == -1))
                atomic_fetch_add(&shared->bad, 1);
        }
    atomic_fetch_add(&shared->connected, 1);
    wait_for(&shared->go, 1);
    for (unsigned i = 0; i < amount; i += 13) { /* by hand, some of them */
        ConnectDetach(_NTO_SIDE_CHANNEL + 1 + (int)i);
        ConnectDetach(_NTO_SIDE_CHANNEL + 1 + (int)i); /* a second time: nothing there */
    }
    return 0;
}

static void take_pulses(unsigned i)
{
    struct _pulse p;
    for (;;) {
        uint64_t none = 0;
        TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, NULL, &none, NULL);
        if (MsgReceivePulse(shared->chid[i], &p, sizeof(p), NULL) != 0)
            return;
        if (p.code == 5)
            atomic_fetch_add(p.value.sival_int == (int)i ? &shared->pulses : &shared->bad, 1);
    }
}

/* Serves the channels from..to-1; early: they go while the connections are there. */
static int server(unsigned from, unsigned to, int early)
{
    for (unsigned i = from; i < to; i++) {
        shared->server[i] = getpid();
        if ((shared->chid[i] = ChannelCreate(i % 2 ? _NTO_CHF_DISCONNECT : 0)) == -1)
            return 2;
    }
    atomic_fetch_add(&shared->ready, to - from);
    wait_for(&shared->drain, 1);
    for (unsigned i = from; i < to; i++) {
        take_pulses(i);
        if (early)
            ChannelDestroy(shared->chid[i]);
        atomic_fetch_add(&shared->drained, 1);
    }
    wait_for(&shared->end, 1);
    return 0;
}

static unsigned share(unsigned i, unsigned parts)
{
    return amount * i / parts;
}

static void collect(const pid_t *pid, unsigned count)
{
    int status;
    for (unsigned i = 0; i < count; i++)
        if (waitpid(pid[i], &status, 0) != pid[i] || status != 0)
            atomic_fetch_add(&shared->bad, 1);
}

static pid_t start(void)
{
    pid_t pid = fork();
    if (pid == -1)
        bail_out("fork: %s", strerror(errno));
    return pid;
}

static unsigned pulses_of(unsigned per)
{
    unsigned n = 0;
    for (unsigned k = 0; k < per; k++)
        for (unsigned i = 0; i < amount; i++)
            n += (unsigned)pulse_goes(i, k);
    return n;
}

static void storm(int early)
{
    unsigned per_client = CLIENT_CONNECTIONS / amount, clients = (amount + per_client - 1) / per_client, pulses = 0;
    unsigned servers = amount * clients / SERVER_CLIENTS + 1;
    pid_t serving[SERVERS_MAX], asking[CLIENTS_MAX];
    uint64_t before = holdings().k.connections;
    if (servers > SERVERS_MAX || clients > CLIENTS_MAX)
        bail_out("%u servers, %u clients", servers, clients);
    memset(shared, 0, sizeof(*shared));
    for (unsigned i = 0; i < servers; i++)
        if ((serving[i] = start()) == 0)
            _exit(server(share(i, servers), share(i + 1, servers), early));
    wait_for(&shared->ready, amount);
    for (unsigned i = 0; i < clients; i++) {
        unsigned per = share(i + 1, clients) - share(i, clients);
        if ((asking[i] = start()) == 0)
            _exit(client(per));
        pulses += pulses_of(per);
    }
    atomic_store(&shared->start, 1);
    watch(&shared->connected, clients, "clients have their connections");
    uint64_t connections = holdings().k.connections - before;
    diag("%u channels of %u servers, %u clients, %lu connections", amount, servers, clients, (unsigned long)connections);
    ok(connections >= (uint64_t)amount * amount, "all connections are there at the same time");
    atomic_store(&shared->drain, 1);
    watch(&shared->drained, amount, early ? "channels are gone" : "channels are empty");
    atomic_store(&shared->go, 1);
    collect(asking, clients);
    atomic_store(&shared->end, 1);
    collect(serving, servers);
    is_int(atomic_load(&shared->pulses), (int)pulses, "each connection reaches its channel");
    is_int(atomic_load(&shared->bad), 0, early ? "channels first" : "clients first");
}

int main(int argc, char **argv)
{
    struct options o = options_parse(argc, argv, 120);
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANON, -1, 0);
    if (shared == MAP_FAILED || o.amount < 20 || o.amount > 1000)
        bail_out("20 to 1000");
    struct rlimit most = { QRV_COID_MAX, QRV_COID_MAX };
    if (setrlimit(RLIMIT_NOFILE, &most) == -1)
        bail_out("setrlimit: %s", strerror(errno));
    amount = 20;
    storm(0);
    amount = (unsigned)o.amount;
    struct holdings before = holdings_now();
    storm(0);
    storm(1);
    check_holdings(&before);
    return done();
}
