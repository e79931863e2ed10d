/* SPDX-License-Identifier: Apache-2.0 */
/* devctl()s of /proc/<pid>/as and /proc/<pid>/ctl.  Page: QNX Neutrino Programmer's Guide, "Controlling processes via the /proc
 * filesystem".  Records and numbers are QRV's own (abi/procfs.h, abi/tm.h). */
#pragma once
#include <abi/procfs.h>
#include <devctl.h>

typedef struct tm_proc_info procfs_info;
typedef struct tm_thread_info procfs_status;
typedef struct tm_channel_info procfs_channel;
typedef struct qrv_proc_map procfs_mapinfo;
typedef struct qrv_greg procfs_greg;
typedef struct qrv_fpreg procfs_fpreg;
typedef struct qrv_proc_run procfs_run;
typedef struct qrv_proc_break procfs_break;

/* clang-format off */
#define DCMD_PROC_INFO       __DIOF(_DCMD_PROC, QRV_DCMD_PROC_INFO_CMD, procfs_info)
#define DCMD_PROC_TIDSTATUS  __DIOTF(_DCMD_PROC, QRV_DCMD_PROC_THREAD_CMD, procfs_status)
#define DCMD_PROC_CHANNELS   __DIOTF(_DCMD_PROC, QRV_DCMD_PROC_CHANNEL_CMD, procfs_channel)
#define DCMD_PROC_MAPINFO    __DIOTF(_DCMD_PROC, QRV_DCMD_PROC_MAP_CMD, procfs_mapinfo)
#define DCMD_PROC_ARGS       __DIOF(_DCMD_PROC, QRV_DCMD_PROC_ARGS_CMD, char[4096])
#define DCMD_PROC_STATUS     __DIOF(_DCMD_PROC, QRV_DCMD_PROC_STATUS_CMD, procfs_status)
#define DCMD_PROC_GETGREG    __DIOF(_DCMD_PROC, QRV_DCMD_PROC_GETGREG_CMD, procfs_greg)
#define DCMD_PROC_SETGREG    __DIOT(_DCMD_PROC, QRV_DCMD_PROC_SETGREG_CMD, procfs_greg)
#define DCMD_PROC_GETFPREG   __DIOF(_DCMD_PROC, QRV_DCMD_PROC_GETFPREG_CMD, procfs_fpreg)
#define DCMD_PROC_SETFPREG   __DIOT(_DCMD_PROC, QRV_DCMD_PROC_SETFPREG_CMD, procfs_fpreg)
#define DCMD_PROC_STOP       __DIOF(_DCMD_PROC, QRV_DCMD_PROC_STOP_CMD, procfs_status)
#define DCMD_PROC_WAITSTOP   __DIOF(_DCMD_PROC, QRV_DCMD_PROC_WAITSTOP_CMD, procfs_status)
#define DCMD_PROC_RUN        __DIOT(_DCMD_PROC, QRV_DCMD_PROC_RUN_CMD, procfs_run)
#define DCMD_PROC_BREAK      __DIOTF(_DCMD_PROC, QRV_DCMD_PROC_BREAK_CMD, procfs_break)
#define DCMD_PROC_CURTHREAD  __DIOT(_DCMD_PROC, QRV_DCMD_PROC_CURTHREAD_CMD, int32_t)
#define DCMD_PROC_EVENT      __DIOT(_DCMD_PROC, QRV_DCMD_PROC_EVENT_CMD, struct sigevent)
#define DCMD_PROC_SET_FLAG   __DIOT(_DCMD_PROC, QRV_DCMD_PROC_SET_FLAG_CMD, uint32_t)
#define DCMD_PROC_CLEAR_FLAG __DIOT(_DCMD_PROC, QRV_DCMD_PROC_CLEAR_FLAG_CMD, uint32_t)
#define DCMD_PROC_STOPTHREAD __DIOT(_DCMD_PROC, QRV_DCMD_PROC_STOPTHREAD_CMD, int32_t)
/* clang-format on */
