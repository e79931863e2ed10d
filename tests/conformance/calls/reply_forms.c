/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a server does to a client it has received from: MsgReply(), MsgReplyv(), MsgError(), MsgRead*(), MsgWrite*(), MsgInfo(),
 * MsgCurrent(), in both forms; every errno, every pointer, a client that has died.
 * Page: QNX Neutrino Library Reference, the page of each.
 */
#include <sys/mman.h>
#include "../blocked.h"

static int chid, coid;
static char out[32];

/* A client that is REPLY-blocked; its rcvid. */
static int client(struct rv_client *c)
{
    char in[4];
    memset(out, 0, sizeof out);
    *c = (struct rv_client){.coid = coid, .smsg = "0123456789", .slen = 10, .rmsg = out, .rlen = sizeof out};
    rv_start(c);
    int rcvid = rv_receive(chid, in, sizeof in, NULL);
    if (rcvid <= 0)
        bail_out("no client");
    return rcvid;
}

enum end { REPLY, REPLY_R, REPLYV, REPLYV_R, ERROR, ERROR_R, ENDS };
static const char *const end_names[ENDS] = {"MsgReply",   "MsgReply_r", "MsgReplyv",
                                            "MsgReplyv_r", "MsgError",   "MsgError_r"};

static long end_client(enum end how, int rcvid, const char *data, size_t n)
{
    iov_t v;
    SETIOV_CONST(&v, data, n);
    switch (how) {
    case REPLY: return PLAIN(MsgReply(rcvid, 11, data, n));
    case REPLY_R: return R_STATUS(MsgReply_r(rcvid, 11, data, n));
    case REPLYV: return PLAIN(MsgReplyv(rcvid, 11, &v, 1));
    case REPLYV_R: return R_STATUS(MsgReplyv_r(rcvid, 11, &v, 1));
    case ERROR: return PLAIN(MsgError(rcvid, ENOSPC));
    default: return R_STATUS(MsgError_r(rcvid, ENOSPC));
    }
}

static void ends(enum end how)
{
    struct rv_client c;
    int rcvid = client(&c);
    if (how < ERROR) {
        long got = end_client(how, rcvid, BAD, 4);
        covers("%s:bad_msg %s:ESRVRFAULT", end_names[how], end_names[how]);
        ok(got == -ESRVRFAULT && end_client(how, rcvid, IN_KERNEL, 4) == -ESRVRFAULT,
           "%s: bad data: ESRVRFAULT, the client waits on (%ld)", end_names[how], got);
    }
    long got = end_client(how, rcvid, "pong", 5);
    rv_join(&c);
    covers("%s:ok", end_names[how]);
    if (how < ERROR)
        ok(got == 0 && c.result == 11 && strcmp(out, "pong") == 0, "%s ends the client's call", end_names[how]);
    else
        ok(got == 0 && c.result == -1 && c.err == ENOSPC, "%s ends it with its error", end_names[how]);
    covers("%s:ESRCH", end_names[how]);
    ok(end_client(how, rcvid, "pong", 5) == -ESRCH && end_client(how, 0, "pong", 5) == -ESRCH &&
           end_client(how, -1, "pong", 5) == -ESRCH,
       "%s: a client that does not wait (any more): ESRCH", end_names[how]);
}

/* The client's memory is bad where the server reads and writes. */
static void bad_client_buffers(enum end how)
{
    char *edge = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
    munmap(edge + 4096, 4096);
    struct rv_client c = {.coid = coid, .smsg = edge + 4096 - 8, .slen = 64, .rmsg = BAD, .rlen = 8};
    char in[4], b[8] = "data";
    iov_t v;
    SETIOV(&v, b, sizeof b);
    rv_start(&c);
    int rcvid = rv_receive(chid, in, sizeof in, NULL);
    if (how == REPLY) {
        fails_value(MsgRead, EFAULT, "from memory the client does not have", rcvid, b, sizeof b, 8);
        fails_value(MsgReadv, EFAULT, "from memory the client does not have", rcvid, &v, 1, 8);
        fails_value(MsgWrite, EFAULT, "to memory the client does not have", rcvid, b, sizeof b, 0);
        fails_value(MsgWritev, EFAULT, "to memory the client does not have", rcvid, &v, 1, 0);
    }
    long got = end_client(how, rcvid, "data", 4);
    rv_join(&c);
    covers("%s:EFAULT", end_names[how]);
    ok(got == -EFAULT && c.result == -1 && c.err == EFAULT, "%s to memory the client does not have: EFAULT for both (%ld)",
       end_names[how], got);
    munmap(edge, 4096);
}

static void transfers(void)
{
    struct rv_client c;
    struct _msg_info info;
    char b[16] = "";
    iov_t v, bad;
    int rcvid = client(&c);
    SETIOV(&v, b, sizeof b);
    SETIOV_CONST(&bad, BAD, sizeof b);
    covers("SETIOV:ok SETIOV_CONST:ok GETIOVBASE:ok GETIOVLEN:ok");
    ok(GETIOVBASE(&v) == b && GETIOVLEN(&v) == sizeof b && GETIOVBASE(&bad) == BAD, "SETIOV, GETIOVBASE, GETIOVLEN");
    gives(MsgRead, 6, rcvid, b, sizeof b, 4);
    gives(MsgReadv, 7, rcvid, &v, 1, 3);
    is_str(b, "3456789", "what was read");
    gives(MsgWrite, 3, rcvid, "abc", 3, 2);
    SETIOV(&v, "xy", 2);
    gives(MsgWritev, 2, rcvid, &v, 1, 0);
    works(MsgInfo, rcvid, &info);
    ok(info.pid == getpid() && info.srcmsglen == 10 && info.dstmsglen == sizeof out, "MsgInfo tells of the client");
    works(MsgCurrent, rcvid);
    bad_own_value(MsgRead, msg, rcvid, BAD, 4, 0);
    bad_own_value(MsgRead, msg, rcvid, IN_KERNEL, 4, 0);
    bad_own_value(MsgReadv, riov, rcvid, BAD, 1, 0);
    bad_own_value(MsgReadv, riov, rcvid, &bad, 1, 0);
    bad_own_value(MsgWrite, msg, rcvid, BAD, 4, 0);
    bad_own_value(MsgWritev, iov, rcvid, BAD, 1, 0);
    bad_own_value(MsgWritev, iov, rcvid, &bad, 1, 0);
    bad_status(MsgInfo, info, rcvid, BAD);
    bad_status(MsgInfo, info, rcvid, IN_KERNEL);
    fails_value(MsgRead, EOVERFLOW, "a length of SIZE_MAX", rcvid, b, SIZE_MAX, 0);
    fails_value(MsgWrite, EOVERFLOW, "an offset of SIZE_MAX", rcvid, b, 1, SIZE_MAX);
    fails_value(MsgReadv, EOVERFLOW, "an offset of SIZE_MAX", rcvid, &v, 1, SIZE_MAX);
    fails_value(MsgWritev, EOVERFLOW, "an offset of SIZE_MAX", rcvid, &v, 1, SIZE_MAX);
    is_int(MsgReply(rcvid, 0, NULL, 0), 0, "reply");
    rv_join(&c);
    ok(memcmp(out, "xyabc", 5) == 0, "what was written");
}

#define GONE(R, name, ...)                                                                         \
    FAILS_(R, name,                                                                                \
           killed ? #name ":death " #name "_r:death " #name ":ESRCH " #name "_r:ESRCH"             \
                  : #name ":ESRCH " #name "_r:ESRCH",                                              \
           ESRCH, "gone", __VA_ARGS__)

/* id names a client that is gone, in whatever way. */
static void gone(int id, int killed)
{
    struct _msg_info info;
    char b[4];
    iov_t v;
    SETIOV(&v, b, sizeof b);
    GONE(R_VALUE, MsgRead, id, b, sizeof b, 0);
    GONE(R_VALUE, MsgReadv, id, &v, 1, 0);
    GONE(R_VALUE, MsgWrite, id, b, sizeof b, 0);
    GONE(R_VALUE, MsgWritev, id, &v, 1, 0);
    GONE(R_STATUS, MsgInfo, id, &info);
    GONE(R_STATUS, MsgCurrent, id);
    GONE(R_STATUS, MsgReply, id, 0, NULL, 0);
    GONE(R_STATUS, MsgReplyv, id, 0, &v, 1);
    GONE(R_STATUS, MsgError, id, EIO);
}

static void *send_and_stay(void *arg)
{
    MsgSend(coid, "x", 2, NULL, 0);
    for (;;)
        pause();
    return arg;
}

/* The thread lives on, but no longer waits. */
static void done_client(void)
{
    char in[4];
    pthread_t t;
    pthread_create(&t, NULL, send_and_stay, NULL);
    int rcvid = rv_receive(chid, in, sizeof in, NULL);
    is_int(MsgReply(rcvid, 0, NULL, 0), 0, "replied to");
    gone(rcvid, 0);
    pthread_cancel(t);
    pthread_join(t, NULL);
}

static void dead_client(void)
{
    char in[4];
    pid_t me = getpid(), pid = fork();
    if (pid == 0) {
        MsgSend(ConnectAttach(0, me, chid, _NTO_SIDE_CHANNEL, 0), "x", 2, NULL, 0);
        _exit(0);
    }
    int rcvid = rv_receive(chid, in, sizeof in, NULL);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    gone(rcvid, 1);
}

int main(void)
{
    chid = ChannelCreate(0);
    coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    for (int how = 0; how < ENDS; how++)
        ends((enum end)how);
    for (int how = 0; how < ERROR; how++)
        bad_client_buffers((enum end)how);
    transfers();
    gone(0, 0);
    gone(0x7fffffff, 0);
    done_client();
    dead_client();
    return done();
}
