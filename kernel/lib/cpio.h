/* SPDX-License-Identifier: Apache-2.0 */
/* Finds one member of a cpio archive in newc format.  The archive is foreign bytes: every length is checked. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A leading "./" or "/" of the member's name is ignored.  Only regular files match. */
bool cpio_find(const void *archive, size_t bytes, const char *name, const void **data, size_t *len);
