/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What re-implementations of messages and pulses most often get wrong, one result each; "semantic N" of ../calls.list.
 * Pages: QNX Neutrino Library Reference, MsgReceive(), MsgSend(), ConnectAttach(), ChannelCreate(), MsgDeliverEvent(), _pulse,
 * sigevent; Getting Started, "Message passing".
 */
#include <fcntl.h>
#include <sys/iomsg.h>
#include "../calls.h"

static int chid, coid;

/* 1 */
static void pulse_is_zero(void)
{
    struct _pulse p;
    struct _msg_info info, before;
    memset(&info, 0x5a, sizeof info);
    before = info;
    MsgSendPulse(coid, 10, 1, 2);
    int rcvid = rv_receive(chid, &p, sizeof p, &info);
    covers("semantic:1");
    ok(rcvid == 0 && memcmp(&info, &before, sizeof info) == 0, "a pulse is received as 0, info is left alone");
}

/* 2 */
static void small_buffer(void)
{
    char buf[64];
    MsgSendPulse(coid, 10, 1, 2);
    long got = PLAIN(MsgReceive(chid, buf, sizeof(struct _pulse) - 1, NULL));
    rv_receive_timeout(0);
    long then = PLAIN(MsgReceive(chid, buf, sizeof buf, NULL));
    covers("semantic:2");
    ok(got == -EFAULT && then == -ETIMEDOUT, "no room for a pulse: EFAULT, and it is lost (%ld, %ld)", got, then);
}

/* 3 */
static void conventions(void)
{
    struct sched_param sp;
    uint64_t t;
    char b[8];
    errno = UNTOUCHED;
    int value = MsgSend_r(-1, b, 1, b, 1) == -EBADF && MsgReceive_r(4000, b, 8, NULL) == -ESRCH &&
                ConnectAttach_r(0, 0, 4000, _NTO_SIDE_CHANNEL, 0) == -ESRCH && SchedGet_r(0, 4000, &sp) == -ESRCH;
    int status = MsgError_r(0, EIO) == ESRCH && MsgReply_r(0, 0, NULL, 0) == ESRCH && ConnectDetach_r(-1) == EINVAL &&
                 ClockTime_r(99, NULL, &t) == EINVAL && InterruptWait_r(1, NULL) == ENOTSUP;
    covers("semantic:3");
    ok(value && status && errno == UNTOUCHED, "_r: -errno where the value means something, else errno; errno is left alone");
}

/* 4 */
static void truncation(void)
{
    char in[3], out[4] = "....";
    struct _msg_info info;
    struct rv_client c = {.coid = coid, .smsg = "abcdef", .slen = 6, .rmsg = out, .rlen = 2};
    rv_start(&c);
    int rcvid = rv_receive(chid, in, sizeof in, &info);
    int replied = MsgReply(rcvid, 1, "wxyz", 4);
    rv_join(&c);
    covers("semantic:4");
    ok(rcvid > 0 && info.msglen == 3 && info.srcmsglen == 6 && memcmp(in, "abc", 3) == 0 && replied == 0 && c.result == 1 &&
           memcmp(out, "wx..", 4) == 0,
       "both ways the smaller length counts, and nobody gets an error");
}

/* 5: read() on a coid is a message to its channel. */
static void *reader(void *arg)
{
    char b[4];
    return (void *)(intptr_t)read(*(int *)arg, b, sizeof b);
}

static void coid_is_fd(void)
{
    int fd = ConnectAttach(0, 0, chid, 60, 0), side = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    union {
        struct _io_read i;
        char room[64];
    } m;
    pthread_t t;
    void *got = NULL;
    pthread_create(&t, NULL, reader, &fd);
    int rcvid = rv_receive(chid, &m, sizeof m, NULL);
    int type = m.i.type, asked = (int)m.i.nbytes;
    MsgReply(rcvid, 3, "xyz", 3);
    pthread_join(t, &got);
    int flags = fcntl(fd, F_GETFD);
    covers("semantic:5");
    ok(fd == 60 && type == _IO_READ && asked == 4 && (long)got == 3 && flags == 0 && side > 65535 && close(side) == -1,
       "a coid is a descriptor: read() on it arrives; a side channel is none (%d, %#x)", fd, side);
    ConnectDetach(fd);
    ConnectDetach(side);
}

/* 6 */
static void scoid(void)
{
    int mine = ChannelCreate(_NTO_CHF_DISCONNECT);
    struct _msg_info a = {0}, b = {0};
    struct _pulse p;
    char in[32];
    pid_t me = getpid(), pid = fork();
    if (pid == 0) {
        int first = ConnectAttach(0, me, mine, _NTO_SIDE_CHANNEL, 0), second = ConnectAttach(0, me, mine, _NTO_SIDE_CHANNEL, 0);
        MsgSend(first, "x", 1, NULL, 0);
        ConnectDetach(first); /* one is left: no pulse yet */
        MsgSend(second, "x", 1, NULL, 0);
        _exit(0);
    }
    int r1 = rv_receive(mine, in, sizeof in, &a);
    MsgReply(r1, 0, NULL, 0);
    int r2 = rv_receive(mine, in, sizeof in, &b);
    MsgReply(r2, 0, NULL, 0);
    int r3 = rv_receive(mine, &p, sizeof p, NULL);
    waitpid(pid, NULL, 0);
    struct _client_info ci;
    int before = ConnectClientInfo(p.scoid, &ci, 0) == 0, detached = ConnectDetach(p.scoid), again = ConnectDetach(p.scoid);
    covers("semantic:6");
    ok(r1 > 0 && r2 > 0 && a.scoid == b.scoid && a.coid != b.coid && r3 == 0 && p.code == _PULSE_CODE_DISCONNECT &&
           p.scoid == a.scoid && before && detached == 0 && again == -1,
       "one scoid a client process; it stays until the server detaches it");
    ChannelDestroy(mine);
}

/* 11 */
static void deliver_event(void)
{
    int mine = ChannelCreate(0), self = ConnectAttach(0, 0, mine, _NTO_SIDE_CHANNEL, 0);
    struct sigevent ev;
    struct _pulse p;
    char in[8];
    struct rv_client c = {.coid = coid, .smsg = "x", .slen = 2};
    SIGEV_PULSE_INIT(&ev, self, 10, 21, 1);
    rv_start(&c);
    int rcvid = rv_receive(chid, in, sizeof in, NULL);
    MsgReply(rcvid, 0, NULL, 0);
    rv_join(&c); /* the client's thread is gone even */
    int late = MsgDeliverEvent(rcvid, &ev) == 0 && rv_receive(mine, &p, sizeof p, NULL) == 0 && p.code == 21;
    int own = MsgDeliverEvent(0, &ev) == 0 && rv_receive(mine, &p, sizeof p, NULL) == 0 && p.code == 21;
    covers("semantic:11");
    ok(late && own, "an event is delivered after the reply, and to oneself with rcvid 0 (%d, %d)", late, own);
    ConnectDetach(self);
    ChannelDestroy(mine);
}

/* 13 */
static void pulse_fields(void)
{
    struct _pulse p;
    struct sigevent ev;
    memset(&p, 0xff, sizeof p);
    int own = MsgSendPulse(coid, 10, -5, 1) == 0; /* the system's code, to one's own channel */
    int got = rv_receive(chid, &p, sizeof p, NULL);
    int negative = p.code;
    SIGEV_PULSE_INIT(&ev, coid, 0, 1, 1);
    long zero = R_STATUS(MsgDeliverEvent_r(0, &ev));
    covers("semantic:13");
    ok(own && got == 0 && p.type == 0 && p.subtype == 0 && negative == -5 && _PULSE_CODE_MINAVAIL >= 0 &&
           _PULSE_CODE_MAXAVAIL <= 127 && _PULSE_CODE_DISCONNECT < 0 && _PULSE_CODE_UNBLOCK < 0 && zero == -EINVAL,
       "type and subtype 0, signed codes, no priority 0");
}

/* 14 */
static void notify_flags(void)
{
    struct sigevent ev;
    struct _pulse p;
    SIGEV_PULSE_INIT(&ev, coid, 10, 9, 90);
    SIGEV_MAKE_CRITICAL(&ev);
    SIGEV_MAKE_UPDATEABLE(&ev);
    int differs = ev.sigev_notify != SIGEV_PULSE && SIGEV_GET_TYPE(&ev) == SIGEV_PULSE;
    int delivered = MsgDeliverEvent(0, &ev) == 0 && rv_receive(chid, &p, sizeof p, NULL) == 0 && p.value.sival_int == 90;
    covers("semantic:14");
    ok(differs && delivered, "sigev_notify carries flags; the type is what SIGEV_GET_TYPE() says");
}

int main(void)
{
    chid = ChannelCreate(0);
    coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    pulse_is_zero();
    small_buffer();
    conventions();
    truncation();
    coid_is_fd();
    scoid();
    deliver_event();
    pulse_fields();
    notify_flags();
    return done();
}
