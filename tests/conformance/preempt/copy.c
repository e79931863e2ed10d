/* SPDX-License-Identifier: Apache-2.0 */
/* While the kernel copies a large message, a more important thread that a timer wakes runs, again and again, on the same processor.
 * Page: QNX Neutrino System Architecture, "The QNX Neutrino Microkernel", "Thread scheduling" (a more important thread that becomes
 * ready runs at once). */
#include "ticker.h"

#define ROUNDS 50
#define ENOUGH 20 /* without giving way there would be one at the end of the call, and few more on a busy machine */

static void client(int parent, int chid)
{
    uint8_t *out = big_new(1), *in = big_new(0);
    int coid = ConnectAttach(0, parent, chid, _NTO_SIDE_CHANNEL, 0);
    for (int i = 0; i < 2; i++)
        if (MsgSend(coid, out, BIG, in, BIG) != 5 || !big_is_right(in))
            _exit(1);
    _exit(0);
}

int main(void)
{
    struct stage *s = stage_new();
    struct ticker ticker = {.stage = s};
    uint8_t *buf = big_new(0);
    int chid = ChannelCreate(0), status, most = 0;
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        client(parent, chid);
    pin(10);
    ticker_start(&ticker);

    int rcvid = MsgReceive(chid, buf, 16, NULL);
    ok(rcvid > 0, "a message of 16 MiB, 16 bytes of it received");
    for (int i = 0; i < ROUNDS && most < ENOUGH; i++) {
        atomic_store(&s->during, 0);
        atomic_store(&s->state, COPYING);
        long n = MsgRead(rcvid, buf, BIG, 0);
        atomic_store(&s->state, COPIED);
        most = atomic_load(&s->during) > most ? atomic_load(&s->during) : most;
        if (n != BIG || !big_is_right(buf))
            bail_out("MsgRead: %ld", n);
    }
    ok(most >= ENOUGH, "during MsgRead() of all of it the other thread runs");
    most = 0;
    for (int i = 0; i < ROUNDS && most < ENOUGH; i++) {
        atomic_store(&s->during, 0);
        atomic_store(&s->state, COPYING);
        long n = MsgWrite(rcvid, buf, BIG, 0);
        atomic_store(&s->state, COPIED);
        most = atomic_load(&s->during) > most ? atomic_load(&s->during) : most;
        if (n != BIG)
            bail_out("MsgWrite: %ld", n);
    }
    ok(most >= ENOUGH, "during MsgWrite()");
    is_int(MsgReply(rcvid, 5, buf, BIG), 0, "MsgReply() of all of it");

    memset(buf, 0, BIG);
    rv_sleep_ms(50); /* SEND-blocked by then, or it makes no difference but to how the copy begins */
    atomic_store(&s->state, COPYING);
    rcvid = MsgReceive(chid, buf, BIG, NULL);
    atomic_store(&s->state, COPIED);
    ok(rcvid > 0 && big_is_right(buf), "MsgReceive() of all of it is disturbed and right");
    is_int(MsgReply(rcvid, 5, buf, BIG), 0, "answered");
    ok(waitpid(pid, &status, 0) == pid && status == 0, "the client has got what was sent");
    ticker_end(&ticker);
    return done();
}
