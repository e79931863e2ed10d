/* SPDX-License-Identifier: Apache-2.0 */
/* What tests/trace records: a client thread, a server thread, one message between them, a remark, some sleep. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <sys/neutrino.h>
#include <sys/trace.h>
#include <time.h>
#include <unistd.h>

static int chid;

static void *server(void *arg)
{
    char b[64];
    pthread_setname_np(pthread_self(), "server");
    int rcvid = MsgReceive(chid, b, sizeof(b), NULL);
    MsgReply(rcvid, 17, b, 8);
    return arg;
}

int main(int argc, char **argv)
{
    pthread_t t;
    char b[64] = "question";
    chid = ChannelCreate(0);
    int coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    pthread_create(&t, NULL, server, NULL);
    nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL); /* the server waits by then */
    trace_logf(40, "before \"%s\"", "it");
    long status = MsgSend(coid, b, sizeof(b), b, sizeof(b));
    trace_logf(41, "after");
    pthread_join(t, NULL);
    printf("%d %ld %s\n", getpid(), status, argc > 1 ? argv[1] : "");
    return argc > 1 ? 3 : 0;
}
