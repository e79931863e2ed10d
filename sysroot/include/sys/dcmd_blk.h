/* SPDX-License-Identifier: Apache-2.0 */
/* devctl()s of file systems.  Which ones a server answers is its own affair: ENOTTY otherwise. */
#pragma once
#include <devctl.h>
#include <stdint.h>
#include <sys/statvfs.h>

/* clang-format off */
#define DCMD_FSYS_STATVFS    __DIOF(_DCMD_FSYS, 13, struct __msg_statvfs)
#define DCMD_FSYS_MOUNTED_ON __DIOF(_DCMD_FSYS, 16, char[256])
#define DCMD_FSYS_MOUNTED_AT __DIOF(_DCMD_FSYS, 17, char[256])
#define DCMD_FSYS_MOUNTED_BY __DIOF(_DCMD_FSYS, 18, char[256])
/* clang-format on */
