/* SPDX-License-Identifier: Apache-2.0 */
/* I/O messages on open files. */
#pragma once
#include "builtin/ocb.h"

int64_t io_connect(struct message *m);
/* Runs the I/O message at `at` of the request, and those combined with it, on o; the reply is the
 * last part's. */
int64_t io_parts(struct message *m, struct ocb *o, size_t at);
