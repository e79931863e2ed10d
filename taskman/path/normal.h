/* SPDX-License-Identifier: Apache-2.0 */
/* Path text: pure functions. */
#pragma once
#include <stddef.h>

#define PATH_BYTES 1024 /* with NUL: room of tmsg_resolve_reply.path */
#define NAME_BYTES 256

/* Joins base (absolute, used when path is relative) and path into out[PATH_BYTES]: absolute, no
 * empty component, no ".",
 * ".." taken back textually (above the root: the root), no trailing slash.  Length, -ENAMETOOLONG,
 * or -ENOENT when empty. */
int path_normalise(char *out, const char *base, const char *path);
/* Next component of *at (skips slashes): its length, 0 at the end; *at moves to its first byte. */
size_t path_component(const char **at);
/* The text of a NUL-terminated string inside [text, text + bytes), or NULL. */
const char *path_checked(const void *text, size_t bytes);
