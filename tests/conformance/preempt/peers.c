/* SPDX-License-Identifier: Apache-2.0 */
/* What happens to either side in the middle of a copy of 16 MiB: death, a timeout, a signal, a second thread of the server.
 * Pages: Library Reference, MsgSend(), MsgReceive(), MsgReply(), MsgRead(), TimerTimeout(). */
#include "ticker.h"

#define TRIES 30

static struct stage *stage;

/* A server process that receives one message of BIG bytes on the first processor and exits with 0 when it is right. */
static pid_t start_server(int *coid)
{
    int fd[2], chid;
    if (pipe(fd) == -1)
        bail_out("pipe");
    pid_t pid = fork();
    if (pid == 0) {
        uint8_t *buf = big_new(0);
        pin(10);
        chid = ChannelCreate(0);
        if (write(fd[1], &chid, sizeof chid) != sizeof chid)
            _exit(1);
        atomic_store(&stage->state, COPYING);
        int rcvid = MsgReceive(chid, buf, BIG, NULL);
        atomic_store(&stage->state, COPIED);
        if (rcvid <= 0 || !big_is_right(buf))
            _exit(2);
        _exit(MsgReply(rcvid, 0, NULL, 0) == -1 ? errno : 0);
    }
    if (read(fd[0], &chid, sizeof chid) != sizeof chid)
        bail_out("no server");
    close(fd[0]);
    close(fd[1]);
    *coid = ConnectAttach(0, pid, chid, _NTO_SIDE_CHANNEL, 0);
    return pid;
}

static void kill_it(void *pid)
{
    kill(*(pid_t *)pid, SIGKILL);
}

static void server_dies(const uint8_t *out)
{
    int middle = 0, err = 0, status = 0;
    for (int i = 0; i < TRIES && !middle; i++) {
        int coid;
        pid_t pid = start_server(&coid);
        struct ticker t = {.stage = stage, .at = 2, .act = kill_it, .arg = &pid};
        atomic_store(&stage->during, 0);
        ticker_start(&t);
        err = MsgSend(coid, out, BIG, NULL, 0) == -1 ? errno : 0;
        status = 0;
        if (waitpid(pid, &status, 0) != pid)
            bail_out("waitpid");
        middle = atomic_load(&stage->state) == COPYING;
        ticker_end(&t);
        ConnectDetach(coid);
    }
    ok(middle && err == ESRCH, "a server killed while it receives: the client's call fails with ESRCH (%d)", err);
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "the server is gone (%x)", status);
}

/* How long the copy takes is found out: longer waits after those that were over before it began, shorter ones after the others. */
static void client_times_out(const uint8_t *out)
{
    int err = 0, status = 0;
    uint64_t ns = 300000;
    for (int i = 0; i < 3 * TRIES; i++) {
        int coid;
        pid_t pid = start_server(&coid);
        uint64_t limit = ns;
        TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_REPLY, NULL, &limit, NULL);
        err = MsgSend(coid, out, BIG, NULL, 0) == -1 ? errno : 0;
        MsgSendPulse(coid, 10, _PULSE_CODE_MINAVAIL, 0); /* a server that has got nothing ends by it */
        waitpid(pid, &status, 0);
        ConnectDetach(coid);
        if (err == ETIMEDOUT && WIFEXITED(status) && WEXITSTATUS(status) == ESRCH)
            break;
        ns = err == ETIMEDOUT ? ns * 2 : ns - ns / 4;
    }
    is_int(err, ETIMEDOUT, "a client's time is over while the server receives: ETIMEDOUT");
    ok(WIFEXITED(status) && WEXITSTATUS(status) == ESRCH, "the server has all of it, and nobody to answer (%x)", status);
}

/* ---- the server is this process */

struct served {
    int chid, rcvid;
    uint8_t *buf;
    long replied;
};

static pid_t start_client(int chid)
{
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        uint8_t *out = big_new(1);
        int coid = ConnectAttach(0, parent, chid, _NTO_SIDE_CHANNEL, 0);
        _exit(MsgSend(coid, out, BIG, NULL, 0) == 7 ? 0 : 1);
    }
    return pid;
}

static long read_disturbed(struct served *v, void (*act)(void *), void *arg)
{
    struct ticker t = {.stage = stage, .at = 2, .act = act, .arg = arg};
    memset(v->buf, 0, BIG);
    atomic_store(&stage->during, 0);
    ticker_start(&t);
    atomic_store(&stage->state, COPYING);
    long n = MsgRead(v->rcvid, v->buf, BIG, 0);
    atomic_store(&stage->state, COPIED);
    int ticks = atomic_load(&stage->during);
    ticker_end(&t);
    return ticks >= 3 ? n : -2; /* -2: it was over too soon */
}

static void client_dies(struct served *v)
{
    long n = -2;
    int status;
    for (int i = 0; i < TRIES && n == -2; i++) {
        pid_t pid = start_client(v->chid);
        v->rcvid = MsgReceive(v->chid, NULL, 0, NULL);
        n = read_disturbed(v, kill_it, &pid);
        if (n == -2)
            kill_it(&pid);
        waitpid(pid, &status, 0);
    }
    ok(n == BIG && big_is_right(v->buf), "a client killed while its message is read: it is read to the end");
    ok(MsgReply(v->rcvid, 0, NULL, 0) == -1 && errno == ESRCH, "then there is nobody to answer");
}

static void answer(void *arg)
{
    struct served *v = arg;
    v->replied = MsgReply(v->rcvid, 7, NULL, 0);
}

static void second_thread(struct served *v)
{
    long n = -2;
    int status = -1;
    for (int i = 0; i < TRIES && n == -2; i++) {
        pid_t pid = start_client(v->chid);
        v->rcvid = MsgReceive(v->chid, NULL, 0, NULL);
        v->replied = -1;
        n = read_disturbed(v, answer, v);
        if (v->replied == -1)
            answer(v);
        waitpid(pid, &status, 0);
    }
    ok(v->replied == 0 && status == 0, "another thread answers while the message is read: the client gets the answer");
    ok(n == -2 || (n == BIG && big_is_right(v->buf)), "... and all of it was read before");
}

static void on_signal(int signo)
{
    (void)signo;
}

static void signal_self(void *arg)
{
    pthread_kill(*(pthread_t *)arg, SIGUSR1);
}

static void reader_is_signalled(struct served *v)
{
    long n = -2;
    pthread_t self = pthread_self();
    struct sigaction sa = {.sa_handler = on_signal};
    sigaction(SIGUSR1, &sa, NULL);
    pid_t pid = start_client(v->chid);
    v->rcvid = MsgReceive(v->chid, NULL, 0, NULL);
    for (int i = 0; i < TRIES && n == -2; i++)
        n = read_disturbed(v, signal_self, &self);
    ok(n == BIG && big_is_right(v->buf), "a signal to the reader waits for the end of the copy");
    answer(v);
    waitpid(pid, NULL, 0);
}

int main(void)
{
    stage = stage_new();
    uint8_t *out = big_new(1);
    server_dies(out);
    client_times_out(out);
    munmap(out, BIG);
    struct served v = {.chid = ChannelCreate(0), .buf = big_new(0)};
    pin(10);
    client_dies(&v);
    second_thread(&v);
    reader_is_signalled(&v);
    return done();
}
