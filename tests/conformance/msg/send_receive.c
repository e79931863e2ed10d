/* SPDX-License-Identifier: Apache-2.0 */
/* MsgSend(), MsgReceive(), MsgReply(): data, lengths, status and info.
 * Page: QNX Neutrino Library Reference, MsgSend(), MsgReceive(), MsgReply(), _msg_info. */
#include "../rendezvous.h"

static int chid, coid;

static void plain(void)
{
    char in[32] = { 0 }, out[32] = { 0 };
    struct rv_client c = { .coid = coid, .smsg = "hello", .slen = 6, .rmsg = out, .rlen = sizeof(out) };
    struct _msg_info info;
    rv_start(&c);
    int rcvid = rv_receive(chid, in, sizeof(in), &info);
    ok(rcvid > 0, "MsgReceive gives a positive rcvid");
    is_str(in, "hello", "the message arrives");
    is_int(info.pid, getpid(), "info.pid is the client");
    is_int(info.chid, chid, "info.chid");
    is_int(info.coid, coid, "info.coid is the client's connection");
    is_int(info.msglen, 6, "info.msglen counts what was received");
    is_int(info.srcmsglen, 6, "info.srcmsglen counts what was sent");
    is_int(info.dstmsglen, sizeof(out), "info.dstmsglen is the reply buffer");
    is_int(MsgReply(rcvid, 42, "world", 6), 0, "MsgReply");
    rv_join(&c);
    is_int(c.result, 42, "MsgSend returns the status of the reply");
    is_str(out, "world", "the reply arrives");
    is_int(MsgReply(rcvid, 0, NULL, 0), -1, "a second MsgReply to the same rcvid fails");
    is_errno(ESRCH, "... with ESRCH");
}

static void truncation(void)
{
    char in[4], out[3] = { 0 };
    struct rv_client c = { .coid = coid, .smsg = "abcdefgh", .slen = 8, .rmsg = out, .rlen = 2 };
    struct _msg_info info;
    rv_start(&c);
    int rcvid = rv_receive(chid, in, sizeof(in), &info);
    is_int(info.msglen, 4, "a short receive buffer gets what fits");
    is_int(info.srcmsglen, 8, "srcmsglen still tells the whole length");
    is_int(MsgReply(rcvid, 0, "wxyz", 4), 0, "a reply longer than the client's buffer is no error");
    rv_join(&c);
    is_int(c.result, 0, "the client gets no error either");
    is_str(out, "wx", "and what fits of the data");
}

static void empty(void)
{
    struct rv_client c = { .coid = coid };
    struct _msg_info info;
    char in[8];
    rv_start(&c);
    int rcvid = rv_receive(chid, in, sizeof(in), &info);
    is_int(info.msglen, 0, "a message may be empty");
    is_int(MsgReply(rcvid, -7, NULL, 0), 0, "an empty reply");
    rv_join(&c);
}

struct vector_client {
    pthread_t thread;
    long result;
    char a[4], b[8];
};

static void *vector_main(void *arg)
{
    struct vector_client *v = arg;
    iov_t s[3], r[2];
    SETIOV(&s[0], "one", 3);
    SETIOV(&s[1], NULL, 0);
    SETIOV(&s[2], "two", 4);
    SETIOV(&r[0], v->a, sizeof(v->a));
    SETIOV(&r[1], v->b, sizeof(v->b));
    v->result = MsgSendv(coid, s, 3, r, 2);
    return NULL;
}

static void vectors(void)
{
    struct vector_client v = { .result = -1 };
    char x[2], y[16] = { 0 };
    iov_t in[2], out[2];
    SETIOV(&in[0], x, sizeof(x));
    SETIOV(&in[1], y, sizeof(y));
    pthread_create(&v.thread, NULL, vector_main, &v);
    rv_receive_timeout(5000);
    int rcvid = MsgReceivev(chid, in, 2, NULL);
    ok(rcvid > 0, "MsgReceivev");
    ok(x[0] == 'o' && x[1] == 'n' && strcmp(y, "etwo") == 0, "parts of both sides need not match");
    SETIOV(&out[0], "123456", 6);
    SETIOV(&out[1], "7890", 5);
    is_int(MsgReplyv(rcvid, 5, out, 2), 0, "MsgReplyv");
    pthread_join(v.thread, NULL);
    is_int(v.result, 5, "MsgSendv returns the status");
    ok(memcmp(v.a, "1234", 4) == 0 && memcmp(v.b, "567890", 7) == 0, "the reply is scattered over the parts");
}

int main(void)
{
    tap_plan(0);
    chid = ChannelCreate(0);
    ok(chid > 0, "ChannelCreate");
    coid = ConnectAttach(ND_LOCAL_NODE, 0, chid, _NTO_SIDE_CHANNEL, 0);
    ok(coid >= _NTO_SIDE_CHANNEL, "ConnectAttach to oneself");
    plain();
    truncation();
    empty();
    vectors();
    return done();
}
