/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The eight forms of MsgReceive*(): messages or pulses only, buffer or iovec, errno or _r.
 * Page: QNX Neutrino Library Reference, MsgReceive(), MsgReceivev(), MsgReceivePulse(), MsgReceivePulsev() and _r.
 */
#include "../blocked.h"

static const char *const names[8] = {
    "MsgReceive",   "MsgReceivev",   "MsgReceivePulse",   "MsgReceivePulsev",
    "MsgReceive_r", "MsgReceivev_r", "MsgReceivePulse_r", "MsgReceivePulsev_r",
};
#define FORMS          8
#define IS_PULSE(form) ((form) & 2)

struct receive {
    int form, chid;
    void *buf;
    size_t n;
    struct _msg_info *info;
};

static long receive_form(void *arg)
{
    const struct receive *m = arg;
    iov_t v;
    SETIOV(&v, m->buf, m->n);
    switch (m->form) {
    case 0: return PLAIN(MsgReceive(m->chid, m->buf, m->n, m->info));
    case 1: return PLAIN(MsgReceivev(m->chid, &v, 1, m->info));
    case 2: return PLAIN(MsgReceivePulse(m->chid, m->buf, m->n, m->info));
    case 3: return PLAIN(MsgReceivePulsev(m->chid, &v, 1, m->info));
    case 4: return R_VALUE(MsgReceive_r(m->chid, m->buf, m->n, m->info));
    case 5: return R_VALUE(MsgReceivev_r(m->chid, &v, 1, m->info));
    case 6: return R_VALUE(MsgReceivePulse_r(m->chid, m->buf, m->n, m->info));
    default: return R_VALUE(MsgReceivePulsev_r(m->chid, &v, 1, m->info));
    }
}

static long receive(int form, int chid, void *buf, size_t n, struct _msg_info *info)
{
    struct receive m = {form, chid, buf, n, info};
    return receive_form(&m);
}

static int chid, coid;
static char buf[64];

/* A pulse for every form; a message for those that take one, which the others leave alone. */
static void delivers(int form)
{
    struct _pulse *p = (struct _pulse *)buf;
    struct rv_client c = {.coid = coid, .smsg = "hello", .slen = 6};
    MsgSendPulse(coid, 10, 7, 99);
    long got = receive(form, chid, buf, sizeof buf, NULL);
    covers("%s:ok", names[form]);
    ok(got == 0 && p->code == 7 && p->value.sival_int == 99, "%s: 0 and the pulse (%ld)",
       names[form], got);
    rv_start(&c);
    rv_sleep_ms(5);
    if (IS_PULSE(form)) {
        TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, NULL, NULL, NULL);
        got = receive(form, chid, buf, sizeof buf, NULL);
        covers("%s:ETIMEDOUT", names[form]);
        is_int(got, -ETIMEDOUT, "a message is not for a form that takes pulses");
    }
    int rcvid = (int)receive(form & ~2, chid, buf, sizeof buf, NULL);
    ok(rcvid > 0 && strcmp(buf, "hello") == 0, "%s: a message", names[form & ~2]);
    MsgReply(rcvid, 0, NULL, 0);
    rv_join(&c);
}

static void refuses(int form)
{
    struct rv_client c = {.coid = coid, .smsg = "hello", .slen = 6};
    covers("%s:ESRCH", names[form]);
    ok(receive(form, 4000, buf, sizeof buf, NULL) == -ESRCH && receive(form, 0, buf, sizeof buf, NULL) == -ESRCH,
       "%s: no such channel: ESRCH", names[form]);
    MsgSendPulse(coid, 10, 7, 99);
    covers("%s:bad_msg %s:EFAULT", names[form], names[form]);
    is_int(receive(form, chid, BAD, 64, NULL), -EFAULT, "bad buffer: EFAULT");
    if (IS_PULSE(form))
        return;
    rv_start(&c);
    rv_sleep_ms(5);
    covers("%s:bad_info %s:EFAULT", names[form], names[form]);
    is_int(receive(form, chid, buf, sizeof buf, BAD), -EFAULT, "bad info: EFAULT");
    rv_join(&c);
    is_int(c.err, ESRVRFAULT, "... and the client hears of it");
}

static long send_to_parent(void *arg)
{
    return MsgSend(ConnectAttach(0, getppid(), *(int *)arg, _NTO_SIDE_CHANNEL, 0), "x", 1, NULL, 0);
}

/* A client that dies in SEND takes its message along. */
static void client_dies(int form, int mine)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit((int)send_to_parent(&mine));
    int there = blocked_wait_state(pid, 1, STATE_SEND);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, NULL, NULL, NULL);
    long got = receive(form, mine, buf, sizeof buf, NULL);
    covers("%s:death", names[form]);
    ok(there && got == -ETIMEDOUT, "%s: a client is killed in SEND: no message (%ld)", names[form], got);
}

/* The channel goes while a thread waits on it. */
static void peer_dies(int form)
{
    int mine = ChannelCreate(0);
    client_dies(form, mine);
    struct receive m = {form, mine, buf, sizeof buf, NULL};
    struct blocked b = {.call = receive_form, .arg = &m};
    int there = blocked_enter(&b, STATE_RECEIVE);
    ChannelDestroy(mine);
    long got = blocked_join(&b);
    covers("%s:death %s:ESRCH", names[form], names[form]);
    ok(there && got == -ESRCH, "%s: the channel is destroyed: ESRCH (%ld)", names[form], got);
}

static long receive_own(void *arg)
{
    struct receive *m = arg;
    m->chid = ChannelCreate(0);
    return receive_form(m);
}

int main(void)
{
    blocked_handle(SIGUSR1);
    chid = ChannelCreate(0);
    coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    for (int form = 0; form < FORMS; form++) {
        struct receive m = {form, chid, buf, sizeof buf, NULL};
        delivers(form);
        refuses(form);
        blocked_times_out(names[form], receive_form, &m, _NTO_TIMEOUT_RECEIVE);
        blocked_is_interrupted(names[form], receive_form, &m, STATE_RECEIVE);
        blocked_is_cancelled(names[form], receive_form, &m, STATE_RECEIVE);
        peer_dies(form);
        blocked_is_killed(names[form], receive_own, &m, STATE_RECEIVE);
    }
    iov_t v = {BAD, 64};
    MsgSendPulse(coid, 10, 7, 99);
    MsgSendPulse(coid, 10, 7, 99);
    bad_value(MsgReceivev, msg, chid, &v, 1, NULL);
    bad_value(MsgReceivev, msg, chid, BAD, 1, NULL);
    bad_value(MsgReceivePulsev, msg, chid, BAD, 1, NULL);
    return done();
}
