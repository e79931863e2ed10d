/* SPDX-License-Identifier: Apache-2.0 */
/* ionotify(), select() and poll() on the server's side: who waits for which condition of a device.
 * The three lists hang on the caller's array and are under its lock (the attribute's, as a rule).
 * An entry is good for one event.  Page: Library Reference, ionotify(): a request concerns the conditions it names and no others;
 * each thread of a client has its own. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/neutrino.h>
#include "resmgr_impl.h"

#define CLIENT_MAX 1024 /* entries of one client in one list */

struct _iofunc_notify_event {
    struct _iofunc_notify_event *next;
    int rcvid, scoid, coid;
    unsigned request; /* the entries of one request for several conditions have the same */
    int cnt; /* how much of the condition must be there */
    struct sigevent event;
};

static const uint32_t condition[3] = {_NOTIFY_COND_INPUT, _NOTIFY_COND_OUTPUT, _NOTIFY_COND_OBAND};

/* The smallest count anybody waits for is what the CHECK macros look at. */
static void recount(iofunc_notify_t *n)
{
    n->cnt = INT_MAX;
    for (struct _iofunc_notify_event *e = n->list; e != NULL; e = e->next)
        if (e->cnt < n->cnt)
            n->cnt = e->cnt;
}

/* rcvid 0: what any thread of the client armed on that descriptor. */
static void remove_of(iofunc_notify_t *n, int rcvid, int scoid, int coid)
{
    struct _iofunc_notify_event **pp = &n->list, *e;

    while ((e = *pp) != NULL) {
        if (e->scoid == scoid && e->coid == coid && (rcvid == 0 || e->rcvid == rcvid)) {
            *pp = e->next;
            free(e);
        } else {
            pp = &e->next;
        }
    }
    recount(n);
}

/* One request armed for several conditions is answered by the first. */
static void remove_request(iofunc_notify_t *n, unsigned request)
{
    struct _iofunc_notify_event **pp = &n->list, *e;

    while ((e = *pp) != NULL && e->request != request)
        pp = &e->next;
    if (e != NULL) {
        *pp = e->next;
        free(e);
        recount(n);
    }
}

/* A client gets its fair share of entries and no more: EBUSY lets a poll() try again later. */
static bool crowded(const iofunc_notify_t *n, int scoid)
{
    int count = 0;

    for (const struct _iofunc_notify_event *e = n->list; e != NULL; e = e->next)
        count += e->scoid == scoid;
    return count >= CLIENT_MAX;
}

static int arm(resmgr_context_t *ctp, io_notify_t *msg, iofunc_notify_t *nop, uint32_t conds)
{
    static unsigned requests;
    struct _iofunc_notify_event *made[3] = {NULL, NULL, NULL};
    struct sigevent event = msg->i.event; /* the reply is built over it */

    for (int i = 0; i < 3; i++) {
        if (!(conds & condition[i]))
            continue;
        bool full = crowded(&nop[i], ctp->info.scoid);

        made[i] = full ? NULL : malloc(sizeof(*made[i]));
        if (made[i] == NULL) {
            free(made[0]);
            free(made[1]);
            return full ? EBUSY : ENOMEM;
        }
    }
    unsigned request = __atomic_fetch_add(&requests, 1, __ATOMIC_RELAXED);
    for (int i = 0; i < 3; i++) {
        if (made[i] == NULL)
            continue;
        *made[i] = (struct _iofunc_notify_event){
            .next = nop[i].list,
            .rcvid = ctp->rcvid,
            .scoid = ctp->info.scoid,
            .coid = ctp->info.coid,
            .request = request,
            .cnt = 1,
            .event = event,
        };
        nop[i].list = made[i];
        recount(&nop[i]);
    }
    return EOK;
}

/* trig: conditions that hold; with counts, those whose count is below the least one asked for do
 * not. */
static uint32_t holding(int trig, const int *counts, uint32_t asked)
{
    uint32_t now = (uint32_t)trig & asked & _NOTIFY_COND_MASK;

    if (counts != NULL)
        for (int i = 0; i < 3; i++)
            if (counts[i] <= 0)
                now &= ~condition[i];
    return now;
}

/* ionotify() without an event sends zeroes, which is no signal. */
static bool is_event(const struct sigevent *event)
{
    int type = SIGEV_GET_TYPE(event);

    return type != SIGEV_NONE && (type != SIGEV_SIGNAL || event->sigev_signo != 0);
}

int iofunc_notify(resmgr_context_t *ctp, io_notify_t *msg, iofunc_notify_t *nop, int trig,
                  const int *notifycounts, int *armed)
{
    uint32_t asked =
        (uint32_t)msg->i.flags & (_NOTIFY_COND_INPUT | _NOTIFY_COND_OUTPUT | _NOTIFY_COND_OBAND);
    struct sigevent event = msg->i.event;
    uint32_t now = holding(trig, notifycounts, asked);
    int action = msg->i.action, rc;

    if (armed != NULL)
        *armed = 0;
    if (action < _NOTIFY_ACTION_POLL || action > _NOTIFY_ACTION_EDGEARM)
        return EINVAL;
    if (action != _NOTIFY_ACTION_POLL) {
        bool want = asked != 0 && is_event(&event);

        /* Arming anew replaces what this thread waited for; no event disarms all threads. */
        for (int i = 0; i < 3; i++)
            if (asked == 0 || (asked & condition[i]))
                remove_of(&nop[i], want ? ctp->rcvid : 0, ctp->info.scoid, ctp->info.coid);

        if (action == _NOTIFY_ACTION_TRANARM || action == _NOTIFY_ACTION_EDGEARM)
            now = 0; /* only a change counts */
        if (want && now == 0) {
            rc = arm(ctp, msg, nop, asked);
            if (rc != EOK)
                return rc;
            if (armed != NULL)
                *armed = 1;
        }
    }
    memset(&msg->o, 0, sizeof(msg->o));
    msg->o.flags = (int32_t)now;
    return _RESMGR_PTR(ctp, &msg->o, sizeof(msg->o));
}

static void deliver(struct _iofunc_notify_event *e, uint32_t cond)
{
    if (e->event.sigev_notify & SIGEV_FLAG_UPDATEABLE)
        e->event.sigev_value.sival_int |= (int)cond;
    MsgDeliverEvent(e->rcvid, &e->event);
}

void iofunc_notify_trigger_strict(resmgr_context_t *ctp, iofunc_notify_t *nop, int count, int index)
{
    struct _iofunc_notify_event **pp, *e;

    (void)ctp;
    if (index < 0 || index > 2)
        return;
    pp = &nop[index].list;
    while ((e = *pp) != NULL) {
        if (e->cnt > count) {
            pp = &e->next;
            continue;
        }
        *pp = e->next;
        for (int i = 0; i < 3; i++)
            if (i != index)
                remove_request(&nop[i], e->request);
        deliver(e, condition[index]);
        free(e);
    }
    recount(&nop[index]);
}

void iofunc_notify_trigger(iofunc_notify_t *nop, int count, int index)
{
    iofunc_notify_trigger_strict(NULL, nop, count, index);
}

void iofunc_notify_remove_strict(resmgr_context_t *ctp, iofunc_notify_t *nop)
{
    for (int i = 0; i < 3; i++)
        if (ctp != NULL)
            remove_of(&nop[i], 0, ctp->info.scoid, ctp->info.coid);
}

/* NULL: everybody. */
void iofunc_notify_remove(resmgr_context_t *ctp, iofunc_notify_t *nop)
{
    if (ctp != NULL) {
        iofunc_notify_remove_strict(ctp, nop);
        return;
    }
    for (int i = 0; i < 3; i++) {
        while (nop[i].list != NULL) {
            struct _iofunc_notify_event *e = nop[i].list;

            nop[i].list = e->next;
            free(e);
        }
        nop[i].cnt = INT_MAX;
    }
}
