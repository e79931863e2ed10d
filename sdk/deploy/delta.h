/* SPDX-License-Identifier: Apache-2.0 */
/* What of a new file the target has already: chunks of its old one, and chunks that an interrupted
 * deployment left in their place. Pure code. */
#pragma once

#include "../../services/deployd/proto.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct delta;

struct delta *delta_new(void);
void delta_free(struct delta *d);
/* A message with chunks: of the old file until one was empty, then of what has arrived. False: it makes
 * no sense; *at_end: it was the second empty one. */
bool delta_take(struct delta *d, const uint8_t *bytes, size_t n, bool *at_end);

/* Has this chunk arrived at its place? Offsets grow from call to call. */
bool delta_has(struct delta *d, uint64_t offset, uint32_t bytes, const uint8_t hash[DEPLOY_HASH]);
/* Is it in the old file? *from says where. */
bool delta_finds(const struct delta *d, uint32_t bytes, const uint8_t hash[DEPLOY_HASH], uint64_t *from);
