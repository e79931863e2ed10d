/* SPDX-License-Identifier: Apache-2.0 */
/* Handlers for pulses and private messages: the lists, and who gets what arrives.
 * Entries are copied out under dispatch.lock and called without it. */
#include <errno.h>
#include <stdlib.h>
#include <sys/neutrino.h>
#include "resmgr_impl.h"

#define PULSE_VALID_FLAGS                                                                          \
    (MSG_FLAG_ALLOC_PULSE | MSG_FLAG_TYPE_PULSE | MSG_FLAG_SIGEV_PULSE | MSG_FLAG_CROSS_ENDIAN)

static int fail(int error)
{
    errno = error;
    return -1;
}

static struct pulse_entry **find_pulse(dispatch_t *dpp, int code)
{
    struct pulse_entry **pp = &dpp->pulses;

    while (*pp != NULL && (*pp)->code != code)
        pp = &(*pp)->next;
    return pp;
}

static int free_code(dispatch_t *dpp)
{
    for (int code = _PULSE_CODE_MINAVAIL; code <= _PULSE_CODE_MAXAVAIL; code++)
        if (*find_pulse(dpp, code) == NULL)
            return code;
    return -1;
}

int pulse_attach(dispatch_t *dpp, int flags, int code, message_func func, void *handle)
{
    struct pulse_entry *e;

    if (dpp == NULL || func == NULL || (flags & ~PULSE_VALID_FLAGS) != 0)
        return fail(EINVAL);
    if (!(flags & MSG_FLAG_ALLOC_PULSE) && (code < INT8_MIN || code > INT8_MAX))
        return fail(EINVAL);
    if (__dispatch_channel(dpp) == -1)
        return -1;
    e = malloc(sizeof(*e));
    if (e == NULL)
        return -1;
    pthread_mutex_lock(&dpp->lock);
    if (flags & MSG_FLAG_ALLOC_PULSE)
        code = free_code(dpp);
    if (((flags & MSG_FLAG_ALLOC_PULSE) && code == -1) || *find_pulse(dpp, code) != NULL) {
        pthread_mutex_unlock(&dpp->lock);
        free(e);
        return fail(flags & MSG_FLAG_ALLOC_PULSE ? EAGAIN : EBUSY);
    }
    *e = (struct pulse_entry){dpp->pulses, code, func, handle};
    dpp->pulses = e;
    pthread_mutex_unlock(&dpp->lock);
    return code;
}

int pulse_detach(dispatch_t *dpp, int code, int flags)
{
    struct pulse_entry **pp, *e;

    (void)flags;
    if (dpp == NULL)
        return fail(EINVAL);
    pthread_mutex_lock(&dpp->lock);
    pp = find_pulse(dpp, code);
    e = *pp;
    if (e != NULL)
        *pp = e->next;
    pthread_mutex_unlock(&dpp->lock);
    free(e);
    return e != NULL ? 0 : fail(EINVAL);
}

int message_attach(dispatch_t *dpp, message_attr_t *attr, int low, int high, message_func func,
                   void *handle)
{
    unsigned flags = attr != NULL ? attr->flags : 0;
    struct message_entry *e;

    if (dpp == NULL || func == NULL)
        return fail(EINVAL);
    if (!(flags & MSG_FLAG_DEFAULT_FUNC) && (low > high || low < 0 || high > UINT16_MAX))
        return fail(EINVAL);
    if (__dispatch_channel(dpp) == -1)
        return -1;
    if (attr != NULL)
        __dispatch_limits(dpp, attr->nparts_max, attr->msg_max_size);
    e = malloc(sizeof(*e));
    if (e == NULL)
        return -1;
    *e = (struct message_entry){NULL, low, high, flags, func, handle};
    pthread_mutex_lock(&dpp->lock);
    for (struct message_entry *o = dpp->messages; o != NULL; o = o->next) {
        bool clash = flags & MSG_FLAG_DEFAULT_FUNC
                         ? (o->flags & MSG_FLAG_DEFAULT_FUNC) != 0
                         : !(o->flags & MSG_FLAG_DEFAULT_FUNC) && low <= o->high && high >= o->low;

        if (clash) {
            pthread_mutex_unlock(&dpp->lock);
            free(e);
            return fail(EINVAL);
        }
    }
    e->next = dpp->messages;
    dpp->messages = e;
    pthread_mutex_unlock(&dpp->lock);
    return 0;
}

int message_detach(dispatch_t *dpp, int low, int high, int flags)
{
    struct message_entry **pp, *e;

    if (dpp == NULL)
        return fail(EINVAL);
    pthread_mutex_lock(&dpp->lock);
    for (pp = &dpp->messages; (e = *pp) != NULL; pp = &e->next) {
        if (flags & MSG_FLAG_DEFAULT_FUNC
                ? (e->flags & MSG_FLAG_DEFAULT_FUNC) != 0
                : !(e->flags & MSG_FLAG_DEFAULT_FUNC) && e->low == low && e->high == high) {
            *pp = e->next;
            break;
        }
    }
    pthread_mutex_unlock(&dpp->lock);
    free(e);
    return e != NULL ? 0 : fail(EINVAL);
}

int message_connect(dispatch_t *dpp, int flags)
{
    (void)flags;
    if (dpp == NULL)
        return fail(EINVAL);
    if (__dispatch_channel(dpp) == -1)
        return -1;
    return ConnectAttach(ND_LOCAL_NODE, 0, dpp->chid, _NTO_SIDE_CHANNEL, _NTO_COF_CLOEXEC);
}

static bool copy_pulse(dispatch_t *dpp, int code, struct pulse_entry *out)
{
    struct pulse_entry *e;

    pthread_mutex_lock(&dpp->lock);
    e = *find_pulse(dpp, code);
    if (e != NULL)
        *out = *e;
    pthread_mutex_unlock(&dpp->lock);
    return e != NULL;
}

/* Our own duties come first; a handler the program attached for the same code is called as well. */
int __dispatch_pulse(dispatch_context_t *dctp)
{
    resmgr_context_t *ctp = &dctp->resmgr_context;
    const struct _pulse *pulse = &ctp->msg->pulse;
    int code = pulse->code;
    struct pulse_entry e;

    if (code == PULSE_CODE_WAKE)
        return 0;
    if (code == PULSE_CODE_SELECT) {
        __dispatch_select(dctp, pulse->value.sival_int);
        return 0;
    }
    bool attached = copy_pulse(ctp->dpp, code, &e);

    /* A program with a handler of its own for disconnects owns ConnectDetach(): twice could hit a
     * newcomer. */
    if (code == _PULSE_CODE_DISCONNECT) {
        int scoid = pulse->scoid;

        __resmgr_disconnect(ctp, scoid);
        if (!attached)
            ConnectDetach(scoid);
    }
    int ret = attached ? e.func(ctp, code, 0, e.handle) : 0;

    if (code == _PULSE_CODE_UNBLOCK && ctp->dpp->resmgr)
        __resmgr_unblock_pulse(ctp, pulse->value.sival_int);
    return ret < 0 ? -1 : 0;
}

static bool copy_message(dispatch_t *dpp, int type, struct message_entry *out)
{
    const struct message_entry *best = NULL;

    pthread_mutex_lock(&dpp->lock);
    for (const struct message_entry *e = dpp->messages; e != NULL; e = e->next) {
        if (!(e->flags & MSG_FLAG_DEFAULT_FUNC) && type >= e->low && type <= e->high) {
            best = e;
            break;
        }
        if (e->flags & MSG_FLAG_DEFAULT_FUNC)
            best = e;
    }
    if (best != NULL)
        *out = *best;
    pthread_mutex_unlock(&dpp->lock);
    return best != NULL;
}

/* Anything that is no I/O message.  The function replies by itself. */
int __dispatch_message(resmgr_context_t *ctp)
{
    struct message_entry e;
    int (*other)(resmgr_context_t *, void *);

    if (copy_message(ctp->dpp, ctp->msg->type, &e))
        return e.func(ctp, ctp->msg->type, 0, e.handle) < 0 ? -1 : 0;
    other = ctp->dpp->other_func;
    if (other != NULL) {
        __resmgr_finish(ctp, other(ctp, ctp->msg));
        return 0;
    }
    MsgError(ctp->rcvid, ENOSYS);
    return -1;
}
