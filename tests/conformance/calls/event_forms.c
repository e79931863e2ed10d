/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registered events and what the flags of a connection let a server deliver: MsgRegisterEvent(), MsgUnregisterEvent(),
 * MsgDeliverEvent() and MsgVerifyEvent() with _NTO_COF_REG_EVENTS, _NTO_COF_NOEVENT, _NTO_COF_INSECURE.
 * Pages: QNX Neutrino 7.1 Library Reference, m/msgregisterevent, m/msgunregisterevent, m/msgdeliverevent, c/connectflags; 8.0
 * m/msgverifyevent; System Architecture, "Events".
 */
#include "../calls.h"

static int mine, self;          /* the client's channel for pulses, and its connection to it */
static int server, other;       /* two channels that play servers */
static int to_server, to_other; /* the client's connections to them */

/* A message of the client to the channel: the rcvid, which stays good for events. */
static int rcvid_on(int chid, int coid)
{
    char in[8];
    struct rv_client c = {.coid = coid, .smsg = "x", .slen = 2};
    rv_start(&c);
    int rcvid = rv_receive(chid, in, sizeof in, NULL);
    MsgReply(rcvid, 0, NULL, 0);
    rv_join(&c);
    return rcvid;
}

/* The next pulse is this one. */
static int came(int code, int value)
{
    struct _pulse p;
    return rv_receive(mine, &p, sizeof p, NULL) == 0 && p.code == code && p.value.sival_int == value;
}

static void registration(void)
{
    struct sigevent plain, a, b, wrong;
    SIGEV_PULSE_INIT(&plain, self, 10, 5, 51);
    a = b = plain;
    long first = PLAIN(MsgRegisterEvent(&a, to_server)), second = R_STATUS(MsgRegisterEvent_r(&b, -1));
    covers("MsgRegisterEvent:ok MsgRegisterEvent_r:ok");
    ok(first == 0 && second == 0 && memcmp(&a, &plain, sizeof a) != 0 && memcmp(&a, &b, sizeof a) != 0,
       "two registrations give two handles (%ld, %ld)", first, second);
    ok(SIGEV_GET_TYPE(&a) == SIGEV_PULSE, "the handle's type is the event's");
    is_int(MsgVerifyEvent_r(0, &a), EOK, "a handle is an event");
    int by_server = rcvid_on(server, to_server), by_other = rcvid_on(other, to_other);
    ok(MsgDeliverEvent_r(by_server, &a) == EOK && came(5, 51), "its server delivers it");
    fails_status(MsgDeliverEvent, EACCES, "another server may not", by_other, &a);
    ok(MsgDeliverEvent_r(by_other, &b) == EOK && came(5, 51), "anybody may deliver one registered with -1");
    ok(MsgDeliverEvent_r(0, &a) == EOK && came(5, 51), "so may the process itself");
    SIGEV_PULSE_INIT(&wrong, 4242, 10, 5, 51);
    fails_status(MsgRegisterEvent, EBADF, "a pulse on no connection", &wrong, -1);
    SIGEV_SIGNAL_INIT(&wrong, 65);
    fails_status(MsgRegisterEvent, EINVAL, "signal 65", &wrong, -1);
    wrong = plain;
    fails_status(MsgRegisterEvent, EBADF, "no such server", &wrong, 4242);
    wrong = a;
    fails_status(MsgRegisterEvent, EINVAL, "a handle, again", &wrong, -1);
    bad_status(MsgRegisterEvent, event, BAD, -1);
    bad_status(MsgRegisterEvent, event, IN_KERNEL, -1);
    long gone = PLAIN(MsgUnregisterEvent(&a)), gone_r = R_STATUS(MsgUnregisterEvent_r(&b));
    covers("MsgUnregisterEvent:ok MsgUnregisterEvent_r:ok");
    ok(gone == 0 && gone_r == 0, "both unregistered (%ld, %ld)", gone, gone_r);
    fails_status(MsgUnregisterEvent, ESRCH, "again", &a);
    fails_status(MsgUnregisterEvent, ESRCH, "an event that is no handle", &plain);
    bad_status(MsgUnregisterEvent, event, BAD);
    ok(MsgDeliverEvent_r(by_server, &a) == ESRCH && MsgVerifyEvent_r(0, &a) == ESRCH, "the handle is worth nothing any more");
    wrong = plain;
    MsgRegisterEvent(&wrong, -1);
    ok(MsgDeliverEvent_r(by_server, &a) == ESRCH, "also when its place is taken again");
    MsgUnregisterEvent(&wrong);
}

/* Only an event that was made updateable takes the value of who delivers it. */
static void updates(void)
{
    struct sigevent fixed, open;
    SIGEV_PULSE_INIT(&fixed, self, 10, 6, 61);
    open = fixed;
    SIGEV_MAKE_UPDATEABLE(&open);
    MsgRegisterEvent(&fixed, -1);
    MsgRegisterEvent(&open, -1);
    int rcvid = rcvid_on(server, to_server);
    fixed.sigev_value.sival_int = open.sigev_value.sival_int = 62;
    ok(MsgDeliverEvent_r(rcvid, &fixed) == EOK && came(6, 61), "a server cannot change the value");
    ok(MsgDeliverEvent_r(rcvid, &open) == EOK && came(6, 62), "unless it was made updateable");
    fixed.sigev_notify = open.sigev_notify;
    ok(MsgDeliverEvent_r(rcvid, &fixed) == EOK && came(6, 61), "by the client, before it was registered");
    int timer = TimerCreate(CLOCK_MONOTONIC, &fixed);
    struct _itimer soon = {1000000, 0};
    TimerSettime(timer, 0, &soon, NULL);
    ok(timer != -1 && came(6, 61), "a timer takes a handle");
    TimerDestroy(timer);
    MsgUnregisterEvent(&fixed);
    MsgUnregisterEvent(&open);
}

/* MsgVerifyEvent() looks at the thread that the rcvid names: it has to be there. */
static void verify_unregistered(const struct sigevent *ev)
{
    char in[8];
    struct rv_client c = {.coid = to_server, .smsg = "x", .slen = 2};
    rv_start(&c);
    int rcvid = rv_receive(server, in, sizeof in, NULL);
    fails_status(MsgVerifyEvent, EACCES, "_NTO_COF_REG_EVENTS, an event not registered", rcvid, ev);
    MsgReply(rcvid, 0, NULL, 0);
    rv_join(&c);
}

static void flags(void)
{
    static volatile unsigned word;
    struct sigevent pulse, memory, handle;
    int rcvid = rcvid_on(server, to_server);
    SIGEV_PULSE_INIT(&pulse, self, 10, 7, 71);
    SIGEV_MEMORY_INIT(&memory, &word, SIGEV_MEM_ADD, 1);
    handle = pulse;
    MsgRegisterEvent(&handle, to_server);

    int extra = ConnectAttach(0, 0, server, _NTO_SIDE_CHANNEL, _NTO_COF_REG_EVENTS);
    fails_status(MsgDeliverEvent, EACCES, "_NTO_COF_REG_EVENTS, an event not registered", rcvid, &pulse);
    verify_unregistered(&pulse);
    ok(MsgDeliverEvent_r(rcvid, &handle) == EOK && came(7, 71), "a registered one goes through");
    ok(MsgDeliverEvent_r(0, &pulse) == EOK && came(7, 71), "what the process sends itself is not meant");
    ConnectFlags(0, extra, _NTO_COF_REG_EVENTS | _NTO_COF_NOEVENT, _NTO_COF_NOEVENT);
    fails_status(MsgDeliverEvent, EACCES, "_NTO_COF_NOEVENT, any event", rcvid, &pulse);
    fails_status(MsgDeliverEvent, EACCES, "_NTO_COF_NOEVENT, a registered one", rcvid, &handle);
    int by_other = rcvid_on(other, to_other);
    ok(MsgDeliverEvent_r(by_other, &pulse) == EOK && came(7, 71), "other servers do not suffer");
    is_int(ConnectFlags(0, extra, _NTO_COF_NOEVENT, 0), _NTO_COF_NOEVENT, "the client takes it back");
    ok(MsgDeliverEvent_r(rcvid, &pulse) == EOK && came(7, 71), "and events come again");

    ok(MsgDeliverEvent_r(rcvid, &memory) == EOK && word == 1, "a SIGEV_MEMORY");
    ConnectFlags(0, extra, _NTO_COF_INSECURE, _NTO_COF_INSECURE);
    fails_status(MsgDeliverEvent, EACCES, "_NTO_COF_INSECURE, SIGEV_MEMORY", rcvid, &memory);
    ok(word == 1 && MsgDeliverEvent_r(rcvid, &pulse) == EOK && came(7, 71), "pulses are harmless");
    ConnectFlags(0, extra, _NTO_COF_INSECURE, 0);
    fails_status(MsgDeliverEvent, EACCES, "_NTO_COF_INSECURE cannot be taken back", rcvid, &memory);
    ConnectDetach(extra);
    ok(MsgDeliverEvent_r(rcvid, &memory) == EOK && word == 2, "it ends with the connection");
    MsgUnregisterEvent(&handle);
}

/* A registration is the process's: neither a fork nor a new program has it, and it dies with the process. */
static void lifetime(void)
{
    struct sigevent ev;
    int status = -1;
    SIGEV_SIGNAL_INIT(&ev, SIGUSR1);
    MsgRegisterEvent(&ev, -1);
    pid_t pid = fork();
    if (pid == 0) {
        struct sigevent more;
        int bad = MsgVerifyEvent_r(0, &ev) != ESRCH;
        for (int i = 0; i < 300 && !bad; i++) {
            SIGEV_SIGNAL_INIT(&more, SIGUSR2);
            bad = MsgRegisterEvent_r(&more, -1) != EOK;
        }
        _exit(bad);
    }
    waitpid(pid, &status, 0);
    is_int(status, 0, "a forked child has none of them; its own go with it");
    int n = 0, rc;
    static struct sigevent many[5000];
    do {
        SIGEV_SIGNAL_INIT(&many[n], SIGUSR2);
        rc = MsgRegisterEvent_r(&many[n], -1);
    } while (rc == EOK && ++n < 5000);
    covers("MsgRegisterEvent_r:EAGAIN MsgRegisterEvent:EAGAIN");
    ok(n > 1000 && FAIL_BOTH_STATUS(MsgRegisterEvent, EAGAIN, &many[n], -1), "there is a limit: EAGAIN (%d)", n);
    while (n > 0)
        MsgUnregisterEvent(&many[--n]);
    is_int(MsgUnregisterEvent_r(&ev), EOK, "the one from before is still there");
}

int main(void)
{
    mine = ChannelCreate(0);
    server = ChannelCreate(0);
    other = ChannelCreate(0);
    self = ConnectAttach(0, 0, mine, _NTO_SIDE_CHANNEL, 0);
    to_server = ConnectAttach(0, 0, server, _NTO_SIDE_CHANNEL, 0);
    to_other = ConnectAttach(0, 0, other, _NTO_SIDE_CHANNEL, 0);
    registration();
    updates();
    flags();
    lifetime();
    return done();
}
