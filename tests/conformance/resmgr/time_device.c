/* SPDX-License-Identifier: Apache-2.0 */
/* A read-only device whose content is made at each open: the shape of the first example of "Getting
 * Started with QNX Neutrino", chapter "Resource Managers"; return values as "Writing a Resource
 * Manager", "Handling read() messages". */
#include "server.h"

#define PATH "/dev/test-now"

static resmgr_connect_funcs_t connect_funcs;
static resmgr_io_funcs_t io_funcs;
static iofunc_attr_t attr;

static int io_read(resmgr_context_t *ctp, io_read_t *msg, RESMGR_OCB_T *ocb)
{
    static char text[32];
    int nonblock, status = iofunc_read_verify(ctp, msg, ocb, &nonblock);
    if (status != EOK)
        return status;
    if ((msg->i.xtype & _IO_XTYPE_MASK) != _IO_XTYPE_NONE)
        return ENOSYS;
    if (ocb->offset == 0)
        snprintf(text, sizeof text, "%010ld\n", (long)time(NULL));
    size_t left = ocb->offset < (off_t)strlen(text) ? strlen(text) - (size_t)ocb->offset : 0;
    size_t nbytes = left < msg->i.nbytes ? left : msg->i.nbytes;
    if (nbytes == 0) {
        _IO_SET_READ_NBYTES(ctp, 0);
        return _RESMGR_NPARTS(0);
    }
    SETIOV(ctp->iov, text + ocb->offset, nbytes);
    _IO_SET_READ_NBYTES(ctp, nbytes);
    ocb->offset += (off_t)nbytes;
    ocb->attr->flags |= IOFUNC_ATTR_ATIME;
    return _RESMGR_NPARTS(1);
}

static int serve(void)
{
    dispatch_t *dpp = dispatch_create();
    resmgr_attr_t rattr;
    memset(&rattr, 0, sizeof rattr);
    rattr.nparts_max = 1;
    rattr.msg_max_size = 2048;
    iofunc_func_init(_RESMGR_CONNECT_NFUNCS, &connect_funcs, _RESMGR_IO_NFUNCS, &io_funcs);
    io_funcs.read = io_read;
    iofunc_attr_init(&attr, S_IFCHR | 0444, NULL, NULL);
    if (resmgr_attach(dpp, &rattr, PATH, _FTYPE_ANY, 0, &connect_funcs, &io_funcs, &attr) == -1)
        return 1;
    return serve_loop(dpp);
}

int main(void)
{
    char buf[64];
    struct stat st;
    tap_plan(0);
    pid_t server = server_start(serve, PATH);

    int fd = open(PATH, O_RDONLY);
    ok(fd >= 0, "open the device");
    ssize_t n = read(fd, buf, sizeof buf);
    is_int(n, 11, "read gives the bytes of the reply");
    buf[n > 0 ? n : 0] = '\0';
    ok(labs(atol(buf) - (long)time(NULL)) <= 5, "... which are the time");
    is_int(read(fd, buf, sizeof buf), 0, "the next read is the end");
    is_int(lseek(fd, 4, SEEK_SET), 4, "lseek to 4");
    is_int(read(fd, buf, 3), 3, "read takes part of the rest");
    is_int(lseek(fd, 0, SEEK_CUR), 7, "... and moves the offset");
    is_int(pread(fd, buf, 4, 0), -1, "pread is refused by a manager that knows no xtype");
    covers("semantic:30");
    is_errno(ENOSYS, "... with ENOSYS");
    is_int(write(fd, "x", 1), -1, "write on a descriptor opened for reading");
    is_errno(EBADF, "... is EBADF");
    is_int(fstat(fd, &st), 0, "fstat");
    is_int(st.st_mode, S_IFCHR | 0444, "... shows mode and type of the attribute");
    is_int(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY, "F_GETFL shows the access mode");
    is_int(close(fd), 0, "close");
    is_int(read(fd, buf, 1), -1, "read after close");
    is_errno(EBADF, "... is EBADF");

    fd = open(PATH "/below", O_RDONLY);
    ok(fd == -1 && (errno == ENOENT || errno == ENOTDIR), "names below a device do not exist");
    fd = open(PATH, O_RDONLY | O_DIRECTORY);
    ok(fd == -1 && errno == ENOTDIR, "it is no directory");
    fd = open(PATH, O_RDWR | O_CREAT | O_EXCL, 0600);
    ok(fd == -1 && errno == EEXIST, "O_CREAT|O_EXCL on what exists is EEXIST");

    covers("semantic:27");
    ok(_RESMGR_NPARTS(0) == 0 && _RESMGR_NPARTS(3) == -3 && _RESMGR_NOREPLY < _RESMGR_NPARTS(1024) &&
           _RESMGR_DEFAULT < _RESMGR_NPARTS(1024) && _RESMGR_DEFAULT != _RESMGR_NOREPLY,
       "parts are negative counts, errnos are positive, NOREPLY and DEFAULT are neither");

    ok(server_stop(server), "the server lived to the end");
    is_int(stat(PATH, &st), -1, "the path goes with its server");
    is_errno(ENOENT, "... ENOENT");
    return done();
}
