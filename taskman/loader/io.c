/* SPDX-License-Identifier: Apache-2.0 */
/* Files as any client reaches them: resolve with taskman, connect to the server, send I/O messages.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include "loader/loader.h"

#define READ_STEP (1UL << 20)

static long resolve(struct loader *l, const char *path, uint32_t flags)
{
    struct tmsg_path *req = (struct tmsg_path *)l->message;
    size_t n = strlen(path) + 1;

    if (n > PATH_BYTES)
        return -ENAMETOOLONG;
    memset(req, 0, sizeof(*req));
    req->type = TMSG_PATH;
    req->subtype = TMSG_PATH_RESOLVE;
    req->flags = flags;
    req->file_type = _FTYPE_ANY;
    req->path_len = (uint32_t)n;
    memcpy(req + 1, path, n);
    return k_send(SYSMGR_COID, req, sizeof(*req) + n, &l->where, sizeof(l->where));
}

/* Sends the open to one candidate.  0 opened, 1 a link: l->resolved is the path to go on with,
 * -errno. */
static int connect_to(struct loader *l, int coid, const struct tmsg_entry *e, uint32_t oflag,
                      uint32_t mode)
{
    struct _io_connect *c = (struct _io_connect *)l->message;
    struct {
        struct _io_connect_link_reply head;
        char path[PATH_BYTES];
    } reply;
    const char *rest = l->where.path + e->prefix_len;
    size_t n = strlen(rest) + 1;
    long rc;

    memset(c, 0, _IO_CONNECT_HDR);
    c->type = _IO_CONNECT;
    c->subtype = _IO_CONNECT_OPEN;
    c->file_type = _FTYPE_ANY;
    c->reply_max = sizeof(reply);
    c->handle = e->handle;
    c->ioflag = (oflag & ~3u) | ((oflag & 3u) + 1);
    c->mode = S_IFREG | (mode & ~l->where.umask & 07777);
    c->path_len = (uint16_t)n;
    memcpy(c->path, rest, n);
    memset(&reply, 0, sizeof(reply.head));
    rc = k_send(coid, c, _IO_CONNECT_HDR + n, &reply, sizeof(reply));
    if (rc != _IO_CONNECT_RET_LINK)
        return rc < 0 ? (int)rc : 0;
    if (reply.head.nentries || reply.head.path_len == 0 || reply.head.path_len > PATH_BYTES)
        return -EIO;
    memcpy(l->resolved, reply.path, reply.head.path_len);
    l->resolved[reply.head.path_len - 1] = '\0';
    return 1;
}

static bool is_next_tried(int error)
{
    return error == -ENOENT || error == -ENOSYS || error == -ESRCH || error == -EBADF;
}

int lo_open(struct loader *l, const char *path, uint32_t oflag, uint32_t mode, unsigned index,
            int *server_pid)
{
    for (unsigned hops = 0; hops < TMSG_SYMLOOP_MAX; hops++) {
        long rc = resolve(l, path, 0);
        int result = -ENOENT;

        if (rc < 0)
            return (int)rc;
        for (uint32_t i = 0; i < l->where.count && i < TMSG_RESOLVE_MAX; i++) {
            const struct tmsg_entry *e = &l->where.entry[i];
            int coid = (int)k_connect_attach(e->pid, e->chid, index, 0);

            if (coid < 0) {
                result = coid == -ESRCH || coid == -EINVAL ? result : coid;
                continue;
            }
            rc = connect_to(l, coid, e, oflag, mode);
            if (rc == 0) {
                memcpy(l->resolved, l->where.path, PATH_BYTES);
                *server_pid = e->pid;
                return coid;
            }
            k_connect_detach(coid);
            result = (int)rc;
            if (rc > 0 || !is_next_tried(result))
                break;
        }
        if (result <= 0)
            return result;
        path = l->resolved;
    }
    return -ELOOP;
}

int lo_close(int coid)
{
    struct _io_close msg = {.type = _IO_CLOSE, .combine_len = sizeof(msg)};

    k_send(coid, &msg, sizeof(msg), NULL, 0);
    return (int)k_connect_detach(coid);
}

int64_t lo_read(int coid, void *to, uint64_t bytes, uint64_t offset)
{
    struct {
        struct _io_read head;
        struct _xtype_offset where;
    } msg;
    uint64_t done = 0;

    while (done < bytes) {
        uint64_t part = bytes - done < READ_STEP ? bytes - done : READ_STEP;
        long got;

        memset(&msg, 0, sizeof(msg));
        msg.head.type = _IO_READ;
        msg.head.combine_len = sizeof(msg);
        msg.head.nbytes = (uint32_t)part;
        msg.head.xtype = _IO_XTYPE_OFFSET;
        msg.where.offset = (int64_t)(offset + done);
        got = k_send(coid, &msg, sizeof(msg), (uint8_t *)to + done, part);
        if (got < 0)
            return got;
        if (got == 0 || (uint64_t)got > part)
            break;
        done += (uint64_t)got;
    }
    return (int64_t)done;
}

int lo_stat(int coid, struct stat *st)
{
    struct _io_stat msg = {.type = _IO_STAT, .combine_len = sizeof(msg)};

    memset(st, 0, sizeof(*st));
    return (int)k_send(coid, &msg, sizeof(msg), st, sizeof(*st));
}

static int tell_cwd(struct loader *l, const char *path)
{
    struct tmsg_path *req = (struct tmsg_path *)l->message;
    size_t n = strlen(path) + 1;

    memset(req, 0, sizeof(*req));
    req->type = TMSG_PATH;
    req->subtype = TMSG_PATH_CHDIR;
    req->path_len = (uint32_t)n;
    memcpy(req + 1, path, n);
    return (int)k_send(SYSMGR_COID, req, sizeof(*req) + n, NULL, 0);
}

int lo_chdir(struct loader *l, const char *path)
{
    struct stat st;
    int pid, coid = lo_open(l, path, O_RDONLY | O_DIRECTORY, 0, _NTO_SIDE_CHANNEL, &pid), rc;

    if (coid < 0)
        return coid;
    rc = lo_stat(coid, &st);
    lo_close(coid);
    if (rc < 0)
        return rc;
    return S_ISDIR(st.st_mode) ? tell_cwd(l, l->resolved) : -ENOTDIR;
}

int lo_fchdir(struct loader *l, int coid)
{
    struct _io_fdinfo msg = {
        .type = _IO_FDINFO, .combine_len = sizeof(msg), .path_len = PATH_BYTES};
    struct {
        struct _io_fdinfo_reply head;
        char path[PATH_BYTES];
    } reply;
    struct stat st;
    long rc = lo_stat(coid, &st);

    if (rc < 0)
        return (int)rc;
    if (!S_ISDIR(st.st_mode))
        return -ENOTDIR;
    rc = k_send(coid, &msg, sizeof(msg), &reply, sizeof(reply));
    if (rc < 0)
        return (int)rc;
    reply.path[PATH_BYTES - 1] = '\0';
    return reply.path[0] == '/' ? tell_cwd(l, reply.path) : -ENOTDIR;
}

int64_t lo_map(uint64_t addr, uint64_t bytes, uint32_t prot, uint32_t flags, int coid,
               uint64_t offset)
{
    struct tmsg_map req = {.type = TMSG_MEM,
                           .subtype = TMSG_MEM_MAP,
                           .prot = prot,
                           .flags = flags,
                           .fd = coid,
                           .addr = addr,
                           .bytes = bytes,
                           .offset = offset};
    struct tmsg_map_reply reply;
    long rc = k_send(SYSMGR_COID, &req, sizeof(req), &reply, sizeof(reply));

    return rc < 0 ? rc : (int64_t)reply.addr;
}

static int range_request(uint16_t subtype, uint64_t addr, uint64_t bytes, uint32_t prot)
{
    struct tmsg_range req = {
        .type = TMSG_MEM, .subtype = subtype, .prot = prot, .addr = addr, .bytes = bytes};

    return (int)k_send(SYSMGR_COID, &req, sizeof(req), NULL, 0);
}

int lo_protect(uint64_t addr, uint64_t bytes, uint32_t prot)
{
    return range_request(TMSG_MEM_PROTECT, addr, bytes, prot);
}

int lo_unmap(uint64_t addr, uint64_t bytes)
{
    return range_request(TMSG_MEM_UNMAP, addr, bytes, 0);
}
