/* SPDX-License-Identifier: Apache-2.0 */
/* From server:/export to the first handle: portmapper, MOUNT, FSINFO. One call at a time, before the mount is served. */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fsnfs.h"
#include "libnfs-raw-portmap.h"

#define PORT_PORTMAPPER 111
#define ANSWER_MS       5000
#define ATTEMPTS        4

/* A connection for one call. */
struct talk {
    bool is_connected, is_done;
    int error;
    uint32_t port; /* of the portmapper's answer */
    struct handle handle;
};

static void on_connect(struct rpc_context *rpc, int status, void *data, void *private)
{
    struct talk *t = private;
    (void)rpc, (void)data;
    t->is_connected = status == RPC_STATUS_SUCCESS;
    t->is_done = !t->is_connected;
    t->error = t->is_connected ? 0 : ECONNREFUSED;
}

static void on_port(struct rpc_context *rpc, int status, void *data, void *private)
{
    struct talk *t = private;
    (void)rpc;
    t->is_done = true;
    t->error = status == RPC_STATUS_SUCCESS ? 0 : EPROTO;
    if (t->error == 0)
        t->port = *(uint32_t *)data;
}

static void on_mount(struct rpc_context *rpc, int status, void *data, void *private)
{
    struct talk *t = private;
    const struct mountres3 *res = data;
    (void)rpc;
    t->is_done = true;
    t->error = status == RPC_STATUS_SUCCESS ? 0 : EPROTO;
    if (t->error != 0)
        return;
    const fhandle3 *h = &res->mountres3_u.mountinfo.fhandle;
    if (res->fhs_status != MNT3_OK)
        t->error = (int)res->fhs_status == 63 ? ENAMETOOLONG : (int)res->fhs_status < 64 ? (int)res->fhs_status : EACCES;
    else if (h->fhandle3_len == 0 || h->fhandle3_len > NFS3_FHSIZE)
        t->error = EPROTO;
    else {
        t->handle.len = h->fhandle3_len;
        memcpy(t->handle.data, h->fhandle3_val, h->fhandle3_len);
    }
}

static void run(struct rpc_context *rpc, struct talk *t, const bool *until)
{
    uint64_t end = now_ms() + ANSWER_MS;
    while (!*until && !t->is_done) {
        struct pollfd fd = {.fd = rpc_get_fd(rpc), .events = (short)rpc_which_events(rpc)};
        uint64_t now = now_ms();
        if (now >= end)
            t->error = ETIMEDOUT;
        else if (poll(&fd, 1, (int)(end - now)) == -1 || (fd.revents != 0 && rpc_service(rpc, fd.revents) < 0))
            t->error = t->error != 0 ? t->error : EIO;
        if (t->error != 0)
            t->is_done = true;
    }
}

/* Export NULL: asks the portmapper for a program's port. */
static int talk(struct mount *m, int port, int program, const char *export, struct talk *t)
{
    bool never = false;
    struct rpc_context *rpc = rpc_init_context();
    if (rpc == NULL)
        return ENOMEM;
    *t = (struct talk){0};
    if (rpc_connect_async(rpc, m->link.address, port, on_connect, t) != 0)
        t->error = EIO;
    else
        run(rpc, t, &t->is_connected);
    if (t->error == 0) {
        int rc = export != NULL ? rpc_mount3_mnt_async(rpc, on_mount, (char *)export, t)
                                : rpc_pmap2_getport_async(rpc, program, 3, IPPROTO_TCP, on_port, t);
        if (rc < 0)
            t->error = ENOMEM;
        else
            run(rpc, t, &never);
    }
    int error = t->error;
    rpc_destroy_context(rpc);
    return error;
}

static int find_port(struct mount *m, int program, int *port)
{
    struct talk t;
    if (*port != 0)
        return 0;
    int error = talk(m, PORT_PORTMAPPER, program, NULL, &t);
    if (error == 0 && (t.port == 0 || t.port > 65535))
        error = ECONNREFUSED;
    if (error == 0)
        *port = (int)t.port;
    return error;
}

static int find_server(struct mount *m)
{
    struct addrinfo *a, hints = {.ai_socktype = SOCK_STREAM};
    int rc = getaddrinfo(m->server, NULL, &hints, &a);
    if (rc != 0) {
        fprintf(stderr, "fs-nfs3: %s: %s\n", m->server, gai_strerror(rc));
        return EHOSTUNREACH;
    }
    rc = getnameinfo(a->ai_addr, a->ai_addrlen, m->link.address, sizeof m->link.address, NULL, 0, NI_NUMERICHOST);
    freeaddrinfo(a);
    return rc == 0 ? 0 : EHOSTUNREACH;
}

static int find_root(struct mount *m)
{
    struct talk t;
    int error = find_port(m, MOUNT_PROGRAM, &m->mount_port);
    if (error == 0)
        error = find_port(m, NFS_PROGRAM, &m->port);
    if (error == 0)
        error = talk(m, m->mount_port, 0, m->export, &t);
    if (error == 0)
        m->root = t.handle;
    return error;
}

static uint32_t clip(uint32_t server, uint32_t ours)
{
    if (server >= ours || server < 512)
        return ours > 512 && server < 512 ? 512 : ours;
    return server;
}

int mount_attach(struct mount *m)
{
    static const struct cred root = {0};
    struct request r;
    struct FSINFO3resok info;
    int error = find_server(m);
    for (int i = 0; error == 0 && i < ATTEMPTS; i++) {
        error = find_root(m);
        if (error == 0 || error == EACCES || error == ENOENT || error == ENOTDIR || i == ATTEMPTS - 1)
            break;
        sleep(1);
        error = 0;
    }
    if (error != 0)
        return error;
    m->link.port = m->port;
    m->link.mount = m;
    m->link.tick = write_tick;
    error = link_start(&m->link);
    if (error != 0)
        return error;
    request_own(&r, m, &root);
    error = nfs3_fsinfo(&r, &m->root, &info);
    request_end(&r);
    if (error == 0) {
        m->rsize = clip(info.rtmax, m->rsize);
        m->wsize = clip(info.wtmax, m->wsize);
    }
    return error;
}
