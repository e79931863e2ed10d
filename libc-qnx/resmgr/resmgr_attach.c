/* SPDX-License-Identifier: Apache-2.0 */
/* Links: what resmgr_attach() made.  A link's id is the handle that connect messages carry.
 * The table is under its own lock; a link lives while counted (table, OCB references, running
 * handlers). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <abi/taskman.h>
#include <sys/neutrino.h>
#include "resmgr_impl.h"

#define LINKS_MAX 4096

_Static_assert(_RESMGR_FLAG_BEFORE == TMSG_PATH_BEFORE && _RESMGR_FLAG_AFTER == TMSG_PATH_AFTER &&
                   _RESMGR_FLAG_DIR == TMSG_PATH_DIR && _RESMGR_FLAG_OPAQUE == TMSG_PATH_OPAQUE &&
                   _RESMGR_FLAG_SELF == TMSG_PATH_SELF &&
                   _RESMGR_FLAG_FTYPEONLY == TMSG_PATH_FTYPEONLY &&
                   _RESMGR_FLAG_FTYPEALL == TMSG_PATH_FTYPEALL,
               "flags go to the path manager as they are");

static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static struct resmgr_link **table;
static int table_size;

static int fail(int error)
{
    errno = error;
    return -1;
}

struct resmgr_link *__resmgr_link_get(int id, dispatch_t *dpp)
{
    struct resmgr_link *link = NULL;

    pthread_mutex_lock(&table_lock);
    if (id >= 0 && id < table_size)
        link = table[id];
    if (link != NULL && dpp != NULL && link->dpp != dpp)
        link = NULL;
    if (link != NULL)
        link->refs++;
    pthread_mutex_unlock(&table_lock);
    return link;
}

void __resmgr_link_put(struct resmgr_link *link)
{
    if (link != NULL && --link->refs == 0)
        free(link);
}

/* A free id in the table, growing it; -1 with errno.  Called with the lock. */
static int free_id(void)
{
    struct resmgr_link **bigger;
    int size, first = table_size;

    for (int id = 0; id < table_size; id++)
        if (table[id] == NULL)
            return id;
    if (table_size >= LINKS_MAX)
        return fail(ENFILE);
    size = table_size == 0 ? 16 : table_size * 2;
    bigger = realloc(table, (size_t)size * sizeof(*table));
    if (bigger == NULL)
        return -1;
    memset(bigger + table_size, 0, (size_t)(size - table_size) * sizeof(*table));
    table = bigger;
    table_size = size;
    return first;
}

static int insert(struct resmgr_link *link)
{
    pthread_mutex_lock(&table_lock);
    link->id = free_id();
    if (link->id != -1)
        table[link->id] = link;
    pthread_mutex_unlock(&table_lock);
    return link->id;
}

static void unlist(struct resmgr_link *link)
{
    bool listed;

    pthread_mutex_lock(&table_lock);
    listed = table[link->id] == link;
    if (listed)
        table[link->id] = NULL;
    pthread_mutex_unlock(&table_lock);
    if (listed)
        __resmgr_link_put(link);
}

static int path_attach(struct resmgr_link *link, unsigned file_type, unsigned flags)
{
    struct tmsg_path msg = {
        .type = TMSG_PATH,
        .subtype = TMSG_PATH_ATTACH,
        .flags = flags,
        .file_type = file_type,
        .chid = link->dpp->chid,
        .handle = (uint32_t)link->id,
        .path_len = (uint32_t)strlen(link->path) + 1,
    };
    iov_t iov[2];

    SETIOV(&iov[0], &msg, sizeof(msg));
    SETIOV(&iov[1], link->path, msg.path_len);
    return (int)MsgSendvs(SYSMGR_COID, iov, 2, NULL, 0);
}

static int path_detach(struct resmgr_link *link)
{
    struct tmsg_path msg = {.type = TMSG_PATH, .subtype = TMSG_PATH_DETACH};

    msg.id = __atomic_exchange_n(&link->path_id, -1, __ATOMIC_ACQ_REL);
    return msg.id == -1 ? 0 : (int)MsgSend(SYSMGR_COID, &msg, sizeof(msg), NULL, 0);
}

/* Absolute, without doubled and trailing slashes; NULL with errno. */
static struct resmgr_link *new_link(const char *path)
{
    size_t len = path != NULL ? strlen(path) : 0, at = 0;
    char cwd[1024];
    size_t cwd_len = 0;
    struct resmgr_link *link;

    if (path != NULL && path[0] != '/') {
        if (getcwd(cwd, sizeof(cwd)) == NULL)
            return NULL;
        cwd_len = strlen(cwd);
    }
    if (cwd_len + len + 2 > 1024) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    link = calloc(1, sizeof(*link) + cwd_len + len + 3);
    if (link == NULL)
        return NULL;
    memcpy(link->path, cwd, cwd_len);
    at = cwd_len;
    if (cwd_len > 0)
        link->path[at++] = '/';
    for (size_t i = 0; i < len; i++)
        if (path[i] != '/' || at == 0 || link->path[at - 1] != '/')
            link->path[at++] = path[i];
    while (at > 1 && link->path[at - 1] == '/')
        at--;
    link->path[at] = '\0';
    link->refs = 1;
    link->path_id = -1;
    return link;
}

int resmgr_attach(dispatch_t *dpp, resmgr_attr_t *attr, const char *path, unsigned file_type,
                  unsigned flags, const resmgr_connect_funcs_t *connect_funcs,
                  const resmgr_io_funcs_t *io_funcs, RESMGR_HANDLE_T *handle)
{
    struct resmgr_link *link;
    int path_id;

    if (dpp == NULL || (path != NULL && path[0] == '\0'))
        return fail(EINVAL);
    if (__dispatch_channel(dpp) == -1)
        return -1;
    if (attr != NULL) {
        __dispatch_limits(dpp, attr->nparts_max, attr->msg_max_size);
        if ((attr->flags & RESMGR_FLAG_ATTACH_OTHERFUNC) && attr->other_func != NULL)
            dpp->other_func = attr->other_func;
    }
    dpp->resmgr = true;
    link = new_link(path);
    if (link == NULL)
        return -1;
    link->dpp = dpp;
    link->connect = connect_funcs;
    link->io = io_funcs;
    link->handle = handle;
    /* The id must be valid before the first client can come. */
    if (insert(link) == -1) {
        free(link);
        return -1;
    }
    if (path == NULL || (attr != NULL && (attr->flags & RESMGR_FLAG_ATTACH_LOCAL)))
        return link->id;
    path_id = path_attach(link, file_type, flags);
    if (path_id == -1) {
        int error = errno;

        unlist(link);
        return fail(error);
    }
    link->path_id = path_id;
    return link->id;
}

/* Closes every descriptor of the link.  The context is only for the handlers to look at. */
static void close_descriptors(struct resmgr_link *link)
{
    resmgr_context_t *ctp = resmgr_context_alloc(link->dpp);

    if (ctp == NULL)
        return;
    __resmgr_close_all(ctp, -1, link);
    resmgr_context_free(ctp);
}

int resmgr_detach(dispatch_t *dpp, int id, unsigned flags)
{
    struct resmgr_link *link = dpp != NULL ? __resmgr_link_get(id, dpp) : NULL;
    int rc, error;

    if (link == NULL)
        return fail(EINVAL);
    rc = path_detach(link);
    error = errno;
    if (!(flags & _RESMGR_DETACH_PATHNAME)) {
        unlist(link);
        close_descriptors(link);
    }
    __resmgr_link_put(link);
    errno = error;
    return rc;
}

void __resmgr_link_detach_all(dispatch_t *dpp)
{
    for (int id = 0; id < table_size; id++)
        resmgr_detach(dpp, id, _RESMGR_DETACH_ALL);
}

ssize_t resmgr_pathname(int id, unsigned flags, char *path, size_t maxbuf)
{
    struct resmgr_link *link = __resmgr_link_get(id, NULL);
    ssize_t len;

    (void)flags;
    if (link == NULL || path == NULL) {
        __resmgr_link_put(link);
        return fail(EINVAL);
    }
    len = (ssize_t)strlen(link->path) + 1;
    if ((size_t)len > maxbuf)
        len = fail(ENAMETOOLONG);
    else
        memcpy(path, link->path, (size_t)len);
    __resmgr_link_put(link);
    return len;
}

/* A device number of our own: unique while the process lives, as a path may not outlive it either.
 */
int resmgr_devino(int id, dev_t *devno, ino_t *inode)
{
    struct resmgr_link *link = __resmgr_link_get(id, NULL);

    if (link == NULL)
        return fail(EINVAL);
    __resmgr_link_put(link);
    if (devno != NULL)
        *devno = ((dev_t)getpid() << 16) | (unsigned)id;
    if (inode != NULL)
        *inode = (ino_t)id + 1;
    return 0;
}
