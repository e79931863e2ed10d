/* SPDX-License-Identifier: Apache-2.0 */
/* Clients that want out of a blocked read: signals, timeouts, death, with the default unblock
 * handler and with one of the manager.  Library Reference iofunc_unblock_default(),
 * _NTO_CHF_UNBLOCK; "Writing a Resource Manager", "Unblocking Clients". */
#define _GNU_SOURCE /* gettid() */
#include "server.h"
#include "../interrupt_call.h"
#include "../state.h"

#include <devctl.h>
#include <pthread.h>
#include <sys/dcmd_misc.h>
#include <sys/time.h>

#define PLAIN     "/dev/test-unblock-plain"
#define OWN       "/dev/test-unblock-own"
#define GET_CALLS __DIOF(_DCMD_MISC, 1, int)
#define RELEASE   __DION(_DCMD_MISC, 2)

static resmgr_connect_funcs_t connect_funcs;
static resmgr_io_funcs_t plain_funcs, own_funcs;
static iofunc_attr_t plain_attr, own_attr;
static int waiting, unblock_calls;

static int blocking_read(resmgr_context_t *ctp, io_read_t *msg, RESMGR_OCB_T *ocb)
{
    int nonblock, status = iofunc_read_verify(ctp, msg, ocb, &nonblock);
    if (status != EOK)
        return status;
    if (nonblock)
        return EAGAIN;
    waiting = ctp->rcvid;
    return _RESMGR_NOREPLY;
}

static int own_unblock(resmgr_context_t *ctp, io_pulse_t *msg, RESMGR_OCB_T *ocb)
{
    int status = iofunc_unblock_default(ctp, msg, ocb);
    struct _msg_info info;
    unblock_calls++;
    if (status != _RESMGR_DEFAULT)
        return status;
    if (MsgInfo(ctp->rcvid, &info) == -1 || !(info.flags & _NTO_MI_UNBLOCK_REQ))
        return _RESMGR_NOREPLY;
    waiting = 0;
    MsgReply(ctp->rcvid, 3, "end", 3); /* a short read instead of an error */
    return _RESMGR_NOREPLY;
}

static int commands(resmgr_context_t *ctp, io_devctl_t *msg, RESMGR_OCB_T *ocb)
{
    int calls = unblock_calls;
    switch (msg->i.dcmd) {
    case RELEASE:
        MsgReply(waiting, 2, "go", 2);
        return EOK;
    case GET_CALLS:
        memset(&msg->o, 0, sizeof msg->o);
        memcpy(_DEVCTL_DATA(msg->o), &calls, sizeof calls);
        return _RESMGR_PTR(ctp, &msg->o, sizeof msg->o + sizeof calls);
    default:
        return iofunc_devctl_default(ctp, msg, ocb);
    }
}

static int serve(void)
{
    dispatch_t *dpp = dispatch_create();
    iofunc_func_init(_RESMGR_CONNECT_NFUNCS, &connect_funcs, _RESMGR_IO_NFUNCS, &plain_funcs);
    plain_funcs.read = blocking_read;
    plain_funcs.devctl = commands;
    own_funcs = plain_funcs;
    own_funcs.unblock = own_unblock;
    iofunc_attr_init(&plain_attr, S_IFCHR | 0666, NULL, NULL);
    iofunc_attr_init(&own_attr, S_IFCHR | 0666, NULL, NULL);
    if (resmgr_attach(dpp, NULL, OWN, _FTYPE_ANY, 0, &connect_funcs, &own_funcs, &own_attr) == -1 ||
        resmgr_attach(dpp, NULL, PLAIN, _FTYPE_ANY, 0, &connect_funcs, &plain_funcs, &plain_attr) ==
            -1)
        return 1;
    return serve_loop(dpp);
}

static void timed_read(int fd, long *rc, int *error)
{
    char buf[8];
    uint64_t limit = 100 * 1000000;
    struct _io_read r = {.type = _IO_READ, .combine_len = sizeof r, .nbytes = sizeof buf};
    TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_SEND | _NTO_TIMEOUT_REPLY, NULL, &limit, NULL);
    *rc = MsgSend(fd, &r, sizeof r, buf, sizeof buf);
    *error = errno;
}

static ssize_t alarmed_read(int fd, char *buf, size_t size)
{
    interrupt_soon();
    ssize_t n = read(fd, buf, size);
    interrupt_no_more();
    return n;
}

static volatile int reader;

static void *read_for_thread(void *arg)
{
    char buf[8];
    reader = gettid();
    return (void *)(intptr_t)read(*(int *)arg, buf, sizeof buf);
}

int main(void)
{
    char buf[8] = "";
    pthread_t thread;
    void *result;
    long rc;
    int error, calls = -1, status;
    tap_plan(0);
    pid_t server = server_start(serve, PLAIN);
    int plain = open(PLAIN, O_RDWR), own = open(OWN, O_RDWR);

    is_int(alarmed_read(plain, buf, sizeof buf), -1, "default handler: a signal ends a read");
    is_errno(EINTR, "... with EINTR");
    timed_read(plain, &rc, &error);
    is_int(rc, -1, "default handler: a kernel timeout ends it");
    is_int(error, ETIMEDOUT, "... with ETIMEDOUT");
    is_int(alarmed_read(own, buf, sizeof buf), 3,
           "own handler: its reply is what the interrupted read returns");
    is_str(buf, "end", "... with data");
    is_int(devctl(own, GET_CALLS, &calls, sizeof calls, NULL), EOK, "the server counts");
    is_int(calls, 1, "... one call of the handler");

    pthread_create(&thread, NULL, read_for_thread, &plain);
    while (!reader)
        pause_ms(1);
    blocked_wait_on(getpid(), reader, STATE_REPLY, (uint64_t)server);
    is_int(devctl(plain, RELEASE, NULL, 0, NULL), EOK, "a reply given later");
    pthread_join(thread, &result);
    is_int((intptr_t)result, 2, "... ends the read with its data");
    int nb = open(PLAIN, O_RDWR | O_NONBLOCK);
    is_int(read(nb, buf, sizeof buf), -1, "O_NONBLOCK reaches iofunc_read_verify");
    is_errno(EAGAIN, "... EAGAIN");

    pid_t child = fork();
    if (child == 0) {
        read(plain, buf, sizeof buf);
        _exit(7);
    }
    blocked_wait_on(child, 1, STATE_REPLY, (uint64_t)server);
    kill(child, SIGKILL);
    is_int(waitpid(child, &status, 0), child, "a client that is killed in a read dies");
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "... of the signal");
    reader = 0;
    pthread_create(&thread, NULL, read_for_thread, &plain);
    while (!reader)
        pause_ms(1);
    blocked_wait_on(getpid(), reader, STATE_REPLY, (uint64_t)server);
    pthread_cancel(thread);
    pthread_join(thread, &result);
    ok(result == PTHREAD_CANCELED, "a thread that is cancelled in a read ends");
    ok(server_stop(server), "the server lived to the end");
    return done();
}
