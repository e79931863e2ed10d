/* SPDX-License-Identifier: Apache-2.0 */
/* select_attach(): conditions of a descriptor come as pulses that ionotify() sends to our own
 * channel. */
#include <errno.h>
#include <stdlib.h>
#include <sys/neutrino.h>
#include <unistd.h>
#include "resmgr_impl.h"

#define CONDITION_FLAGS (SELECT_FLAG_READ | SELECT_FLAG_WRITE | SELECT_FLAG_EXCEPT)

static int fail(int error)
{
    errno = error;
    return -1;
}

static int to_conditions(unsigned flags)
{
    unsigned cond = 0;

    if (flags & SELECT_FLAG_READ)
        cond |= _NOTIFY_COND_INPUT;
    if (flags & SELECT_FLAG_WRITE)
        cond |= _NOTIFY_COND_OUTPUT;
    if (flags & SELECT_FLAG_EXCEPT)
        cond |= _NOTIFY_COND_OBAND;
    return (int)cond;
}

static unsigned from_conditions(int cond)
{
    return ((unsigned)cond & _NOTIFY_COND_INPUT ? SELECT_FLAG_READ : 0U) |
           ((unsigned)cond & _NOTIFY_COND_OUTPUT ? SELECT_FLAG_WRITE : 0U) |
           ((unsigned)cond & _NOTIFY_COND_OBAND ? SELECT_FLAG_EXCEPT : 0U);
}

/* Arms; a condition that holds already is turned into the same pulse. */
static int arm(dispatch_t *dpp, int fd, unsigned flags)
{
    int coid = __dispatch_self(dpp), now;
    struct sigevent event;

    if (coid == -1)
        return -1;
    SIGEV_PULSE_INIT(&event, coid, SIGEV_PULSE_PRIO_INHERIT, PULSE_CODE_SELECT, fd);
    now = ionotify(fd, _NOTIFY_ACTION_POLLARM, to_conditions(flags), &event);
    if (now == -1)
        return -1;
    return now == 0 ? 0 : MsgSendPulse(coid, -1, PULSE_CODE_SELECT, fd);
}

static struct select_entry **find(dispatch_t *dpp, int fd)
{
    struct select_entry **pp = &dpp->selects;

    while (*pp != NULL && (*pp)->fd != fd)
        pp = &(*pp)->next;
    return pp;
}

int select_attach(dispatch_t *dpp, select_attr_t *attr, int fd, unsigned flags,
                  int (*func)(select_context_t *, int, unsigned, void *), void *handle)
{
    struct select_entry *e;

    (void)attr;
    if (dpp == NULL || func == NULL || fd < 0 || (flags & CONDITION_FLAGS) == 0)
        return fail(EINVAL);
    e = malloc(sizeof(*e));
    if (e == NULL)
        return -1;
    *e = (struct select_entry){NULL, fd, flags, func, handle};
    pthread_mutex_lock(&dpp->lock);
    if (*find(dpp, fd) != NULL) {
        pthread_mutex_unlock(&dpp->lock);
        free(e);
        return fail(EBUSY);
    }
    e->next = dpp->selects;
    dpp->selects = e;
    pthread_mutex_unlock(&dpp->lock);
    if (arm(dpp, fd, flags) == -1) {
        int saved = errno;

        select_detach(dpp, fd);
        return fail(saved);
    }
    return 0;
}

int select_detach(dispatch_t *dpp, int fd)
{
    struct select_entry **pp, *e;

    if (dpp == NULL)
        return fail(EINVAL);
    pthread_mutex_lock(&dpp->lock);
    pp = find(dpp, fd);
    e = *pp;
    if (e != NULL)
        *pp = e->next;
    pthread_mutex_unlock(&dpp->lock);
    if (e == NULL)
        return fail(EINVAL);
    ionotify(fd, _NOTIFY_ACTION_POLLARM, 0, NULL);
    free(e);
    return 0;
}

int select_query(select_context_t *ctp, int fd)
{
    int now =
        ionotify(fd, _NOTIFY_ACTION_POLL,
                 to_conditions(SELECT_FLAG_READ | SELECT_FLAG_WRITE | SELECT_FLAG_EXCEPT), NULL);

    (void)ctp;
    return now == -1 ? -1 : (int)from_conditions(now);
}

void __dispatch_select(dispatch_context_t *dctp, int fd)
{
    dispatch_t *dpp = dctp->resmgr_context.dpp;
    struct select_entry *e, copy;
    select_context_t ctx = {0};
    int now;

    pthread_mutex_lock(&dpp->lock);
    e = *find(dpp, fd);
    if (e != NULL)
        copy = *e;
    pthread_mutex_unlock(&dpp->lock);
    if (e == NULL)
        return; /* detached while its pulse was on the way */
    ctx.msg = dctp->resmgr_context.msg;
    ctx.dpp = dpp;
    ctx.fd = fd;
    now = ionotify(fd, _NOTIFY_ACTION_POLL, to_conditions(copy.flags), NULL);
    copy.func(&ctx, fd, now == -1 ? copy.flags & CONDITION_FLAGS : from_conditions(now),
              copy.handle);
    if (copy.flags & SELECT_FLAG_REARM) {
        pthread_mutex_lock(&dpp->lock);
        e = *find(dpp, fd);
        pthread_mutex_unlock(&dpp->lock);
        if (e != NULL)
            arm(dpp, fd, copy.flags);
    }
}
