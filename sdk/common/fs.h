/* SPDX-License-Identifier: Apache-2.0 */
/* Files and paths of the build machine. All results are heap strings or buffers owned by the
 * caller. */
#pragma once

#include "buf.h"

#include <stdbool.h>

/* 0, or -errno. Refuses directories (-EISDIR) and anything above 1 GiB (-EFBIG). */
int fs_read(const char *path, struct buf *out);

/* Writes beside the target and renames, so a reader never sees half a file. mode as for chmod(). 0
 * or -errno. */
int fs_write(const char *path, const void *data, size_t len, unsigned mode);

int fs_mkdirs(const char *path); /* like mkdir -p; 0 or -errno */
bool fs_is_file(const char *path);
bool fs_is_dir(const char *path);
char *fs_join(const char *dir, const char *name);
char *fs_dirname(const char *path);
const char *fs_basename(const char *path);
char *fs_absolute(const char *path);

/* First executable of that name in PATH, or NULL. A name with a slash is checked as it is. */
char *fs_which(const char *name);
