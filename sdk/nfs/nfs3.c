/* SPDX-License-Identifier: Apache-2.0 */
/* NFS version 3: the table of its procedures (files.c, names.c, dir.c) and its status codes. */
#include "nfs3.h"

#include <errno.h>
#include <stdio.h>

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

static struct {
    procedure *carry_out;
    const char *name; /* as RFC 1813 has it */
    unsigned long count;
} procedures[] = {
    {p_null, "NULL", 0},       {p_getattr, "GETATTR", 0}, {p_setattr, "SETATTR", 0},   {p_lookup, "LOOKUP", 0},
    {p_access, "ACCESS", 0},   {p_readlink, "READLINK", 0}, {p_read, "READ", 0},       {p_write, "WRITE", 0},
    {p_create, "CREATE", 0},   {p_mkdir, "MKDIR", 0},     {p_symlink, "SYMLINK", 0},   {p_mknod, "MKNOD", 0},
    {p_remove, "REMOVE", 0},   {p_rmdir, "RMDIR", 0},     {p_rename, "RENAME", 0},     {p_link, "LINK", 0},
    {p_readdir, "READDIR", 0}, {p_readdirplus, "READDIRPLUS", 0}, {p_fsstat, "FSSTAT", 0}, {p_fsinfo, "FSINFO", 0},
    {p_pathconf, "PATHCONF", 0}, {p_commit, "COMMIT", 0}};

bool nfs3_call(uint32_t proc, const struct caller *c, struct xdr_in *in, struct xdr_out *out)
{
    if (proc >= sizeof procedures / sizeof procedures[0])
        return false;
    procedures[proc].count++;
    procedures[proc].carry_out(c, in, out);
    return true;
}

void nfs3_print_counts(void)
{
    for (size_t i = 0; i < sizeof procedures / sizeof procedures[0]; i++)
        if (procedures[i].count > 0)
            printf("%-11s %lu\n", procedures[i].name, procedures[i].count);
}
