/* SPDX-License-Identifier: Apache-2.0 */
/* What a trace has: a message's steps in their order, thread states, kernel calls with results, the clock's interrupts, own events, what
 * existed before.  Pages: Library Reference TraceEvent(), trace_logf(); System Analysis Toolkit, "Classes and events". */
#define _GNU_SOURCE
#include "ring.h"

#include <pthread.h>
#include <time.h>

static int chid, coid;

static void *server(void *arg)
{
    char b[2000];
    pthread_setname_np(pthread_self(), "answers");
    for (int i = 0; i < 2; i++) {
        int rcvid = MsgReceive(chid, b, sizeof(b), NULL);
        MsgReply(rcvid, 5, b, 10);
    }
    struct _pulse p;
    MsgReceivePulse(chid, &p, sizeof(p), NULL);
    return arg;
}

/* The next message from index on that this thread sends to this process: not those to taskman and the console. */
static int next_send(int from)
{
    int s = find(from, _NTO_TRACE_COMM, _NTO_TRACE_COMM_SMSG, gettid());
    while (s >= 0 && rec[s].data[1] >> 32 != (uint64_t)getpid())
        s = find(s + 1, _NTO_TRACE_COMM, _NTO_TRACE_COMM_SMSG, gettid());
    return s;
}

/* Where that thread of this process enters the state, from index on. */
static int state(int from, int event, int tid)
{
    uint64_t who = QRV_TRACE_THREAD(getpid(), tid, 0);
    int i = find(from, _NTO_TRACE_THREAD, event, 0);
    while (i >= 0 && rec[i].data[0] >> 16 != who >> 16)
        i = find(i + 1, _NTO_TRACE_THREAD, event, 0);
    return i;
}

/* Short and long go different ways in the kernel; in the trace they are the same. */
static int messages(int from)
{
    int client = gettid(), s = next_send(from);
    ok(s >= 0, "a message is sent");
    uint64_t rcvid = s >= 0 ? rec[s].data[0] : 0;
    int r = s;
    while ((r = find(r + 1, _NTO_TRACE_COMM, _NTO_TRACE_COMM_RMSG, 0)) >= 0 && rec[r].pid != getpid())
        ;
    ok(r > s && rec[r].data[0] == rcvid && rec[r].tid != client, "then received by another thread, with the same rcvid");
    is_int((long)(r >= 0 ? rec[r].data[1] : 0), (long)getpid() << 32 | client, "whose sender is told");
    int p = find(r, _NTO_TRACE_COMM, _NTO_TRACE_COMM_REPLY, r >= 0 ? rec[r].tid : 0);
    ok(p > r && rec[p].data[0] == rcvid && rec[p].tid == rec[r].tid, "then answered by it");
    int blocked = state(s, _NTO_TRACE_THREPLY, client);
    ok(blocked > s && blocked < p, "the sender is REPLY-blocked in between");
    is_int(blocked >= 0 ? (long)rec[blocked].data[1] : 0, getpid(), "on the server's process");
    int ready = state(p, _NTO_TRACE_THREADY, client), run = find(ready, _NTO_TRACE_THREAD, _NTO_TRACE_THRUNNING, client);
    ok(ready > p && run > ready, "READY behind the reply, then RUNNING");
    int in = -1;
    for (int i = 0; (i = find(i, _NTO_TRACE_KERCALLENTER, __KER_MSG_SENDV, client)) >= 0 && i < s; i++)
        in = i;
    int out = find(in, _NTO_TRACE_KERCALLEXIT, __KER_MSG_SENDV, client);
    ok(in >= 0 && in < s && out > run, "all of it inside the kernel call");
    is_int(in >= 0 ? (long)rec[in].data[0] : 0, coid, "whose first argument is the connection");
    is_int(out >= 0 ? (long)rec[out].data[0] : 0, 5, "and whose result the status");
    return out;
}

/* The next event of a pulse with our code in this process, from index on: there are others. */
static int next_pulse(int from, int event)
{
    int i = from;
    while ((i = find(i, _NTO_TRACE_COMM, event, 0)) >= 0 && !((rec[i].data[0] & 0xff) == 7 && rec[i].pid == getpid()))
        i++;
    return i;
}

static void pulses(void)
{
    int s = next_pulse(0, _NTO_TRACE_COMM_SPULSE), r = next_pulse(s < 0 ? 0 : s, _NTO_TRACE_COMM_RPULSE);
    ok(s >= 0 && rec[s].tid == gettid() && rec[s].data[1] >> 32 == (uint64_t)getpid(), "a pulse is sent, with its code");
    ok(s >= 0 && r > s, "and received");
}

static void own_events(void)
{
    int i = find(0, _NTO_TRACE_USER, 11, gettid()), t = find(0, _NTO_TRACE_USER, 12, gettid()), b = find(0, _NTO_TRACE_USER, 13, gettid());
    ok(i >= 0 && rec[i].data[0] == 0xdeadbeef && rec[i].data[1] == 2, "trace_logi: two numbers");
    ok(t >= 0 && (rec[t].flags & QRV_TRACE_TEXT) && rec[t].data[0] == 5 && memcmp(&rec[t].data[1], "n = 3", 5) == 0, "trace_logf: text");
    ok(b >= 0 && rec[b].data[0] == 8 && memcmp(&rec[b].data[1], "\1\2\3\4\5", 5) == 0, "trace_logb: bytes, in whole ints");
    int f = find(0, _NTO_TRACE_SYSTEM, _NTO_TRACE_SYS_FUNC_ENTER, gettid());
    ok(f >= 0 && rec[f].data[0] == (uintptr_t)own_events && rec[f].data[1] == 0x123456789a, "trace_func_enter: whole addresses");
    ok(find(0, _NTO_TRACE_SYSTEM, _NTO_TRACE_SYS_ADDRESS, gettid()) >= 0, "trace_here");
}

static void what_there_was(void)
{
    int taskman = -1, self = -1, idle = 0;
    for (int i = 0; (i = find(i, _NTO_TRACE_PROCESS, _NTO_TRACE_PROCCREATE_NAME, 0)) >= 0; i++) {
        taskman = rec[i].data[0] >> 32 == 1 ? i : taskman;
        self = rec[i].data[0] >> 32 == (uint64_t)getpid() ? i : self;
    }
    ok(taskman >= 0 && memcmp(&rec[taskman].data[1], "taskman", 7) == 0, "START tells of taskman");
    ok(self >= 0 && (rec[self].data[0] & 0xffffffff) == (uint64_t)getppid(), "and of this process, with its parent");
    for (int i = 0; (i = find(i, _NTO_TRACE_THREAD, _NTO_TRACE_THRECEIVE, 0)) >= 0; i++)
        idle += QRV_TRACE_THREAD_PID(rec[i].data[0]) == 1;
    ok(idle > 0, "taskman's thread is RECEIVE-blocked");
}

int main(void)
{
    pthread_t t;
    tap_plan(0);
    chid = ChannelCreate(0);
    coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    covers("TraceEvent:ok");
    is_int(begin(256), 0, "buffers, all classes, start");
    is_int(trace_logi(11, 0xdeadbeef, 2), 0, "trace_logi");
    is_int(trace_logf(12, "n = %d", 3), 6, "trace_logf gives the bytes written, with the NUL");
    is_int(trace_logb(13, "\1\2\3\4\5", 5), 0, "trace_logb");
    is_int(trace_func_enter((void *)own_events, (void *)0x123456789a), 0, "trace_func_enter");
    is_int(trace_here(), 0, "trace_here");
    pthread_create(&t, NULL, server, NULL);
    char big[1500] = "x", small[8];
    is_int(MsgSend(coid, "hello", 6, small, sizeof(small)), 5, "a short message");
    is_int(MsgSend(coid, big, sizeof(big), small, sizeof(small)), 5, "a long one");
    MsgSendPulse(coid, -1, 7, 0);
    pthread_join(t, NULL);
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    ok(TraceEvent(_NTO_TRACE_QUERYEVENTS) > 0, "QUERYEVENTS counts them");
    is_int(TraceEvent(_NTO_TRACE_STOP), 0, "stop");
    read_all();
    ok(recs > 50 && recs < RECORDS_MAX, "records are there");
    messages(messages(0));
    pulses();
    own_events();
    what_there_was();
    int in = find(0, _NTO_TRACE_INTENTER, QRV_TRACE_INT_CLOCK, 0);
    ok(in >= 0 && find(in, _NTO_TRACE_INTEXIT, QRV_TRACE_INT_CLOCK, 0) > in, "the clock interrupts: enter and exit");
    int made = find(0, _NTO_TRACE_THREAD, _NTO_TRACE_THCREATE, gettid());
    ok(made >= 0 && find(made, _NTO_TRACE_THREAD, _NTO_TRACE_THDEAD, 0) > made, "a thread's creation and end");
    is_int(TraceEvent(_NTO_TRACE_QUERYEVENTS), 0, "all has been read");
    trace_logi(11, 1, 1);
    is_int(TraceEvent(_NTO_TRACE_QUERYEVENTS), 0, "off, nothing is recorded");
    is_int(TraceEvent(_NTO_TRACE_DEALLOCBUFFER), 0, "buffers go");
    return done();
}
