/* SPDX-License-Identifier: Apache-2.0 */
/* MsgRead(), MsgWrite(): offsets, short transfers, the client stays blocked.
 * Page: QNX Neutrino Library Reference, MsgRead(), MsgWrite(). */
#include "../rendezvous.h"

int main(void)
{
    tap_plan(13);
    int chid = ChannelCreate(0), coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    char in[4], b[16] = { 0 }, out[16] = { 0 };
    struct rv_client c = { .coid = coid, .smsg = "0123456789", .slen = 10, .rmsg = out, .rlen = sizeof(out) };
    rv_start(&c);
    int rcvid = rv_receive(chid, in, sizeof(in), NULL);
    is_int(MsgRead(rcvid, b, sizeof(b), 4), 6, "MsgRead from offset 4 gives the rest");
    is_str(b, "456789", "the right bytes");
    is_int(MsgRead(rcvid, b, 3, 0), 3, "MsgRead of 3 at 0");
    ok(memcmp(b, "012", 3) == 0, "the start again");
    is_int(MsgRead(rcvid, b, 3, 10), 0, "MsgRead at the end gives 0");
    is_int(MsgRead(rcvid, b, 3, 100), 0, "MsgRead past the end gives 0");
    ok(MsgRead(rcvid, (void *)8, 3, 0) == -1 && errno == ESRVRFAULT, "MsgRead into a bad buffer: ESRVRFAULT");
    is_int(MsgWrite(rcvid, "xyz", 3, 2), 3, "MsgWrite at 2");
    is_int(MsgWrite(rcvid, "0123456789", 10, 12), 4, "MsgWrite is cut at the end of the client's buffer");
    iov_t v[2];
    SETIOV(&v[0], "a", 1);
    SETIOV(&v[1], "b", 1);
    is_int(MsgWritev(rcvid, v, 2, 0), 2, "MsgWritev");
    is_int(MsgReply(rcvid, 16, NULL, 0), 0, "MsgReply without data keeps what was written");
    rv_join(&c);
    is_int(c.result, 16, "status");
    ok(memcmp(out, "abxyz\0\0\0\0\0\0\0" "0123", 16) == 0, "the client has all pieces");
    return done();
}
