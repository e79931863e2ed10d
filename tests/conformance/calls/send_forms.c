/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sixteen forms of MsgSend*(): buffer or iovec on either side, cancellation point or not (nc), errno or _r. Each replies,
 * fails and is disturbed in the same way.
 * Page: QNX Neutrino Library Reference, MsgSend(), MsgSendnc(), MsgSendsv(), MsgSendvs(), MsgSendv() and their nc and _r forms.
 */
#include <limits.h>
#include "../blocked.h"

static const char *const names[16] = {
    "MsgSend",       "MsgSendsv",       "MsgSendvs",       "MsgSendv",
    "MsgSendnc",     "MsgSendsvnc",     "MsgSendvsnc",     "MsgSendvnc",
    "MsgSend_r",     "MsgSendsv_r",     "MsgSendvs_r",     "MsgSendv_r",
    "MsgSendnc_r",   "MsgSendsvnc_r",   "MsgSendvsnc_r",   "MsgSendvnc_r",
};
#define FORMS       16
#define IS_NC(form) ((form) & 4)

struct send {
    int form, coid;
    const void *s;
    size_t sn;
    void *r;
    size_t rn;
};

/* One send in the given form: what it returned, or -errno. */
static long send_form(void *arg)
{
    const struct send *m = arg;
    iov_t si, ri;
    SETIOV_CONST(&si, m->s, m->sn);
    SETIOV(&ri, m->r, m->rn);
    switch (m->form) {
    case 0: return PLAIN(MsgSend(m->coid, m->s, m->sn, m->r, m->rn));
    case 1: return PLAIN(MsgSendsv(m->coid, m->s, m->sn, &ri, 1));
    case 2: return PLAIN(MsgSendvs(m->coid, &si, 1, m->r, m->rn));
    case 3: return PLAIN(MsgSendv(m->coid, &si, 1, &ri, 1));
    case 4: return PLAIN(MsgSendnc(m->coid, m->s, m->sn, m->r, m->rn));
    case 5: return PLAIN(MsgSendsvnc(m->coid, m->s, m->sn, &ri, 1));
    case 6: return PLAIN(MsgSendvsnc(m->coid, &si, 1, m->r, m->rn));
    case 7: return PLAIN(MsgSendvnc(m->coid, &si, 1, &ri, 1));
    case 8: return R_VALUE(MsgSend_r(m->coid, m->s, m->sn, m->r, m->rn));
    case 9: return R_VALUE(MsgSendsv_r(m->coid, m->s, m->sn, &ri, 1));
    case 10: return R_VALUE(MsgSendvs_r(m->coid, &si, 1, m->r, m->rn));
    case 11: return R_VALUE(MsgSendv_r(m->coid, &si, 1, &ri, 1));
    case 12: return R_VALUE(MsgSendnc_r(m->coid, m->s, m->sn, m->r, m->rn));
    case 13: return R_VALUE(MsgSendsvnc_r(m->coid, m->s, m->sn, &ri, 1));
    case 14: return R_VALUE(MsgSendvsnc_r(m->coid, &si, 1, m->r, m->rn));
    default: return R_VALUE(MsgSendvnc_r(m->coid, &si, 1, &ri, 1));
    }
}

static long send_one(int form, int coid, const void *s, size_t sn, void *r, size_t rn)
{
    struct send m = {form, coid, s, sn, r, rn};
    return send_form(&m);
}

/* A server that answers "r" with status 5 and "pong", and keeps "h" waiting. */
static int served, serving, deaf, to_deaf; /* channels and connections: a server's, and nobody's */
static volatile int held;                  /* the last client that is kept waiting */

static void *server(void *arg)
{
    char in[16];
    for (;;) {
        int rcvid = MsgReceive(served, in, sizeof in, NULL);
        if (rcvid > 0 && in[0] == 'r')
            MsgReply(rcvid, 5, "pong", 5);
        else if (rcvid > 0 && in[0] == 'h')
            held = rcvid;
        else if (rcvid > 0)
            MsgError(rcvid, EPROTO);
    }
    return arg;
}

static void replies(int form)
{
    char out[8] = "";
    long got = send_one(form, serving, "r", 2, out, sizeof out);
    covers("%s:ok", names[form]);
    ok(got == 5 && strcmp(out, "pong") == 0, "%s returns the status, the reply is there (%ld)",
       names[form], got);
}

static void refuses(int form)
{
    char out[8];
    covers("%s:EBADF", names[form]);
    is_int(send_one(form, -1, "r", 2, out, sizeof out), -EBADF, "no connection: EBADF");
    covers("%s:bad_smsg %s:EFAULT", names[form], names[form]);
    ok(send_one(form, serving, BAD, 16, out, sizeof out) == -EFAULT &&
           send_one(form, serving, IN_KERNEL, 16, out, sizeof out) == -EFAULT,
       "%s: bad message: EFAULT", names[form]);
    covers("%s:bad_rmsg %s:EFAULT", names[form], names[form]);
    ok(send_one(form, serving, "r", 2, BAD, 16) == -EFAULT &&
           send_one(form, serving, "r", 2, IN_KERNEL, 16) == -EFAULT,
       "%s: bad reply buffer: EFAULT", names[form]);
    covers("%s:EOVERFLOW", names[form]);
    ok(send_one(form, serving, "r", (size_t)SSIZE_MAX + 1, out, 1) == -EOVERFLOW &&
           send_one(form, serving, "r", 1, out, (size_t)SSIZE_MAX + 1) == -EOVERFLOW,
       "%s: longer than SSIZE_MAX on either side: EOVERFLOW", names[form]);
}

/* An array of iovecs that is nowhere, where the form has one. */
static void bad_arrays(void)
{
    char b[8];
    iov_t v;
    SETIOV(&v, b, sizeof b);
    bad_value(MsgSendsv, rmsg, serving, "r", 2, BAD, 1);
    bad_value(MsgSendsvnc, rmsg, serving, "r", 2, BAD, 1);
    bad_value(MsgSendvs, smsg, serving, BAD, 1, b, sizeof b);
    bad_value(MsgSendvsnc, smsg, serving, BAD, 1, b, sizeof b);
    bad_value(MsgSendv, smsg, serving, BAD, 1, &v, 1);
    bad_value(MsgSendv, rmsg, serving, &v, 1, BAD, 1);
    bad_value(MsgSendvnc, smsg, serving, BAD, 1, &v, 1);
    bad_value(MsgSendvnc, rmsg, serving, &v, 1, BAD, 1);
}

static void server_faults(int form)
{
    struct send m = {form, to_deaf, "r", 2, NULL, 0};
    struct blocked b = {.call = send_form, .arg = &m};
    int there = blocked_enter(&b, STATE_SEND);
    int receive = (int)PLAIN(MsgReceive(deaf, BAD, 16, NULL));
    long got = blocked_join(&b);
    covers("%s:ESRVRFAULT", names[form]);
    ok(there && receive == -EFAULT && got == -ESRVRFAULT,
       "%s: the server's buffer is bad: ESRVRFAULT (%ld)", names[form], got);
}

static void disturbed(int form)
{
    struct send waits = {form, to_deaf, "h", 2, NULL, 0}, served_one = {form, serving, "h", 2, NULL, 0};
    blocked_times_out(names[form], send_form, &waits, _NTO_TIMEOUT_SEND);
    blocked_times_out(names[form], send_form, &served_one, _NTO_TIMEOUT_REPLY);
    blocked_is_interrupted(names[form], send_form, &waits, STATE_SEND);
    blocked_is_interrupted(names[form], send_form, &served_one, STATE_REPLY);
}

/* nc: the request stays pending, the call waits for its reply. */
static void not_cancelled(int form)
{
    struct send m = {form, serving, "h", 2, NULL, 0};
    struct blocked b = {.call = send_form, .arg = &m};
    void *status = PTHREAD_CANCELED;
    int there = blocked_enter(&b, STATE_REPLY);
    pthread_cancel(b.thread);
    rv_sleep_ms(5);
    there &= blocked_state(getpid(), b.tid) == STATE_REPLY;
    int replied = MsgReply(held, 6, NULL, 0);
    pthread_join(b.thread, &status);
    covers("%s:cancel", names[form]);
    ok(there && replied == 0 && status == NULL && b.result == 6,
       "%s is no cancellation point: it waits for its reply (%ld)", names[form], b.result);
}

static void cancelled(int form)
{
    struct send waits = {form, to_deaf, "h", 2, NULL, 0}, served_one = {form, serving, "h", 2, NULL, 0};
    if (IS_NC(form)) {
        not_cancelled(form);
        return;
    }
    blocked_is_cancelled(names[form], send_form, &waits, STATE_SEND);
    blocked_is_cancelled(names[form], send_form, &served_one, STATE_REPLY);
}

/* A child serves FORMS clients without an answer, leaves as many unreceived, and is killed. */
static void server_dies(void)
{
    static struct send m[2 * FORMS];
    static struct blocked b[2 * FORMS];
    int fd[2], chid = -1, there = 1;
    if (pipe(fd) != 0)
        bail_out("pipe");
    pid_t pid = fork();
    if (pid == 0) {
        char in[8];
        chid = ChannelCreate(0);
        (void)!write(fd[1], &chid, sizeof chid);
        for (int i = 0; i < FORMS; i++)
            MsgReceive(chid, in, sizeof in, NULL);
        for (;;)
            pause();
    }
    if (read(fd[0], &chid, sizeof chid) != sizeof chid)
        bail_out("the child has no channel");
    int coid = ConnectAttach(0, pid, chid, _NTO_SIDE_CHANNEL, 0);
    for (int i = 0; i < 2 * FORMS; i++) {
        m[i] = (struct send){i % FORMS, coid, "x", 2, NULL, 0};
        b[i] = (struct blocked){.call = send_form, .arg = &m[i]};
        there &= blocked_enter(&b[i], i < FORMS ? STATE_REPLY : STATE_SEND);
    }
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    for (int i = 0; i < FORMS; i++) {
        long first = blocked_join(&b[i]), second = blocked_join(&b[FORMS + i]);
        covers("%s:death %s:ESRCH", names[i], names[i]);
        ok(there && first == -ESRCH && second == -ESRCH,
           "%s: the server is killed, in REPLY and in SEND: ESRCH (%ld, %ld)", names[i], first, second);
    }
    ConnectDetach(coid);
    close(fd[0]);
    close(fd[1]);
}

/* Connections like this are not inherited: the child makes its own. */
static pid_t parent;
static long send_from_child(void *arg)
{
    struct send *m = arg;
    m->coid = ConnectAttach(0, parent, m->coid, _NTO_SIDE_CHANNEL, 0);
    return send_form(m);
}

static void killed(int form)
{
    struct send waits = {form, deaf, "h", 2, NULL, 0}, served_one = {form, served, "h", 2, NULL, 0};
    blocked_is_killed(names[form], send_from_child, &waits, STATE_SEND);
    blocked_is_killed(names[form], send_from_child, &served_one, STATE_REPLY);
}

int main(void)
{
    pthread_t t;
    parent = getpid();
    blocked_handle(SIGUSR1);
    served = ChannelCreate(0);
    serving = ConnectAttach(0, 0, served, _NTO_SIDE_CHANNEL, 0);
    deaf = ChannelCreate(0);
    to_deaf = ConnectAttach(0, 0, deaf, _NTO_SIDE_CHANNEL, 0);
    pthread_create(&t, NULL, server, NULL);
    for (int form = 0; form < FORMS; form++) {
        replies(form);
        refuses(form);
        server_faults(form);
        disturbed(form);
        cancelled(form);
        killed(form);
    }
    bad_arrays();
    server_dies();
    return done();
}
