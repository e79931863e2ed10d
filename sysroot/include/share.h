/* SPDX-License-Identifier: Apache-2.0 */
/* Opening with a sharing mode. */
#pragma once
#include <sys/cdefs.h>
#include <sys/types.h>

__BEGIN_DECLS

#define SH_COMPAT 0x00
#define SH_DENYRW 0x10
#define SH_DENYWR 0x20
#define SH_DENYRD 0x30
#define SH_DENYNO 0x40

int sopen(const char *path, int oflag, int share, ...);
int sopenfd(int fd, int oflag, int sflag);

__END_DECLS
