/* SPDX-License-Identifier: Apache-2.0 */
/* fs-nfs3: shared by its parts.
 *
 * A mount is a directory of a server at a path of ours; it has one TCP connection, which a thread of its own reads
 * (link.c). A call is one RPC: threads that serve clients submit calls and wait for them. When the connection is lost, the
 * calls that were not answered are sent again over the next one.
 * One lock, `lock`, guards everything here, libnfs included; nobody holds it while waiting for the server or sending to a
 * client. `changed` is broadcast whenever a call ends, a write is acknowledged or a request is to be given up. */
#pragma once

struct node;
struct file;
struct mount;
#define IOFUNC_ATTR_T   struct node
#define IOFUNC_OCB_T    struct file
#define RESMGR_HANDLE_T struct mount

#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/dispatch.h>
#include <sys/iofunc.h>

#include "../lib/foreign_names.h"

#include "libnfs-zdr.h"
#include "libnfs.h"
#include "libnfs-raw.h"
#include "libnfs-raw-mount.h"
#include "libnfs-raw-nfs.h"

#include "cache.h"

#define BLOCK_MAX (128u * 1024) /* bytes of one READ or WRITE */
#define PIECE_MS  500           /* what a record's rest is waited for in one go */

extern pthread_mutex_t lock;
extern pthread_cond_t changed; /* CLOCK_MONOTONIC */

uint64_t now_ms(void);
struct moment moment_now(void);

/* What a thread does for a client. */
struct request {
    struct request *next; /* among those under way */
    struct mount *mount;
    int rcvid; /* 0: nobody can interrupt it */
    struct cred cred;
    bool was_resent;      /* its last call went out twice: it may have been carried out twice */
    bool asks_server;     /* names and attributes are not taken from the cache */
    bool has_trusted;     /* some were */
    uint64_t give_up_at;  /* 0: never; the client was interrupted */
};

void request_begin(struct request *r, resmgr_context_t *ctp, struct mount *m);
void request_own(struct request *r, struct mount *m, const struct cred *c); /* nobody's */
void request_end(struct request *r);
/* The client of that message wants to be unblocked. */
void request_interrupt(int rcvid);
void request_poll_locked(void); /* now and then: finds those whose pulse nobody has received */

/* ------------------------------------------------------------------ buffer.c */

/* A READ's data begins behind 132 bytes of its record, which is 8 bytes' boundary then. */
struct buffer {
    struct buffer *next;
    uint32_t align;
    char bytes[BLOCK_MAX + 4096];
};
struct buffer *buffer_get_locked(void); /* NULL: no memory */
void buffer_put_locked(struct buffer *b);
void buffer_tick_locked(void); /* what is spare goes, one by one */

/* ------------------------------------------------------------------ link.c, receive.c */

struct call;
typedef int issue_fn(struct rpc_context *rpc, rpc_cb cb, void *args, void *private_data);

struct call {
    struct call *next; /* of the link, in the order of submission */
    struct link *link;
    struct cred cred;
    issue_fn *issue;
    void *args; /* valid until the call is put */
    void (*take)(struct call *c, const void *result); /* locked; the result is gone afterwards */
    void *out;
    void (*when_done)(struct call *c); /* locked; NULL: somebody waits */
    bool is_done, in_flight, is_released, was_resent;
    int error; /* of the call as such: EIO, ETIMEDOUT, ENOMEM */
    uint64_t begun, sent; /* ms */
};

struct link {
    char address[64]; /* of the server, numeric */
    int port;
    bool is_soft;
    unsigned timeout_ms; /* for an answer */
    unsigned tries;      /* of a soft link */
    struct rpc_context *rpc; /* NULL: none */
    bool is_up, is_broken;
    struct cred cred; /* that rpc's calls go out with */
    bool has_cred;
    struct call *calls;
    struct buffer *in; /* what was received: `have` bytes, of which those before `taken` are being looked at */
    size_t have, taken;
    int wake[2];
    void (*tick)(struct mount *m); /* locked; now and then */
    struct mount *mount;
};

int link_start(struct link *l);
/* Of the link's thread: what has come, as long as answers are due. False: the connection is of no use. */
bool receive_all(struct link *l);
void receive_forget(struct link *l);
/* In a call's take(): the buffer with that data becomes the caller's. NULL: it has to be copied. */
struct buffer *receive_keep(struct link *l, const char *data);
/* Sends it as soon as can be. NULL: no memory. */
struct call *call_submit(struct link *l, const struct cred *cred, issue_fn *issue, void *args,
                         void (*take)(struct call *, const void *), void *out);
struct call *call_submit_locked(struct link *l, const struct cred *cred, issue_fn *issue, void *args,
                                void (*take)(struct call *, const void *), void *out,
                                void (*when_done)(struct call *));
/* Waits; 0, EINTR, or the call's error. The call is gone. */
int call_finish(struct request *r, struct call *c);
void call_put_locked(struct call *c);
/* Waits for `changed`, or until the request is to be given up: EINTR. */
int wait_changed_locked(struct request *r);
/* A flag as a lock that is held while the server is asked: who waits for it can be interrupted (EINTR). A file's comes
 * before its node's. */
int turn_take(struct request *r, bool *is_taken);
void turn_end(bool *is_taken);

/* ------------------------------------------------------------------ attach.c, calls.c */

struct mount {
    char target[PATH_BYTES]; /* absolute, no slash at the end */
    char server[256], export[PATH_BYTES];
    int port, mount_port; /* 0: the server's portmapper knows */
    bool is_read_only, is_no_exec, sync_writes;
    unsigned flags; /* _RESMGR_FLAG_* */
    uint32_t rsize, wsize;
    unsigned delay_ms; /* written data waits that long for more */
    struct handle root;
    struct cache *cache; /* lock */
    struct link link;
    dev_t dev;
};

/* Finds the server and the export: 0 or errno, with a message on standard error. */
int mount_attach(struct mount *m);

/* One procedure each: 0 or errno. */
int nfs3_status(nfsstat3 status);
int nfs3_getattr(struct request *r, const struct handle *h, struct fattr3 *a);
int nfs3_known_attr(struct request *r, const struct handle *h, struct fattr3 *a); /* from the cache, if it can */
int nfs3_setattr(struct request *r, const struct handle *h, const struct sattr3 *s);
int nfs3_lookup(struct request *r, const struct handle *dir, const char *name, struct handle *h, struct fattr3 *a);
int nfs3_known_name(struct request *r, const struct handle *dir, const char *name, struct handle *h, struct fattr3 *a);
int nfs3_access(struct request *r, const struct handle *h, uint32_t want);
int nfs3_readlink(struct request *r, const struct handle *h, char text[PATH_BYTES]);
int nfs3_create(struct request *r, const struct handle *dir, const char *name, bool exclusive, uint32_t mode,
               struct handle *h, struct fattr3 *a);
int nfs3_mkdir(struct request *r, const struct handle *dir, const char *name, uint32_t mode);
int nfs3_symlink(struct request *r, const struct handle *dir, const char *name, const char *target);
int nfs3_mkfifo(struct request *r, const struct handle *dir, const char *name, uint32_t mode);
int nfs3_remove(struct request *r, const struct handle *dir, const char *name);
int nfs3_rmdir(struct request *r, const struct handle *dir, const char *name);
int nfs3_rename(struct request *r, const struct handle *from, const char *name, const struct handle *to,
               const char *name2);
int nfs3_link(struct request *r, const struct handle *h, const struct handle *dir, const char *name);
int nfs3_fsstat(struct request *r, const struct handle *h, struct FSSTAT3resok *s);
int nfs3_fsinfo(struct request *r, const struct handle *h, struct FSINFO3resok *s);
int nfs3_commit(struct request *r, const struct handle *h, char verf[NFS3_WRITEVERFSIZE]);
struct listing {
    char *out;
    size_t room, used;
    uint64_t cookie;
    char verf[NFS3_COOKIEVERFSIZE];
    bool none_fits, is_end;
};
int nfs3_readdir(struct request *r, const struct handle *h, struct listing *l);

/* ------------------------------------------------------------------ node.c, write.c, read.c */

struct chunk;

struct node {
    iofunc_attr_t attr; /* first */
    struct node *next;  /* in its hash chain */
    struct mount *mount;
    struct handle handle;
    unsigned refs;
    struct fattr3 last;     /* as of the last answer */
    uint64_t generation;    /* of what is written here */
    uint64_t changed;       /* the server's file, as far as any answer has told: its ctime */
    struct chunk *chunks;   /* not yet safe with the server, in the order of the writes */
    int write_error;        /* of a write that nobody waited for; told once */
    bool is_busy;           /* somebody commits */
    bool is_appended;       /* a turn: its size, and what is written there */
    char silly[32];         /* its name since it was unlinked, in silly_dir; "": none */
    struct handle silly_dir;
    struct cred silly_cred;
};

struct block;

struct file {
    iofunc_ocb_t ocb; /* first */
    bool is_open;     /* by open(): I/O is possible */
    char verf[NFS3_COOKIEVERFSIZE];
    struct block *blocks; /* read ahead */
    uint64_t next_offset; /* where a sequential reader goes on */
    uint64_t turn;        /* counts its reads */
    bool is_used; /* a turn: one reader or writer */
};

mode_t mode_of(const struct fattr3 *a);
struct node *node_get(struct mount *m, const struct handle *h, const struct fattr3 *a);
/* The last one takes what was unlinked away. */
void node_put(struct node *n);
void node_each_locked(struct mount *m, void (*f)(struct node *, uint64_t now), uint64_t now);
/* One with chunks that nobody commits, which is the caller's until node_put(); or NULL. */
struct node *node_written_locked(void);
/* If the file is open here its name becomes another one, which goes with the last node_put(): 0, or ENOENT when it is
 * not open. keeps_name: where the server can, it gets the other one besides, as what replaces it may not come. */
int node_hide(struct request *r, const struct handle *dir, const char *name, bool keeps_name);
/* An answer's attributes tell when the file has changed: that as a number, which is at most n->changed then. */
uint64_t node_changed_locked(struct node *n, const struct fattr3 *a);
void node_set_attr(struct node *n, const struct fattr3 *a);
int node_getattr(struct request *r, struct node *n, struct fattr3 *a); /* after what was written */
int node_known_attr(struct request *r, struct node *n, struct fattr3 *a); /* the same, from the cache if it can */

int write_data(struct request *r, struct node *n, uint64_t offset, const char *data, size_t len);
void write_keep_error(struct node *n, int error); /* for the next call to tell */
int write_flush(struct request *r, struct node *n);  /* the server has it */
int write_commit(struct request *r, struct node *n); /* and it is on its disk */
void write_tick(struct mount *m);
void write_forget(struct node *n); /* the last reference goes */

/* Sends up to len bytes at offset to the client, `at` bytes into its buffer; how many, or -errno. */
ssize_t read_data(struct request *r, resmgr_context_t *ctp, struct file *f, uint64_t offset, size_t len, size_t at);
void read_forget(struct file *f);

/* ------------------------------------------------------------------ walk.c, connect.c, io.c */

struct place {
    struct handle handle; /* of the file; len 0: it does not exist */
    struct fattr3 attr;
    struct handle dir; /* of its directory; len 0: a mount's own root, or not reached */
    char name[NAME_BYTES];
    char link[PATH_BYTES]; /* WALKED_LINK: the path to start over with */
};
#define WALK_FOLLOW 1u
#define WALK_PARENT 2u /* only its directory */
#define WALK_FRESH  4u /* for open() and what changes names: the server is asked for the last one */
int walk(struct request *r, const char *path, unsigned flags, struct place *p);

extern resmgr_connect_funcs_t connect_funcs;
extern resmgr_io_funcs_t io_funcs;
void connect_init(void);
void io_init(void);
