/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of the served directory, and their handles.
 *
 * A handle names a file by device, inode and time of birth, and carries one byte of hash for each
 * name on its path: what the server knew before it was started again is found by following those bytes. Every
 * path is walked name by name from the served directory, never through a symbolic link, and what
 * is found has to be the file that the handle names. So no client gets outside; what the host moves
 * out stays within reach while its descriptor is kept.
 * One thread; nodes live until nodes_end() or nodes_trim().
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#define HANDLE_BYTES 64

struct node;

/* The directory to serve: 0 or errno. */
int nodes_start(const char *path);
void nodes_end(void);
struct node *node_root(void);
void nodes_trim(void); /* between requests: no node pointer is held */
/* From a client's bytes; NULL: *error is ESTALE or EBADF (no handle of ours). */
struct node *node_of_handle(const uint8_t *bytes, uint32_t len, int *error);
void node_handle(const struct node *n, uint8_t bytes[HANDLE_BYTES]);
/* The file `name` of directory `dir`, whose state is st. NULL: no memory. */
struct node *node_child(struct node *dir, const char *name, const struct stat *st);
/* It has another name now. */
void node_moved(struct node *n, struct node *dir, const char *name);
/* An O_PATH descriptor, which stays the node's; -1 with errno. Good until some
 * hundred other nodes were used. */
int node_fd(struct node *n);
int node_stat(struct node *n, struct stat *st); /* 0 or errno */
/* A descriptor for data, open for writing where that was asked for; kept like node_fd()'s. */
int node_io(struct node *n, bool write);
/* A new file's descriptor, open for both, becomes the node's. */
void node_keep_io(struct node *n, int fd);
/* One name, and none that leads elsewhere. */
bool name_is_plain(const char *name);
