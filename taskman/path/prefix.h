/* SPDX-License-Identifier: Apache-2.0 */
/* The prefix tree: one node per path component that some attached prefix or symlink needs, links on
 * the nodes. Pure data structure (host-tested); the caller holds the paths lock and passes
 * normalised absolute paths. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "main/list.h"

struct path_link {
    struct list link; /* node->links, in the order they are tried */
    struct path_node *node;
    int32_t id, pid, chid;
    uint32_t handle, file_type, key;
    uint32_t flags; /* TMSG_PATH_* */
};
struct path_node {
    struct path_node *parent;
    struct list siblings;
    struct list children;
    struct list links;
    char *target;  /* symlink, or NULL */
    int32_t owner; /* uid of the symlink's maker */
    char name[];
};
struct prefix_tree {
    struct path_node *root;
    uint32_t nodes, links;
    int32_t next_id;
};

int prefix_init(struct prefix_tree *t); /* 0 or -ENOMEM */
/* Link id > 0, or -ENOMEM. */
int prefix_attach(struct prefix_tree *t, const char *path, const struct path_link *link);
/* 0, -ENOENT, or -EPERM when the link is not pid's (pid 0: anybody's). */
int prefix_detach(struct prefix_tree *t, int32_t id, int32_t pid);
unsigned prefix_detach_all(struct prefix_tree *t, int32_t pid); /* how many */
/* 0, -EEXIST, -ENOMEM. */
int prefix_symlink(struct prefix_tree *t, const char *path, const char *target, int32_t owner);
/* 0, -ENOENT, -EPERM when uid is neither 0 nor the owner. */
int prefix_unlink(struct prefix_tree *t, const char *path, int32_t uid);
/* The node of exactly this path, or NULL. */
struct path_node *prefix_find(const struct prefix_tree *t, const char *path);

struct prefix_match {
    const struct path_link *link;
    uint32_t prefix_length; /* bytes of path covered, with the slash in front of the rest */
};
/* Who may serve path for process pid: at most max candidates, first to be tried first.  file_type:
 * _FTYPE_* asked for. */
unsigned prefix_resolve(const struct prefix_tree *t, const char *path, int32_t pid,
                        uint32_t file_type, struct prefix_match *match, unsigned max);
/* Follows the symlinks of path (normalised, PATH_BYTES) in place.  Length or -ELOOP, -ENAMETOOLONG.
 * keep_last: one that is the last component stays, and *is_link says that it is one. */
int prefix_follow(const struct prefix_tree *t, char *path, bool keep_last, bool *is_link);
