/* SPDX-License-Identifier: Apache-2.0 */
/* devctl()s of /proc/<pid>/as, answered by taskman: what pidin, slay and the debug agent read.
 * Names follow the documented DCMD_PROC_* family; <sys/procfs.h> gives the public spelling.  Class letter: _DCMD_PROC. */
#pragma once
#include <stdint.h>
#include <abi/tm.h>

#define QRV_DCMD_PROC_CLASS 0x0b
#define QRV_DCMD_PROC_INFO_CMD 1     /* FROM: struct tm_proc_info */
#define QRV_DCMD_PROC_THREAD_CMD 2   /* TO|FROM: struct tm_thread_info, tid in (first >= it) */
#define QRV_DCMD_PROC_CHANNEL_CMD 3  /* TO|FROM: struct tm_channel_info, chid in (first >= it) */
#define QRV_DCMD_PROC_MAP_CMD 4      /* TO|FROM: struct qrv_proc_map: addr in (first region >= it) */
#define QRV_DCMD_PROC_ARGS_CMD 5     /* FROM: char[4096]: argv strings as spawned, each with NUL */

struct qrv_proc_map {
    uint64_t addr, bytes, offset;
    uint32_t prot, flags;
    char name[64];
};
