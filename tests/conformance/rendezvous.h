/* SPDX-License-Identifier: Apache-2.0 */
/* Small helpers of the message tests: a client in its own thread or process, waiting for a thread to block. */
#pragma once
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/neutrino.h>
#include <sys/wait.h>
#include <time.h>
#include "tap.h"

static inline void rv_sleep_ms(long ms)
{
    struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };
    while (nanosleep(&ts, &ts) == -1 && errno == EINTR)
        ;
}

/* One MsgSend in a thread of its own; join with rv_join(). */
struct rv_client {
    int coid;
    int prio; /* 0: inherited */
    const void *smsg;
    size_t slen;
    void *rmsg;
    size_t rlen;
    long result;
    int err;
    pthread_t thread;
};

static inline void *rv_client_main(void *arg)
{
    struct rv_client *c = arg;
    if (c->prio) {
        struct sched_param sp = { .sched_priority = c->prio };
        SchedSet(0, 0, SCHED_RR, &sp);
    }
    c->result = MsgSend(c->coid, c->smsg, c->slen, c->rmsg, c->rlen);
    c->err = c->result == -1 ? errno : 0;
    return NULL;
}

static inline void rv_start(struct rv_client *c)
{
    if (pthread_create(&c->thread, NULL, rv_client_main, c) != 0)
        bail_out("pthread_create");
}

static inline void rv_join(struct rv_client *c)
{
    pthread_join(c->thread, NULL);
}

/* The next receive on this thread does not wait longer than ms. */
static inline void rv_receive_timeout(long ms)
{
    uint64_t ns = (uint64_t)ms * 1000000;
    TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, NULL, &ns, NULL);
}

/* A receive that fails the test instead of hanging it. */
static inline int rv_receive(int chid, void *msg, size_t len, struct _msg_info *info)
{
    rv_receive_timeout(5000);
    return MsgReceive(chid, msg, len, info);
}
