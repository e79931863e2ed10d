/* SPDX-License-Identifier: Apache-2.0 */
/* MsgDeliverEvent(): a server delivers the client's event long after its reply; every kind that can cross, and the errors.
 * Page: QNX Neutrino Library Reference, MsgDeliverEvent(), sigevent; "Getting Started", Notification schemes. */
#include "../rendezvous.h"

static int server_chid, server_coid;

/* What the client hands to the server. */
struct request {
    struct sigevent event;
};

/* Sends ev to the server and lets it keep the rcvid after replying. */
static int register_event(struct sigevent *ev)
{
    struct request r = { .event = *ev }, got;
    struct rv_client c = { .coid = server_coid, .smsg = &r, .slen = sizeof(r) };
    rv_start(&c);
    int rcvid = rv_receive(server_chid, &got, sizeof(got), NULL);
    MsgReply(rcvid, 0, NULL, 0);
    rv_join(&c);
    *ev = got.event;
    return rcvid;
}

static void pulse(void)
{
    int mine = ChannelCreate(0), self = ConnectAttach(0, 0, mine, _NTO_SIDE_CHANNEL, 0);
    struct sigevent ev;
    struct _pulse p;
    SIGEV_PULSE_INIT(&ev, self, 12, 21, 4711);
    int rcvid = register_event(&ev);
    for (int i = 0; i < 2; i++) {
        is_int(MsgDeliverEvent(rcvid, &ev), 0, "delivered after the reply");
        is_int(rv_receive(mine, &p, sizeof(p), NULL), 0, "as a pulse on the client's own connection");
        ok(p.code == 21 && p.value.sival_int == 4711, "with its code and value");
    }
    ConnectDetach(self);
    ok(MsgDeliverEvent(rcvid, &ev) == -1 && errno == EBADF, "the client has closed that connection: EBADF");
    ChannelDestroy(mine);
}

static volatile sig_atomic_t caught, caught_value;

static void on_signal(int signo, siginfo_t *si, void *uc)
{
    (void)uc;
    caught = signo;
    caught_value = si->si_value.sival_int;
}

static void signal_event(void)
{
    struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };
    struct sigevent ev;
    sigaction(SIGRTMIN, &sa, NULL);
    SIGEV_SIGNAL_CODE_INIT(&ev, SIGRTMIN, 99, SI_MINAVAIL);
    int rcvid = register_event(&ev);
    is_int(MsgDeliverEvent(rcvid, &ev), 0, "a signal event");
    for (int i = 0; i < 100 && !caught; i++)
        rv_sleep_ms(5);
    ok(caught == SIGRTMIN && caught_value == 99, "reaches the client's handler with its value");
}

static void errors(void)
{
    struct sigevent ev;
    SIGEV_NONE_INIT(&ev);
    is_int(MsgDeliverEvent(0, &ev), 0, "rcvid 0 is the caller; SIGEV_NONE does nothing");
    ok(MsgDeliverEvent(0x7fffffff, &ev) == -1 && errno == ESRCH, "unknown rcvid: ESRCH");
    ok(MsgDeliverEvent(0, (void *)8) == -1 && errno == EFAULT, "bad pointer: EFAULT");
    memset(&ev, 0xee, sizeof(ev));
    ok(MsgDeliverEvent(0, &ev) == -1 && errno != 0, "an event of no kind is refused (%d)", errno);
    SIGEV_PULSE_INIT(&ev, server_coid, 0, 1, 0);
    ok(MsgDeliverEvent(0, &ev) == -1 && errno == EINVAL, "pulse priority 0: EINVAL");
}

static void dead_client(void)
{
    struct request r;
    struct _msg_info info;
    pid_t server = getpid(), pid = fork();
    if (pid == 0) {
        int coid = ConnectAttach(0, server, server_chid, _NTO_SIDE_CHANNEL, 0);
        SIGEV_SIGNAL_INIT(&r.event, SIGUSR1);
        MsgSend(coid, &r, sizeof(r), NULL, 0);
        _exit(0);
    }
    int rcvid = rv_receive(server_chid, &r, sizeof(r), &info);
    MsgReply(rcvid, 0, NULL, 0);
    waitpid(pid, NULL, 0);
    ok(MsgDeliverEvent(rcvid, &r.event) == -1 && (errno == ESRCH || errno == EBADF), "the client is gone: ESRCH or EBADF (%d)", errno);
}

int main(void)
{
    server_chid = ChannelCreate(0);
    server_coid = ConnectAttach(0, 0, server_chid, _NTO_SIDE_CHANNEL, 0);
    pulse();
    signal_event();
    errors();
    dead_client();
    return done();
}
