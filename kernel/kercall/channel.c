/* SPDX-License-Identifier: Apache-2.0 */
/* Channel* and Connect* calls, registered events. */
#include <abi/kercall.h>
#include <abi/sigevent.h>
#include "kercall/kercall.h"
#include "mm/mm.h"
#include "object/channel.h"

#define CHF_KNOWN 0x0fff

KC_HANDLER(channel_create)
{
    if (a[0] & ~(uint64_t)CHF_KNOWN)
        return -EINVAL;
    return channel_create(t->proc, (uint32_t)a[0], 0);
}

KC_HANDLER(channel_destroy)
{
    return channel_destroy(t->proc, (int32_t)a[0]);
}

/* pid 0 is the caller. Referenced. */
static struct process *target(struct thread *t, int32_t pid)
{
    if (pid == 0) {
        (void)process_get_live(t->proc);
        return t->proc;
    }
    return process_get(pid);
}

KC_HANDLER(connect_attach)
{
    if ((uint32_t)a[0] != ND_LOCAL_NODE || (a[4] & ~(uint64_t)_NTO_COF_MASK))
        return -EINVAL;
    struct process *server = target(t, (int32_t)a[1]);
    if (!server)
        return -ESRCH;
    int r = connect_attach(t->proc, server, (int32_t)a[2], (uint32_t)a[3], (uint32_t)a[4]);
    process_put(server);
    return r;
}

KC_HANDLER(connect_detach)
{
    if ((int32_t)a[0] == SYSMGR_COID)
        return -EPERM; /* every process needs it, to its end */
    return connect_detach(t->proc, (int32_t)a[0]);
}

KC_HANDLER(connect_flags)
{
    struct process *p = target(t, (int32_t)a[0]);
    if (!p)
        return -ESRCH;
    int64_t r = -EPERM;
    if (p == t->proc || t->proc == taskman) {
        struct conn *c = conn_lookup(p, (int32_t)a[1]);
        r = -EBADF;
        if (c) {
            r = conn_change_flags(c, (uint32_t)a[2] & _NTO_COF_MASK & ~_NTO_COF_DEAD, (uint32_t)a[3]);
            conn_put(c);
        }
    }
    process_put(p);
    return r;
}

/* The connection is looked at once: what later becomes of it does not matter to the registration. */
static int64_t register_event(struct thread *t, const struct _kc_sigevent *ev, int32_t coid)
{
    struct channel *server = NULL;
    if (coid != -1) {
        struct conn *c = conn_lookup(t->proc, coid);
        if (!c)
            return -EBADF;
        server = c->chan;
        (void)channel_get_live(server); /* c has a reference */
        conn_put(c);
    }
    int64_t handle = event_register(t->proc, ev, server);
    if (handle < 0 && server)
        channel_put(server);
    return handle;
}

KC_HANDLER(msg_register_event)
{
    struct _kc_sigevent ev;
    if (copy_from_user(&ev, UADDR(a[0]), sizeof(ev)))
        return -EFAULT;
    int err = ev.notify & SIGEV_FLAG_HANDLE ? -EINVAL : event_check(t->proc, &ev);
    if (err)
        return err;
    int64_t handle = register_event(t, &ev, (int32_t)a[1]);
    if (handle < 0)
        return handle;
    struct _kc_sigevent out = { .notify = ev.notify | SIGEV_FLAG_HANDLE, .id = (int32_t)handle, .value = ev.value };
    if (!copy_to_user(UADDR(a[0]), &out, sizeof(out)))
        return 0;
    (void)event_unregister(t->proc, out.id);
    return -EFAULT;
}

KC_HANDLER(msg_unregister_event)
{
    struct _kc_sigevent ev;
    if (copy_from_user(&ev, UADDR(a[0]), sizeof(ev)))
        return -EFAULT;
    return ev.notify & SIGEV_FLAG_HANDLE ? event_unregister(t->proc, ev.id) : -ESRCH;
}

/* First connection of p with an id >= coid in coid's own number space; referenced. */
static struct conn *conn_from(struct process *p, int32_t coid)
{
    bool side = coid >= _NTO_SIDE_CHANNEL;
    const struct idtable *tab = side ? &p->side : &p->fds;
    uint32_t from = (uint32_t)coid & (QRV_SCOID_BASE - 1);
    for (int id = idtable_next(tab, from); id >= 0; id = idtable_next(tab, (uint32_t)id + 1)) {
        struct conn *c = conn_lookup(p, side ? _NTO_SIDE_CHANNEL + id : id);
        if (c)
            return c;
    }
    return NULL;
}

KC_HANDLER(connect_server_info)
{
    if ((int32_t)a[1] < 0)
        return -EINVAL;
    struct process *p = target(t, (int32_t)a[0]);
    if (!p)
        return -ESRCH;
    struct conn *c = conn_from(p, (int32_t)a[1]);
    while (c && !a[2] && (atomic_load(&c->flags) & _NTO_COF_DEAD)) { /* no info wanted: dead servers are skipped */
        int32_t next = c->coid + 1;
        conn_put(c);
        c = conn_from(p, next);
    }
    process_put(p);
    if (!c)
        return -EINVAL;
    struct _msg_info info = { 0 };
    info.pid = c->chan->proc->pid;
    info.chid = c->chan->chid;
    info.coid = c->coid;
    info.scoid = QRV_SCOID_BASE + c->sconn->index;
    info.flags = (int16_t)atomic_load(&c->flags);
    int64_t r = c->coid;
    if (a[2] && copy_to_user(UADDR(a[2]), &info, sizeof(info)))
        r = -EFAULT;
    conn_put(c);
    return r;
}

KC_HANDLER(connect_client_info)
{
    int32_t scoid = (int32_t)a[0];
    struct _client_info ci = { 0 };
    struct process *client;
    struct sconn *s = NULL;
    if (scoid == -1) {
        client = t->proc;
    } else {
        if (scoid < QRV_SCOID_BASE || scoid >= _NTO_SIDE_CHANNEL)
            return -EINVAL;
        s = sconn_lookup(t->proc, scoid - QRV_SCOID_BASE);
        if (!s)
            return -EINVAL;
        client = s->client;
    }
    spin_lock(&client->lock);
    ci.nd = ND_LOCAL_NODE;
    ci.pid = client->pid;
    ci.sid = client->sid;
    ci.cred = client->cred;
    spin_unlock(&client->lock);
    if (s)
        sconn_put(s);
    if ((int32_t)a[2] < 0)
        return -EINVAL;
    uint32_t want = MIN((uint32_t)a[2], _KC_NGROUPS_MAX);
    ci.cred.ngroups = MIN(ci.cred.ngroups, (uint32_t)_KC_NGROUPS_MAX);
    size_t bytes = offsetof(struct _client_info, cred.grouplist) + want * sizeof(uint32_t);
    return copy_to_user(UADDR(a[1]), &ci, bytes);
}
