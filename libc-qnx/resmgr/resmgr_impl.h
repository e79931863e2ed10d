/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the dispatch and resource-manager layers.
 *
 * Objects: a dispatch (one channel, its handlers), links (one per resmgr_attach()), clients (one
 * per scoid) and OCB references (one per open file, shared by duplicated descriptors). Locks, taken
 * in this order, none held while a handler runs: dispatch.lock (handler lists)  ->  link table lock
 * ->  client bucket lock (descriptors, parked requests). An OCB reference and a link live while
 * their counts are above zero; handlers hold a count. */
#pragma once
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/iofunc.h>
#include <sys/dispatch.h>
#include "resmgr_decode.h"

#define PRIVATE __attribute__((visibility("hidden")))

/* Codes of pulses the layer sends to itself. */
#define PULSE_CODE_WAKE   (-40) /* dispatch_unblock() */
#define PULSE_CODE_SELECT (-41) /* value: descriptor */

#define MSG_MAX_DEFAULT 2048
#define MSG_MAX_LIMIT   (1024 * 1024)
#define MSG_SLACK                                                                                  \
    1024 /* behind msg_max_size: replies built in place of a request that sat at the end */
#define NPARTS_LIMIT 512

typedef int (*message_func)(message_context_t *, int, unsigned, void *);

struct pulse_entry {
    struct pulse_entry *next;
    int code;
    message_func func;
    void *handle;
};

struct message_entry {
    struct message_entry *next;
    int low, high;
    unsigned flags;
    message_func func;
    void *handle;
};

struct select_entry {
    struct select_entry *next;
    int fd;
    unsigned flags;
    int (*func)(select_context_t *, int, unsigned, void *);
    void *handle;
};

struct _dispatch {
    pthread_mutex_t lock;
    _Atomic int chid; /* -1: not made yet */
    _Atomic int coid; /* side channel to chid, -1: not made yet */
    bool own_channel;
    _Atomic bool resmgr; /* resmgr_attach() was used: I/O messages are ours */
    unsigned nparts_max;
    size_t msg_max_size;
    _Atomic int64_t timeout_ns; /* -1: none */
    struct pulse_entry *pulses;
    struct message_entry *messages;
    struct select_entry *selects;
    int (*_Atomic other_func)(resmgr_context_t *, void *);
};

/* Makes the channel if there is none.  0 or -1 (errno). */
PRIVATE int __dispatch_channel(dispatch_t *dpp);
/* Side-channel connection to ourselves, for pulses.  coid or -1 (errno). */
PRIVATE int __dispatch_self(dispatch_t *dpp);
PRIVATE int __dispatch_pulse(dispatch_context_t *ctp);
PRIVATE int __dispatch_message(resmgr_context_t *ctp);
PRIVATE void __dispatch_select(dispatch_context_t *ctp, int fd);
/* Raises the limits of later contexts. */
PRIVATE void __dispatch_limits(dispatch_t *dpp, unsigned nparts, size_t msg_max);

/* ------------------------------------------------------------------ links (resmgr_attach.c) */
struct resmgr_link {
    _Atomic int refs; /* the table, every OCB reference, every running handler */
    int id;
    int path_id; /* of taskman, -1: no path registered */
    dispatch_t *dpp;
    const resmgr_connect_funcs_t *connect;
    const resmgr_io_funcs_t *io;
    void *handle;
    char path[];
};
PRIVATE struct resmgr_link *__resmgr_link_get(int id, dispatch_t *dpp); /* counted, NULL: none */
PRIVATE void __resmgr_link_put(struct resmgr_link *link);
PRIVATE void __resmgr_link_detach_all(dispatch_t *dpp);

/* ------------------------------------------------------------------ clients (resmgr_bind.c) */
struct resmgr_ocbref {
    _Atomic int refs; /* descriptors and running handlers; the last one calls close_ocb */
    bool unbound;     /* resmgr_unbind(): close_ocb is not ours to call */
    void *ocb;
    const resmgr_io_funcs_t *io;
    struct resmgr_link *link; /* counted */
    char path[];              /* as the connect message had it, below the link */
};
/* A message of info's client thread came: its number, and the counted OCB of its descriptor or
 * NULL. */
PRIVATE struct resmgr_ocbref *__resmgr_arrive(const struct _msg_info *info, uint64_t *seq);
/* *stale gets the OCB of a descriptor of that number that was dropped without a close message. */
PRIVATE int __resmgr_bind(const struct _msg_info *info, struct resmgr_ocbref *ref,
                          struct resmgr_ocbref **stale);
PRIVATE struct resmgr_ocbref *__resmgr_lookup(int scoid, int coid); /* counted, NULL: none */
PRIVATE struct resmgr_ocbref *__resmgr_lookup_other(int pid, int scoid, int coid);
PRIVATE struct resmgr_ocbref *__resmgr_unbind_fd(int scoid,
                                                 int coid); /* takes the descriptor's count over */
/* Any one descriptor of client info->scoid (-1: of any), of link only when it is given; info gets
 * whose. */
PRIVATE struct resmgr_ocbref *__resmgr_unbind_any(struct _msg_info *info, struct resmgr_link *link);
PRIVATE void __resmgr_client_gone(int scoid);
PRIVATE void __resmgr_park(const struct _msg_info *info, uint64_t seq);
PRIVATE bool __resmgr_unpark(const struct _msg_info *info); /* true: it was parked */

/* ------------------------------------------------------------------ contexts
 * Every context comes from resmgr_context_alloc(), which puts this in front of it. */
struct context_private {
    uint64_t seq;                 /* of the request in the context */
    struct resmgr_ocbref *ref;    /* of the request in the context, when it has one */
    struct resmgr_ocbref *stale;  /* to be closed once no handler and no lock is in the way */
    const char *path;             /* of the connect message that is being handled, NULL: none */
    struct resmgr_ocbref *source; /* _IO_OPENFD: the descriptor it was sent for */
};
#define CONTEXT_PRIVATE_SIZE ((sizeof(struct context_private) + 15) & ~(size_t)15)

static inline struct context_private *context_private(resmgr_context_t *ctp)
{
    return (struct context_private *)(void *)((char *)ctp - CONTEXT_PRIVATE_SIZE);
}

/* True when a handler table is long enough to have member. */
#define HAS_FUNC(table, member)                                                                    \
    ((table) != NULL &&                                                                            \
     (offsetof(__typeof__(*(table)), member) - sizeof(void *)) / sizeof(void *) <                  \
         (table)->nfuncs &&                                                                        \
     (table)->member != NULL)

/* ------------------------------------------------------------------ messages */
PRIVATE int __resmgr_message(resmgr_context_t *ctp);
/* The I/O messages from offset on.  ref is ctp's OCB; the reply is sent before its lock is
 * released. */
PRIVATE void __resmgr_io_parts(resmgr_context_t *ctp, struct resmgr_ocbref *ref, size_t offset);
PRIVATE void __resmgr_finish(resmgr_context_t *ctp, int ret);
PRIVATE void __resmgr_ref_put(resmgr_context_t *ctp, struct resmgr_ocbref *ref);
PRIVATE void __resmgr_lock(resmgr_context_t *ctp, struct resmgr_ocbref *ref);
PRIVATE void __resmgr_unlock(resmgr_context_t *ctp, struct resmgr_ocbref *ref);
PRIVATE int __resmgr_close_dup(resmgr_context_t *ctp, io_close_t *msg, struct resmgr_ocbref *ref);
PRIVATE void __resmgr_dup(resmgr_context_t *ctp);
PRIVATE void __resmgr_openfd(resmgr_context_t *ctp);
PRIVATE void __resmgr_unblock_pulse(resmgr_context_t *ctp, int rcvid);
PRIVATE void __resmgr_unblock_late(resmgr_context_t *ctp);
PRIVATE void __resmgr_disconnect(resmgr_context_t *ctp, int scoid);
/* Closes descriptors as if their owners had; see __resmgr_unbind_any(). */
PRIVATE void __resmgr_close_all(resmgr_context_t *ctp, int scoid, struct resmgr_link *link);
/* Path of the open file ctp is about, NUL-terminated in buf: its length, or -1. */
PRIVATE ssize_t __resmgr_open_path(resmgr_context_t *ctp, char *buf, size_t size);

/* ------------------------------------------------------------------ OCBs (iofunc_attr.c) */
PRIVATE iofunc_ocb_t *__iofunc_ocb_alloc(resmgr_context_t *ctp, iofunc_attr_t *attr);
PRIVATE void __iofunc_ocb_release(iofunc_ocb_t *ocb, iofunc_attr_t *attr);

/* ------------------------------------------------------------------ offsets (iofunc_io.c) */
/* Where an offset with this SEEK_* counts from; false: there is no such one. */
PRIVATE bool __iofunc_base(const iofunc_ocb_t *ocb, const iofunc_attr_t *attr, int whence, int64_t *base);
