/* SPDX-License-Identifier: Apache-2.0 */
/* iofdinfo(): asks a descriptor's server what it knows of it. */
#include <errno.h>
#include <string.h>
#include <sys/iomsg.h>
#include <sys/neutrino.h>

int iofdinfo(int fd, unsigned flags, struct _fdinfo *info, char *path, int maxlen)
{
    struct _io_fdinfo msg = {.type = _IO_FDINFO, .combine_len = sizeof(msg), .flags = flags};
    struct _io_fdinfo_reply reply = {0};
    iov_t in, out[2];
    long len;

    if (fd < 0 || fd >= _NTO_SIDE_CHANNEL || maxlen < 0) {
        errno = fd < 0 || fd >= _NTO_SIDE_CHANNEL ? EBADF : EINVAL;
        return -1;
    }
    if (path == NULL)
        maxlen = 0;
    msg.path_len = maxlen;
    if (maxlen > 0)
        path[0] = '\0';
    SETIOV(&in, &msg, sizeof(msg));
    SETIOV(&out[0], &reply, sizeof(reply));
    SETIOV(&out[1], path, maxlen);
    len = MsgSendv(fd, &in, 1, out, 2);
    if (len == -1)
        return -1;
    if (maxlen > 0)
        path[maxlen - 1] = '\0';
    if (info != NULL)
        *info = reply.info;
    return (int)len;
}
