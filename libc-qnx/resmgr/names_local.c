/* SPDX-License-Identifier: Apache-2.0 */
/* Named channels under /dev/name/local: name_attach() for the server, name_open() for its clients.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <abi/taskman.h>
#include <sys/dispatch.h>
#include <sys/iofunc.h>
#include <sys/neutrino.h>
#include "resmgr_impl.h"

#define NAME_DIR "/dev/name/local/"

static void *none(int error)
{
    errno = error;
    return NULL;
}

/* The path of a name; 0 or an errno value. */
static int name_path(const char *name, char *path, size_t size)
{
    if (name == NULL || name[0] == '\0' || name[0] == '/' || strlen(name) > 255)
        return EINVAL;
    for (const char *p = name; *p != '\0';) {
        size_t n = strcspn(p, "/");

        if (n == 0 || (n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
            return EINVAL;
        p += n;
        if (*p == '/' && *++p == '\0')
            return EINVAL;
    }
    return (size_t)snprintf(path, size, NAME_DIR "%s", name) < size ? EOK : ENAMETOOLONG;
}

/* Who serves exactly that path: 0 and *entry, or -1 (errno). */
static int find_name(const char *path, struct tmsg_entry *entry)
{
    struct tmsg_path msg = {
        .type = TMSG_PATH,
        .subtype = TMSG_PATH_RESOLVE,
        .path_len = (uint32_t)strlen(path) + 1,
    };
    struct tmsg_resolve_reply reply;
    iov_t iov[2];

    SETIOV(&iov[0], &msg, sizeof(msg));
    SETIOV_CONST(&iov[1], path, msg.path_len);
    if (MsgSendvs(SYSMGR_COID, iov, 2, &reply, sizeof(reply)) == -1)
        return -1;
    for (uint32_t i = 0; i < reply.count && i < TMSG_RESOLVE_MAX; i++) {
        if (reply.entry[i].prefix_len + 1 >= reply.path_len) {
            *entry = reply.entry[i];
            return 0;
        }
    }
    errno = ENOENT;
    return -1;
}

/* Clients only need to know that the server is there: no OCB. */
static int name_connect(resmgr_context_t *ctp, io_open_t *msg, iofunc_attr_t *handle, void *extra)
{
    (void)ctp;
    (void)msg;
    (void)handle;
    (void)extra;
    return EOK;
}

static const resmgr_connect_funcs_t name_funcs = {
    .nfuncs = _RESMGR_CONNECT_NFUNCS,
    .open = name_connect,
};

name_attach_t *name_attach(dispatch_t *dpp, const char *name, unsigned flags)
{
    char path[300];
    struct tmsg_entry entry;
    dispatch_t *mine = NULL;
    name_attach_t *attach;
    int rc = name_path(name, path, sizeof(path));

    if (rc != EOK)
        return none(rc);
    if (flags & NAME_FLAG_ATTACH_GLOBAL)
        return none(ENOTSUP); /* one node: nobody to tell */
    if (find_name(path, &entry) == 0)
        return none(EEXIST);
    attach = calloc(1, sizeof(*attach));
    if (attach == NULL)
        return NULL;
    if (dpp == NULL)
        dpp = mine = dispatch_create();
    attach->dpp = dpp;
    attach->mntid =
        dpp == NULL ? -1 : resmgr_attach(dpp, NULL, path, _FTYPE_NAME, 0, &name_funcs, NULL, NULL);
    if (attach->mntid == -1) {
        int error = errno;

        if (mine != NULL)
            dispatch_destroy(mine);
        free(attach);
        return none(error);
    }
    attach->chid = dpp->chid;
    return attach;
}

int name_detach(name_attach_t *attach, unsigned flags)
{
    int rc;

    if (attach == NULL) {
        errno = EINVAL;
        return -1;
    }
    rc = resmgr_detach(attach->dpp, attach->mntid, _RESMGR_DETACH_ALL);
    if (!(flags & NAME_FLAG_DETACH_SAVEDPP) && dispatch_destroy(attach->dpp) == -1)
        rc = -1;
    free(attach);
    return rc;
}

int name_open(const char *name, int flags)
{
    struct _io_connect msg = {
        .type = _IO_CONNECT,
        .subtype = _IO_CONNECT_OPEN,
        .file_type = _FTYPE_NAME,
        .ioflag = _IO_FLAG_RD | _IO_FLAG_WR,
        .path_len = 1,
    };
    struct tmsg_entry entry;
    char path[300];
    int coid, rc = name_path(name, path, sizeof(path));

    (void)flags;
    if (rc != EOK) {
        errno = rc;
        return -1;
    }
    if (find_name(path, &entry) == -1)
        return -1;
    coid = ConnectAttach(ND_LOCAL_NODE, entry.pid, entry.chid, _NTO_SIDE_CHANNEL, _NTO_COF_CLOEXEC);
    if (coid == -1)
        return -1;
    msg.handle = entry.handle;
    if (MsgSend(coid, &msg, _IO_CONNECT_HDR + 1, NULL, 0) == -1) {
        int error = errno;

        ConnectDetach(coid);
        errno = error;
        return -1;
    }
    return coid;
}

int name_close(int coid)
{
    return ConnectDetach(coid);
}
