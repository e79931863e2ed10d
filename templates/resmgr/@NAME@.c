/*
 * @NAME@: a resource manager. It answers one path and keeps what is written to it, so that it can
 * be read back. Several threads serve clients at the same time; the framework holds the lock of the
 * device's attribute structure while a handler below runs, which is what protects struct device.
 */

/* The framework's attribute structure is extended by ours; these come before its headers. */
struct device;
#define IOFUNC_ATTR_T       struct device
#define THREAD_POOL_PARAM_T dispatch_context_t

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/iofunc.h>
#include <sys/dispatch.h>
#include <unistd.h>

#include "@NAME@_msg.h"

#define MAX_CAPACITY 65536u

struct device {
    iofunc_attr_t attr; /* first: the framework sees the device as this */
    char *data;         /* MAX_CAPACITY bytes */
    struct device_stats stats;
};

/* read(): what is stored from the descriptor's offset on. At the end: 0 bytes. */
static int io_read(resmgr_context_t *ctp, io_read_t *msg, RESMGR_OCB_T *ocb)
{
    struct device *device = ocb->attr;
    size_t count = 0;
    int status = iofunc_read_verify(ctp, msg, ocb, NULL);
    if (status != EOK)
        return status;
    if ((msg->i.xtype & _IO_XTYPE_MASK) != _IO_XTYPE_NONE)
        return ENOSYS; /* pread() and friends: not for this device */

    if (ocb->offset < (off_t)device->stats.length)
        count = device->stats.length - (size_t)ocb->offset;
    if (count > (size_t)msg->i.nbytes)
        count = msg->i.nbytes;
    device->stats.reads++;
    _IO_SET_READ_NBYTES(ctp, count);
    if (count == 0)
        return _RESMGR_NPARTS(0);

    SETIOV(ctp->iov, device->data + ocb->offset, count);
    ocb->offset += count;
    device->attr.flags |= IOFUNC_ATTR_ATIME;
    return _RESMGR_NPARTS(1);
}

/* write(): replaces what is stored from the descriptor's offset on. ENOSPC when nothing more fits.
 */
static int io_write(resmgr_context_t *ctp, io_write_t *msg, RESMGR_OCB_T *ocb)
{
    struct device *device = ocb->attr;
    size_t count = msg->i.nbytes;
    int status = iofunc_write_verify(ctp, msg, ocb, NULL);
    if (status != EOK)
        return status;
    if ((msg->i.xtype & _IO_XTYPE_MASK) != _IO_XTYPE_NONE)
        return ENOSYS;

    if (ocb->offset >= (off_t)device->stats.capacity)
        return ENOSPC;
    if (count > device->stats.capacity - (size_t)ocb->offset)
        count = device->stats.capacity - (size_t)ocb->offset;
    /* The data follows the message header; only part of it may have been received so far. */
    if (count > 0 &&
        resmgr_msgread(ctp, device->data + ocb->offset, count, sizeof(msg->i)) != (ssize_t)count)
        return errno;
    /* A gap that lseek() left reads as zeros. */
    if (ocb->offset > (off_t)device->stats.length)
        memset(device->data + device->stats.length, 0, (size_t)ocb->offset - device->stats.length);

    ocb->offset += count;
    device->stats.length = (uint32_t)ocb->offset;
    device->attr.nbytes = ocb->offset;
    device->stats.writes++;
    device->attr.flags |= IOFUNC_ATTR_MTIME | IOFUNC_ATTR_DIRTY_TIME;
    _IO_SET_WRITE_NBYTES(ctp, count);
    return _RESMGR_NPARTS(0);
}

/* devctl(): the commands of @NAME@_msg.h, after those that every device knows. */
static int io_devctl(resmgr_context_t *ctp, io_devctl_t *msg, RESMGR_OCB_T *ocb)
{
    struct device *device = ocb->attr;
    size_t answer = 0;
    int status = iofunc_devctl_default(ctp, msg, ocb);
    if (status != (int)_RESMGR_DEFAULT)
        return status;

    void *data = _DEVCTL_DATA(msg->i);
    switch ((unsigned)msg->i.dcmd) {
    case DCMD_DEVICE_STATS:
        memcpy(data, &device->stats, sizeof device->stats);
        answer = sizeof device->stats;
        break;
    case DCMD_DEVICE_CAPACITY: {
        uint32_t capacity;
        if (!(ocb->ioflag & _IO_FLAG_WR))
            return EACCES;
        if ((size_t)msg->i.nbytes < sizeof capacity)
            return EINVAL;
        memcpy(&capacity, data, sizeof capacity);
        if (capacity > MAX_CAPACITY || capacity < device->stats.length)
            return EINVAL;
        device->stats.capacity = capacity;
        break;
    }
    case DCMD_DEVICE_CLEAR:
        if (!(ocb->ioflag & _IO_FLAG_WR))
            return EACCES;
        device->stats.length = 0;
        device->attr.nbytes = 0;
        break;
    default:
        return ENOTTY;
    }

    memset(&msg->o, 0, sizeof msg->o);
    msg->o.nbytes = (int)answer;
    SETIOV(ctp->iov, &msg->o, sizeof msg->o + answer);
    return _RESMGR_NPARTS(1);
}

static int fail(const char *what)
{
    fprintf(stderr, "@NAME@: %s: %s\n", what, strerror(errno));
    return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    static resmgr_connect_funcs_t connect_funcs;
    static resmgr_io_funcs_t io_funcs;
    static struct device device;
    const char *path = DEFAULT_PATH;
    int threads = 4;
    int option;

    while ((option = getopt(argc, argv, "n:t:")) != -1) {
        if (option == 'n')
            path = optarg;
        else if (option == 't' && (threads = atoi(optarg)) > 0 && threads <= 64)
            continue;
        else {
            fprintf(stderr, "@NAME@: see: use @NAME@\n");
            return EXIT_FAILURE;
        }
    }

    device.data = calloc(1, MAX_CAPACITY);
    device.stats.capacity = 4096;
    if (device.data == NULL)
        return fail("memory");

    dispatch_t *dispatch = dispatch_create();
    if (dispatch == NULL)
        return fail("dispatch_create");

    /* Start from the default handlers, then put in ours. */
    iofunc_func_init(_RESMGR_CONNECT_NFUNCS, &connect_funcs, _RESMGR_IO_NFUNCS, &io_funcs);
    io_funcs.read = io_read;
    io_funcs.write = io_write;
    io_funcs.devctl = io_devctl;
    iofunc_attr_init(&device.attr, S_IFCHR | 0666, NULL, NULL);

    resmgr_attr_t resmgr_attr;
    memset(&resmgr_attr, 0, sizeof resmgr_attr);
    resmgr_attr.nparts_max = 1;
    resmgr_attr.msg_max_size = 2048;
    if (resmgr_attach(dispatch, &resmgr_attr, path, _FTYPE_ANY, 0, &connect_funcs, &io_funcs,
                      &device) == -1)
        return fail(path);

    thread_pool_attr_t pool_attr;
    memset(&pool_attr, 0, sizeof pool_attr);
    pool_attr.handle = dispatch;
    pool_attr.context_alloc = dispatch_context_alloc;
    pool_attr.block_func = dispatch_block;
    pool_attr.unblock_func = dispatch_unblock;
    pool_attr.handler_func = dispatch_handler;
    pool_attr.context_free = dispatch_context_free;
    pool_attr.lo_water = threads > 2 ? 2 : 1;
    pool_attr.hi_water = threads;
    pool_attr.increment = 1;
    pool_attr.maximum = threads;
    thread_pool_t *pool = thread_pool_create(&pool_attr, POOL_FLAG_EXIT_SELF);
    if (pool == NULL)
        return fail("thread_pool_create");

    thread_pool_start(pool); /* this thread becomes one of the pool: no return */
    return fail("thread_pool_start");
}
