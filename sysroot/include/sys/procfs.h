/* SPDX-License-Identifier: Apache-2.0 */
/* devctl()s of /proc/<pid>/as.  Records are QRV's own (abi/procfs.h, abi/tm.h). */
#pragma once
#include <abi/procfs.h>
#include <devctl.h>

typedef struct tm_proc_info procfs_info;
typedef struct tm_thread_info procfs_status;
typedef struct tm_channel_info procfs_channel;
typedef struct qrv_proc_map procfs_mapinfo;

#define DCMD_PROC_INFO      __DIOF(_DCMD_PROC, QRV_DCMD_PROC_INFO_CMD, procfs_info)
#define DCMD_PROC_TIDSTATUS __DIOTF(_DCMD_PROC, QRV_DCMD_PROC_THREAD_CMD, procfs_status)
#define DCMD_PROC_CHANNELS  __DIOTF(_DCMD_PROC, QRV_DCMD_PROC_CHANNEL_CMD, procfs_channel)
#define DCMD_PROC_MAPINFO   __DIOTF(_DCMD_PROC, QRV_DCMD_PROC_MAP_CMD, procfs_mapinfo)
#define DCMD_PROC_ARGS      __DIOF(_DCMD_PROC, QRV_DCMD_PROC_ARGS_CMD, char[4096])
