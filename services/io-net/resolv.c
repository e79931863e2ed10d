/* SPDX-License-Identifier: Apache-2.0 */
/* /etc/resolv.conf: a file that says what DHCP said.  Reading it, getaddrinfo() needs no set-up. */
#include "resolv.h"

#include <errno.h>
#include <stdio.h>
#include <sys/neutrino.h>
#include <sys/stat.h>

#include "iface.h"
#include "sock.h"

#define TEXT_MAX 256

static resmgr_connect_funcs_t connect_funcs;
static resmgr_io_funcs_t io_funcs;
static struct sock file; /* only its attribute is used */

static int io_read(resmgr_context_t *ctp, io_read_t *msg, iofunc_ocb_t *ocb)
{
    char text[TEXT_MAX];
    int nonblock;
    int error = iofunc_read_verify(ctp, msg, ocb, &nonblock);
    if (error != EOK)
        return error;
    if ((msg->i.xtype & _IO_XTYPE_MASK) != _IO_XTYPE_NONE)
        return ENOSYS;
    size_t have = iface_resolv_conf(text, sizeof text), n = 0;
    if (ocb->offset < (off_t)have)
        n = have - (size_t)ocb->offset;
    n = n < msg->i.nbytes ? n : msg->i.nbytes;
    if (MsgReply(ctp->rcvid, (long)n, text + ocb->offset * (n > 0), n) != -1)
        ocb->offset += (off_t)n;
    return _RESMGR_NOREPLY;
}

static int io_stat(resmgr_context_t *ctp, io_stat_t *msg, iofunc_ocb_t *ocb)
{
    char text[TEXT_MAX];
    ocb->attr->attr.nbytes = (off_t)iface_resolv_conf(text, sizeof text);
    return iofunc_stat_default(ctp, msg, ocb);
}

int resolv_attach(dispatch_t *dpp)
{
    resmgr_attr_t attr = {.nparts_max = 1, .msg_max_size = 2048};
    iofunc_func_init(_RESMGR_CONNECT_NFUNCS, &connect_funcs, _RESMGR_IO_NFUNCS, &io_funcs);
    io_funcs.read = io_read;
    io_funcs.stat = io_stat;
    iofunc_attr_init(&file.attr, S_IFREG | 0444, NULL, NULL);
    file.attr.inode = 1;
    if (resmgr_attach(dpp, &attr, "/etc/resolv.conf", _FTYPE_ANY, 0, &connect_funcs, &io_funcs, &file) == -1)
        return errno;
    return 0;
}
