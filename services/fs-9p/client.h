/* SPDX-License-Identifier: Apache-2.0 */
/* 9P client over virtio: calls that wait for their answer, from any number of threads.
 *
 * Each call owns one slot (tag, request buffer, reply buffer, data buffer) from call to return;
 * with all slots busy a caller waits for one.  An interrupt thread collects answers.  Locks: the
 * queue and the slots' list are under client_lock, fids under fid_lock; neither is held while
 * waiting. Functions return 0 or an errno value unless said otherwise. */
#pragma once
#include <sys/types.h>

#include "wire.h"

#define CLIENT_DATA_MAX (256u * 1024) /* bytes of one read or write */

/* Finds the device whose mount tag is `tag` (NULL: the first one), agrees on the protocol and
 * attaches: root gets the fid of the exported directory. */
int client_start(const char *tag, uint32_t *root);

/* Copies parts of data in and out of a call's buffer; bytes moved, or -errno. */
struct client_io {
    ssize_t (*move)(void *handle, void *buffer, size_t bytes, size_t done);
    void *handle;
};

/* A fresh fid for the file that `names` reach from `from`.  *n gets how many of the qids are valid:
 * when fewer than count, there is no fid and 0 is returned all the same, unless *n is 0. */
int client_walk(uint32_t from, const char *const *names, const uint16_t *lens, unsigned count,
                struct p9_qid *qids, unsigned *n, uint32_t *fid);
void client_clunk(uint32_t fid); /* does not wait */
int client_getattr(uint32_t fid, struct p9_attr *a);
/* valid: P9_SET_* */
#define P9_SET_MODE      0x001u
#define P9_SET_UID       0x002u
#define P9_SET_GID       0x004u
#define P9_SET_SIZE      0x008u
#define P9_SET_ATIME     0x010u
#define P9_SET_MTIME     0x020u
#define P9_SET_CTIME     0x040u
#define P9_SET_ATIME_SET 0x080u
#define P9_SET_MTIME_SET 0x100u
int client_setattr(uint32_t fid, uint32_t valid, const struct p9_attr *a);
int client_open(uint32_t fid, uint32_t flags);
/* dir becomes the new file, open. */
int client_create(uint32_t dir, const char *name, uint32_t flags, uint32_t mode, uint32_t gid,
                  struct p9_qid *qid);
/* Bytes, or -errno; at most CLIENT_DATA_MAX of them are asked for. */
ssize_t client_read(uint32_t fid, uint64_t offset, size_t bytes, const struct client_io *io);
ssize_t client_write(uint32_t fid, uint64_t offset, size_t bytes, const struct client_io *io);
/* io.move sees the raw entries. */
ssize_t client_readdir(uint32_t fid, uint64_t cookie, size_t bytes, const struct client_io *io);
int client_readlink(uint32_t fid, char *text, size_t max);
int client_symlink(uint32_t dir, const char *name, const char *target, uint32_t gid);
int client_mkdir(uint32_t dir, const char *name, uint32_t mode, uint32_t gid);
int client_link(uint32_t dir, uint32_t fid, const char *name);
int client_unlink(uint32_t dir, const char *name, uint32_t flags);
int client_rename(uint32_t old_dir, const char *old_name, uint32_t dir, const char *name);
int client_fsync(uint32_t fid, bool data_only);
int client_statfs(uint32_t fid, struct p9_statfs *s);
