/* SPDX-License-Identifier: Apache-2.0 */
/* What tests/debug/kernel looks at through QEMU's stub: threads that wait for each other, in a chain and in circles. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <sys/neutrino.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER, second = PTHREAD_MUTEX_INITIALIZER;
static int chid, coid;
static const char secret[] = "found in the process";
const char *volatile pointer = secret;

/* Takes its own mutex, then wants the other's: two of these never end. */
static void *philosopher(void *is_first)
{
    pthread_mutex_lock(is_first ? &first : &second);
    sleep(1);
    pthread_mutex_lock(is_first ? &second : &first);
    return NULL;
}

static void *server(void *arg)
{
    char text[16];
    MsgReceive(chid, text, sizeof text, NULL);
    pthread_mutex_lock(&first); /* held for ever */
    return arg;
}

static void *client(void *arg)
{
    char text[16] = "request";
    MsgSend(coid, text, sizeof text, text, sizeof text);
    return arg;
}

static void start(const char *name, void *(*function)(void *), void *arg)
{
    pthread_t thread;
    pthread_create(&thread, NULL, function, arg);
    pthread_setname_np(thread, name);
}

int main(void)
{
    struct sigevent event;
    timer_t timer;
    SIGEV_NONE_INIT(&event);
    timer_create(CLOCK_MONOTONIC, &event, &timer);
    timer_settime(timer, 0, &(struct itimerspec){.it_value.tv_sec = 7777, .it_interval.tv_sec = 3}, NULL);
    chid = ChannelCreate(0);
    coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    start("left", philosopher, &first);
    start("right", philosopher, NULL);
    sleep(2);
    start("server", server, NULL);
    start("client", client, NULL);
    sleep(1);
    puts("all blocked");
    fflush(stdout);
    for (volatile unsigned long i = 0;; i++)
        ; /* the hart is in user mode whenever the stub stops it */
}
