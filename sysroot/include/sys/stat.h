/* SPDX-License-Identifier: Apache-2.0 */
/* musl's <sys/stat.h> with Neutrino's special-name file type. */
#pragma once
#include <musl/sys/stat.h>

#define S_IFNAM       0050000 /* special name: semaphores, shared memory, a manager's plain name */
#define S_ISNAM(mode) (((mode)&S_IFMT) == S_IFNAM)
#define S_INSEM       1
#define S_INSHD       2
