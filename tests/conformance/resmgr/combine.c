/* SPDX-License-Identifier: Apache-2.0 */
/* Combine messages: several I/O messages in one, done in order, one reply; handlers find their data
 * by ctp->offset.  "Writing a Resource Manager", "Combine Messages"; Library Reference readblock(),
 * resmgr_msgread(). */
#include "server.h"

#define PATH "/dev/test-combine"

static resmgr_connect_funcs_t connect_funcs;
static resmgr_io_funcs_t io_funcs;
static iofunc_attr_t attr;
static char content[256];

static int cb_read(resmgr_context_t *ctp, io_read_t *msg, RESMGR_OCB_T *ocb)
{
    int status = iofunc_read_verify(ctp, msg, ocb, NULL);
    off_t at = ocb->offset;
    if (status != EOK)
        return status;
    if ((msg->i.xtype & _IO_XTYPE_MASK) == _IO_XTYPE_OFFSET)
        at = ((struct _xtype_offset *)(&msg->i + 1))->offset;
    else if ((msg->i.xtype & _IO_XTYPE_MASK) != _IO_XTYPE_NONE)
        return ENOSYS;
    size_t left = at < (off_t)sizeof content ? sizeof content - (size_t)at : 0;
    size_t n = left < msg->i.nbytes ? left : msg->i.nbytes;
    ocb->offset = at + (off_t)n;
    _IO_SET_READ_NBYTES(ctp, n);
    return _RESMGR_PTR(ctp, content + at, n);
}

static int cb_write(resmgr_context_t *ctp, io_write_t *msg, RESMGR_OCB_T *ocb)
{
    int status = iofunc_write_verify(ctp, msg, ocb, NULL);
    if (status != EOK)
        return status;
    size_t left = sizeof content - (size_t)ocb->offset,
           n = msg->i.nbytes < left ? msg->i.nbytes : left;
    ssize_t got = resmgr_msgread(ctp, content + ocb->offset, n, sizeof msg->i);
    if (got == -1)
        return errno;
    ocb->offset += got;
    _IO_SET_WRITE_NBYTES(ctp, got);
    return EOK;
}

static int serve(void)
{
    dispatch_t *dpp = dispatch_create();
    iofunc_func_init(_RESMGR_CONNECT_NFUNCS, &connect_funcs, _RESMGR_IO_NFUNCS, &io_funcs);
    io_funcs.read = cb_read;
    io_funcs.write = cb_write;
    iofunc_attr_init(&attr, S_IFBLK | 0666, NULL, NULL);
    attr.nbytes = sizeof content;
    for (size_t i = 0; i < sizeof content; i++)
        content[i] = (char)i;
    if (resmgr_attach(dpp, NULL, PATH, _FTYPE_ANY, 0, &connect_funcs, &io_funcs, &attr) == -1)
        return 1;
    return serve_loop(dpp);
}

int main(void)
{
    struct {
        struct _io_lseek lseek;
        struct _io_read read;
    } m = {.lseek = {.type = _IO_LSEEK,
                     .combine_len = sizeof m.lseek | _IO_COMBINE_FLAG,
                     .whence = SEEK_SET,
                     .offset = 100},
           .read = {.type = _IO_READ, .combine_len = sizeof m.read, .nbytes = 10}};
    struct {
        struct _io_lseek lseek;
        struct _io_write write;
        char data[16];
    } w = {.lseek = {.type = _IO_LSEEK,
                     .combine_len = sizeof w.lseek | _IO_COMBINE_FLAG,
                     .whence = SEEK_SET,
                     .offset = 200},
           .write = {.type = _IO_WRITE, .combine_len = sizeof w.write, .nbytes = 5},
           .data = "VWXYZ"};
    char buf[64];
    tap_plan(0);
    pid_t server = server_start(serve, PATH);
    int fd = open(PATH, O_RDWR);
    ok(fd >= 0, "open");
    is_int(MsgSend(fd, &m, sizeof m, buf, sizeof buf), 10, "seek and read in one message");
    ok(buf[0] == 100 && buf[9] == 109, "... gives the bytes from there, not the seek's reply");
    is_int(lseek(fd, 0, SEEK_CUR), 110, "... and moves the offset once");
    is_int(MsgSend(fd, &w, sizeof w, NULL, 0), 5, "seek and write in one message");
    is_int(pread(fd, buf, 5, 200), 5, "read it back");
    ok(memcmp(buf, "VWXYZ", 5) == 0, "... its data were found behind both headers");
    m.lseek.whence = 99;
    lseek(fd, 7, SEEK_SET);
    is_int(MsgSend(fd, &m, sizeof m, buf, sizeof buf), -1, "a part that fails");
    is_errno(EINVAL, "... gives its error");
    covers("semantic:25");
    is_int(lseek(fd, 0, SEEK_CUR), 7, "... and the parts behind it are not done");
    is_int(readblock(fd, 16, 3, 2, buf), 2, "readblock gives blocks");
    is_int(buf[0], 48, "... the right ones");
    ok(server_stop(server), "the server lived to the end");
    return done();
}
