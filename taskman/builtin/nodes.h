/* SPDX-License-Identifier: Apache-2.0 */
/* The names taskman serves: which handle stands for which prefix, and how a path below it becomes
 * an open file. */
#pragma once
#include "builtin/ocb.h"

enum builtin_handle { /* _io_connect.handle of taskman's own prefixes */
                      HANDLE_ROOT,
                      HANDLE_NULL,
                      HANDLE_ZERO,
                      HANDLE_FULL,
                      HANDLE_TTY,
                      HANDLE_TEXT,
                      HANDLE_RANDOM,
                      HANDLE_URANDOM,
                      HANDLE_SHMEM,
                      HANDLE_PROC,
                      HANDLE_BOOT,
                      HANDLE_FDT,
                      HANDLE_DUMPER,
                      HANDLES
};

/* One open request: in: who and what; out: where the path leads. */
struct lookup {
    struct message *m;
    struct _cred_info cred;
    const char *rest; /* path below the prefix, normalised, no leading slash */
    char *path;       /* absolute: PATH_BYTES */
    uint32_t ioflag, mode, umask;
    bool is_nofollow;
    char *
        link; /* PATH_BYTES: filled when open returns LOOKUP_LINK: an absolute path to go on with */
};
#define LOOKUP_LINK 1

/* Opens: *out gets a file (0), or LOOKUP_LINK, or -errno. */
typedef int (*node_open)(struct lookup *l, struct ocb **out);

struct builtin {
    const char *prefix;
    node_open open;
    uint32_t flags, file_type;
};
extern const struct builtin builtins[HANDLES];

/* POSIX permission check; want: bits 4 read, 2 write, 1 execute.  0 or -EACCES. */
int access_check(const struct _cred_info *cred, uint32_t mode, uint32_t uid, uint32_t gid,
                 unsigned want);
unsigned access_wanted(uint32_t ioflag);
uint64_t name_ino(const char *path); /* a stable number for things without one */

int device_open_null(struct lookup *l, struct ocb **out);
int device_open_zero(struct lookup *l, struct ocb **out);
int device_open_full(struct lookup *l, struct ocb **out);
int device_open_text(struct lookup *l, struct ocb **out);
int device_open_random(struct lookup *l, struct ocb **out);
int device_open_tty(struct lookup *l, struct ocb **out);
int core_open(struct lookup *l, struct ocb **out); /* process/core.c */
int fdt_open(struct lookup *l, struct ocb **out);
int name_open(struct lookup *l, struct ocb **out);
int boot_open(struct lookup *l, struct ocb **out);
int procfs_open(struct lookup *l, struct ocb **out);
int shm_open_name(struct lookup *l, struct ocb **out);

extern const struct node_ops shm_ops;
int shm_unlink_name(const struct _cred_info *cred, const char *name);
int shm_link_name(const struct _cred_info *cred, const char *old, const char *name, bool is_rename);
bool shm_physical(struct shm *s, uint64_t *paddr, uint64_t *bytes);
int shm_set_physical(struct shm *s, uint64_t paddr, uint64_t bytes);
uint32_t shm_count(void);

/* image/boot.c */
struct boot_node {
    struct boot_node *parent, *children, *sibling;
    const char *name, *target; /* target: symlink */
    const uint8_t *data;
    uint64_t bytes;
    uint32_t mode, mtime, ino;
    struct memobj *obj; /* boot_lock: made at the first mmap, kept */
};
int boot_init(const void *initrd, uint64_t bytes);
/* Walks rest from the archive's root: the node, or NULL.  *left: what follows a symlink on the way,
 * "" otherwise. */
const struct boot_node *boot_find(const char *rest, bool keep_last_link, const char **left);
void boot_path(const struct boot_node *n, char path[PATH_BYTES]);
