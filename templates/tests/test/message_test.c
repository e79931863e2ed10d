/* The services of the kernel can be part of a test: here messages and pulses, with a client thread.
 */
#include "check.h"

#include <errno.h>
#include <pthread.h>
#include <sys/neutrino.h>

#define PULSE_CODE (_PULSE_CODE_MINAVAIL + 1)

struct client {
    int chid;
    int reply;
    int status;
};

static void *client(void *arg)
{
    struct client *c = arg;
    int request = 20;
    int coid = ConnectAttach(0, 0, c->chid, _NTO_SIDE_CHANNEL, 0);
    MsgSendPulse(coid, -1, PULSE_CODE, 7);
    c->status = (int)MsgSend(coid, &request, sizeof request, &c->reply, sizeof c->reply);
    ConnectDetach(coid);
    return NULL;
}

int main(void)
{
    struct client c = {.chid = ChannelCreate(0)};
    pthread_t thread;
    union {
        struct _pulse pulse;
        int request;
    } msg;
    uint64_t patience = 30000000000;

    CHECK(c.chid != -1);
    CHECK(pthread_create(&thread, NULL, client, &c) == 0);

    /* A limit instead of waiting for ever: a test that fails has to end. */
    TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, NULL, &patience, NULL);
    CHECK(MsgReceive(c.chid, &msg, sizeof msg, NULL) == 0);
    CHECK(msg.pulse.code == PULSE_CODE && msg.pulse.value.sival_int == 7);

    TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, NULL, &patience, NULL);
    int rcvid = MsgReceive(c.chid, &msg, sizeof msg, NULL);
    CHECK(rcvid > 0 && msg.request == 20);
    int answer = msg.request + 1;
    CHECK(MsgReply(rcvid, 3, &answer, sizeof answer) == 0);

    pthread_join(thread, NULL);
    CHECK(c.status == 3 && c.reply == 21);
    ChannelDestroy(c.chid);
    return check_result();
}
