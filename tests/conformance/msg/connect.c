/* SPDX-License-Identifier: Apache-2.0 */
/* Connections: numbering, flags, ServerInfo's next-higher rule, ClientInfo.
 * Page: QNX Neutrino Library Reference, ConnectAttach(), ConnectFlags(), ConnectServerInfo(), ConnectClientInfo(). */
#include "../rendezvous.h"

static void numbering(int chid)
{
    int fd = ConnectAttach(0, 0, chid, 100, 0);
    is_int(fd, 100, "without _NTO_SIDE_CHANNEL the id is the first free one from index on");
    is_int(ConnectAttach(0, 0, chid, 100, 0), 101, "the next one");
    int side = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL | 7, 0);
    ok(side > 0x3fffffff, "a side channel lies above every descriptor");
    ok(ConnectAttach(0, 0, chid, 0x3fffffff, 0) == -1 && errno == EINVAL, "index out of range: EINVAL");
    ok(ConnectAttach(0, 0, 9999, 0, 0) == -1 && errno == ESRCH, "no such channel: ESRCH");
    ok(ConnectAttach(0, 32000, 1, 0, 0) == -1 && errno == ESRCH, "no such process: ESRCH");
    ok(ConnectAttach(0, 0, chid, 0, 0x40000000) == -1 && errno == EINVAL, "unknown flag: EINVAL");

    struct _server_info si;
    is_int(ConnectServerInfo(0, 100, &si), 100, "ConnectServerInfo of a used id");
    ok(si.pid == getpid() && si.chid == chid && si.coid == 100, "tells server and channel");
    is_int(ConnectServerInfo(0, 50, &si), 100, "of an unused id: the next higher one in use");
    ok(ConnectServerInfo(0, 102, &si) == -1 && errno == EINVAL, "nothing above: EINVAL");
    ok(ConnectServerInfo(0, 100, (void *)8) == -1 && errno == EFAULT, "bad pointer: EFAULT");

    is_int(ConnectFlags(0, 100, 0, 0), 0, "flags start clear");
    is_int(ConnectFlags(0, 100, _NTO_COF_CLOEXEC, _NTO_COF_CLOEXEC), 0, "setting returns the old ones");
    is_int(ConnectFlags(0, 100, 0, 0), _NTO_COF_CLOEXEC, "and they stay");
    ok(ConnectFlags(0, 77, 0, 0) == -1 && errno == EBADF, "bad coid: EBADF");
    is_int(ConnectDetach(100), 0, "detach");
    ok(ConnectDetach(100) == -1 && errno == EINVAL, "twice: EINVAL");
    ConnectDetach(101);
    ConnectDetach(side);
}

static void client_info(int chid)
{
    int a = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0), b = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    struct _msg_info i1, i2;
    struct rv_client c = { .coid = a, .smsg = "x", .slen = 1 };
    char buf[8];
    rv_start(&c);
    int rcvid = rv_receive(chid, buf, sizeof(buf), &i1);
    struct _client_info ci;
    is_int(ConnectClientInfo(i1.scoid, &ci, 8), 0, "ConnectClientInfo");
    ok(ci.pid == getpid() && ci.cred.euid == geteuid() && ci.sid == getsid(0), "pid, sid and credentials");
    ok(ConnectClientInfo(i1.scoid, (void *)8, 0) == -1 && errno == EFAULT, "bad pointer: EFAULT");
    ok(ConnectClientInfo(0x2000fff0, &ci, 0) == -1 && errno == EINVAL, "unknown scoid: EINVAL");
    MsgReply(rcvid, 0, NULL, 0);
    rv_join(&c);
    c.coid = b;
    rv_start(&c);
    rcvid = rv_receive(chid, buf, sizeof(buf), &i2);
    MsgReply(rcvid, 0, NULL, 0);
    rv_join(&c);
    ok(i1.scoid == i2.scoid && i1.coid != i2.coid, "one scoid for a client process, a coid per connection");
}

int main(void)
{
    int chid = ChannelCreate(0);
    numbering(chid);
    client_info(chid);
    ok(ChannelCreate(0x10000) == -1 && errno == EINVAL, "ChannelCreate with an unknown flag: EINVAL");
    return done();
}
