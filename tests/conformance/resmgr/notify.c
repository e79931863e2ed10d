/* SPDX-License-Identifier: Apache-2.0 */
/* ionotify(), select(), poll() and select_attach() against a manager that uses iofunc_notify().
 * Library Reference ionotify(), iofunc_notify(), iofunc_notify_trigger(), select_attach(); "Writing
 * a Resource Manager", "Handling ionotify() and select()". */
#include "server.h"

#include <devctl.h>
#include <poll.h>
#include <sys/dcmd_misc.h>
#include <sys/select.h>

#define PATH      "/dev/test-notify"
#define TAKE_BACK __DION(_DCMD_MISC, 1)

static resmgr_connect_funcs_t connect_funcs;
static resmgr_io_funcs_t io_funcs;
static iofunc_attr_t attr;
static iofunc_notify_t notify[3];
static char data[16];
static int filled;

static int nt_read(resmgr_context_t *ctp, io_read_t *msg, RESMGR_OCB_T *ocb)
{
    static char out[16];
    int status = iofunc_read_verify(ctp, msg, ocb, NULL);
    if (status != EOK)
        return status;
    if (filled == 0)
        return EAGAIN;
    int n = filled < (int)msg->i.nbytes ? filled : (int)msg->i.nbytes;
    memcpy(out, data, (size_t)n);
    memmove(data, data + n, sizeof data - (size_t)n);
    filled -= n;
    _IO_SET_READ_NBYTES(ctp, n);
    return _RESMGR_PTR(ctp, out, (size_t)n);
}

static int nt_write(resmgr_context_t *ctp, io_write_t *msg, RESMGR_OCB_T *ocb)
{
    int status = iofunc_write_verify(ctp, msg, ocb, NULL);
    if (status != EOK)
        return status;
    size_t room = sizeof data - (size_t)filled, n = msg->i.nbytes < room ? msg->i.nbytes : room;
    if (n == 0)
        return EAGAIN;
    resmgr_msgget(ctp, data + filled, n, sizeof msg->i);
    filled += (int)n;
    _IO_SET_WRITE_NBYTES(ctp, n);
    if (IOFUNC_NOTIFY_INPUT_CHECK(notify, filled, 0))
        iofunc_notify_trigger(notify, filled, IOFUNC_NOTIFY_INPUT);
    return _RESMGR_NPARTS(0);
}

static int nt_notify(resmgr_context_t *ctp, io_notify_t *msg, RESMGR_OCB_T *ocb)
{
    int trig = 0;
    (void)ocb;
    if (filled < (int)sizeof data)
        trig |= _NOTIFY_COND_OUTPUT;
    if (filled > 0)
        trig |= _NOTIFY_COND_INPUT;
    return iofunc_notify(ctp, msg, notify, trig, NULL, NULL);
}

static int nt_devctl(resmgr_context_t *ctp, io_devctl_t *msg, RESMGR_OCB_T *ocb)
{
    if (msg->i.dcmd != TAKE_BACK)
        return iofunc_devctl_default(ctp, msg, ocb);
    filled = 0;
    iofunc_notify_trigger(notify, sizeof data, IOFUNC_NOTIFY_OUTPUT);
    return EOK;
}

static int nt_close(resmgr_context_t *ctp, void *reserved, RESMGR_OCB_T *ocb)
{
    iofunc_notify_remove(ctp, notify);
    return iofunc_close_ocb_default(ctp, reserved, ocb);
}

static int serve(void)
{
    dispatch_t *dpp = dispatch_create();
    iofunc_func_init(_RESMGR_CONNECT_NFUNCS, &connect_funcs, _RESMGR_IO_NFUNCS, &io_funcs);
    io_funcs.read = nt_read;
    io_funcs.write = nt_write;
    io_funcs.notify = nt_notify;
    io_funcs.devctl = nt_devctl;
    io_funcs.close_ocb = nt_close;
    IOFUNC_NOTIFY_INIT(notify);
    iofunc_attr_init(&attr, S_IFCHR | 0666, NULL, NULL);
    if (resmgr_attach(dpp, NULL, PATH, _FTYPE_ANY, 0, &connect_funcs, &io_funcs, &attr) == -1)
        return 1;
    return serve_loop(dpp);
}

static int chid, self;

/* The code of the next pulse, or -1 after ms. */
static int pulse_within(int ms, int *value)
{
    struct _pulse pulse;
    uint64_t ns = (uint64_t)ms * 1000000;
    TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, NULL, &ns, NULL);
    if (MsgReceivePulse(chid, &pulse, sizeof pulse, NULL) == -1)
        return -1;
    if (value)
        *value = pulse.value.sival_int;
    return pulse.code;
}

static void by_pulse(int fd)
{
    struct sigevent event;
    char buf[16];
    int value = 0;
    SIGEV_PULSE_INIT(&event, self, SIGEV_PULSE_PRIO_INHERIT, 5, 99);
    is_int(ionotify(fd, _NOTIFY_ACTION_POLL, _NOTIFY_COND_OUTPUT | _NOTIFY_COND_INPUT, NULL),
           _NOTIFY_COND_OUTPUT, "POLL tells what holds: there is room");
    is_int(ionotify(fd, _NOTIFY_ACTION_POLLARM, _NOTIFY_COND_INPUT, &event), 0,
           "POLLARM for input: armed");
    is_int(pulse_within(50, NULL), -1, "... nothing yet");
    write(fd, "abc", 3);
    is_int(pulse_within(1000, &value), 5, "data bring the pulse");
    is_int(value, 99, "... with its value");
    write(fd, "d", 1);
    is_int(pulse_within(50, NULL), -1, "it comes once");
    is_int((unsigned)ionotify(fd, _NOTIFY_ACTION_POLLARM, _NOTIFY_COND_INPUT, &event),
           (unsigned)_NOTIFY_COND_INPUT, "POLLARM when the condition holds tells so");
    is_int(pulse_within(50, NULL), -1, "... and does not arm");
    is_int(ionotify(fd, _NOTIFY_ACTION_TRANARM, _NOTIFY_COND_INPUT, &event), 0,
           "TRANARM arms all the same");
    write(fd, "e", 1);
    is_int(pulse_within(1000, NULL), 5, "... and the next data bring the pulse");
    read(fd, buf, sizeof buf);
    ionotify(fd, _NOTIFY_ACTION_POLLARM, _NOTIFY_COND_INPUT, &event);
    is_int(ionotify(fd, _NOTIFY_ACTION_POLLARM, _NOTIFY_COND_INPUT, NULL), 0, "no event disarms");
    write(fd, "f", 1);
    is_int(pulse_within(50, NULL), -1, "... nothing comes");
    read(fd, buf, sizeof buf);
}

static void arm(int fd, int condition, int code)
{
    struct sigevent event;
    SIGEV_PULSE_INIT(&event, self, SIGEV_PULSE_PRIO_INHERIT, code, 0);
    is_int(ionotify(fd, _NOTIFY_ACTION_POLLARM, condition, &event), 0, "armed");
}

/* Each condition of a descriptor is armed for itself.  The device is empty, then full, then empty... */
static void by_condition(int fd)
{
    arm(fd, _NOTIFY_COND_INPUT, 6);
    write(fd, "0123456789abcdef", 16);
    is_int(pulse_within(1000, NULL), 6, "input");
    arm(fd, _NOTIFY_COND_OUTPUT, 7);
    arm(fd, _NOTIFY_COND_OBAND, 8);
    devctl(fd, TAKE_BACK, NULL, 0, NULL);
    is_int(pulse_within(1000, NULL), 7, "a request for another condition leaves the first as it is");
    arm(fd, _NOTIFY_COND_INPUT, 6);
    is_int(ionotify(fd, _NOTIFY_ACTION_POLLARM, _NOTIFY_COND_OBAND, NULL), 0, "one condition is disarmed");
    write(fd, "0123456789abcdef", 16);
    is_int(pulse_within(1000, NULL), 6, "the other is not");
    arm(fd, _NOTIFY_COND_OUTPUT | _NOTIFY_COND_OBAND, 9);
    arm(fd, _NOTIFY_COND_OBAND, 8);
    devctl(fd, TAKE_BACK, NULL, 0, NULL);
    is_int(pulse_within(1000, NULL), 9, "what is left of a request for two");
}

static void by_select(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN | POLLOUT};
    struct timeval tv = {0, 50000};
    fd_set in;
    char buf[16];
    is_int(poll(&p, 1, 0), 1, "poll without waiting");
    is_int(p.revents, POLLOUT, "... room");
    p.events = POLLIN;
    is_int(poll(&p, 1, 50), 0, "poll for input times out");
    FD_ZERO(&in);
    FD_SET(fd, &in);
    is_int(select(fd + 1, &in, NULL, NULL, &tv), 0, "select times out");
    pid_t writer = fork();
    if (writer == 0) {
        pause_ms(100);
        _exit(write(fd, "x", 1) != 1);
    }
    is_int(poll(&p, 1, 5000), 1, "another process's data end a poll");
    is_int(p.revents, POLLIN, "... POLLIN");
    FD_SET(fd, &in);
    is_int(select(fd + 1, &in, NULL, NULL, NULL), 1, "select sees them as well");
    waitpid(writer, NULL, 0);
    read(fd, buf, sizeof buf);
    write(fd, "0123456789abcdef", 16);
    p.events = POLLOUT;
    is_int(poll(&p, 1, 50), 0, "no room: poll for output times out");
    writer = fork();
    if (writer == 0) {
        pause_ms(100);
        _exit(devctl(fd, TAKE_BACK, NULL, 0, NULL));
    }
    covers("semantic:29");
    is_int(poll(&p, 1, 5000), 1, "room made by another process ends it");
    waitpid(writer, NULL, 0);
}

static int selected, select_flags;

static int on_select(select_context_t *ctp, int fd, unsigned flags, void *handle)
{
    char buf[16];
    (void)ctp;
    (void)handle;
    selected++;
    select_flags = (int)flags;
    read(fd, buf, sizeof buf);
    return 0;
}

static void by_dispatch(int fd)
{
    dispatch_t *dpp = dispatch_create();
    struct timespec limit = {1, 0};
    is_int(select_attach(dpp, NULL, fd, SELECT_FLAG_READ | SELECT_FLAG_REARM, on_select, NULL), 0,
           "select_attach");
    is_int(select_attach(dpp, NULL, fd, SELECT_FLAG_READ, on_select, NULL), -1,
           "... once per descriptor");
    dispatch_context_t *ctp = dispatch_context_alloc(dpp);
    dispatch_timeout(dpp, &limit);
    for (int i = 0; i < 2; i++) {
        write(fd, "y", 1);
        ctp = dispatch_block(ctp);
        dispatch_handler(ctp);
        is_int(selected, i + 1, "data call the function");
        is_int(select_flags, SELECT_FLAG_READ, "... for reading");
    }
    is_int(select_detach(dpp, fd), 0, "select_detach");
    write(fd, "z", 1);
    limit = (struct timespec){0, 50000000};
    dispatch_timeout(dpp, &limit);
    ctp = dispatch_block(ctp);
    dispatch_handler(ctp);
    is_int(selected, 2, "... no call any more");
    dispatch_context_free(ctp);
    dispatch_destroy(dpp);
}

int main(void)
{
    tap_plan(0);
    pid_t server = server_start(serve, PATH);
    chid = ChannelCreate(_NTO_CHF_PRIVATE);
    self = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    int fd = open(PATH, O_RDWR);
    ok(fd >= 0, "open");
    by_pulse(fd);
    by_condition(fd);
    by_select(fd);
    by_dispatch(fd);
    ok(server_stop(server), "the server lived to the end");
    return done();
}
