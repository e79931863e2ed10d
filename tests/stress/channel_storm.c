/* SPDX-License-Identifier: Apache-2.0 */
/* Many channels with many connections each, from many processes; the clients check that each connection reaches its channel; then
 * the channels go first, or the clients do.  -n: channels, and connections to each (1000: a million connections at once). */
#include <sys/resource.h>
#include "stress.h"

#define CLIENT_CONNECTIONS 7000U /* of one process; QRV_COID_MAX is the end */
#define SERVER_CLIENTS 60U       /* times channels: what one server's table of clients holds */

struct shared {
    atomic_uint ready, go, bad;
    int32_t chid[1000];
};

static unsigned amount;
static struct shared *shared;

static void wait_for(atomic_uint *word, unsigned value)
{
    while (atomic_load(word) < value)
        sleep_ms(2);
}

/* per: connections to each channel. */
static void client(pid_t server, unsigned per)
{
    uint32_t coid = 0;
    for (unsigned k = 0; k < per; k++) {
        for (unsigned i = 0; i < amount; i++) {
            int c = ConnectAttach(0, server, shared->chid[i], _NTO_SIDE_CHANNEL, 0);
            coid += c != -1;
            if (c == -1 || (i % 37 == k % 37 && MsgSendPulse(c, -1, 5, (int)i) == -1))
                atomic_fetch_add(&shared->bad, 1);
        }
    }
    if (coid != per * amount)
        atomic_fetch_add(&shared->bad, 1);
    atomic_fetch_add(&shared->ready, 1);
    wait_for(&shared->go, 1);
    for (unsigned i = 0; i < amount; i += 13) { /* by hand, some of them */
        ConnectDetach(_NTO_SIDE_CHANNEL + 1 + (int)i);
        ConnectDetach(_NTO_SIDE_CHANNEL + 1 + (int)i); /* a second time: nothing there */
    }
    _exit(0);
}

static void take_pulses(void)
{
    struct _pulse p;
    for (unsigned i = 0; i < amount; i++) {
        uint64_t none = 0;
        do
            TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, NULL, &none, NULL);
        while (MsgReceivePulse(shared->chid[i], &p, sizeof(p), NULL) == 0 &&
               (p.code != 5 || p.value.sival_int == (int)i || (atomic_fetch_add(&shared->bad, 1), 1)));
    }
}

/* A server with its clients; early: its channels go while the connections are there. */
static int server(unsigned clients, unsigned per, int early)
{
    for (unsigned i = 0; i < amount; i++)
        if ((shared->chid[i] = ChannelCreate(i % 2 ? _NTO_CHF_DISCONNECT : 0)) == -1)
            return 2;
    pid_t self = getpid();
    for (unsigned i = 0; i < clients; i++) {
        pid_t pid = fork();
        if (pid == -1)
            return 3;
        if (pid == 0)
            client(self, per);
    }
    wait_for(&shared->ready, clients);
    take_pulses();
    if (early)
        for (unsigned i = 0; i < amount; i++)
            ChannelDestroy(shared->chid[i]);
    atomic_store(&shared->go, 1);
    while (wait(NULL) > 0)
        ;
    return 7;
}

static void storm(int early)
{
    unsigned per_client = CLIENT_CONNECTIONS / amount ? CLIENT_CONNECTIONS / amount : 1;
    if (per_client > amount)
        per_client = amount;
    unsigned left = amount; /* connections to each channel */
    while (left) {
        unsigned clients = (left + per_client - 1) / per_client;
        if (clients > SERVER_CLIENTS)
            clients = SERVER_CLIENTS;
        unsigned per = per_client * clients > left ? left / clients : per_client;
        memset(shared, 0, sizeof(*shared));
        int status = -1;
        pid_t pid = fork();
        if (pid == 0)
            _exit(server(clients, per, early));
        if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 7)
            bail_out("the server ended with 0x%x", (unsigned)status);
        diag("%u channels, %u clients with %u connections to each", amount, clients, per);
        left -= clients * per;
    }
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
    memset(shared, 0, sizeof(*shared));
    amount = 20;
    storm(0);
    amount = (unsigned)o.amount;
    struct holdings before = holdings_now();
    storm(0);
    storm(1);
    check_holdings(&before);
    return done();
}
