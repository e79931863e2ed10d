/* SPDX-License-Identifier: Apache-2.0 */
/* Names of local sockets (AF_UNIX) in the path space: a leaf of type socket for each bind().  A name outlives its
 * socket until it is unlinked, and then refuses connections.
 *
 * libc says where a relative name is and whether something else is there already; io-net asks no file system,
 * which might be one that needs io-net.  So that nobody covers a foreign file with it, users other than 0 may make
 * names only where everybody may make files. */
#include <abi/socket.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "sock.h"

#define NAMES_MAX 1024

static dispatch_t *dispatch;
static const resmgr_connect_funcs_t *connect_funcs;
static const resmgr_io_funcs_t *io_funcs;
static struct sock *names; /* by accept_next */
static unsigned name_count;

void local_name_init(dispatch_t *dpp, const resmgr_connect_funcs_t *connect, const resmgr_io_funcs_t *io)
{
    dispatch = dpp;
    connect_funcs = connect;
    io_funcs = io;
}

/* The path manager takes "/tmp/.." for "/" and "/tmp/" for "/tmp": a name that means another place than it says would pass by what
 * is_for_all() and is_taken() compare.  libc sends none. */
static bool is_plain(const char *path)
{
    for (const char *at = path; *at != '\0';) {
        size_t n = strcspn(++at, "/");
        if (n == 0 || (n == 1 && at[0] == '.') || (n == 2 && at[0] == '.' && at[1] == '.'))
            return false;
        at += n;
    }
    return true;
}

static bool is_for_all(const char *path)
{
    static const char *const places[] = {"/dev/shmem/", "/tmp/", "/var/tmp/"};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (strncmp(path, places[i], strlen(places[i])) == 0)
            return true;
    return false;
}

static bool is_taken(const char *path)
{
    char text[_SOCK_PATH_MAX];
    for (const struct sock *n = names; n != NULL; n = n->accept_next)
        if (resmgr_pathname(n->link, 0, text, sizeof text) > 0 && strcmp(text, path) == 0)
            return true;
    return false;
}

static int attach(struct sock *n, const char *path)
{
    n->link = resmgr_attach(dispatch, NULL, path, _FTYPE_SOCKET, 0, connect_funcs, io_funcs, n);
    if (n->link == -1) {
        int error = errno;
        sock_free(n);
        return error;
    }
    n->accept_next = names;
    names = n;
    name_count++;
    return 0;
}

int local_name_bind(resmgr_context_t *ctp, struct sock *s, const struct request *rq)
{
    struct _client_info info;
    const char *path = (const char *)rq->data;
    if (s->name != NULL || s->bound || s->connected)
        return EINVAL;
    if (rq->data_len == 0 || rq->data_len > _SOCK_PATH_MAX)
        return EINVAL;
    int error = iofunc_client_info(ctp, 0, &info);
    if (error != EOK)
        return error;
    if (!is_plain(path) || (info.cred.euid != 0 && !is_for_all(path)))
        return EACCES;
    if (is_taken(path))
        return EADDRINUSE;
    if (name_count == NAMES_MAX)
        return ENOBUFS;
    struct sock *n = sock_alloc(NULL, AF_UNIX, s->type, 0);
    if (n == NULL)
        return ENOBUFS;
    ino_t inode = n->attr.inode;
    iofunc_attr_init(&n->attr, S_IFSOCK | ((mode_t)rq->flags & 0777), NULL, &info);
    n->attr.inode = inode;
    error = attach(n, path);
    if (error != 0)
        return error;
    n->peer = s;
    s->name = n;
    s->bound = true;
    s->local = rq->addr;
    return 0;
}

struct sock *local_name_find(uint32_t id)
{
    for (struct sock *n = names; n != NULL; n = n->accept_next)
        if ((uint32_t)n->attr.inode == id)
            return n;
    return NULL;
}

int local_name_access(resmgr_context_t *ctp, uint32_t id)
{
    struct _client_info info;
    const struct sock *n = local_name_find(id);
    if (n == NULL)
        return ECONNREFUSED;
    int error = iofunc_client_info(ctp, 0, &info);
    return error != EOK ? error : iofunc_check_access(ctp, n, S_IWUSR, &info);
}

int local_name_unlink(resmgr_context_t *ctp, struct sock *name)
{
    struct _client_info info;
    int error = iofunc_client_info(ctp, 0, &info);
    if (error != EOK)
        return error;
    if (info.cred.euid != 0 && info.cred.euid != name->attr.uid)
        return EPERM;
    for (struct sock **at = &names; *at != NULL; at = &(*at)->accept_next) {
        if (*at != name)
            continue;
        *at = name->accept_next;
        name_count--;
        break;
    }
    if (name->peer != NULL)
        name->peer->name = NULL;
    resmgr_detach(dispatch, name->link, _RESMGR_DETACH_ALL);
    name->accept_next = NULL; /* which is not a queue of connections */
    sock_free(name);
    return EOK;
}
