/* SPDX-License-Identifier: Apache-2.0 */
/* Errors of the message calls: bad connection, bad buffers on either side, bad rcvid.
 * Page: QNX Neutrino Library Reference, MsgSend(), MsgReceive(), MsgReply(), MsgError(), MsgRead(), MsgWrite(). */
#include <limits.h>
#include "../rendezvous.h"

#define BAD ((void *)8)
#define KERNEL ((void *)0xffffffc080000000UL)

static int chid, coid;

static void bad_ids(void)
{
    char b[8] = "";
    is_int(MsgSend(-1, b, 1, b, 1), -1, "MsgSend on coid -1");
    is_errno(EBADF, "... EBADF");
    is_int(MsgSend(0x20000001, b, 1, b, 1), -1, "MsgSend on a scoid");
    is_errno(EBADF, "... EBADF");
    is_int(MsgSend_r(coid + 1000, b, 1, b, 1), -EBADF, "MsgSend_r returns the negative errno");
    is_int(MsgReceive(0, b, sizeof(b), NULL), -1, "MsgReceive on channel 0");
    is_errno(ESRCH, "... ESRCH");
    is_int(MsgReceive(INT_MAX, b, sizeof(b), NULL), -1, "MsgReceive on a huge channel id");
    is_errno(ESRCH, "... ESRCH");
    int rcvids[] = { 0, -1, 1, 0x10001, INT_MAX };
    for (size_t i = 0; i < sizeof(rcvids) / sizeof(rcvids[0]); i++) {
        ok(MsgReply(rcvids[i], 0, NULL, 0) == -1 && errno == ESRCH, "MsgReply(%d): ESRCH", rcvids[i]);
        ok(MsgError(rcvids[i], EIO) == -1 && errno == ESRCH, "MsgError(%d): ESRCH", rcvids[i]);
        ok(MsgRead(rcvids[i], b, 1, 0) == -1 && errno == ESRCH, "MsgRead(%d): ESRCH", rcvids[i]);
        ok(MsgWrite(rcvids[i], b, 1, 0) == -1 && errno == ESRCH, "MsgWrite(%d): ESRCH", rcvids[i]);
    }
}

/* The sender's buffer is bad: only the sender fails, the receiver goes on waiting. */
static void bad_sender(const void *p, const char *name)
{
    struct rv_client c = { .coid = coid, .smsg = p, .slen = 16 };
    char in[16];
    rv_start(&c);
    rv_sleep_ms(20);
    rv_receive_timeout(100);
    ok(MsgReceive(chid, in, sizeof(in), NULL) == -1 && errno == ETIMEDOUT, "receiver does not see a message from %s", name);
    rv_join(&c);
    ok(c.result == -1 && c.err == EFAULT, "the sender gets EFAULT (%s)", name);
}

static void bad_receiver(void)
{
    struct rv_client c = { .coid = coid, .smsg = "x", .slen = 2 };
    rv_start(&c);
    rv_sleep_ms(20);
    ok(MsgReceive(chid, BAD, 16, NULL) == -1 && errno == EFAULT, "receive buffer bad: EFAULT");
    rv_join(&c);
    ok(c.result == -1 && c.err == ESRVRFAULT, "the client learns ESRVRFAULT");
}

static void bad_reply(void)
{
    char in[8];
    char out[8];
    struct rv_client c = { .coid = coid, .smsg = "x", .slen = 2, .rmsg = out, .rlen = 8 };
    rv_start(&c);
    int rcvid = rv_receive(chid, in, sizeof(in), NULL);
    ok(MsgReply(rcvid, 0, BAD, 4) == -1 && errno == ESRVRFAULT, "reply data bad: ESRVRFAULT");
    is_int(MsgReply(rcvid, 2, "data", 4), 0, "the client still waits for a good one");
    rv_join(&c);
    is_int(c.result, 2, "and gets it");
    c.rmsg = BAD;
    rv_start(&c);
    rcvid = rv_receive(chid, in, sizeof(in), NULL);
    ok(MsgReply(rcvid, 0, "data", 4) == -1 && errno == EFAULT, "client's reply buffer bad: EFAULT");
    rv_join(&c);
    ok(c.result == -1 && c.err == EFAULT, "and the client fails with EFAULT");
}

static void msg_error(void)
{
    char in[8];
    struct rv_client c = { .coid = coid, .smsg = "x", .slen = 2 };
    rv_start(&c);
    int rcvid = rv_receive(chid, in, sizeof(in), NULL);
    is_int(MsgError(rcvid, ENOSPC), 0, "MsgError");
    rv_join(&c);
    ok(c.result == -1 && c.err == ENOSPC, "the client sees errno ENOSPC");
    rv_start(&c);
    rcvid = rv_receive(chid, in, sizeof(in), NULL);
    is_int(MsgError(rcvid, EOK), 0, "MsgError(EOK)");
    rv_join(&c);
    is_int(c.result, 0, "is success for the client");
    rv_start(&c);
    rcvid = rv_receive(chid, in, sizeof(in), NULL);
    is_int(MsgError(rcvid, ERESTART), 0, "MsgError(ERESTART)");
    rcvid = rv_receive(chid, in, sizeof(in), NULL);
    ok(rcvid > 0, "makes the client send again");
    MsgReply(rcvid, 3, NULL, 0);
    rv_join(&c);
    covers("semantic:12");
    is_int(c.result, 3, "and get the second reply");
}

static void bad_vectors(void)
{
    iov_t iov = { 0 };
    ok(MsgSendv(coid, BAD, 2, NULL, 0) == -1 && errno == EFAULT, "iov array bad: EFAULT");
    ok(MsgSendv(coid, &iov, 100000, NULL, 0) == -1 && (errno == EINVAL || errno == EOVERFLOW), "too many parts: EINVAL or EOVERFLOW (%d)", errno);
    iov_t big[2] = { { NULL, SSIZE_MAX }, { NULL, SSIZE_MAX } };
    ok(MsgSendv(coid, big, 2, NULL, 0) == -1 && errno == EOVERFLOW, "total length overflows: EOVERFLOW");
}

int main(void)
{
    chid = ChannelCreate(0);
    coid = ConnectAttach(ND_LOCAL_NODE, 0, chid, _NTO_SIDE_CHANNEL, 0);
    bad_ids();
    bad_sender(BAD, "an unmapped address");
    bad_sender(KERNEL, "a kernel address");
    bad_sender((void *)UINT64_MAX, "the last address");
    bad_receiver();
    bad_reply();
    msg_error();
    bad_vectors();
    return done();
}
