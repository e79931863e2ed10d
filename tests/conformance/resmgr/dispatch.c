/* SPDX-License-Identifier: Apache-2.0 */
/* Private messages and pulses through a dispatch handle, in one process.  Library Reference
 * message_attach(), message_connect(), pulse_attach(), dispatch_block(), dispatch_timeout();
 * "Writing a Resource Manager", "Handling Other Messages" and "Handling private messages and
 * pulses". */
#include "server.h"

#include <pthread.h>

enum { LOW = _IO_MAX + 100, HIGH = _IO_MAX + 110 };

static dispatch_t *dpp;
static int message_code, message_calls, pulse_value, pulse_calls, default_calls;
static void *message_handle;

static int on_message(message_context_t *ctp, int code, unsigned flags, void *handle)
{
    (void)flags;
    message_code = code;
    message_handle = handle;
    message_calls++;
    int sum = 0;
    for (size_t i = 2; i < ctp->size; i++)
        sum += ((unsigned char *)ctp->msg)[i];
    MsgReply(ctp->rcvid, 9, &sum, sizeof sum);
    return 0;
}

static int on_any(message_context_t *ctp, int code, unsigned flags, void *handle)
{
    (void)code;
    (void)flags;
    (void)handle;
    default_calls++;
    MsgReply(ctp->rcvid, 10, NULL, 0);
    return 0;
}

static int on_pulse(message_context_t *ctp, int code, unsigned flags, void *handle)
{
    (void)code;
    (void)flags;
    (void)handle;
    pulse_value = ctp->msg->pulse.value.sival_int;
    pulse_calls++;
    return 0;
}

static void *client(void *arg)
{
    struct {
        uint16_t type;
        char data[6];
    } msg = {.type = (uint16_t)(intptr_t)arg, .data = "\1\2\3"};
    static _Thread_local int reply;
    int coid = message_connect(dpp, 0);
    long rc = MsgSend(coid, &msg, sizeof msg, &reply, sizeof reply);
    long result = rc == -1 ? -errno : rc * 1000 + reply;
    ConnectDetach(coid);
    return (void *)result;
}

/* One message of that type, handled here; what its client got: status * 1000 + reply, or -errno. */
static long exchange(dispatch_context_t **ctp, int type)
{
    pthread_t thread;
    void *result;
    pthread_create(&thread, NULL, client, (void *)(intptr_t)type);
    do { /* pulses of earlier clients' ends come in between */
        *ctp = dispatch_block(*ctp);
        dispatch_handler(*ctp);
    } while ((*ctp)->message_context.rcvid == 0);
    pthread_join(thread, &result);
    return (long)result;
}

static void timeouts(dispatch_context_t **ctp)
{
    struct timespec limit = {0, 50 * 1000000}, before, after, bad = {0, 2000000000};
    is_int(dispatch_timeout(dpp, &bad), -1, "a bad timeout is refused");
    is_int(dispatch_timeout(dpp, &limit), 0, "dispatch_timeout");
    for (int i = 0; i < 2; i++) {
        clock_gettime(CLOCK_MONOTONIC, &before);
        do
            *ctp = dispatch_block(*ctp);
        while (*ctp && (*ctp)->message_context.rcvid == 0);
        clock_gettime(CLOCK_MONOTONIC, &after);
        long ms =
            (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000;
        covers("semantic:16");
        ok(*ctp != NULL && (*ctp)->message_context.rcvid == -1,
           "dispatch_block times out with rcvid -1");
        ok(ms >= 49, "... not early (%ld ms)", ms);
        is_int(dispatch_handler(*ctp), 0, "... which dispatch_handler takes for nothing");
    }
    is_int(dispatch_timeout(dpp, NULL), 0, "no timeout any more");
}

int main(void)
{
    message_attr_t attr = {.nparts_max = 1, .msg_max_size = 4096};
    message_attr_t any = {.flags = MSG_FLAG_DEFAULT_FUNC};
    static int cookie;
    tap_plan(0);
    dpp = dispatch_create();
    ok(dpp != NULL, "dispatch_create");
    is_int(message_attach(dpp, &attr, LOW, HIGH, on_message, &cookie), 0, "message_attach");
    is_int(message_attach(dpp, &attr, HIGH, HIGH + 5, on_message, NULL), -1,
           "an overlapping range is refused");
    is_errno(EINVAL, "... EINVAL");
    is_int(message_attach(dpp, &attr, HIGH, LOW, on_message, NULL), -1,
           "an empty range is refused");
    int code = pulse_attach(dpp, MSG_FLAG_ALLOC_PULSE, 0, on_pulse, NULL);
    ok(code >= _PULSE_CODE_MINAVAIL && code <= _PULSE_CODE_MAXAVAIL,
       "pulse_attach allocates code %d", code);
    int second = pulse_attach(dpp, MSG_FLAG_ALLOC_PULSE, 0, on_pulse, NULL);
    ok(second != -1 && second != code, "... and another one");
    is_int(pulse_attach(dpp, 0, code, on_pulse, NULL), -1, "a code in use is refused");
    dispatch_context_t *ctp = dispatch_context_alloc(dpp);

    is_int(exchange(&ctp, LOW), 9006, "the lowest type of the range reaches the function");
    ok(message_code == LOW && message_handle == &cookie, "... with its code and handle");
    is_int(exchange(&ctp, HIGH), 9006, "so does the highest");
    is_int(exchange(&ctp, HIGH + 1), -ENOSYS, "one above gets ENOSYS");
    is_int(exchange(&ctp, _IO_READ), -ENOSYS,
           "so does an I/O message: there is no resource manager");
    is_int(message_attach(dpp, &any, 0, 0, on_any, NULL), 0, "a default function");
    is_int(exchange(&ctp, HIGH + 1), 10000, "... gets what nobody else handles");
    is_int(exchange(&ctp, LOW), 9006, "... and only that");

    int coid = message_connect(dpp, 0);
    ok(coid >= _NTO_SIDE_CHANNEL, "message_connect gives a side channel");
    MsgSendPulse(coid, -1, code, 4711);
    do {
        ctp = dispatch_block(ctp);
        dispatch_handler(ctp);
    } while (pulse_calls == 0);
    is_int(pulse_value, 4711, "a pulse reaches its function");
    timeouts(&ctp);
    is_int(pulse_detach(dpp, code, 0), 0, "pulse_detach");
    MsgSendPulse(coid, -1, code, 1);
    ctp = dispatch_block(ctp);
    dispatch_handler(ctp);
    is_int(pulse_calls, 1, "... no call any more");
    is_int(message_detach(dpp, LOW, HIGH, 0), 0, "message_detach");
    is_int(message_detach(dpp, LOW, HIGH, 0), -1, "... once");
    is_int(exchange(&ctp, LOW), 10000, "the range goes to the default function");
    dispatch_unblock(ctp);
    ctp = dispatch_block(ctp);
    ok(ctp != NULL && dispatch_handler(ctp) == 0, "dispatch_unblock ends a wait");
    ConnectDetach(coid);
    dispatch_context_free(ctp);
    is_int(dispatch_destroy(dpp), 0, "dispatch_destroy");
    return done();
}
