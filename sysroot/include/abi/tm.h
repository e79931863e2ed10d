/* SPDX-License-Identifier: Apache-2.0 */
/* The door between taskman and the kernel: privileged calls (same trap as abi/kercall.h), EPERM for every other process.
 *
 * The kernel owns frames, page tables, threads; taskman owns which address means what.  Copy-on-write, zero-on-demand
 * (lazy) pages and page-table upkeep are mechanism and resolved by the kernel itself; an address that was never mapped is
 * the process's SIGSEGV.  No call here waits for another process.
 *
 * Life of a process: TM_PROC_CREATE -> TM_MAP ... -> KC_THREAD_CREATE(pid) -> ... KC_PROC_EXIT or fatal signal: threads reap
 * themselves, the last one tears down channels, connections, timers, interrupts and the address space in bounded
 * steps -> pulse _PULSE_CODE_TM_DEATH(pid) -> taskman reads TM_PROC_INFO, tells the parent -> TM_PROC_RELEASE frees the pid.
 */
#pragma once
#include <stdint.h>
#include <abi/limits.h>
#include <abi/msg.h>
#include <abi/signal.h>

/* clang-format off */
#define TM_PROC_CREATE    128 /* const struct tm_proc_create * -> pid.  No thread yet; connection SYSMGR_COID exists */
#define TM_PROC_FORK      129 /* rcvid of the forking thread's message -> pid.  Copy-on-write copy; one STOPPED thread whose MsgSend
                               * returns 0; signal state copied; no channels, timers, connections but SYSMGR_COID */
#define TM_PROC_EXEC      130 /* rcvid or -pid: every thread of the process is ended, channels/timers/interrupts/address space torn down, handlers
                               * reset; connections stay.  Asynchronous: pulse _PULSE_CODE_TM_EXEC(pid) when empty */
#define TM_PROC_RELEASE   131 /* pid: after TM_DEATH; frees the slot */
#define TM_PROC_SET       132 /* pid, const struct tm_proc_attr *, mask TM_PA_* */
#define TM_PROC_INFO      133 /* pid (with TM_INFO_NEXT: first pid >= it), struct tm_proc_info * -> pid */
#define TM_THREAD_INFO    134 /* pid, tid (first tid >= it), struct tm_thread_info * -> tid */
#define TM_THREAD_CONT    135 /* pid: lets STOPPED threads of a new or forked process go */
#define TM_MAP            136 /* const struct tm_map * */
#define TM_UNMAP          137 /* pid, va, bytes */
#define TM_PROTECT        138 /* pid, va, bytes, prot: absent pages are skipped; to PROT_EXEC syncs the I-caches */
#define TM_OBJ_CREATE     139 /* bytes, flags -> object id: zero-filled frames, counted */
#define TM_OBJ_RESIZE     140 /* id, bytes */
#define TM_OBJ_DESTROY    141 /* id: taskman's reference; mapped frames live until unmapped */
#define TM_MEM_INFO       142 /* struct tm_mem_info * */
#define TM_COPY           143 /* pid, va, own buffer, bytes, TM_COPY_READ|WRITE -> bytes */
#define TM_KPRINT         144 /* text, bytes: the kernel's console */
#define TM_REBOOT         145 /* TM_REBOOT_*, exit code */
#define TM_VIRT_TO_PHYS   146 /* pid, va, uint64_t *paddr */
#define TM_CHANNEL_INFO   147 /* pid, chid (first >= it), struct tm_channel_info * -> chid */
#define TM_TIMER_INFO     148 /* pid, id, struct _timer_info * -> id */
#define TM_KSTAT          149 /* struct tm_kstat *: live kernel objects, for leak checks */
#define TM_FDT            150 /* buffer, bytes, offset -> bytes of the device tree */
#define TM_PROC_EMPTY     151 /* pid: after TM_DEATH; closes and unmaps what a process that ended without a thread still has */
#define TM_DEBUG_ATTACH   152 /* pid, signals, TM_DA_*: from now on its faults and these signals stop the process instead of acting.  EPERM: taskman */
#define TM_DEBUG_DETACH   153 /* pid: everything goes on; a signal that stopped it is delivered, a fault happens again */
#define TM_DEBUG_STOP     154 /* pid, tid (0: all, and those to come): not one more user instruction; waits go on.  _PULSE_CODE_TM_DEBUG(pid)
                               * each time one of them has left its hart */
#define TM_DEBUG_RUN      155 /* pid, tid (0: all), signo, TM_DR_*: they go on; tid gets signo, or what had stopped it (TM_DR_KEEP), or nothing */
#define TM_DEBUG_REGS     156 /* pid, tid, struct tm_regs *, TM_REGS_*: EBUSY while it runs; to write also inside of a kernel call */
#define TM_DEBUG_CORE     157 /* pid 0, on: whether somebody writes core files.  pid, 1: its core file is written, which its status will say */
/* clang-format on */

#define TM_INFO_NEXT 0x40000000

#define _PULSE_CODE_TM_EXEC (-35) /* value = pid: the process is empty, load the new image */
#define _PULSE_CODE_TM_DEBUG (-36) /* value = pid: a thread that a debugger holds has come to rest */
#define _PULSE_CODE_TM_CORE (-37) /* value = pid: a signal whose action is a core file has stopped it; TM_DEBUG_DETACH ends it */

struct tm_proc_attr {
    int32_t ppid;
    int32_t pgrp;
    int32_t sid;
    uint32_t umask;
    struct _cred_info cred;
    char name[64];           /* shown in panics and pidin */
    uint64_t max_bytes;      /* limit on mapped memory, 0 none */
    uint32_t max_threads, max_channels, max_connections, max_timers; /* 0: the QRV_*_MAX */
    uint32_t abilities;      /* TM_ABLE_* */
    uint32_t reserved;
};
#define TM_PA_PPID 0x01
#define TM_PA_PGRP 0x02
#define TM_PA_SID 0x04
#define TM_PA_CRED 0x08
#define TM_PA_NAME 0x10
#define TM_PA_LIMITS 0x20
#define TM_PA_ABILITIES 0x40
#define TM_PA_ALL 0x7f
#define TM_ABLE_IO 0x1        /* InterruptAttach*, ThreadCtl(_NTO_TCTL_IO) */
#define TM_ABLE_PRIORITY 0x2  /* priorities above QRV_PRIO_USER_MAX */
#define TM_ABLE_CLOCK 0x4     /* ClockTime set, ClockPeriod set */
#define TM_ABLE_SIGNAL 0x8    /* signal any process */
#define TM_ABLE_TRACE 0x10    /* TraceEvent() beyond own events */
#define TM_ABLE_ALL 0x1f      /* given to euid 0 */

struct tm_proc_create {
    struct tm_proc_attr attr; /* all of it is applied */
    int32_t inherit_pid;      /* signal mask/ignores, priority, policy, runmask come from this process' thread, 0 defaults */
    int32_t inherit_tid;
    uint64_t sigdefault;      /* signals forced to SIG_DFL (SPAWN_SETSIGDEF) */
    uint64_t sigmask;         /* with TM_PC_SIGMASK */
    uint32_t flags;
    int32_t policy, priority; /* with TM_PC_SCHED */
    uint32_t reserved;
};
#define TM_PC_SIGMASK 0x1
#define TM_PC_SCHED 0x2

struct tm_map {
    int32_t pid;
    uint32_t prot;   /* TM_PROT_* */
    uint32_t flags;  /* TM_MAP_* */
    int32_t obj;     /* with TM_MAP_OBJ */
    uint64_t va;     /* page aligned; whatever is there is replaced */
    uint64_t bytes;  /* rounded up to pages */
    uint64_t offset; /* in the object, or physical address with TM_MAP_PHYS: page aligned */
};
#define TM_PROT_READ 0x1 /* same bits as PROT_* */
#define TM_PROT_WRITE 0x2
#define TM_PROT_EXEC 0x4
#define TM_PROT_NOCACHE 0x800
#define TM_MAP_ANON 0x1    /* zero frames of its own, allocated now */
#define TM_MAP_LAZY 0x2    /* with ANON: allocated at first touch */
#define TM_MAP_OBJ 0x4     /* frames of an object */
#define TM_MAP_SHARED 0x8  /* with OBJ: stores are seen by all; otherwise copy-on-write. ANON|SHARED: fork shares it */
#define TM_MAP_PHYS 0x10   /* offset is a physical address outside RAM (device) or in a reserved range */
#define TM_MAP_CONTIG 0x20 /* with ANON: physically contiguous */

#define TM_COPY_READ 0
#define TM_COPY_WRITE 1
#define TM_COPY_POKE 2 /* a debugger's write: also where the process may only read or execute; never into shared memory it may not write */
#define TM_REBOOT_POWEROFF 0
#define TM_REBOOT_RESET 1

struct tm_proc_info {
    int32_t pid, ppid, pgrp, sid;
    uint32_t flags; /* TM_PF_* */
    uint32_t num_threads, num_channels, num_connections, num_timers;
    int32_t exit_status; /* as wait() reports it; valid with TM_PF_DEAD and TM_PF_STOPPED */
    uint32_t job_serial; /* how often job control has stopped or continued it */
    uint64_t pages;      /* resident private + shared */
    uint64_t start_ns;   /* monotonic */
    uint64_t utime_ns, stime_ns;
    uint64_t sig_ignore, sig_pending, sig_caught;
    struct _cred_info cred;
    char name[64];
    uint64_t initial_stack; /* taskman: address of argc, 0 unknown */
};
#define TM_PF_DYING 0x1
#define TM_PF_DEAD 0x2
#define TM_PF_STOPPED 0x4

struct tm_thread_info {
    int32_t pid, tid;
    uint8_t state, policy, real_priority, priority;
    uint32_t flags;
    int32_t hart;
    uint32_t runmask;
    uint64_t blocked_on; /* SEND/REPLY: server pid; RECEIVE: chid; MUTEX/CONDVAR/SEM: address; JOIN: tid; INTR: vector */
    uint64_t blocked_aux; /* SEND/REPLY: chid << 32 | coid; MUTEX: owner word */
    uint64_t ip, sp, stack_lo, stack_size, tls;
    uint64_t sutime_ns;   /* CPU time */
    uint64_t sig_mask, sig_pending;
    uint32_t last_kercall;
    uint16_t why, what; /* _DEBUG_WHY_* and the number that belongs to it; 0: nothing has happened */
    char name[32];
    uint32_t debug, reserved; /* TM_TD_* */
    struct _kc_siginfo info;  /* FAULTED, SIGNALLED */
};
#define TM_TD_HELD 0x1    /* a debugger wants it to stand still */
#define TM_TD_STOPPED 0x2 /* and it does: in a wait, parked, or on its way back to user mode, where it will park */

/* Registers of one thread for a debugger. */
struct tm_regs {
    uint64_t x[32]; /* x[0] is 0 */
    uint64_t pc;
    uint64_t f[32];
    uint32_t fcsr, reserved;
};
#define TM_REGS_READ 0
#define TM_REGS_WRITE 0x1   /* x and pc */
#define TM_REGS_WRITE_F 0x2 /* f and fcsr */

#define TM_DA_ALONE 0x1 /* they stop the thread that meets them, and no other */
#define TM_DR_KEEP 0x1 /* deliver the signal or fault that it stopped for */

/* Why a thread stopped, numbers of abi/procfs.h and the kernel. */
#define _DEBUG_WHY_REQUESTED 0
#define _DEBUG_WHY_SIGNALLED 1
#define _DEBUG_WHY_FAULTED 2
#define _DEBUG_WHY_JOBCONTROL 3
#define _DEBUG_WHY_TERMINATED 4
#define _DEBUG_WHY_CHILD 5
#define _DEBUG_WHY_EXEC 6
#define _DEBUG_WHY_THREAD 7

struct tm_channel_info {
    int32_t chid;
    uint32_t flags;
    uint32_t num_send, num_receive, num_reply, num_pulse;
};

struct tm_mem_info {
    uint64_t total_bytes, free_bytes, kernel_bytes;
};

struct tm_kstat {
    uint64_t free_pages, kernel_heap_bytes;
    uint64_t slab_pages; /* the kernel keeps for objects and stacks: never given back */
    uint32_t processes, threads, channels, connections, sconns, timers, interrupts, objects, pulses, reserved;
};
