/*
 * @NAME@: a driver and resource manager. Reading its path gives random bytes from the device of
 * entropy.c. One thread serves the clients; the interrupt has a thread of its own.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/dispatch.h>
#include <sys/iofunc.h>
#include <sys/neutrino.h>
#include <unistd.h>

#include "entropy.h"

static struct entropy *device;

/* read(): at most ENTROPY_MAX bytes, fresh ones each time. */
static int io_read(resmgr_context_t *ctp, io_read_t *msg, RESMGR_OCB_T *ocb)
{
    const void *data = NULL;
    int count = 0;
    int status = iofunc_read_verify(ctp, msg, ocb, NULL);
    if (status != EOK)
        return status;
    if ((msg->i.xtype & _IO_XTYPE_MASK) != _IO_XTYPE_NONE)
        return ENOSYS;

    if (msg->i.nbytes > 0)
        count = entropy_read(device, msg->i.nbytes, &data);
    if (count == -1)
        return errno == ETIMEDOUT ? EIO : errno;
    _IO_SET_READ_NBYTES(ctp, count);
    if (count == 0)
        return _RESMGR_NPARTS(0);
    SETIOV(ctp->iov, data, count);
    ocb->attr->flags |= IOFUNC_ATTR_ATIME;
    return _RESMGR_NPARTS(1);
}

static int io_devctl(resmgr_context_t *ctp, io_devctl_t *msg, RESMGR_OCB_T *ocb)
{
    struct entropy_stats stats;
    int status = iofunc_devctl_default(ctp, msg, ocb);
    if (status != (int)_RESMGR_DEFAULT)
        return status;
    if ((unsigned)msg->i.dcmd != (unsigned)DCMD_ENTROPY_STATS)
        return ENOTTY;

    entropy_stats(device, &stats);
    memcpy(_DEVCTL_DATA(msg->i), &stats, sizeof stats);
    memset(&msg->o, 0, sizeof msg->o);
    msg->o.nbytes = sizeof stats;
    SETIOV(ctp->iov, &msg->o, sizeof msg->o + sizeof stats);
    return _RESMGR_NPARTS(1);
}

/* A driver that ends must not leave a device behind that writes to memory. */
static void stop(int signo)
{
    (void)signo;
    entropy_stop(device);
    _exit(EXIT_SUCCESS);
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
    static iofunc_attr_t attr;
    const char *path = DEFAULT_PATH;
    uint64_t address = 0;
    int irq = 0;
    int option;

    while ((option = getopt(argc, argv, "a:i:n:")) != -1) {
        if (option == 'a')
            address = strtoull(optarg, NULL, 16);
        else if (option == 'i')
            irq = atoi(optarg);
        else if (option == 'n')
            path = optarg;
        else {
            fprintf(stderr, "@NAME@: see: use @NAME@\n");
            return EXIT_FAILURE;
        }
    }
    if ((address == 0) != (irq == 0)) {
        fprintf(stderr, "@NAME@: -a and -i go together\n");
        return EXIT_FAILURE;
    }

    /* The right to attach interrupts and to get at device registers. */
    if (ThreadCtl(_NTO_TCTL_IO, 0) == -1)
        return fail("I/O privilege");
    device = entropy_open(address, irq);
    if (device == NULL)
        return fail("entropy device");
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);

    dispatch_t *dispatch = dispatch_create();
    if (dispatch == NULL)
        return fail("dispatch_create");
    iofunc_func_init(_RESMGR_CONNECT_NFUNCS, &connect_funcs, _RESMGR_IO_NFUNCS, &io_funcs);
    io_funcs.read = io_read;
    io_funcs.devctl = io_devctl;
    iofunc_attr_init(&attr, S_IFCHR | 0444, NULL, NULL);

    resmgr_attr_t resmgr_attr;
    memset(&resmgr_attr, 0, sizeof resmgr_attr);
    resmgr_attr.nparts_max = 1;
    resmgr_attr.msg_max_size = 2048;
    if (resmgr_attach(dispatch, &resmgr_attr, path, _FTYPE_ANY, 0, &connect_funcs, &io_funcs,
                      &attr) == -1)
        return fail(path);

    dispatch_context_t *context = dispatch_context_alloc(dispatch);
    if (context == NULL)
        return fail("dispatch_context_alloc");
    for (;;) {
        dispatch_context_t *next = dispatch_block(context);
        if (next == NULL)
            return fail("dispatch_block");
        context = next;
        dispatch_handler(context);
    }
}
