/* SPDX-License-Identifier: Apache-2.0 */
/* Replaces musl's, which says PATH_MAX for a path: that is what buffers are made for, the path manager takes less. Programs that
 * build the longest path (pjdfstest) have to know. The same for every file: servers are not asked. */
#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "../qrv/qrv.h"

long fpathconf(int fd, int name)
{
    (void)fd;
    switch (name) {
    case _PC_LINK_MAX:
        return _POSIX_LINK_MAX;
    case _PC_MAX_CANON:
        return _POSIX_MAX_CANON;
    case _PC_MAX_INPUT:
        return _POSIX_MAX_INPUT;
    case _PC_NAME_MAX:
        return NAME_MAX;
    case _PC_PATH_MAX:
        return QRV_PATH_MAX;
    case _PC_PIPE_BUF:
        return PIPE_BUF;
    case _PC_FILESIZEBITS:
        return FILESIZEBITS;
    case _PC_VDISABLE:
        return 0;
    case _PC_CHOWN_RESTRICTED:
    case _PC_NO_TRUNC:
    case _PC_SYNC_IO:
    case _PC_2_SYMLINKS:
        return 1;
    case _PC_REC_INCR_XFER_SIZE:
    case _PC_REC_MAX_XFER_SIZE:
    case _PC_REC_MIN_XFER_SIZE:
    case _PC_REC_XFER_ALIGN:
    case _PC_ALLOC_SIZE_MIN:
        return 4096;
    case _PC_ASYNC_IO:
    case _PC_PRIO_IO:
    case _PC_SOCK_MAXBUF:
    case _PC_SYMLINK_MAX:
        return -1;
    default:
        errno = EINVAL;
        return -1;
    }
}
