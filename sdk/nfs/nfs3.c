/* SPDX-License-Identifier: Apache-2.0 */
/* NFS version 3: the table of its procedures (files.c, names.c, dir.c) and its status codes. */
#include "nfs3.h"

#include <errno.h>

uint32_t nfs3_status(int error)
{
    switch (error) {
    case 0:
    case EPERM:
    case ENOENT:
    case EIO:
    case ENXIO:
    case EACCES:
    case EEXIST:
    case EXDEV:
    case ENODEV:
    case ENOTDIR:
    case EISDIR:
    case EINVAL:
    case EFBIG:
    case ENOSPC:
    case EROFS:
    case EMLINK:
        return (uint32_t)error;
    case ENAMETOOLONG:
        return 63;
    case ENOTEMPTY:
        return 66;
    case EDQUOT:
        return 69;
    case ESTALE:
        return 70;
    case EBADF:
        return 10001; /* BADHANDLE */
    case ENOTSUP:
        return 10004;
    case ETXTBSY:
        return EACCES;
    case ELOOP:
        return EINVAL;
    default:
        return EIO;
    }
}

static void p_null(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
{
    (void)c, (void)in, (void)out;
}

static void p_readdir(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
{
    nfs3_readdir(c, in, out, false);
}

static void p_readdirplus(const struct caller *c, struct xdr_in *in, struct xdr_out *out)
{
    nfs3_readdir(c, in, out, true);
}

bool nfs3_call(uint32_t proc, const struct caller *c, struct xdr_in *in, struct xdr_out *out)
{
    static procedure *const procedures[] = {
        p_null,  p_getattr, p_setattr, p_lookup, p_access, p_readlink, p_read,        p_write,
        p_create, p_mkdir,  p_symlink, p_mknod,  p_remove, p_rmdir,    p_rename,      p_link,
        p_readdir, p_readdirplus, p_fsstat, p_fsinfo, p_pathconf, p_commit};
    if (proc >= sizeof procedures / sizeof procedures[0])
        return false;
    procedures[proc](c, in, out);
    return true;
}
