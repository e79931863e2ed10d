/* SPDX-License-Identifier: Apache-2.0 */
/* musl's <fcntl.h> with Neutrino's names. */
#pragma once
#include <musl/fcntl.h>

#ifndef O_BINARY
#define O_BINARY 0
#define O_TEXT   0
#endif
#define F_ALLOCSP   110
#define F_FREESP    111
#define F_ALLOCSP64 F_ALLOCSP
#define F_FREESP64  F_FREESP
