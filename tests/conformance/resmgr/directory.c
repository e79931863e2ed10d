/* SPDX-License-Identifier: Apache-2.0 */
/* A manager that serves a directory tree of its own: extended attribute structures, names below the
 * mount point, directory reads.  The shape of the "web counter" examples of "Getting Started with
 * QNX Neutrino" and of "Writing a Resource Manager", chapters "Extending the POSIX-Layer Data
 * Structures" and "Filesystem Resource Managers". */
struct dev_attr;
#define IOFUNC_ATTR_T struct dev_attr
#include "server.h"

#include <dirent.h>
#include <stddef.h>

#define PATH "/test-tree"

typedef struct dev_attr {
    iofunc_attr_t attr;
    const char *name, *text;
} dev_attr_t;

enum { ROOT, ALPHA, BETA, GAMMA, NODES };
static dev_attr_t nodes[NODES] = {
    [ROOT] = {.name = ""},
    [ALPHA] = {.name = "alpha", .text = "first"},
    [BETA] = {.name = "beta", .text = "second"},
    [GAMMA] = {.name = "a-name-that-is-longer-than-the-others-so-that-records-differ",
               .text = "third"},
};
static resmgr_connect_funcs_t connect_funcs;
static resmgr_io_funcs_t io_funcs;

static int tree_open(resmgr_context_t *ctp, io_open_t *msg, RESMGR_HANDLE_T *handle, void *extra)
{
    (void)handle;
    for (int i = 0; i < NODES; i++)
        if (strcmp(msg->connect.path, nodes[i].name) == 0)
            return iofunc_open_default(ctp, msg, &nodes[i], extra);
    return ENOENT;
}

static int read_directory(resmgr_context_t *ctp, io_read_t *msg, iofunc_ocb_t *ocb)
{
    static uint64_t space[64];
    char *out = (char *)space;
    size_t used = 0, max = msg->i.nbytes < sizeof space ? msg->i.nbytes : sizeof space;
    for (; ocb->offset < NODES - 1; ocb->offset++) {
        const dev_attr_t *n = &nodes[ocb->offset + 1];
        size_t len = strlen(n->name), rec = (offsetof(struct dirent, d_name) + len + 1 + 7) & ~7UL;
        struct dirent *d = (void *)(out + used);
        if (used + rec > max)
            break;
        memset(d, 0, rec);
        d->d_ino = n->attr.inode;
        d->d_offset = ocb->offset + 1;
        d->d_reclen = (uint16_t)rec;
        d->d_namelen = (int16_t)len;
        d->d_type = DT_REG;
        memcpy(d->d_name, n->name, len + 1);
        used += rec;
    }
    _IO_SET_READ_NBYTES(ctp, used);
    return used == 0 ? EOK : _RESMGR_PTR(ctp, out, used);
}

static int tree_read(resmgr_context_t *ctp, io_read_t *msg, iofunc_ocb_t *ocb)
{
    int status = iofunc_read_verify(ctp, msg, ocb, NULL);
    if (status != EOK)
        return status;
    if ((msg->i.xtype & _IO_XTYPE_MASK) != _IO_XTYPE_NONE)
        return ENOSYS;
    dev_attr_t *node = ocb->attr;
    if (S_ISDIR(node->attr.mode))
        return read_directory(ctp, msg, ocb);
    size_t left = strlen(node->text) - (size_t)ocb->offset;
    size_t n = left < msg->i.nbytes ? left : msg->i.nbytes;
    SETIOV(ctp->iov, node->text + ocb->offset, n);
    _IO_SET_READ_NBYTES(ctp, n);
    ocb->offset += (off_t)n;
    return n == 0 ? EOK : _RESMGR_NPARTS(1);
}

static int serve(void)
{
    dispatch_t *dpp = dispatch_create();
    resmgr_attr_t rattr = {.nparts_max = 1, .msg_max_size = 2048};
    iofunc_func_init(_RESMGR_CONNECT_NFUNCS, &connect_funcs, _RESMGR_IO_NFUNCS, &io_funcs);
    connect_funcs.open = tree_open;
    io_funcs.read = tree_read;
    for (int i = 0; i < NODES; i++) {
        iofunc_attr_init(&nodes[i].attr, i == ROOT ? S_IFDIR | 0555 : S_IFREG | 0444, NULL, NULL);
        nodes[i].attr.inode = (ino_t)i + 1;
        nodes[i].attr.nbytes = i == ROOT ? NODES - 1 : (off_t)strlen(nodes[i].text);
    }
    if (resmgr_attach(dpp, &rattr, PATH, _FTYPE_ANY, _RESMGR_FLAG_DIR, &connect_funcs, &io_funcs,
                      &nodes[ROOT]) == -1)
        return 1;
    return serve_loop(dpp);
}

static void listing(void)
{
    DIR *dir = opendir(PATH);
    struct dirent *d;
    int count = 0, good = 0;
    long second = -1;
    ok(dir != NULL, "opendir");
    while (dir != NULL && (d = readdir(dir)) != NULL) {
        for (int i = ALPHA; i < NODES; i++)
            if (strcmp(d->d_name, nodes[i].name) == 0 && d->d_ino == (ino_t)i + 1)
                good++;
        if (++count == 1)
            second = telldir(dir);
    }
    is_int(count, 3, "readdir gives every entry");
    is_int(good, 3, "... with its name and inode");
    if (dir == NULL)
        return;
    rewinddir(dir);
    d = readdir(dir);
    is_str(d ? d->d_name : NULL, "alpha", "rewinddir starts over");
    seekdir(dir, second);
    d = readdir(dir);
    is_str(d ? d->d_name : NULL, "beta", "seekdir goes to a told place");
    is_int(closedir(dir), 0, "closedir");
}

int main(void)
{
    char buf[64] = "", path[128] = "";
    struct stat st;
    tap_plan(0);
    pid_t server = server_start(serve, PATH);
    int fd = open(PATH "/beta", O_RDONLY);
    ok(fd >= 0, "open a name below the mount point");
    is_int(read(fd, buf, sizeof buf), 6, "read it");
    is_str(buf, "second", "... the right one");
    is_int(iofdinfo(fd, 0, NULL, path, sizeof path), (int)strlen(PATH "/beta"),
           "iofdinfo gives the path's length");
    is_str(path, PATH "/beta", "... and the path");
    close(fd);
    fd = open(PATH "/delta", O_RDONLY);
    ok(fd == -1 && errno == ENOENT, "a name the manager does not know is ENOENT");
    is_int(stat(PATH "/alpha", &st), 0, "stat by path");
    is_int(st.st_size, 5, "... size");
    is_int(stat(PATH "/./beta/../alpha", &st), 0, "the path is normalised on the way");
    ok(stat(PATH "/alpha/", &st) == -1 && errno == ENOTDIR, "a trailing slash wants a directory");
    fd = open(PATH, O_RDWR);
    ok(fd == -1 && errno == EISDIR, "a directory is not opened for writing");
    listing();
    fd = open(PATH, O_RDONLY | O_DIRECTORY);
    ok(fd >= 0, "open the directory");
    int at = openat(fd, "alpha", O_RDONLY);
    ok(at >= 0, "openat below it");
    memset(buf, 0, sizeof buf);
    is_int(read(at, buf, sizeof buf), 5, "... reads");
    is_str(buf, "first", "... the right file");
    is_int(fchdir(fd), 0, "fchdir");
    ok(getcwd(path, sizeof path) != NULL && strcmp(path, PATH) == 0, "... is where getcwd says");
    ok(access("beta", R_OK) == 0, "relative names work from there");
    is_int(chdir("/"), 0, "chdir back");
    ok(server_stop(server), "the server lived to the end");
    return done();
}
