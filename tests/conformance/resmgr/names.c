/* SPDX-License-Identifier: Apache-2.0 */
/* name_attach() with a receive loop of its own, and its clients: Library Reference name_attach(),
 * name_open(), "Getting Started with QNX Neutrino", "Message passing": the server answers
 * _IO_CONNECT itself and refuses other I/O messages. */
#include "server.h"

#define NAME "test/echo"

struct request {
    uint16_t type, subtype;
    int value;
};
enum { TYPE = _IO_MAX + 5 };

union incoming {
    uint16_t type;
    struct _pulse pulse;
    struct request request;
    char room[512];
};

static int last_pulse = -1;
static int connects, disconnects;

static void take_pulse(const struct _pulse *pulse)
{
    if (pulse->code == _PULSE_CODE_DISCONNECT) {
        ConnectDetach(pulse->scoid);
        disconnects++;
    } else if (pulse->code >= _PULSE_CODE_MINAVAIL) {
        last_pulse = pulse->value.sival_int;
    }
}

static int serve(void)
{
    name_attach_t *attach = name_attach(NULL, NAME, 0);
    union incoming msg;
    if (attach == NULL)
        return 1;
    for (;;) {
        int rcvid = MsgReceive(attach->chid, &msg, sizeof msg, NULL);
        if (rcvid == -1)
            return 2;
        if (rcvid == 0) {
            take_pulse(&msg.pulse);
        } else if (msg.type == _IO_CONNECT) {
            connects++;
            MsgReply(rcvid, EOK, NULL, 0);
        } else if (msg.type > _IO_BASE && msg.type <= _IO_MAX) {
            MsgError(rcvid, ENOSYS);
        } else if (msg.type == TYPE) {
            int out[3] = {msg.request.value * 2, last_pulse, disconnects};
            MsgReply(rcvid, 55, out, sizeof out);
        } else {
            MsgError(rcvid, EINVAL);
        }
    }
}

static int wait_open(void)
{
    for (int i = 0; i < 300; i++) {
        int coid = name_open(NAME, 0);
        if (coid != -1)
            return coid;
        pause_ms(10);
    }
    bail_out("name_open: %s", strerror(errno));
}

static void ask(int coid, int out[3])
{
    struct request r = {.type = TYPE, .value = 21};
    is_int(MsgSend(coid, &r, sizeof r, out, 3 * sizeof(int)), 55, "a message to the named channel");
    is_int(out[0], 42, "... is answered");
}

int main(void)
{
    int out[3];
    tap_plan(0);
    ok(name_open("test/nobody", 0) == -1 && errno == ENOENT,
       "name_open of what nobody attached is ENOENT");
    ok(name_open("", 0) == -1 && errno == EINVAL, "an empty name is EINVAL");
    ok(name_attach(NULL, "../escape", 0) == NULL && errno == EINVAL,
       "name_attach does not leave its directory");
    ok(name_attach(NULL, "/abs", 0) == NULL && errno == EINVAL, "an absolute name is EINVAL");
    pid_t server = server_start(serve, NULL);
    int coid = wait_open();
    ok(coid >= _NTO_SIDE_CHANNEL, "name_open gives a side-channel connection");
    ask(coid, out);
    is_int(MsgSendPulse(coid, -1, _PULSE_CODE_MINAVAIL + 3, 77), 0, "a pulse to it");
    ask(coid, out);
    is_int(out[1], 77, "... arrived before the next message");
    ok(read(coid, out, 4) == -1 && errno == EBADF, "it is no file descriptor");
    ok(name_attach(NULL, NAME, 0) == NULL && errno == EEXIST, "a name is attached once");

    pid_t client = fork();
    if (client == 0)
        _exit(name_open(NAME, 0) == -1);
    int status;
    waitpid(client, &status, 0);
    is_int(status, 0, "another process opens the name");
    for (int i = 0; i < 100; i++) {
        struct request r = {.type = TYPE};
        MsgSend(coid, &r, sizeof r, out, sizeof out);
        if (out[2] > 0)
            break;
        pause_ms(10);
    }
    is_int(out[2], 1, "... and the server learns of its end");
    is_int(name_close(coid), 0, "name_close");
    ok(MsgSend(coid, out, 4, NULL, 0) == -1 && errno == EBADF, "the connection is gone");
    ok(server_stop(server), "the server lived to the end");
    for (int i = 0; i < 100 && name_open(NAME, 0) != -1; i++)
        pause_ms(10);
    ok(name_open(NAME, 0) == -1 && errno == ENOENT, "the name goes with its server");

    name_attach_t *mine = name_attach(NULL, NAME, 0);
    ok(mine != NULL, "the name is free again");
    is_int(name_detach(mine, 0), 0, "name_detach");
    mine = name_attach(NULL, NAME, 0);
    ok(mine != NULL, "... frees it as well");
    name_detach(mine, 0);
    return done();
}
