/* SPDX-License-Identifier: Apache-2.0 */
/* statvfs() and fstatvfs() ask the server of the file with DCMD_FSYS_STATVFS; a server that does not
 * answer it gives plausible constants.  "Devctl and Ioctl Commands", DCMD_FSYS_STATVFS; Library
 * Reference statvfs(), fstatvfs(). */
#include <sys/dcmd_blk.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "server.h"

#define PATH "/dev/test-statvfs"

static resmgr_connect_funcs_t connect_funcs;
static resmgr_io_funcs_t io_funcs;
static iofunc_attr_t attr;

static int fs_devctl(resmgr_context_t *ctp, io_devctl_t *msg, RESMGR_OCB_T *ocb)
{
    int status = iofunc_devctl_default(ctp, msg, ocb);
    if (status != (int)_RESMGR_DEFAULT)
        return status;
    if (msg->i.dcmd != (int)DCMD_FSYS_STATVFS)
        return ENOTTY;
    struct statvfs st = {.f_bsize = 8192,
                         .f_frsize = 512,
                         .f_blocks = 0x123456789aULL,
                         .f_bfree = 77,
                         .f_bavail = 76,
                         .f_files = 1000,
                         .f_ffree = 900,
                         .f_favail = 899,
                         .f_fsid = 42,
                         .f_flag = ST_RDONLY,
                         .f_namemax = 64,
                         .f_basetype = "testfs"};
    struct __msg_statvfs m;
    __msg_statvfs_init(&m, &st);
    if (msg->i.nbytes < sizeof m)
        return EINVAL;
    memset(&msg->o, 0, sizeof msg->o);
    msg->o.nbytes = sizeof m;
    memcpy(_DEVCTL_DATA(msg->o), &m, sizeof m);
    return _RESMGR_PTR(ctp, &msg->o, sizeof msg->o + sizeof m);
}

static int serve(void)
{
    dispatch_t *dpp = dispatch_create();
    iofunc_func_init(_RESMGR_CONNECT_NFUNCS, &connect_funcs, _RESMGR_IO_NFUNCS, &io_funcs);
    io_funcs.devctl = fs_devctl;
    iofunc_attr_init(&attr, S_IFREG | 0200, NULL, NULL);
    if (resmgr_attach(dpp, NULL, PATH, _FTYPE_ANY, 0, &connect_funcs, &io_funcs, &attr) == -1)
        return 1;
    return serve_loop(dpp);
}

static int as_told(const struct statvfs *s)
{
    return s->f_bsize == 8192 && s->f_frsize == 512 && s->f_blocks == 0x123456789aULL &&
           s->f_bfree == 77 && s->f_bavail == 76 && s->f_files == 1000 && s->f_ffree == 900 &&
           s->f_favail == 899 && s->f_fsid == 42 && s->f_flag == ST_RDONLY && s->f_namemax == 64 &&
           strcmp(s->f_basetype, "testfs") == 0;
}

static int unprivileged(void)
{
    struct statvfs s;
    pid_t pid = fork();
    if (pid == 0)
        _exit(setuid(1000) != 0 || statvfs(PATH, &s) != 0 || !as_told(&s));
    int status = -1;
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

int main(void)
{
    struct statvfs s;
    struct __msg_statvfs m;
    tap_plan(10);
    pid_t pid = server_start(serve, PATH);
    int fd = open(PATH, O_WRONLY);
    ok(fd != -1, "open the file");
    memset(&s, 0xff, sizeof s);
    is_int(fstatvfs(fd, &s), 0, "fstatvfs()");
    ok(as_told(&s), "... has every field as the server gave it");
    memset(&s, 0xff, sizeof s);
    is_int(statvfs(PATH, &s), 0, "statvfs()");
    ok(as_told(&s), "... has every field as the server gave it");
    ok(unprivileged(), "statvfs() needs no permission of the file");
    close(fd);

    memset(&m, 'x', sizeof m);
    __msg_statvfs_copy(&s, &m);
    is_int((long)strlen(s.f_basetype), FSTYPSZ - 1, "a type without NUL is cut");

    memset(&s, 0xff, sizeof s);
    ok(statvfs("/dev/null", &s) == 0 && s.f_bsize == 4096 && s.f_namemax >= 14 &&
           s.f_basetype[0] == 0,
       "constants of a server that does not know the command");
    ok(statvfs("/dev/no-such-name", &s) == -1 && errno == ENOENT, "statvfs() of nothing: ENOENT");
    ok(fstatvfs(99, &s) == -1 && errno == EBADF, "fstatvfs() of nothing: EBADF");
    server_stop(pid);
    return done();
}
