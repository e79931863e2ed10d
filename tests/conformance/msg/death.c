/* SPDX-License-Identifier: Apache-2.0 */
/* A peer that dies: server gone, channel destroyed, client killed in SEND and in REPLY.
 * Page: QNX Neutrino Library Reference, MsgSend() (ESRCH), ChannelDestroy(), ChannelCreate() (_NTO_CHF_DISCONNECT). */
#include "../rendezvous.h"

/* A child that makes a channel, tells its id through the pipe, receives one message and never answers. */
static pid_t start_server(int *chid)
{
    int fd[2];
    if (pipe(fd) == -1)
        bail_out("pipe");
    pid_t pid = fork();
    if (pid == 0) {
        char b[8];
        int id = ChannelCreate(0);
        if (write(fd[1], &id, sizeof(id)) != sizeof(id))
            _exit(1);
        MsgReceive(id, b, sizeof(b), NULL);
        for (;;)
            pause();
    }
    if (read(fd[0], chid, sizeof(*chid)) != sizeof(*chid))
        bail_out("server did not start");
    close(fd[0]);
    close(fd[1]);
    return pid;
}

static void server_killed(void)
{
    int chid;
    pid_t pid = start_server(&chid);
    int coid = ConnectAttach(0, pid, chid, _NTO_SIDE_CHANNEL, 0);
    ok(coid != -1, "connected to another process");
    struct rv_client c[2];
    for (int i = 0; i < 2; i++) { /* the first gets REPLY-, the second SEND-blocked */
        c[i] = (struct rv_client){ .coid = coid, .smsg = "x", .slen = 1 };
        rv_start(&c[i]);
        rv_sleep_ms(30);
    }
    kill(pid, SIGKILL);
    for (int i = 0; i < 2; i++) {
        rv_join(&c[i]);
        ok(c[i].result == -1 && c[i].err == ESRCH, "server killed: client %s gets ESRCH (%d)", i ? "in SEND" : "in REPLY",
           c[i].err);
    }
    int status;
    is_int(waitpid(pid, &status, 0), pid, "the server is reaped");
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "killed by SIGKILL");
    char b[1];
    ok(MsgSend(coid, "x", 1, b, 1) == -1 && (errno == ESRCH || errno == EBADF), "the old connection is dead");
    ConnectDetach(coid);
}

static void channel_destroyed(void)
{
    int chid = ChannelCreate(0), coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    char b[8];
    struct rv_client a = { .coid = coid, .smsg = "x", .slen = 1 }, w = a;
    rv_start(&a);
    rv_receive(chid, b, sizeof(b), NULL);
    rv_start(&w);
    rv_sleep_ms(30);
    is_int(ChannelDestroy(chid), 0, "ChannelDestroy");
    rv_join(&a);
    rv_join(&w);
    ok(a.result == -1 && a.err == ESRCH, "REPLY-blocked client: ESRCH");
    ok(w.result == -1 && w.err == ESRCH, "SEND-blocked client: ESRCH");
    ok(ChannelDestroy(chid) == -1 && errno == EINVAL, "destroying it twice: EINVAL");
    ConnectDetach(coid);
}

static pid_t start_client(pid_t server, int chid)
{
    pid_t pid = fork();
    if (pid == 0) {
        char b[8];
        int coid = ConnectAttach(0, server, chid, _NTO_SIDE_CHANNEL, 0);
        MsgSend(coid, "x", 1, b, sizeof(b));
        _exit(0);
    }
    return pid;
}

static void client_killed(void)
{
    int chid = ChannelCreate(_NTO_CHF_DISCONNECT);
    char b[64];
    struct _msg_info info;
    struct _pulse p;
    pid_t pid = start_client(getpid(), chid);
    int rcvid = rv_receive(chid, b, sizeof(b), &info);
    ok(rcvid > 0 && info.pid == pid, "message from the child");
    kill(pid, SIGKILL);
    is_int(waitpid(pid, NULL, 0), pid, "the child dies in REPLY");
    is_int(rv_receive(chid, &p, sizeof(p), NULL), 0, "a pulse");
    is_int(p.code, _PULSE_CODE_DISCONNECT, "_PULSE_CODE_DISCONNECT");
    is_int(p.scoid, info.scoid, "names the client's scoid");
    ok(MsgReply(rcvid, 0, NULL, 0) == -1 && errno == ESRCH, "replying to the dead: ESRCH");
    is_int(ConnectDetach(p.scoid), 0, "ConnectDetach(scoid)");
    ok(ConnectDetach(p.scoid) == -1 && errno == EINVAL, "twice: EINVAL");

    pid = start_client(getpid(), chid);
    rv_sleep_ms(60);
    kill(pid, SIGKILL);
    is_int(waitpid(pid, NULL, 0), pid, "the child dies in SEND");
    is_int(rv_receive(chid, &p, sizeof(p), NULL), 0, "only the disconnect pulse is left");
    is_int(p.code, _PULSE_CODE_DISCONNECT, "no message of the dead");
    ConnectDetach(p.scoid);
}

int main(void)
{
    server_killed();
    channel_destroyed();
    client_killed();
    return done();
}
