/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Channels and connections in both forms: every errno, every pointer, every limit.
 * Page: QNX Neutrino Library Reference, ChannelCreate(), ChannelDestroy(), ConnectAttach(), ConnectDetach(), ConnectFlags(),
 * ConnectServerInfo(), ConnectClientInfo(), ConnectClientInfoExt(), ConnectClientInfoAble().
 */
#include <abi/limits.h>
#include "../calls.h"

#define NOBODY 32000 /* no process has this id */

static int chid, coid;

static void channels(void)
{
    int a = ChannelCreate(0);
    errno = UNTOUCHED;
    int b = ChannelCreate_r(_NTO_CHF_UNBLOCK | _NTO_CHF_DISCONNECT);
    covers("ChannelCreate:ok ChannelCreate_r:ok");
    ok(a > 0 && b > 0 && a != b && errno == UNTOUCHED, "two channels (%d, %d)", a, b);
    fails_value(ChannelCreate, EINVAL, "unknown flags", 0x80000000);
    int rc = ChannelDestroy(a);
    errno = UNTOUCHED;
    int rr = ChannelDestroy_r(b);
    covers("ChannelDestroy:ok ChannelDestroy_r:ok");
    ok(rc == 0 && rr == EOK && errno == UNTOUCHED, "both destroyed");
    fails_status(ChannelDestroy, EINVAL, "again", a);
    fails_status(ChannelDestroy, EINVAL, "none", -1);
}

/* A child uses up what a process may have. */
static void limits(void)
{
    covers("ChannelCreate:EAGAIN ChannelCreate_r:EAGAIN");
    ok(unprivileged(({
           int n = 0;
           while (n < 2 * QRV_CHID_MAX && ChannelCreate_r(0) > 0)
               n++;
           n > 100 && FAIL_BOTH_VALUE(ChannelCreate, EAGAIN, 0);
       })),
       "channels are bounded: EAGAIN");
    covers("ConnectAttach:EMFILE ConnectAttach_r:EMFILE");
    ok(unprivileged(({
           int n = 0, c = ChannelCreate(0);
           while (n < 2 * QRV_COID_MAX && ConnectAttach_r(0, 0, c, _NTO_SIDE_CHANNEL, 0) > 0)
               n++;
           n > 100 && FAIL_BOTH_VALUE(ConnectAttach, EMFILE, 0, 0, c, _NTO_SIDE_CHANNEL, 0);
       })),
       "connections are bounded: EMFILE");
}

static void connections(void)
{
    int a = ConnectAttach(ND_LOCAL_NODE, 0, chid, _NTO_SIDE_CHANNEL, 0);
    errno = UNTOUCHED;
    int b = ConnectAttach_r(ND_LOCAL_NODE, getpid(), chid, _NTO_SIDE_CHANNEL, _NTO_COF_CLOEXEC);
    covers("ConnectAttach:ok ConnectAttach_r:ok");
    ok(a >= _NTO_SIDE_CHANNEL && b > a && errno == UNTOUCHED, "two connections (%#x, %#x)", a, b);
    fails_value(ConnectAttach, EINVAL, "unknown flags", 0, 0, chid, _NTO_SIDE_CHANNEL, 0x40000000);
    fails_value(ConnectAttach, ESRCH, "no such process", 0, NOBODY, 1, _NTO_SIDE_CHANNEL, 0);
    fails_value(ConnectAttach, ESRCH, "no such channel", 0, 0, 4000, _NTO_SIDE_CHANNEL, 0);
    gives(ConnectFlags, _NTO_COF_CLOEXEC, 0, b, 0, 0);
    fails_value(ConnectFlags, EBADF, "no such connection", 0, 4242, 0, 0);
    fails_value(ConnectFlags, ESRCH, "no such process", NOBODY, b, 0, 0);
    fails_value(ConnectFlags, EPERM, "another process' connection", TASKMAN_PID, 0, 0, 0);
    int rc = ConnectDetach(a);
    errno = UNTOUCHED;
    int rr = ConnectDetach_r(b);
    covers("ConnectDetach:ok ConnectDetach_r:ok");
    ok(rc == 0 && rr == EOK && errno == UNTOUCHED, "both detached");
    fails_status(ConnectDetach, EINVAL, "again", a);
    fails_status(ConnectDetach, EINVAL, "none", -1);
    fails_status(ConnectDetach, EPERM, "the process manager's", SYSMGR_COID);
}

static void server_info(void)
{
    struct _server_info si;
    gives(ConnectServerInfo, coid, 0, coid, &si);
    ok(si.pid == getpid() && si.chid == chid, "tells of the server");
    bad_value(ConnectServerInfo, info, 0, coid, BAD);
    bad_value(ConnectServerInfo, info, 0, coid, IN_KERNEL);
    fails_value(ConnectServerInfo, EINVAL, "none at or above", 0, _NTO_SIDE_CHANNEL + 8000, &si);
    fails_value(ConnectServerInfo, EINVAL, "a negative one", 0, -1, &si);
    fails_value(ConnectServerInfo, ESRCH, "no such process", NOBODY, 0, &si);
}

static void dead_server(void)
{
    struct _server_info si;
    int other = ChannelCreate(0), to_other = ConnectAttach(0, 0, other, _NTO_SIDE_CHANNEL, 0);
    ChannelDestroy(other);
    covers("ConnectServerInfo:death");
    ok(ConnectServerInfo(0, to_other, &si) == to_other && (si.flags & _NTO_COF_DEAD), "a dead server is told");
    covers("ConnectServerInfo_r:death");
    ok(ConnectServerInfo_r(0, to_other, NULL) != to_other, "and passed over when nothing is asked");
    ConnectDetach(to_other);
}

static void client_info(void)
{
    struct _msg_info mi;
    struct _client_info ci, *ext = NULL;
    struct _client_able able = {.ability = 1};
    struct rv_client c = {.coid = coid, .smsg = "x", .slen = 2};
    char in[8];
    rv_start(&c);
    int rcvid = rv_receive(chid, in, sizeof in, &mi);
    works(ConnectClientInfo, mi.scoid, &ci, 4);
    ok(ci.pid == getpid() && ci.cred.euid == geteuid(), "tells of the client");
    works(ConnectClientInfo, -1, &ci, 0);
    bad_status(ConnectClientInfo, info, mi.scoid, BAD, 4);
    bad_status(ConnectClientInfo, info, mi.scoid, IN_KERNEL, 4);
    fails_status(ConnectClientInfo, EINVAL, "no such client", 0x2000fff0, &ci, 4);
    fails_status(ConnectClientInfo, EINVAL, "no scoid", 5, &ci, 4);
    fails_status(ConnectClientInfo, EINVAL, "-1 groups", mi.scoid, &ci, -1);
    covers("ConnectClientInfoExt:ok");
    ok(ConnectClientInfoExt(mi.scoid, &ext, 0) == 0 && ext && ext->pid == getpid(), "the allocated form");
    covers("ClientInfoExtFree:ok");
    ok(ClientInfoExtFree(&ext) == 0 && ext == NULL, "is freed");
    covers("ConnectClientInfoExt:EINVAL");
    is_int(PLAIN(ConnectClientInfoExt(0x2000fff0, &ext, 0)), -EINVAL, "no such client: EINVAL");
    covers("ConnectClientInfoAble:ok");
    ok(ConnectClientInfoAble(mi.scoid, &ext, 0, &able, 1) == 0 && able.flags == 0, "user 0 is able");
    ClientInfoExtFree(&ext);
    covers("ConnectClientInfoAble:EINVAL");
    is_int(PLAIN(ConnectClientInfoAble(0x2000fff0, &ext, 0, &able, 1)), -EINVAL, "no such client: EINVAL");
    MsgReply(rcvid, 0, NULL, 0);
    rv_join(&c);
}

int main(void)
{
    chid = ChannelCreate(0);
    coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    channels();
    connections();
    server_info();
    dead_server();
    client_info();
    limits();
    return done();
}
