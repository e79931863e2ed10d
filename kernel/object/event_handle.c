/* SPDX-License-Identifier: Apache-2.0 */
/* Registered events.  Documentation followed: Library Reference MsgRegisterEvent(), System Architecture "Events".
 *
 * The kernel keeps the event; who is to deliver it gets a handle: the slot of process.events, and above it a serial number, so that
 * the handle of an event that is no longer registered names no later one.  Guarded by process.lock.  A registration for one server
 * keeps that server's channel, so that no other channel can come to lie at its address. */
#include <abi/sigevent.h>
#include "mm/mm.h"
#include "object/channel.h"

struct event_reg {
    struct _kc_sigevent ev;
    struct channel *server; /* referenced; NULL: anybody may deliver it */
    int32_t handle;
};

#define SERIAL_MAX 0x3ffff /* with QRV_EVENT_MAX a positive int32_t */

int event_register(struct process *p, const struct _kc_sigevent *ev, struct channel *server)
{
    struct event_reg *r = kmalloc(sizeof(*r));
    if (!r)
        return -EAGAIN;
    r->ev = *ev;
    r->server = server;
    spin_lock(&p->lock);
    int id = idtable_alloc(&p->events, 0, r);
    if (id >= 0) {
        p->event_serial = p->event_serial % SERIAL_MAX + 1;
        r->handle = (int32_t)(p->event_serial * (QRV_EVENT_MAX + 1)) + id;
        id = r->handle;
    }
    spin_unlock(&p->lock);
    if (id < 0) {
        kfree(r, sizeof(*r));
        return -EAGAIN;
    }
    return id;
}

static struct event_reg *find_locked(const struct process *p, int32_t handle)
{
    struct event_reg *r = handle > 0 ? idtable_get(&p->events, (uint32_t)handle % (QRV_EVENT_MAX + 1)) : NULL;
    return r && r->handle == handle ? r : NULL;
}

int event_fetch(struct process *p, const struct channel *by, struct _kc_sigevent *ev)
{
    int err = 0;
    spin_lock(&p->lock);
    const struct event_reg *r = find_locked(p, ev->id);
    if (!r) {
        err = -ESRCH;
    } else if (by && r->server && r->server != by) {
        err = -EACCES;
    } else {
        uint64_t value = ev->value;
        *ev = r->ev;
        if (ev->notify & SIGEV_FLAG_UPDATEABLE)
            ev->value = value;
    }
    spin_unlock(&p->lock);
    return err;
}

static int reg_free(struct event_reg *r)
{
    if (!r)
        return -ESRCH;
    if (r->server)
        channel_put(r->server);
    kfree(r, sizeof(*r));
    return 0;
}

int event_drop(struct process *p, int32_t id)
{
    spin_lock(&p->lock);
    struct event_reg *r = idtable_remove(&p->events, (uint32_t)id);
    spin_unlock(&p->lock);
    return reg_free(r);
}

int event_unregister(struct process *p, int32_t handle)
{
    spin_lock(&p->lock);
    struct event_reg *r = find_locked(p, handle);
    if (r)
        idtable_remove(&p->events, (uint32_t)handle % (QRV_EVENT_MAX + 1));
    spin_unlock(&p->lock);
    return reg_free(r);
}
