/* SPDX-License-Identifier: Apache-2.0 */
/* devctl()s of /proc/<pid>/as and /proc/<pid>/ctl, answered by taskman: what pidin, slay and the debug agent use.
 * Names follow the documented DCMD_PROC_* family; <sys/procfs.h> gives the public spelling.  Class letter: _DCMD_PROC.
 * Commands from STOP on control the process: the file has to be open for writing, and the first file that uses one of them is the
 * process' debugger until it is closed; others get EBUSY. */
#pragma once
#include <stdint.h>
#include <abi/sigevent.h>
#include <abi/tm.h>

/* clang-format off */
#define QRV_DCMD_PROC_CLASS 0x0b
#define QRV_DCMD_PROC_INFO_CMD 1     /* FROM: struct tm_proc_info */
#define QRV_DCMD_PROC_THREAD_CMD 2   /* TO|FROM: struct tm_thread_info, tid in (first >= it) */
#define QRV_DCMD_PROC_CHANNEL_CMD 3  /* TO|FROM: struct tm_channel_info, chid in (first >= it) */
#define QRV_DCMD_PROC_MAP_CMD 4      /* TO|FROM: struct qrv_proc_map: addr in (first region >= it) */
#define QRV_DCMD_PROC_ARGS_CMD 5     /* FROM: char[4096]: argv strings as spawned, each with NUL */
#define QRV_DCMD_PROC_STATUS_CMD 6   /* FROM: struct tm_thread_info of the current thread */
#define QRV_DCMD_PROC_GETGREG_CMD 7  /* FROM: struct qrv_greg of the current thread, which a debugger holds (EBUSY) */
#define QRV_DCMD_PROC_GETFPREG_CMD 8 /* FROM: struct qrv_fpreg */
#define QRV_DCMD_PROC_STOP_CMD 16    /* FROM: struct tm_thread_info: every thread stops, and this returns when they stand still */
#define QRV_DCMD_PROC_WAITSTOP_CMD 17 /* FROM: struct tm_thread_info: waits until something has stopped the process, or it has ended */
#define QRV_DCMD_PROC_RUN_CMD 18     /* TO: struct qrv_proc_run */
#define QRV_DCMD_PROC_SETGREG_CMD 19 /* TO: struct qrv_greg */
#define QRV_DCMD_PROC_SETFPREG_CMD 20 /* TO: struct qrv_fpreg */
#define QRV_DCMD_PROC_BREAK_CMD 21   /* TO|FROM: struct qrv_proc_break */
#define QRV_DCMD_PROC_CURTHREAD_CMD 22 /* TO: int32_t: the current thread of the commands above; 0: the one that stopped the process */
#define QRV_DCMD_PROC_EVENT_CMD 23   /* TO: struct sigevent, delivered at the next stop after a RUN with ARM, and at the end */
#define QRV_DCMD_PROC_SET_FLAG_CMD 24 /* TO: uint32_t: _DEBUG_FLAG_* */
#define QRV_DCMD_PROC_CLEAR_FLAG_CMD 25
#define QRV_DCMD_PROC_STOPTHREAD_CMD 26 /* QRV, TO: int32_t: that thread stops, no other; this returns at once and the event tells */
/* clang-format on */
#define QRV_DCMD_PROC_CONTROL_FIRST QRV_DCMD_PROC_STOP_CMD

struct qrv_proc_map {
    uint64_t addr, bytes, offset;
    uint32_t prot, flags;
    char name[64];
};

/* riscv64: x[0] is the pc, x[1] to x[31] are x1 to x31. */
struct qrv_greg {
    uint64_t x[32];
};
struct qrv_fpreg {
    uint64_t f[32];
    uint32_t fcsr, reserved;
};

struct qrv_proc_run {
    uint32_t flags; /* _DEBUG_RUN_* */
    int32_t tid;    /* with ONLY and SIGNAL */
    uint64_t trace; /* with TRACE: a bit (signo - 1) for each signal that stops the process from now on */
    uint64_t ip;    /* with VADDR: the current thread goes on there */
    int32_t signo;  /* with SIGNAL */
    int32_t reserved;
};
#define _DEBUG_RUN_CLRSIG 0x0001 /* the signal that stopped it is forgotten; otherwise it is delivered */
#define _DEBUG_RUN_CLRFLT 0x0002 /* the fault likewise: the instruction is executed again */
#define _DEBUG_RUN_TRACE 0x0004
#define _DEBUG_RUN_VADDR 0x0010
#define _DEBUG_RUN_ARM 0x0080
#define _DEBUG_RUN_ONLY 0x0100   /* QRV: thread tid alone; the others stay as they are */
#define _DEBUG_RUN_SIGNAL 0x0200 /* QRV: thread tid gets signo instead of what stopped it */

struct qrv_proc_break {
    uint32_t type; /* _DEBUG_BREAK_EXEC */
    int32_t size;  /* 0: set, -1: remove */
    uint64_t addr;
};
#define _DEBUG_BREAK_EXEC 0x0001

#define _DEBUG_FLAG_KLC 0x00000001 /* the process is killed when its debugger closes the file, or dies; otherwise it goes on */
/* QRV: when a forked child is complete, it and its parent stop (_DEBUG_WHY_CHILD, its pid in info.u.k.pid).  Whoever opens the child's
 * file and controls it is its debugger; without one it goes on when the parent does. */
#define _DEBUG_FLAG_FORK 0x00000002
/* QRV: a fault, a signal, a fork stops its thread and no other; the event is delivered each time that a thread has stopped, without ARM. */
#define _DEBUG_FLAG_THREAD 0x00000004

#define QRV_PROC_BREAKS_MAX 4096

/* /proc/dumper: root's alone, one at a time. read() waits until a signal whose action is a core file has stopped a process, and gives the
 * first record; the process ends when the second one is written for it, or the file is closed. Meanwhile /proc/<pid>/as is as for a debugger. */
struct qrv_core_request {
    int32_t pid, signo;
    uint64_t limit; /* RLIMIT_CORE of it; ~0: none */
};
struct qrv_core_done {
    int32_t pid;
    int32_t is_written; /* 1: its status says so (WCOREDUMP) */
};
