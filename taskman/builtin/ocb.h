/* SPDX-License-Identifier: Apache-2.0 */
/* Open files of taskman's own names.  A descriptor of a client is (scoid, coid); dup() and fork()
 * bind several of them to one open file.  Locks: the table (rank 6) for bindings, ocb.lock (rank 7)
 * for the offset. */
#pragma once
#include <stdatomic.h>
#include <stdbool.h>
#include "main/message.h"
#include "memory/memobj.h"

struct ocb;
struct shm;
struct boot_node;
struct stat;

/* What stands behind a name. */
struct node_ops {
    uint32_t type; /* S_IF* */
    /* bytes or -errno; the reply is sent through m */
    int64_t (*read)(struct message *m, struct ocb *o, uint64_t offset, uint64_t bytes);
    /* data is at `source` of the client's message */
    int64_t (*write)(struct message *m, struct ocb *o, uint64_t source, uint64_t offset,
                     uint64_t bytes);
    /* name and d_type of the index-th entry; false at the end */
    bool (*entry)(struct ocb *o, uint32_t index, char name[NAME_BYTES], uint64_t *ino,
                  uint8_t *type);
    void (*stat)(struct ocb *o, struct stat *st);
    int64_t (*devctl)(struct message *m, struct ocb *o, int32_t dcmd, const uint8_t *data,
                      size_t bytes);
    int (*resize)(struct ocb *o, uint64_t bytes);
    int (*chmod)(struct message *m, struct ocb *o, uint32_t mode);
    int (*chown)(struct message *m, struct ocb *o, uint32_t uid, uint32_t gid);
    int (*memory)(struct ocb *o, struct memobj **obj); /* for mmap: a reference */
    void (*close)(struct ocb *o);                      /* last binding gone */
    bool is_endless;                                   /* no offset, no size: a device */
};

struct ocb {
    _Atomic uint32_t refs;
    const struct node_ops *ops; /* constant, as all below up to the lock */
    uint32_t mode;              /* permission bits of the name at open */
    uint64_t ino;
    union {
        struct shm *shm;
        const struct boot_node *boot;
        int32_t pid;
    };
    char *path; /* absolute */
    struct lock lock;
    uint64_t offset; /* lock; in a directory the index of the next entry */
    uint32_t ioflag; /* lock: access bits are constant, O_APPEND and O_NONBLOCK may change */
};

/* A new file with one reference, taking over nothing: the caller fills it.  NULL when memory is
 * out. */
struct ocb *ocb_new(const struct node_ops *ops, const char *path, uint32_t ioflag);
void ocb_put(struct ocb *o);
/* Referenced, or NULL. */
struct ocb *ocb_find(int32_t scoid, int32_t coid);
/* Binds o (a further reference) to a descriptor of pid; what was bound there is closed.  0 or
 * -ENOMEM. */
int ocb_bind(struct ocb *o, int32_t scoid, int32_t coid, int32_t pid);
/* 0 or -EBADF. */
int ocb_unbind(int32_t scoid, int32_t coid);
/* The pid that holds the descriptor, 0 when it is none. */
int32_t ocb_holder(int32_t scoid, int32_t coid);
void ocb_connection_gone(int32_t scoid);
void ocb_process_died(int32_t pid);
uint32_t ocb_count(void);

/* What mmap() of a descriptor needs. */
struct ocb_memory {
    struct memobj *obj; /* a reference, NULL with paddr_bytes */
    uint64_t bytes;
    uint64_t paddr, paddr_bytes;
    bool may_read, may_write;
};
int ocb_memory(int32_t scoid, int32_t coid,
               struct ocb_memory *out); /* 0, -EBADF, -ENODEV, -ENOMEM */
/* shm_ctl(): paddr 0: give the object a size.  0 or -errno. */
int ocb_set_memory(int32_t scoid, int32_t coid, uint64_t paddr, uint64_t bytes);
