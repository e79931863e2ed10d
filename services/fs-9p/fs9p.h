/* SPDX-License-Identifier: Apache-2.0 */
/* The resource-manager side of fs-9p.
 *
 * A mount ties a target path to a host directory of the one exported tree.  A node is a file of the
 * host, by its 9P identity: it exists while it is open and carries what open files of it share (the
 * record locks, the last known attributes).  A file is one open(): a fid of its own.
 * Locks: the node table has its own; a node's attributes and its files' offsets are under the
 * node's attribute lock, which the framework holds while an I/O handler runs. */
#pragma once

struct node;
struct file;
struct mount;
#define IOFUNC_ATTR_T   struct node
#define IOFUNC_OCB_T    struct file
#define RESMGR_HANDLE_T struct mount

#include <limits.h>
#include <stdbool.h>
#include <sys/dispatch.h>
#include <sys/iofunc.h>

#include "../lib/foreign_names.h"
#include "client.h"

struct node {
    iofunc_attr_t attr; /* first */
    struct node *next;  /* in its hash chain */
    uint64_t id;        /* qid.path */
    unsigned refs;      /* under the table's lock */
    bool has_last;
    bool has_own_size;   /* cut after its name was gone: last.size counts, not the server's */
    struct p9_attr last; /* as of the last answer; size follows our writes */
};

struct file {
    iofunc_ocb_t ocb; /* first */
    uint32_t fid;
    bool is_open;      /* Tlopen was done: I/O is possible */
    bool is_appending; /* the server appends, whatever the offset */
};

struct mount {
    char target[PATH_BYTES]; /* absolute, no slash at the end */
    char host[PATH_BYTES];   /* relative to the export's root, may be empty */
};

struct settings {
    uint32_t root;     /* fid of the export */
    uint32_t uid, gid; /* of the host's user, who is user 0 here */
    dev_t dev;
};
extern struct settings settings;

/* node.c */
struct node *node_get(const struct p9_qid *qid); /* NULL: no memory */
void node_put(struct node *n);
/* The attributes of f now, or as they were when the host has lost the name: 0 or errno. */
int file_getattr(struct file *f, struct p9_attr *a);
uint32_t uid_to_host(uint32_t uid);
uint32_t gid_to_host(uint32_t gid);
void attr_to_target(struct p9_attr *a);
/* Checks what the host cannot know: clients of the target that are not user 0.  want: 4 2 1. */
int check_access(resmgr_context_t *ctp, const struct p9_attr *a, unsigned want);
int check_fid(resmgr_context_t *ctp, uint32_t fid, unsigned want);
int check_owner(resmgr_context_t *ctp, const struct p9_attr *a);

/* dirs.c: fids of directories by their path on the host, kept from walk to walk.  The server looks
 * a fid's path up each time, so one stays right until a directory is renamed. */
struct dir {
    struct dir *next;
    uint32_t fid;
    unsigned users; /* dirs.c's lock */
    bool is_listed; /* dirs.c's lock */
    char path[];    /* relative to the export, "" is its root */
};
void dirs_init(void);
struct dir *dir_find(const char *path);
uint64_t dir_generation(void);
/* Takes the fid over.  Kept for others unless something was renamed since that generation.  NULL:
 * no memory, the fid is gone. */
struct dir *dir_add(const char *path, uint32_t fid, uint64_t generation);
void dir_put(struct dir *d);
void dir_forget(struct dir *d);                          /* the path leads elsewhere now */
void dir_renamed(const struct dir *d, const char *name); /* before and after the rename */

/* walk.c */
struct place {
    uint32_t fid; /* of the file; P9_NOFID when it does not exist */
    struct p9_qid qid;
    struct dir *dir; /* its directory; NULL for a mount's own root, and when that fails */
    char name[NAME_BYTES]; /* the last component */
    char link[PATH_BYTES]; /* WALKED_LINK: the path to start over with */
};
#define WALK_FOLLOW 1u /* a symbolic link as last component is followed */
#define WALK_PARENT 2u /* only its directory: p->fid stays P9_NOFID */
/* 0, an errno value, or WALKED_LINK.  ENOENT with p->dir set: only the last component is missing.
 * What p holds is the caller's: place_drop(). */
int walk(const struct mount *m, const char *path, unsigned flags, struct place *p);
void place_drop(struct place *p);

/* connect.c, io.c */
extern resmgr_connect_funcs_t connect_funcs;
extern resmgr_io_funcs_t io_funcs;
void connect_init(void);
void io_init(void);
