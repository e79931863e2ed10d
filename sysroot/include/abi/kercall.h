/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel-call numbers and the trap convention.
 *
 * A call is `ecall` from U-mode with the number in a7 and up to six arguments in a0..a5.  The result
 * comes back in a0: zero or positive on success, -errno on failure.  To its caller it is a function: of the others
 * the a and t registers are not kept, all the rest are (abi/ecall.h has it in C).
 * Where a call takes (address, parts): parts >= 0 is a count of `struct iovec` entries at address;
 * parts < 0 means one contiguous buffer of -parts bytes at address (the s and v forms of Neutrino's
 * message calls share one entry).  Numbers are private to one release: programs link against libc.
 */
#pragma once

/* clang-format off */
/* Messages */
#define KC_NOP                  0
#define KC_MSG_SENDV            1   /* coid, smsg, sparts, rmsg, rparts, flags(KC_SEND_*) -> status */
#define KC_MSG_RECEIVEV         2   /* chid, struct _msg_info *, 0, rmsg, rparts, flags(KC_RECEIVE_*) -> rcvid | 0 */
#define KC_MSG_REPLYV           3   /* rcvid, status, msg, parts */
#define KC_MSG_ERROR            4   /* rcvid, errno */
#define KC_MSG_READV            5   /* rcvid, msg, parts, offset -> bytes */
#define KC_MSG_WRITEV           6   /* rcvid, msg, parts, offset -> bytes */
#define KC_MSG_SEND_PULSE       7   /* coid, priority (-1: the caller's), code, value (64-bit) */
#define KC_MSG_INFO             8   /* rcvid, struct _msg_info * */
#define KC_MSG_DELIVER_EVENT    9   /* rcvid (0: self), const struct sigevent * */
#define KC_MSG_CURRENT          10  /* rcvid */
#define KC_MSG_VERIFY_EVENT     11  /* rcvid, const struct sigevent * */
#define KC_MSG_REGISTER_EVENT   12  /* struct sigevent * (becomes a handle), coid of who may deliver it (-1: anybody) */
#define KC_MSG_UNREGISTER_EVENT 13  /* const struct sigevent * */

#define KC_SEND_NC              0x1 /* not a cancellation point */
#define KC_RECEIVE_PULSE        0x1 /* dequeue pulses only */
#define KC_RECEIVE_NC           0x2 /* not a cancellation point */

/* Channels and connections */
#define KC_CHANNEL_CREATE       16  /* flags -> chid */
#define KC_CHANNEL_DESTROY      17  /* chid */
#define KC_CONNECT_ATTACH       18  /* nd, pid, chid, index, flags -> coid */
#define KC_CONNECT_DETACH       19  /* coid or scoid */
#define KC_CONNECT_FLAGS        20  /* pid, coid, mask, bits -> old flags */
#define KC_CONNECT_SERVER_INFO  21  /* pid, coid, struct _msg_info * -> coid found */
#define KC_CONNECT_CLIENT_INFO  22  /* scoid, struct _client_info *, ngroups */

/* Threads and scheduling */
#define KC_THREAD_CREATE        32  /* const struct _kc_thread_create *, with SCHED_SPORADIC const struct _kc_sched_param * -> tid */
#define KC_THREAD_DESTROY       33  /* tid (0: self, -1: all others), priority, status */
#define KC_THREAD_EXIT          34  /* status, int *clear (0 or word zeroed + futex-woken once the thread is out of user mode) */
#define KC_THREAD_JOIN          35  /* tid, uint64_t *status */
#define KC_THREAD_DETACH        36  /* tid */
#define KC_THREAD_CANCEL        37  /* tid: pending flag; ends a cancellable block with ECANCELED */
#define KC_THREAD_CTL           38  /* cmd, data */
#define KC_SCHED_GET            39  /* pid, tid, struct sched_param * -> policy */
#define KC_SCHED_SET            40  /* pid, tid, policy, const struct sched_param * */
#define KC_SCHED_INFO           41  /* pid, policy, struct _sched_info * */
#define KC_SCHED_YIELD          42
#define KC_GETPID               43  /* -> pid */
#define KC_GETTID               44  /* -> tid */
#define KC_PROC_EXIT            45  /* wait status as given by wait(): ends the calling process */
#define KC_GETPPID              46  /* -> pid of the parent, 1 when it is gone */
#define KC_THREAD_CTL_EXT       47  /* pid, tid, cmd, data */

/* Synchronisation: sync_t pointers */
#define KC_SYNC_TYPE_CREATE     48  /* type, sync, const struct _sync_attr * */
#define KC_SYNC_DESTROY         49  /* sync */
#define KC_SYNC_MUTEX_LOCK      50  /* sync */
#define KC_SYNC_MUTEX_UNLOCK    51  /* sync */
#define KC_SYNC_COND_WAIT       52  /* cond, mutex */
#define KC_SYNC_COND_SIGNAL     53  /* cond, all */
#define KC_SYNC_SEM_POST        54  /* sem */
#define KC_SYNC_SEM_WAIT        55  /* sem, try */
#define KC_SYNC_CTL             56  /* cmd, sync, data */
#define KC_SYNC_MUTEX_EVENT     57  /* mutex, const struct sigevent * */
#define KC_SYNC_MUTEX_REVIVE    58  /* mutex */
#define KC_FUTEX_WAIT           59  /* addr, expected, state (STATE_* shown by pidin): EAGAIN when *addr != expected; obeys TimerTimeout */
#define KC_FUTEX_WAKE           60  /* addr, max threads -> woken */

/* Signals */
#define KC_SIGNAL_ACTION        64  /* signo, stub, const struct _kc_sigaction *, struct _kc_sigaction *old */
#define KC_SIGNAL_KILL          65  /* pid (as kill(): 0, -1, -pgrp), tid (0: process), signo (0: check), code, value, child (taskman only: si_pid of SIGCHLD) */
#define KC_SIGNAL_PROCMASK      66  /* how (SIG_BLOCK..), const uint64_t *set, uint64_t *old */
#define KC_SIGNAL_SUSPEND       67  /* const uint64_t *mask */
#define KC_SIGNAL_WAITINFO      68  /* const uint64_t *set, siginfo * -> signo */
#define KC_SIGNAL_RETURN        69  /* struct _kc_sigframe * */
#define KC_SIGNAL_PENDING       70  /* uint64_t *set */
#define KC_SIGNAL_ALTSTACK      71  /* const stack *, stack *old (musl's stack_t) */

/* Clocks and timers: times are uint64_t nanoseconds */
#define KC_CLOCK_TIME           80  /* id, const uint64_t *new, uint64_t *old */
#define KC_CLOCK_ADJUST         81  /* id, const struct _clockadjust *, struct _clockadjust * */
#define KC_CLOCK_PERIOD         82  /* id, const struct _clockperiod *, struct _clockperiod *, external */
#define KC_CLOCK_ID             83  /* pid, tid -> clock id */
#define KC_TIMER_CREATE         85  /* clock id, const struct sigevent * -> timer id */
#define KC_TIMER_DESTROY        86  /* id */
#define KC_TIMER_SETTIME        87  /* id, flags, const struct _itimer *, struct _itimer *old */
#define KC_TIMER_INFO           88  /* pid, id, flags, struct _timer_info * -> id found */
#define KC_TIMER_ALARM          89  /* clock id, const struct _itimer *, struct _itimer *old: SIGALRM of the process */
#define KC_TIMER_TIMEOUT        90  /* clock id, flags, const struct sigevent *, const uint64_t *ntime, uint64_t *otime -> old flags */
#define KC_NANOSLEEP            91  /* clock id, flags(TIMER_ABSTIME), const uint64_t *ns, uint64_t *remain */

/* Interrupts */
#define KC_INTR_ATTACH_EVENT    96  /* vector, const struct sigevent *, flags -> id */
#define KC_INTR_DETACH          97  /* id */
#define KC_INTR_MASK            98  /* vector, id -> mask count */
#define KC_INTR_UNMASK          99  /* vector, id -> mask count */
#define KC_INTR_WAIT            100 /* flags, const uint64_t *timeout (0: TimerTimeout decides) */

/* System */
#define KC_CACHE_SYNC           112 /* address, length: code written there may be run by any thread of the process */

#define KC_TRACE_EVENT          113 /* command and its arguments: abi/trace.h */
/* Only in the kernel that checks itself (images/debug), ENOSYS in the one that ships */
#define KC_DEBUG_FAIL           127 /* n (0: none): the n-th allocation by kernel calls of this process from now on fails, once
                                     * -> allocations since the last time it was asked */

/* 128 and up: abi/tm.h, taskman only (EPERM for everybody else) */
/* clang-format on */
