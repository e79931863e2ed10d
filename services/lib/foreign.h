/* SPDX-License-Identifier: Apache-2.0 */
/* For managers of file systems that somebody else runs (fs-9p, fs-nfs3): what messages of clients mean, whatever the
 * protocol behind. Knows no nodes and takes no locks; functions return 0 or errno unless said otherwise. */
#pragma once
#include <stdbool.h>
#include <sys/dispatch.h>
#include <sys/iofunc.h>
#include <sys/statvfs.h>

#include "foreign_names.h"

/* ------------------------------------------------------------------ names */

/* What an open message asks for. */
struct open_wish {
    bool is_plain; /* open(), not a stat() or a chmod() by name */
    bool as_dir;   /* the name ends with a slash */
    bool only_new; /* O_CREAT | O_EXCL */
    bool nofollow; /* a symbolic link as last component stays one */
    bool writes;   /* also by O_TRUNC */
    unsigned want; /* of 4 (read) and 2 (write) */
};
struct open_wish open_wish(const io_open_t *msg);
/* May it be opened, for what it is? type: of S_IFMT. */
int open_check_type(const io_open_t *msg, mode_t type);
/* What stays of the flags in the file's ocb. */
int32_t open_ioflag(const io_open_t *msg);

/* To a walk() that ended with WALKED_LINK: the client starts over with `path`. Any other value is returned. */
int reply_walked(resmgr_context_t *ctp, io_connect_t *msg, int error, const char *path);
/* To readlink(). */
int reply_text(resmgr_context_t *ctp, io_connect_t *msg, const char *text);
/* What a symbolic link to be made holds; before anything is built over the message. */
int symlink_target(const io_mknod_t *msg, const void *extra, char text[PATH_BYTES]);
/* "." and ".." are not unlinked. */
int unlink_check(const io_unlink_t *msg);

/* ------------------------------------------------------------------ open files */

/* Where a read or write begins. */
struct place_in_file {
    off_t offset;
    size_t data_at; /* of the data of a write, in the message */
    bool is_own;    /* the file's own offset, which moves */
};
int io_place(resmgr_context_t *ctp, uint32_t xtype, off_t own, size_t head, struct place_in_file *p);
/* One entry at `out`: its size, or 0 when there is no room for it. */
size_t put_dirent(char *out, size_t room, uint64_t ino, uint64_t cookie, unsigned char type, const char *name, size_t len);
/* ftruncate() and its kin: *to is the new size; *is_needed: false when nothing is to be done. */
int space_wanted(const io_space_t *msg, bool is_dir, uint64_t size, uint64_t *to, bool *is_needed);
int reply_statvfs(resmgr_context_t *ctp, io_devctl_t *msg, const struct statvfs *v);

/* ------------------------------------------------------------------ the program */

/* Serves with a pool of threads; comes back only with an error. */
int serve_pool(dispatch_t *dpp, unsigned idle, unsigned maximum);
