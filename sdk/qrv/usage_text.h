/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

/*
 * The usage message in a file: what stands between "#ifdef __USAGE" and "#endif", or all of it when
 * there is no such line. *message points into text. -1: the #endif is missing.
 */
int usage_extract(const char *text, size_t len, const char **message, size_t *message_len);
