/* SPDX-License-Identifier: Apache-2.0 */
/* The connection to a server, on libnfs's RPC engine: a thread reads it, makes it anew when it is lost, and sends what was
 * not answered once more. Submitting threads send by themselves when the socket takes it at once. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fsnfs.h"

#define RETRY_MS   500
#define CONNECT_MS 15000
#define TICK_MS    500
#define STACK      (2u << 20) /* libnfs reads lists by recursion; port/zdr.c bounds it */

static void poke(struct link *l)
{
    if (write(l->wake[1], "", 1) == -1) {
        /* full: it will wake up */
    }
}

static void unlist_locked(struct call *c)
{
    for (struct call **at = &c->link->calls; *at != NULL; at = &(*at)->next)
        if (*at == c) {
            *at = c->next;
            return;
        }
}

void call_put_locked(struct call *c)
{
    if (!c->is_done)
        unlist_locked(c);
    c->is_done = c->is_released = true;
    if (!c->in_flight)
        free(c);
}

static void finish_locked(struct call *c, int error)
{
    unlist_locked(c);
    c->is_done = true;
    c->error = error;
    pthread_cond_broadcast(&changed);
    if (c->when_done != NULL) {
        c->when_done(c);
        call_put_locked(c);
    }
}

/* What libnfs says of every call when the connection is gone. */
static bool is_lost(int status, const char *text)
{
    return status == RPC_STATUS_CANCEL || status == RPC_STATUS_TIMEOUT ||
           (text != NULL && strncmp(text, "RPC ERROR", 9) == 0);
}

static void on_answer(struct rpc_context *rpc, int status, void *data, void *private)
{
    struct call *c = private;
    (void)rpc;
    c->in_flight = false;
    if (c->is_released) {
        free(c);
    } else if (c->is_done) {
        /* timed out: its thread is about to put it */
    } else if (status == RPC_STATUS_SUCCESS) {
        c->take(c, data);
        finish_locked(c, 0);
    } else if (is_lost(status, data)) {
        c->was_resent = true; /* it stays in the list */
    } else {
        finish_locked(c, EIO);
    }
}

static bool set_cred_locked(struct link *l, const struct cred *c)
{
    if (l->has_cred && memcmp(c, &l->cred, sizeof *c) == 0)
        return true;
    uint32_t groups[GROUPS];
    memcpy(groups, c->groups, sizeof groups);
    struct AUTH *auth = libnfs_authunix_create("qrv", c->uid, c->gid, c->ngroups, groups);
    if (auth == NULL)
        return false;
    rpc_set_auth(l->rpc, auth);
    l->cred = *c;
    l->has_cred = true;
    return true;
}

static void issue_locked(struct link *l, struct call *c)
{
    c->sent = now_ms();
    c->in_flight = true;
    if (!set_cred_locked(l, &c->cred) || c->issue(l->rpc, on_answer, c->args, c) < 0) {
        c->in_flight = false;
        finish_locked(c, ENOMEM);
    }
}

/* Sends what the socket takes; the thread does the rest. */
static void push_locked(struct link *l)
{
    if (rpc_service(l->rpc, POLLOUT) < 0)
        l->is_broken = true;
    if (l->is_broken || (rpc_which_events(l->rpc) & POLLOUT))
        poke(l);
}

struct call *call_submit_locked(struct link *l, const struct cred *cred, issue_fn *issue, void *args,
                                void (*take)(struct call *, const void *), void *out, void (*when_done)(struct call *))
{
    struct call *c = calloc(1, sizeof *c), **end = &l->calls;
    if (c == NULL)
        return NULL;
    *c = (struct call){.link = l, .cred = *cred, .issue = issue, .args = args, .take = take, .out = out,
                       .when_done = when_done, .begun = now_ms()};
    while (*end != NULL)
        end = &(*end)->next;
    *end = c;
    if (l->is_up && !l->is_broken) {
        issue_locked(l, c);
        push_locked(l);
    }
    return c;
}

struct call *call_submit(struct link *l, const struct cred *cred, issue_fn *issue, void *args,
                         void (*take)(struct call *, const void *), void *out)
{
    pthread_mutex_lock(&lock);
    struct call *c = call_submit_locked(l, cred, issue, args, take, out, NULL);
    pthread_mutex_unlock(&lock);
    return c;
}

int call_finish(struct request *r, struct call *c)
{
    int error = 0;
    if (c == NULL)
        return ENOMEM;
    pthread_mutex_lock(&lock);
    while (!c->is_done && error == 0)
        error = wait_changed_locked(r);
    if (c->is_done)
        error = c->error;
    r->was_resent = c->was_resent;
    call_put_locked(c);
    pthread_mutex_unlock(&lock);
    return error;
}

/* ------------------------------------------------------------------ the thread */

static void on_connect(struct rpc_context *rpc, int status, void *data, void *private)
{
    struct link *l = private;
    const struct timeval piece = {.tv_usec = PIECE_MS * 1000};
    int one = 1, fd;
    (void)data;
    if (status != RPC_STATUS_SUCCESS) {
        l->is_broken = true;
        return;
    }
    fd = rpc_get_fd(rpc);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    /* receive.c waits for the rest of a record in one call; what is sent does not wait (port/send.h). */
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &piece, sizeof piece) == -1 ||
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK) == -1) {
        l->is_broken = true;
        return;
    }
    l->is_up = true;
    for (struct call *c = l->calls, *next; c != NULL; c = next) {
        next = c->next;
        issue_locked(l, c);
    }
}

static void connect_locked(struct link *l)
{
    l->is_broken = l->is_up = l->has_cred = false;
    l->rpc = rpc_init_context();
    if (l->rpc != NULL && rpc_connect_async(l->rpc, l->address, l->port, on_connect, l) != 0)
        l->is_broken = true;
}

static void disconnect_locked(struct link *l)
{
    struct rpc_context *old = l->rpc;
    l->rpc = NULL;
    l->is_up = l->is_broken = false;
    receive_forget(l);
    if (old != NULL)
        rpc_destroy_context(old); /* on_answer() for all that were in flight */
}

/* Calls that were not answered for too long: of a soft mount they fail; the connection is made anew. */
static void check_times_locked(struct link *l)
{
    uint64_t now = now_ms();
    bool again = true;
    for (struct call *c = l->calls; c != NULL; c = c->next)
        if (c->in_flight && now - c->sent > l->timeout_ms)
            l->is_broken = true;
    while (again && l->is_soft) {
        again = false;
        for (struct call *c = l->calls; c != NULL && !again; c = c->next)
            if (now - c->begun > (uint64_t)l->timeout_ms * l->tries) {
                finish_locked(c, ETIMEDOUT);
                again = true;
            }
    }
}

static void wait_locked(struct link *l)
{
    char drop[64];
    struct pollfd fds[2] = {{.fd = l->wake[0], .events = POLLIN}, {.fd = -1}};
    if (l->rpc != NULL) {
        fds[1].fd = rpc_get_fd(l->rpc);
        fds[1].events = (short)rpc_which_events(l->rpc);
    }
    pthread_mutex_unlock(&lock);
    poll(fds, 2, TICK_MS);
    if (fds[0].revents & POLLIN)
        while (read(l->wake[0], drop, sizeof drop) == (ssize_t)sizeof drop)
            ;
    pthread_mutex_lock(&lock);
    if (l->is_up && (fds[1].revents & POLLIN)) {
        fds[1].revents &= ~POLLIN;
        if (!l->is_broken && !receive_all(l))
            l->is_broken = true;
    }
    if (l->rpc != NULL && !l->is_broken && fds[1].revents != 0 && rpc_service(l->rpc, fds[1].revents) < 0)
        l->is_broken = true;
    if (l->is_up && !l->is_broken && (rpc_which_events(l->rpc) & POLLOUT) && rpc_service(l->rpc, POLLOUT) < 0)
        l->is_broken = true;
}

static void *run(void *arg)
{
    struct link *l = arg;
    uint64_t tried = 0, ticked = 0;
    pthread_mutex_lock(&lock);
    for (;;) {
        uint64_t now = now_ms();
        if (l->is_broken || (l->rpc != NULL && !l->is_up && now - tried > CONNECT_MS))
            disconnect_locked(l);
        if (l->rpc == NULL && (tried == 0 || now - tried >= RETRY_MS)) {
            tried = now;
            connect_locked(l);
        }
        if (!l->is_broken)
            wait_locked(l);
        if (now_ms() - ticked >= TICK_MS) {
            ticked = now_ms();
            check_times_locked(l);
            request_poll_locked();
            buffer_tick_locked();
            l->tick(l->mount);
        }
    }
    return NULL;
}

int link_start(struct link *l)
{
    pthread_attr_t attr;
    pthread_t thread;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, l->wake) == -1)
        return errno;
    for (int i = 0; i < 2; i++)
        fcntl(l->wake[i], F_SETFL, fcntl(l->wake[i], F_GETFL) | O_NONBLOCK);
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    int error = pthread_create(&thread, &attr, run, l);
    pthread_attr_destroy(&attr);
    return error;
}
