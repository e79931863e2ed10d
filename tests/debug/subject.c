/* SPDX-License-Identifier: Apache-2.0 */
/* What GDB debugs in tests/debug/run: a thread that sends, one that answers. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/neutrino.h>
#include <unistd.h>

static int chid, coid;
static volatile double scale = 2.25;
extern __thread int local; /* local.c */

static void *client(void *arg)
{
    char reply[8];
    local = 11;
    while (MsgSend(coid, "hello", 6, reply, sizeof reply) != 99)
        usleep(200000);
    return arg;
}

static int answer_hello(int rcvid, const char *text)
{
    int n = (int)strlen(text);
    scale = scale * 2;
    local++;
    MsgReply(rcvid, 0, "ok", 3);
    return n;
}

static int crash(int *where)
{
    return *where;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    char text[64];
    int total = 0, count = argc > 1 ? atoi(argv[1]) : 5;
    if (argc > 2 && strcmp(argv[2], "where") == 0)
        return printf("in %s with %s\n", getcwd(text, sizeof text), getenv("COLOUR")) > 0 ? 3 : 4;
    if (argc > 2)
        return crash(NULL);
    chid = ChannelCreate(0);
    coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    pthread_create(&thread, NULL, client, NULL);
    pthread_setname_np(thread, "client");
    for (int i = 0; i < count; i++) {
        total += answer_hello(MsgReceive(chid, text, sizeof text, NULL), text);
        if (count > 100 && i % 10 == 9)
            printf("alive %d\n", i), fflush(stdout);
    }
    printf("total %d\n", total);
    return total;
}
