/* SPDX-License-Identifier: Apache-2.0 */
/* The path manager: one prefix tree behind the paths lock (rank 4). */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "path/normal.h"

int paths_init(void);
/* taskman's own prefixes.  0 or -errno. */
int path_attach_own(const char *path, uint32_t handle, uint32_t flags, uint32_t file_type);
/* The prefixes of a process that is gone, or has a new image. */
void path_process_died(int32_t pid);

enum path_kind { PATH_NOTHING, PATH_DIRECTORY, PATH_ATTACHED, PATH_SYMLINK };
/* What the name space itself has at this normalised absolute path; a symlink's target goes to
 * target[PATH_BYTES] if given. */
enum path_kind path_kind(const char *path, char *target);
/* Why there can be nothing new at path: -EROFS, or -ENOENT when there is no such directory here. A server that is mounted
 * above it has said ENOENT already; EROFS would come before that. */
int path_no_room(const char *path);
/* The index-th name right below path; false at the end.  is_dir: others are below it. */
bool path_child(const char *path, uint32_t index, char name[NAME_BYTES], enum path_kind *kind);
void path_counts(uint32_t *nodes, uint32_t *links);
