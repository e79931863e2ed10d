/* SPDX-License-Identifier: Apache-2.0 */
/* Of the resource manager's types as much as services/fs-nfs3/fsnfs.h names, for tests on the build machine. */
#pragma once
#include <stdint.h>
#include <sys/types.h>

typedef struct {
    int rcvid;
} resmgr_context_t;
typedef struct {
    int unused;
} resmgr_connect_funcs_t, resmgr_io_funcs_t;
