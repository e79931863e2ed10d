/* SPDX-License-Identifier: Apache-2.0 */
/* A device that keeps what is written to it, with private devctl()s: the shapes of "Writing a
 * Resource Manager", chapters "Handling Read and Write Messages" and "Handling Other Messages"
 * (devctl), and of Library Reference devctl(). */
#include "server.h"

#include <devctl.h>
#include <sys/dcmd_misc.h>

#define PATH "/dev/test-sample"

typedef union {
    int tx;
    int rx;
} my_devctl_msg;
#define MY_CMD_CODE       1
#define MY_DEVCTL_GETVAL  __DIOF(_DCMD_MISC, MY_CMD_CODE + 0, int)
#define MY_DEVCTL_SETVAL  __DIOT(_DCMD_MISC, MY_CMD_CODE + 1, int)
#define MY_DEVCTL_SETGET  __DIOTF(_DCMD_MISC, MY_CMD_CODE + 2, my_devctl_msg)
#define MY_DEVCTL_NOTHING __DION(_DCMD_MISC, MY_CMD_CODE + 3)
#define MY_DEVCTL_UNKNOWN __DION(_DCMD_MISC, MY_CMD_CODE + 4)

static resmgr_connect_funcs_t connect_funcs;
static resmgr_io_funcs_t io_funcs;
static iofunc_attr_t attr;
static char buffer[64 * 1024];
static int global_integer;

static int position(io_read_t *msg, iofunc_ocb_t *ocb, off_t *at)
{
    switch (msg->i.xtype & _IO_XTYPE_MASK) {
    case _IO_XTYPE_NONE:
        *at = ocb->offset;
        return EOK;
    case _IO_XTYPE_OFFSET:
        *at = ((struct _xtype_offset *)(&msg->i + 1))->offset;
        return EOK;
    default:
        return ENOSYS;
    }
}

static int io_read(resmgr_context_t *ctp, io_read_t *msg, RESMGR_OCB_T *ocb)
{
    off_t at;
    int status = iofunc_read_verify(ctp, msg, ocb, NULL);
    if (status == EOK)
        status = position(msg, ocb, &at);
    if (status != EOK)
        return status;
    size_t left = at < ocb->attr->nbytes ? (size_t)(ocb->attr->nbytes - at) : 0;
    size_t n = left < msg->i.nbytes ? left : msg->i.nbytes;
    _IO_SET_READ_NBYTES(ctp, n);
    if ((msg->i.xtype & _IO_XTYPE_MASK) == _IO_XTYPE_NONE)
        ocb->offset += (off_t)n;
    return n == 0 ? EOK : _RESMGR_PTR(ctp, buffer + at, n);
}

static int io_write(resmgr_context_t *ctp, io_write_t *msg, RESMGR_OCB_T *ocb)
{
    off_t at;
    int status = iofunc_write_verify(ctp, msg, ocb, NULL);
    if (status == EOK)
        status = position((io_read_t *)msg, ocb, &at);
    if (status != EOK)
        return status;
    size_t skip_bytes = sizeof msg->i;
    if ((msg->i.xtype & _IO_XTYPE_MASK) == _IO_XTYPE_OFFSET)
        skip_bytes += sizeof(struct _xtype_offset);
    else if (ocb->ioflag & O_APPEND)
        at = ocb->attr->nbytes;
    if (at >= (off_t)sizeof buffer)
        return ENOSPC;
    size_t room = sizeof buffer - (size_t)at;
    size_t n = msg->i.nbytes < room ? msg->i.nbytes : room;
    ssize_t got = resmgr_msgget(ctp, buffer + at, n, skip_bytes);
    if (got == -1)
        return errno;
    if (at + got > ocb->attr->nbytes)
        ocb->attr->nbytes = at + got;
    if ((msg->i.xtype & _IO_XTYPE_MASK) == _IO_XTYPE_NONE)
        ocb->offset = at + got;
    _IO_SET_WRITE_NBYTES(ctp, got);
    if (got > 0)
        ocb->attr->flags |= IOFUNC_ATTR_MTIME | IOFUNC_ATTR_CTIME;
    return _RESMGR_NPARTS(0);
}

static int io_devctl(resmgr_context_t *ctp, io_devctl_t *msg, RESMGR_OCB_T *ocb)
{
    int nbytes = 0, status = iofunc_devctl_default(ctp, msg, ocb), previous;
    my_devctl_msg *data;
    if (status != _RESMGR_DEFAULT)
        return status;
    data = _DEVCTL_DATA(msg->i);
    switch (msg->i.dcmd) {
    case MY_DEVCTL_SETVAL:
        global_integer = data->tx;
        break;
    case MY_DEVCTL_GETVAL:
        data->rx = global_integer;
        nbytes = sizeof data->rx;
        break;
    case MY_DEVCTL_SETGET:
        previous = global_integer;
        global_integer = data->tx;
        data->rx = previous;
        nbytes = sizeof data->rx;
        break;
    case MY_DEVCTL_NOTHING:
        break;
    default:
        return _RESMGR_DEFAULT;
    }
    memset(&msg->o, 0, sizeof msg->o);
    msg->o.nbytes = (uint32_t)nbytes;
    msg->o.ret_val = 7;
    return _RESMGR_PTR(ctp, &msg->o, sizeof msg->o + (size_t)nbytes);
}

static int serve(void)
{
    dispatch_t *dpp = dispatch_create();
    resmgr_attr_t rattr = {.nparts_max = 1, .msg_max_size = 2048};
    iofunc_func_init(_RESMGR_CONNECT_NFUNCS, &connect_funcs, _RESMGR_IO_NFUNCS, &io_funcs);
    io_funcs.read = io_read;
    io_funcs.write = io_write;
    io_funcs.devctl = io_devctl;
    iofunc_attr_init(&attr, S_IFREG | 0666, NULL, NULL);
    if (resmgr_attach(dpp, &rattr, PATH, _FTYPE_ANY, 0, &connect_funcs, &io_funcs, &attr) == -1)
        return 1;
    return serve_loop(dpp);
}

static void transfers(int fd)
{
    static char big[20000], back[20000];
    char buf[32] = "";
    for (size_t i = 0; i < sizeof big; i++)
        big[i] = (char)(i * 7);
    is_int(write(fd, "hello", 5), 5, "write");
    is_int(read(fd, buf, sizeof buf), 0, "read at the end");
    is_int(lseek(fd, 0, SEEK_SET), 0, "lseek to the start");
    is_int(read(fd, buf, sizeof buf), 5, "read it back");
    is_str(buf, "hello", "... the same bytes");
    is_int(pwrite(fd, "J", 1, 0), 1, "pwrite");
    is_int(pread(fd, buf, 5, 0), 5, "pread");
    is_str(buf, "Jello", "... sees it");
    covers("semantic:30");
    is_int(lseek(fd, 0, SEEK_CUR), 5, "... and neither moved the offset");
    is_int(lseek(fd, -1, SEEK_SET), -1, "lseek before the start");
    is_errno(EINVAL, "... is EINVAL");
    is_int(lseek(fd, -2, SEEK_END), 3, "lseek from the end");
    is_int(write(fd, big, sizeof big), sizeof big, "write of more than a message buffer holds");
    is_int(pread(fd, back, sizeof back, 3), sizeof back, "... read back");
    ok(memcmp(big, back, sizeof big) == 0, "... unchanged");
}

static void commands(int fd)
{
    my_devctl_msg data;
    int value = 42, info = 0;
    is_int(devctl(fd, MY_DEVCTL_SETVAL, &value, sizeof value, &info), EOK, "devctl to the device");
    is_int(info, 7, "... its return value comes through info");
    value = 0;
    is_int(devctl(fd, MY_DEVCTL_GETVAL, &value, sizeof value, NULL), EOK, "devctl from the device");
    is_int(value, 42, "... gets the value");
    data.tx = 43;
    is_int(devctl(fd, MY_DEVCTL_SETGET, &data, sizeof data, NULL), EOK, "devctl both ways");
    is_int(data.rx, 42, "... gets the previous value");
    is_int(devctl(fd, MY_DEVCTL_NOTHING, NULL, 0, NULL), EOK, "devctl without data");
    errno = 0;
    is_int(devctl(fd, MY_DEVCTL_UNKNOWN, NULL, 0, NULL), ENOTTY,
           "an unknown devctl returns ENOTTY");
    covers("semantic:28");
    is_errno(0, "... and leaves errno alone");
    is_int(devctl(-1, MY_DEVCTL_NOTHING, NULL, 0, NULL), EBADF, "a bad descriptor returns EBADF");
}

static void by_path(void)
{
    struct stat st;
    struct timespec times[2] = {{1000, 5}, {2000, 6}};
    is_int(stat(PATH, &st), 0, "stat by path (one combined message)");
    is_int(st.st_size, 20003, "... size");
    is_int(chmod(PATH, 0640), 0, "chmod by path");
    is_int(chown(PATH, 12, 34), 0, "chown by path");
    is_int(utimensat(AT_FDCWD, PATH, times, 0), 0, "utimensat by path");
    is_int(stat(PATH, &st), 0, "stat");
    is_int(st.st_mode & 07777, 0640, "... mode");
    ok(st.st_uid == 12 && st.st_gid == 34, "... owner");
    ok(st.st_atim.tv_sec == 1000 && st.st_mtim.tv_sec == 2000 && st.st_mtim.tv_nsec == 6,
       "... times");
    is_int(truncate(PATH, 5), -1, "truncate on a manager without space handler fails");
    ok(unlink(PATH) == -1 && (errno == ENOSYS || errno == EPERM || errno == EROFS),
       "unlink has no default");
}

int main(void)
{
    tap_plan(0);
    pid_t server = server_start(serve, PATH);
    int fd = open(PATH, O_RDWR);
    ok(fd >= 0, "open");
    transfers(fd);
    commands(fd);
    by_path();
    int append = open(PATH, O_WRONLY | O_APPEND);
    is_int(write(append, "end", 3), 3, "O_APPEND reaches the manager");
    is_int(lseek(append, 0, SEEK_CUR), 20006, "... which appended");
    is_int(fcntl(append, F_SETFL, O_NONBLOCK), 0, "F_SETFL");
    is_int(fcntl(append, F_GETFL) & (O_NONBLOCK | O_APPEND | O_ACCMODE), O_NONBLOCK | O_WRONLY,
           "... took");
    close(append);
    close(fd);
    fd = open(PATH, O_WRONLY | O_TRUNC);
    struct stat st;
    ok(fd >= 0 && fstat(fd, &st) == 0 && st.st_size == 0, "O_TRUNC empties a regular file");
    ok(server_stop(server), "the server lived to the end");
    return done();
}
