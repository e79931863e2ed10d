/* SPDX-License-Identifier: Apache-2.0 */
/* Thread states, creation record, ThreadCtl commands, scheduling structures.
 * Documentation followed: QNX Neutrino System Architecture "Thread life cycle"; Library Reference ThreadCreate(), ThreadCtl(),
 * SchedSet().  The documentation gives no numbers: these are QRV's. */
#pragma once
#include <stdint.h>

/* clang-format off */
#define STATE_DEAD          0
#define STATE_RUNNING       1
#define STATE_READY         2
#define STATE_STOPPED       3
#define STATE_SEND          4
#define STATE_RECEIVE       5
#define STATE_REPLY         6
#define STATE_STACK         7
#define STATE_WAITTHREAD    8
#define STATE_WAITPAGE      9
#define STATE_SIGSUSPEND    10
#define STATE_SIGWAITINFO   11
#define STATE_NANOSLEEP     12
#define STATE_MUTEX         13
#define STATE_CONDVAR       14
#define STATE_JOIN          15
#define STATE_INTR          16
#define STATE_SEM           17
#define STATE_WAITCTX       18
#define STATE_NET_SEND      19
#define STATE_NET_REPLY     20
#define STATE_MAX           21
/* clang-format on */

/* Argument of KC_THREAD_CREATE.  pid 0 is the caller; another pid is taskman's right only. */
struct _kc_thread_create {
    int32_t  pid;
    uint32_t flags;     /* _KC_TC_* */
    uint64_t entry;     /* user pc */
    uint64_t arg;       /* a0 */
    uint64_t arg1;      /* a1 */
    uint64_t sp;        /* 16-byte aligned top of stack, owned by the caller */
    uint64_t tls;       /* tp */
    uint64_t ret;       /* ra: where a return from entry goes, 0 = fault */
    uint64_t tid_addr;  /* 0, or int32_t * that gets the new tid before the thread runs */
    int32_t  policy;    /* with _KC_TC_SCHED */
    int32_t  priority;  /* with _KC_TC_SCHED */
    uint64_t stack_lo;  /* for pidin: lowest stack address, 0 unknown */
    uint64_t stack_size;
};
#define _KC_TC_DETACHED 0x1
#define _KC_TC_SCHED    0x2 /* policy and priority given; otherwise inherited from the creator */
#define _KC_TC_HOLD     0x4 /* created STOPPED until SIGCONT / TM continue */

/* ThreadCtl() */
#define _NTO_TCTL_IO                          1
#define _NTO_TCTL_ALIGN_FAULT                 2
#define _NTO_TCTL_RUNMASK                     3
#define _NTO_TCTL_RUNMASK_GET_AND_SET         4
#define _NTO_TCTL_RUNMASK_GET_AND_SET_INHERIT 5
#define _NTO_TCTL_THREADS_HOLD                6
#define _NTO_TCTL_THREADS_CONT                7
#define _NTO_TCTL_ONE_THREAD_HOLD             8
#define _NTO_TCTL_ONE_THREAD_CONT             9
#define _NTO_TCTL_NAME                        10
#define _NTO_THREAD_NAME_MAX                  100

/* _NTO_TCTL_RUNMASK_GET_AND_SET_INHERIT: size words of runmask[], then as many of inherit_mask[]; 0 leaves a mask as it is.
 * What was set before comes back. */
struct _thread_runmask {
    int32_t  size;
    uint32_t masks[2]; /* size 1 */
};

struct _thread_name {
    int  new_name_len; /* -1: only read */
    int  name_buf_len;
    char name_buf[1];
};

/* Policies.  SCHED_OTHER 0, SCHED_FIFO 1, SCHED_RR 2 as musl's <sched.h> has them. */
#define _KC_SCHED_OTHER     0
#define _KC_SCHED_FIFO      1
#define _KC_SCHED_RR        2
#define _KC_SCHED_SPORADIC  4
#define _KC_SCHED_NOCHANGE  5
#define _KC_SCHED_ADJTOHEAD 6
#define _KC_SCHED_ADJTOTAIL 7

/* What KC_SCHED_GET/SET carry: libc's struct sched_param. */
struct _kc_timespec {
    int64_t sec, nsec;
};
struct _kc_sched_param {
    int32_t sched_priority;
    int32_t sched_curpriority;
    int32_t ss_low_priority; /* SCHED_SPORADIC */
    int32_t ss_max_repl;
    struct _kc_timespec ss_repl_period;
    struct _kc_timespec ss_init_budget;
};

struct _sched_info {
    int32_t  priority_min;
    int32_t  priority_max;
    uint64_t interval; /* ns of a time slice */
    int32_t  priority_priv;
    int32_t  reserved;
};
#define QRV_PRIO_MAX       255
#define QRV_PRIO_USER_MAX  63 /* highest for a process without PROCMGR_AID_PRIORITY */
#define QRV_PRIO_DEFAULT   10
