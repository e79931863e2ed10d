/* SPDX-License-Identifier: Apache-2.0 */
/* What the procedures of NFS version 3 share. Each reads all of its arguments, then acts; names of an answer's parts are
 * those of RFC 1813. */
#pragma once

#include <sys/stat.h>

#include "node.h"
#include "server.h"

#define NAME_BYTES 256
#define LINK_BYTES 4096
#define PROC_PATH  64

uint32_t nfs3_status(int error); /* of an errno value */

/* ------------------------------------------------------------------ attr.c */

void nfs3_put_time(struct xdr_out *out, struct timespec t);
void nfs3_put_attr(struct xdr_out *out, const struct stat *st);
void nfs3_put_post(struct xdr_out *out, struct node *n); /* post_op_attr; n may be NULL */
void nfs3_put_wcc(struct xdr_out *out, struct node *n);  /* wcc_data: what it was before is not told */
struct node *nfs3_get_node(struct xdr_in *in, int *error);
/* A name in a directory; what is too long or leads elsewhere becomes an error of the call. */
struct node *nfs3_get_place(struct xdr_in *in, char name[NAME_BYTES], int *error);

struct changes {
    bool has_mode, has_uid, has_gid, has_size;
    mode_t mode;
    uid_t uid;
    gid_t gid;
    uint64_t size;
    struct timespec times[2];
};

/* sattr3 */
void nfs3_get_changes(struct xdr_in *in, struct changes *c);
int nfs3_change(struct node *n, const struct caller *c, const struct changes *s); /* 0 or errno */
/* Those who may, by the mode: the owner whatever it says, because its owner has opened a file once and for all. */
bool nfs3_may(const struct caller *c, const struct stat *st, mode_t want);
/* The node's descriptor, and a path to it; -1 with errno. */
int nfs3_fd_path(struct node *n, char path[PROC_PATH]);

/* ------------------------------------------------------------------ files.c, names.c */

typedef void procedure(const struct caller *c, struct xdr_in *in, struct xdr_out *out);
procedure p_getattr, p_setattr, p_access, p_readlink, p_read, p_write, p_commit, p_fsstat, p_fsinfo, p_pathconf;
procedure p_lookup, p_create, p_mkdir, p_symlink, p_mknod, p_remove, p_rmdir, p_rename, p_link;
