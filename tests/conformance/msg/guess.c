/* SPDX-License-Identifier: Apache-2.0 */
/* A server's thread that replies to a rcvid before any thread has received the message, and one that waits on a channel when it is
 * destroyed.  Who guesses a rcvid gets ESRCH or answers the message, as he would had he received it; nobody hangs, above all no hart
 * that waits for a receiver which could run on no other.
 * Page: QNX Neutrino Library Reference, MsgReply(), ChannelDestroy(). */
#include <sched.h>
#include <sys/resource.h>
#include "../rendezvous.h"

#define MESSAGES 500

static int chid, coid;
static _Atomic int rcvid_seen, sent, served, refused;

static void *client(void *arg)
{
    (void)arg;
    char a[8] = "a", b[8] = "b", r[8];
    iov_t s[2], reply[1];
    SETIOV(&s[0], a, sizeof(a));
    SETIOV(&s[1], b, sizeof(b));
    SETIOV(&reply[0], r, sizeof(r));
    for (int i = 0; i < MESSAGES && MsgSendv(coid, s, 2, reply, 1) == 0; i++)
        sent++;
    return NULL;
}

static void *server(void *arg)
{
    (void)arg;
    char m[16];
    for (;;) {
        int rcvid = MsgReceive(chid, m, sizeof(m), NULL);
        if (rcvid <= 0)
            return (void *)(long)errno;
        rcvid_seen = rcvid;
        if (MsgReply(rcvid, 0, m, sizeof(m)) == 0)
            served++;
        else if (errno == ESRCH)
            refused++;
    }
}

int main(void)
{
    pthread_t c, s;
    void *why;
    int answered = 0, strange = 0;
    tap_plan(6);
    chid = ChannelCreate(0);
    coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    pthread_create(&s, NULL, server, NULL);
    pthread_create(&c, NULL, client, NULL);
    while (sent < MESSAGES) {
        if (rcvid_seen == 0 || MsgReply(rcvid_seen, 0, NULL, 0) == 0)
            answered += rcvid_seen != 0;
        else if (errno != ESRCH)
            strange++;
        sched_yield();
    }
    pthread_join(c, NULL);
    is_int(sent, MESSAGES, "every message was answered once");
    is_int(strange, 0, "a guessed rcvid: ESRCH, or the message is answered");
    rv_sleep_ms(50); /* the receiver counts, and waits again */
    is_int(answered + served, MESSAGES, "by its receiver or by the guess");
    is_int(refused, answered, "never by both");
    is_int(ChannelDestroy(chid), 0, "the channel is destroyed with a receiver waiting");
    pthread_join(s, &why);
    is_int((long)why, ESRCH, "which gets ESRCH");
    return done();
}
