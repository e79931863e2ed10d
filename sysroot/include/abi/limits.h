/* SPDX-License-Identifier: Apache-2.0 */
/* Numeric limits and fixed identities shared by kernel, taskman, libc and host tools. */
#pragma once

#define QRV_PAGE_SIZE 4096UL
#define QRV_HARTS_MAX 8
#define QRV_PID_MAX 32767  /* 15 bits: a mutex owner word holds pid << 16 | tid */
#define QRV_PROCS_MAX 4096 /* slots; pid % QRV_PROCS_MAX is the slot */
#define QRV_TID_MAX 4095   /* threads of one process */
#define QRV_COID_MAX 8191  /* connections of one kind in one process */
#define QRV_CHID_MAX 4095
#define QRV_SCOID_MAX 65535
#define QRV_TIMER_MAX 4095
#define QRV_EVENT_MAX 4095 /* registered events */
#define QRV_IOV_MAX 1024
#define QRV_USER_END 0x3ffffff000UL /* Sv39 lower half less one page; no user address at or above */

#define TASKMAN_PID 1
#define TASKMAN_CHID 1

/* Ready-made connection of every process to taskman (Neutrino: SYSMGR_*). */
#define SYSMGR_PID TASKMAN_PID
#define SYSMGR_CHID TASKMAN_CHID
#define SYSMGR_COID 0x40000000
#define SYSMGR_HANDLE 0

#define _NTO_SIDE_CHANNEL 0x40000000 /* coids at and above this are not file descriptors */
#define QRV_SCOID_BASE 0x20000000    /* scoid = base | index */
#define ND_LOCAL_NODE 0
