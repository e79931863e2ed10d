/* SPDX-License-Identifier: Apache-2.0 */
/* Symbolic links kept by the path manager: they vanish at reboot. */
#pragma once
#include <sys/cdefs.h>

__BEGIN_DECLS

int pathmgr_symlink(const char *path, const char *symlink_path);
int pathmgr_unlink(const char *path);

__END_DECLS
