/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* n bytes from the offset on; fewer at the end of the file only.  -1 and errno.  Both ends use it. */
ssize_t file_read(int fd, void *to, size_t n, uint64_t offset);
