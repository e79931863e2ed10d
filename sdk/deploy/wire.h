/* SPDX-License-Identifier: Apache-2.0 */
/* The line to a target, as a descriptor that is read and written without waiting. */
#pragma once

#include "target.h"

/* Opens a device, unix:PATH or serial:HOST:PORT. A descriptor, or -1 and *why (static text). */
int wire_open(const struct target *t, const char **why);
