/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets inside io-net.
 *
 * io-net is one thread: requests, device interrupts, lwIP's timers and its callbacks run in it one after the
 * other, so nothing here has a lock.  A socket lives as long as it has an OCB, or waits in the queue of a
 * listening one.  A client that has to wait is a struct waiter in one of its socket's queues; after everything
 * that may end a wait, sock_service() goes through them. */
#pragma once
struct sock;
#define IOFUNC_ATTR_T   struct sock
#define RESMGR_HANDLE_T struct sock

#include <stdbool.h>
#include <stdint.h>
#include <sys/dispatch.h>
#include <sys/iofunc.h>

#include "../lib/waitq.h"
#include "request.h"

struct pbuf;
struct tcp_pcb;
struct udp_pcb;
struct raw_pcb;

/* A piece of a stream, or a datagram with its sender. */
struct packet {
    struct packet *next;
    struct pbuf *p;
    struct net_addr from;
};

enum wait_kind { WAIT_RECV, WAIT_SEND, WAIT_CONNECT, WAIT_ACCEPT, WAIT_KINDS };

/* A client's request that cannot be answered yet. */
struct waiter {
    struct wait_node node; /* first */
    struct sock *sock;
    enum wait_kind kind;
    int flags;              /* MSG_* */
    bool plain;             /* a read(): the answer is data alone */
    bool timed;             /* a timeout of lwIP's is out for it */
    uint32_t name_id;       /* a local datagram's destination; 0: the connected one */
    uint32_t nbytes, done;
    size_t offset;          /* of a sender's data in its message */
};

struct sock_ops {
    int (*bind)(struct sock *s, const struct net_addr *a);
    /* EINPROGRESS: the answer comes with connecting == false. */
    int (*connect)(struct sock *s, const struct net_addr *a);
    int (*listen)(struct sock *s, int backlog);
    /* Takes what it can of a sender's bytes: EAGAIN when it must wait for the rest. */
    int (*send)(struct sock *s, struct waiter *w, const struct net_addr *to);
    void (*taken)(struct sock *s, uint32_t bytes); /* the client has got them */
    bool (*has_room)(const struct sock *s);
    int (*shutdown)(struct sock *s, bool rd, bool wr);
    void (*name)(const struct sock *s, struct net_addr *local, struct net_addr *remote);
    int (*option)(struct sock *s, bool set, int level, int option, int *value); /* ENOPROTOOPT: unknown */
    void (*close)(struct sock *s);
};

/* Who is behind an end of a local connection: SO_PEERCRED. */
struct sock_cred {
    int32_t pid;
    uint32_t uid, gid;
};

struct sock {
    iofunc_attr_t attr; /* first */
    iofunc_notify_t notify[3];
    struct sock *all_next, **all_prev;
    struct sock *due_next, **due_prev;
    const struct sock_ops *ops; /* NULL: /dev/socket itself, or the name of a local socket */
    int domain, type, protocol;
    bool stream, v6only, bound, listening, connecting, connected;
    bool read_shut, write_shut, end_of_data; /* end_of_data: the peer sends no more */
    bool serves_senders;                     /* serve_senders() is at work on it */
    bool is_due;                             /* in the list of sock_service_later() */
    bool owes_peer;                          /* local sockets: there is new room for the peer's senders */
    bool reset_on_close;                     /* SO_LINGER with 0 seconds */
    int error;                               /* SO_ERROR */
    uint32_t recv_timeout_ms, send_timeout_ms; /* 0: none */
    union {
        struct tcp_pcb *tcp; /* NULL: the connection is lwIP's alone, or not there */
        struct udp_pcb *udp;
        struct raw_pcb *raw;
        struct sock *peer; /* local sockets; of a name, the socket that was bound to it, if it lives */
    };
    struct sock *name;     /* local sockets: its name in the path space */
    int link;              /* of a name, what resmgr_attach() gave: not 0, which is /dev/socket or resolv.conf */
    struct sock_cred own_cred, peer_cred;
    struct net_addr local, remote; /* kept when the pcb goes */
    struct packet *head, **tail;
    uint32_t head_offset; /* bytes of head that were taken */
    uint32_t queued, queue_max;
    unsigned packets;
    struct waitq waiting[WAIT_KINDS];
    struct sock *accept_head, **accept_tail; /* connections nobody has accepted, by accept_next */
    struct sock *accept_next, *listener;
    int accept_count, backlog;
};

extern const struct sock_ops tcp_ops, udp_ops, raw_ops, local_ops, local_datagram_ops;
extern struct sock *all_sockets;

/* tcp.c: a device has room again for what it refused. */
void tcp_output_all(void);

/* sock.c */
int sock_new(int domain, int type, int protocol, bool privileged, struct sock **out);
struct sock *sock_alloc(const struct sock_ops *ops, int domain, int type, int protocol);
void sock_free(struct sock *s); /* closes it, too */
bool sock_readable(const struct sock *s);
bool sock_writable(const struct sock *s);
/* Serves whoever waits on s, as far as its state allows, and tells pollers. */
void sock_service(struct sock *s);
/* The same at the end of this round of io-net's loop: once for all packets of a batch. */
void sock_service_later(struct sock *s);
/* Those; false: there were none. */
bool sock_service_due(void);
/* Lets the other end of a local socket go on after s was read from. */
void sock_settle(struct sock *s);
void sock_accepted(struct sock *s); /* it is a client's now */
int sock_take_error(struct sock *s);
bool sock_queue(struct sock *s, struct pbuf *p, const struct net_addr *from); /* false: no memory */
void sock_drop_queue(struct sock *s);
struct waiter *sock_wait(struct sock *s, enum wait_kind kind, const struct waiter *what);
void sock_give_up(struct waiter *w, int error); /* answers and frees a waiter that is in no queue */
struct sock *sock_next_accepted(struct sock *listener);
void sock_await_accept(struct sock *listener, struct sock *s); /* puts s into its queue */

/* recv.c: answers one receiver from the queue.  EAGAIN: there is nothing yet. */
int recv_answer(struct sock *s, struct waiter *w);
uint32_t recv_available(const struct sock *s); /* FIONREAD */

/* message.c */
void message_init(resmgr_connect_funcs_t *connect, resmgr_io_funcs_t *io);

/* option.c */
int option_get(resmgr_context_t *ctp, struct sock *s, const struct request *rq);
int option_set(struct sock *s, const struct request *rq);

/* local.c: both ends are new */
int local_pair(struct sock *a, struct sock **b);
/* Senders that found a datagram socket's queue full try again. */
void local_settle(struct sock *s);

/* local_name.c: names of local sockets in the path space.  The functions that clients' requests reach return 0 or
 * an errno value. */
void local_name_init(dispatch_t *dpp, const resmgr_connect_funcs_t *connect, const resmgr_io_funcs_t *io);
int local_name_bind(resmgr_context_t *ctp, struct sock *s, const struct request *rq);
struct sock *local_name_find(uint32_t id); /* NULL: there is none */
/* May the client connect to it, or send to it? */
int local_name_access(resmgr_context_t *ctp, uint32_t id);
int local_name_unlink(resmgr_context_t *ctp, struct sock *name);
