/* SPDX-License-Identifier: Apache-2.0 */
/* Registering and giving up paths: order of managers of one path, whole components,
 * resmgr_detach(), a process's own paths. Library Reference resmgr_attach() (flags),
 * resmgr_detach(), resmgr_pathname(); System Architecture, "Pathname management". */
#include "server.h"

#include <pthread.h>

#define PATH "/test-attach/name"

static resmgr_connect_funcs_t connect_funcs;
static resmgr_io_funcs_t io_funcs;

static int answer_read(resmgr_context_t *ctp, io_read_t *msg, RESMGR_OCB_T *ocb)
{
    int status = iofunc_read_verify(ctp, msg, ocb, NULL);
    if (status != EOK)
        return status;
    _IO_SET_READ_NBYTES(ctp, 1);
    return _RESMGR_PTR(ctp, &ocb->attr->inode, 1);
}

/* A manager in this process, with a thread of its own; what it reads out is its letter. */
struct manager {
    dispatch_t *dpp;
    iofunc_attr_t attr;
    int id;
};

static void *loop(void *arg)
{
    serve_loop(arg);
    return NULL;
}

static void manage(struct manager *m, char letter, const char *path, unsigned flags)
{
    pthread_t thread;
    m->dpp = dispatch_create();
    iofunc_attr_init(&m->attr, S_IFREG | 0444, NULL, NULL);
    m->attr.inode = (ino_t)letter;
    m->id =
        resmgr_attach(m->dpp, NULL, path, _FTYPE_ANY, flags, &connect_funcs, &io_funcs, &m->attr);
    if (m->id != -1)
        pthread_create(&thread, NULL, loop, m->dpp);
}

/* The letter that answers, or -errno. */
static int who(const char *path)
{
    char c;
    int fd = open(path, O_RDONLY);
    if (fd == -1)
        return -errno;
    int got = read(fd, &c, 1) == 1 ? c : -errno;
    close(fd);
    return got;
}

int main(void)
{
    static struct manager a, b, c, d, e;
    char path[64];
    tap_plan(0);
    iofunc_func_init(_RESMGR_CONNECT_NFUNCS, &connect_funcs, _RESMGR_IO_NFUNCS, &io_funcs);
    io_funcs.read = answer_read;

    ok(resmgr_attach(NULL, NULL, PATH, _FTYPE_ANY, 0, &connect_funcs, &io_funcs, NULL) == -1 &&
           errno == EINVAL,
       "resmgr_attach without a dispatch handle is EINVAL");
    manage(&a, 'a', PATH, _RESMGR_FLAG_SELF);
    ok(a.id >= 0, "resmgr_attach");
    is_int(who(PATH), 'a', "the path answers");
    is_int(who(PATH "x"), -ENOENT, "a longer last component is another name");
    manage(&b, 'b', PATH, _RESMGR_FLAG_SELF);
    is_int(who(PATH), 'b', "a later manager of the same path comes first");
    manage(&c, 'c', PATH, _RESMGR_FLAG_SELF | _RESMGR_FLAG_AFTER);
    is_int(who(PATH), 'b', "one that asks to come last does");
    is_int(resmgr_detach(b.dpp, b.id, _RESMGR_DETACH_ALL), 0, "resmgr_detach");
    is_int(who(PATH), 'a', "... uncovers the one before");
    is_int(resmgr_detach(b.dpp, b.id, 0), -1, "... once");
    is_errno(EINVAL, "... EINVAL");
    resmgr_detach(a.dpp, a.id, 0);
    is_int(who(PATH), 'c', "the last one is left");
    int fd = open(PATH, O_RDONLY);
    is_int(resmgr_detach(c.dpp, c.id, _RESMGR_DETACH_PATHNAME), 0, "detach of the path only");
    is_int(who(PATH), -ENOENT, "... takes it away");
    is_int(read(fd, path, 1), 1, "... and leaves what is open");
    is_int(resmgr_detach(c.dpp, c.id, _RESMGR_DETACH_ALL), 0, "detach of the rest");
    is_int(read(fd, path, 1), -1, "... closes what is open");
    is_errno(EBADF, "... EBADF");
    close(fd);

    manage(&d, 'd', "/test-attach", _RESMGR_FLAG_DIR | _RESMGR_FLAG_SELF);
    is_int(who("/test-attach/anything/at/all"), 'd', "a directory's manager gets every name below");
    manage(&e, 'e', PATH, _RESMGR_FLAG_SELF);
    is_int(who(PATH), 'e', "a longer prefix wins");
    covers("semantic:24");
    is_int(who(PATH "/more"), 'd', "... but not for names below it");
    is_int((int)resmgr_pathname(e.id, 0, path, sizeof path), (int)sizeof PATH,
           "resmgr_pathname counts the NUL");
    is_str(path, PATH, "... and gives the path");
    ok(resmgr_pathname(e.id, 0, path, 3) == -1, "... not into a short buffer");
    resmgr_detach(e.dpp, e.id, 0);
    resmgr_detach(d.dpp, d.id, 0);

    manage(&a, 'a', PATH, 0);
    /* The name is known, but nobody is there to ask: not every system tells that from an unknown
     * name. */
    int nobody = who(PATH);
    ok(nobody == -ENOENT || nobody == -ENXIO,
       "without _RESMGR_FLAG_SELF a process does not find its own path");
    pid_t child = fork();
    if (child == 0)
        _exit(who(PATH) == 'a' ? 0 : 1);
    int status;
    waitpid(child, &status, 0);
    is_int(status, 0, "... but others do");
    return done();
}
