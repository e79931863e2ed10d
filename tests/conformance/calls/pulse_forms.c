/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pulses and events in both forms: MsgSendPulse(), MsgSendPulsePtr(), MsgDeliverEvent(), MsgVerifyEvent().
 * Page: QNX Neutrino Library Reference, the page of each; _pulse; sigevent.
 */
#include "../calls.h"

static int chid, coid;

static int next(struct _pulse *p)
{
    return rv_receive(chid, p, sizeof *p, NULL);
}

static void drain(void)
{
    struct _pulse p;
    do
        rv_receive_timeout(0);
    while (MsgReceivePulse(chid, &p, sizeof p, NULL) == 0);
}

/* The queue of a channel is bounded; who waits on it is not kept from emptying it. */
static void full_queue(void)
{
    long n = 0;
    while (n < 1000000 && MsgSendPulse_r(coid, 10, 1, 0) == EOK)
        n++;
    fails_status(MsgSendPulse, EAGAIN, "the queue is full", coid, 10, 1, 0);
    fails_status(MsgSendPulsePtr, EAGAIN, "the queue is full", coid, 10, 1, NULL);
    struct sigevent ev;
    SIGEV_PULSE_INIT(&ev, coid, 10, 1, 0);
    fails_status(MsgDeliverEvent, EAGAIN, "the queue is full", 0, &ev);
    drain();
    is_int(MsgSendPulse(coid, 10, 1, 0), 0, "once it is emptied, there is room again");
    drain();
}

static void pulses(void)
{
    struct _pulse p;
    works(MsgSendPulse, coid, 12, 5, 4711);
    is_int(next(&p), 0, "the first");
    ok(next(&p) == 0 && p.code == 5 && p.value.sival_int == 4711 && p.type == _PULSE_TYPE &&
           p.subtype == _PULSE_SUBTYPE,
       "the second has its code and value, type and subtype are 0");
    works(MsgSendPulsePtr, coid, -1, 6, &p);
    is_int(next(&p), 0, "with a pointer");
    ok(next(&p) == 0 && p.value.sival_ptr == (void *)&p && p.code == 6, "which arrives whole");
    fails_status(MsgSendPulse, EBADF, "no connection", -1, 10, 1, 0);
    fails_status(MsgSendPulsePtr, EBADF, "no connection", 4242, 10, 1, NULL);
    fails_status(MsgSendPulse, EINVAL, "priority 256", coid, 256, 1, 0);
    fails_status(MsgSendPulse, EINVAL, "a code of nine bits", coid, 10, 256, 0);
    fails_status(MsgSendPulsePtr, EINVAL, "priority 256", coid, 256, 1, NULL);
    int other = ChannelCreate(0), to_other = ConnectAttach(0, 0, other, _NTO_SIDE_CHANNEL, 0);
    ChannelDestroy(other);
    covers("MsgSendPulse:death MsgSendPulse_r:death");
    fails_status(MsgSendPulse, EBADF, "the channel is gone", to_other, 10, 1, 0);
    covers("MsgSendPulsePtr:death MsgSendPulsePtr_r:death");
    fails_status(MsgSendPulsePtr, EBADF, "the channel is gone", to_other, 10, 1, NULL);
    ConnectDetach(to_other);
}

/* A process without rights: a pulse of high priority, a code of the system's to somebody else. */
static void permissions(void)
{
    pid_t me = getpid();
    covers("MsgSendPulse:EPERM MsgSendPulse_r:EPERM MsgSendPulsePtr:EPERM MsgSendPulsePtr_r:EPERM");
    ok(unprivileged(({
           int c = ConnectAttach(0, me, chid, _NTO_SIDE_CHANNEL, 0);
           c == -1 || (FAIL_BOTH_STATUS(MsgSendPulse, EPERM, c, 64, 1, 0) &&
                       FAIL_BOTH_STATUS(MsgSendPulsePtr, EPERM, c, 10, -1, NULL) &&
                       FAIL_BOTH_STATUS(MsgSendPulse, EPERM, c, 10, -1, 0));
       })),
       "without rights, priority 64 and codes of the system's: EPERM");
}

static void events(void)
{
    struct sigevent ev;
    struct _pulse p;
    SIGEV_PULSE_INIT(&ev, coid, 10, 3, 33);
    works(MsgVerifyEvent, 0, &ev);
    works(MsgDeliverEvent, 0, &ev);
    ok(next(&p) == 0 && next(&p) == 0 && p.code == 3 && p.value.sival_int == 33, "delivered to oneself, twice");
    bad_status(MsgDeliverEvent, event, 0, BAD);
    bad_status(MsgVerifyEvent, event, 0, BAD);
    bad_status(MsgVerifyEvent, event, 0, IN_KERNEL);
    fails_status(MsgDeliverEvent, ESRCH, "no such client", 0x7fffffff, &ev);
    fails_status(MsgVerifyEvent, ESRCH, "no such client", 0x7fffffff, &ev);
    SIGEV_PULSE_INIT(&ev, 4242, 10, 3, 33);
    fails_status(MsgDeliverEvent, EBADF, "a pulse on no connection", 0, &ev);
    fails_status(MsgVerifyEvent, EBADF, "a pulse on no connection", 0, &ev);
    SIGEV_PULSE_INIT(&ev, coid, 0, 3, 33);
    fails_status(MsgDeliverEvent, EINVAL, "pulse priority 0", 0, &ev);
    fails_status(MsgVerifyEvent, EINVAL, "pulse priority 0", 0, &ev);
    SIGEV_SIGNAL_INIT(&ev, 65);
    fails_status(MsgDeliverEvent, EINVAL, "signal 65", 0, &ev);
    fails_status(MsgVerifyEvent, EINVAL, "signal 65", 0, &ev);
}

/* A client that is gone when its event is due. */
static void dead_client(void)
{
    struct sigevent ev;
    char in[8];
    pid_t me = getpid(), pid = fork();
    if (pid == 0) {
        MsgSend(ConnectAttach(0, me, chid, _NTO_SIDE_CHANNEL, 0), "x", 2, NULL, 0);
        _exit(0);
    }
    int rcvid = rv_receive(chid, in, sizeof in, NULL);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    SIGEV_SIGNAL_INIT(&ev, SIGUSR1);
    covers("MsgDeliverEvent:death MsgDeliverEvent_r:death");
    fails_status(MsgDeliverEvent, ESRCH, "the client was killed", rcvid, &ev);
}

int main(void)
{
    chid = ChannelCreate(0);
    coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    pulses();
    permissions();
    events();
    dead_client();
    full_queue();
    return done();
}
