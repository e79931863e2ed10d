/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel calls.  Foo() returns -1 and sets errno.  Foo_r() leaves errno alone: calls that only
 * succeed or fail return EOK or a positive errno value, calls that return something return -errno.
 * Documentation followed: Library Reference, the page of each function. */
#pragma once
#include <abi/intr.h>
#include <abi/limits.h>
#include <abi/msg.h>
#include <abi/sync.h>
#include <abi/thread.h>
#include <abi/time.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/cdefs.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

__BEGIN_DECLS

typedef struct iovec iov_t;

#define SETIOV(iov, addr, len)                                                                     \
    ((void)((iov)->iov_base = (void *)(addr), (iov)->iov_len = (size_t)(len)))
#define SETIOV_CONST(iov, addr, len) SETIOV(iov, (uintptr_t)(addr), len)
#define GETIOVBASE(iov)              ((iov)->iov_base)
#define GETIOVLEN(iov)               ((iov)->iov_len)

struct _pulse {
    uint16_t type;    /* _PULSE_TYPE */
    uint16_t subtype; /* _PULSE_SUBTYPE */
    int8_t code;
    uint8_t zero[3];
    union sigval value;
    int32_t scoid;
};
#ifdef __cplusplus
static_assert(sizeof(struct _pulse) == sizeof(struct _kc_pulse), "kernel ABI");
#else
_Static_assert(sizeof(struct _pulse) == sizeof(struct _kc_pulse), "kernel ABI");
_Static_assert(offsetof(struct _pulse, scoid) == offsetof(struct _kc_pulse, scoid), "kernel ABI");
#endif

#define PULSE_TYPE _PULSE_TYPE

/* ThreadCreate(): flags are PTHREAD_CREATE_DETACHED and _KC_TC_SCHED (policy and priority given).
 */
struct _thread_attr {
    int __flags;
    int __policy;
    size_t __stacksize;               /* 0: default */
    void *__stackaddr;                /* lowest address, 0: allocated */
    void (*__exitfunc)(void *status); /* called with what the thread function returned */
    struct sched_param __param;
    unsigned __guardsize;
    unsigned __reserved[5];
};

struct _client_able {
    uint32_t ability; /* PROCMGR_AID_* */
    uint32_t flags;   /* out: _NTO_CI_UNABLE when the client lacks it */
    uint64_t range_lo, range_hi;
};

/* A processor's bit in the masks of ThreadCtl(_NTO_TCTL_RUNMASK_GET_AND_SET_INHERIT). */
#define RMSK_SIZE(num_cpu)   (((num_cpu) + 31) / 32)
#define RMSK_SET(cpu, mask)  ((void)((mask)[(cpu) / 32] |= 1U << (cpu) % 32))
#define RMSK_CLR(cpu, mask)  ((void)((mask)[(cpu) / 32] &= ~(1U << (cpu) % 32)))
#define RMSK_ISSET(cpu, mask) (((mask)[(cpu) / 32] >> (cpu) % 32) & 1U)

struct intrspin {
    volatile unsigned value;
};
typedef struct intrspin intrspin_t;

/* Messages.  The status given to MsgReply() is what MsgSend() returns. */
long MsgSend(int coid, const void *smsg, size_t sbytes, void *rmsg, size_t rbytes);
long MsgSend_r(int coid, const void *smsg, size_t sbytes, void *rmsg, size_t rbytes);
long MsgSendsv(int coid, const void *smsg, size_t sbytes, const iov_t *riov, size_t rparts);
long MsgSendsv_r(int coid, const void *smsg, size_t sbytes, const iov_t *riov, size_t rparts);
long MsgSendvs(int coid, const iov_t *siov, size_t sparts, void *rmsg, size_t rbytes);
long MsgSendvs_r(int coid, const iov_t *siov, size_t sparts, void *rmsg, size_t rbytes);
long MsgSendv(int coid, const iov_t *siov, size_t sparts, const iov_t *riov, size_t rparts);
long MsgSendv_r(int coid, const iov_t *siov, size_t sparts, const iov_t *riov, size_t rparts);
long MsgSendnc(int coid, const void *smsg, size_t sbytes, void *rmsg, size_t rbytes);
long MsgSendnc_r(int coid, const void *smsg, size_t sbytes, void *rmsg, size_t rbytes);
long MsgSendsvnc(int coid, const void *smsg, size_t sbytes, const iov_t *riov, size_t rparts);
long MsgSendsvnc_r(int coid, const void *smsg, size_t sbytes, const iov_t *riov, size_t rparts);
long MsgSendvsnc(int coid, const iov_t *siov, size_t sparts, void *rmsg, size_t rbytes);
long MsgSendvsnc_r(int coid, const iov_t *siov, size_t sparts, void *rmsg, size_t rbytes);
long MsgSendvnc(int coid, const iov_t *siov, size_t sparts, const iov_t *riov, size_t rparts);
long MsgSendvnc_r(int coid, const iov_t *siov, size_t sparts, const iov_t *riov, size_t rparts);
int MsgReceive(int chid, void *msg, size_t bytes, struct _msg_info *info);
int MsgReceive_r(int chid, void *msg, size_t bytes, struct _msg_info *info);
int MsgReceivev(int chid, const iov_t *riov, size_t rparts, struct _msg_info *info);
int MsgReceivev_r(int chid, const iov_t *riov, size_t rparts, struct _msg_info *info);
int MsgReceivePulse(int chid, void *pulse, size_t bytes, struct _msg_info *info);
int MsgReceivePulse_r(int chid, void *pulse, size_t bytes, struct _msg_info *info);
int MsgReceivePulsev(int chid, const iov_t *piov, size_t parts, struct _msg_info *info);
int MsgReceivePulsev_r(int chid, const iov_t *piov, size_t parts, struct _msg_info *info);
int MsgReply(int rcvid, long status, const void *msg, size_t bytes);
int MsgReply_r(int rcvid, long status, const void *msg, size_t bytes);
int MsgReplyv(int rcvid, long status, const iov_t *riov, size_t rparts);
int MsgReplyv_r(int rcvid, long status, const iov_t *riov, size_t rparts);
int MsgError(int rcvid, int error);
int MsgError_r(int rcvid, int error);
ssize_t MsgRead(int rcvid, void *msg, size_t bytes, size_t offset);
ssize_t MsgRead_r(int rcvid, void *msg, size_t bytes, size_t offset);
ssize_t MsgReadv(int rcvid, const iov_t *riov, size_t rparts, size_t offset);
ssize_t MsgReadv_r(int rcvid, const iov_t *riov, size_t rparts, size_t offset);
ssize_t MsgWrite(int rcvid, const void *msg, size_t bytes, size_t offset);
ssize_t MsgWrite_r(int rcvid, const void *msg, size_t bytes, size_t offset);
ssize_t MsgWritev(int rcvid, const iov_t *iov, size_t parts, size_t offset);
ssize_t MsgWritev_r(int rcvid, const iov_t *iov, size_t parts, size_t offset);
int MsgInfo(int rcvid, struct _msg_info *info);
int MsgInfo_r(int rcvid, struct _msg_info *info);
int MsgSendPulse(int coid, int priority, int code, int value);
int MsgSendPulse_r(int coid, int priority, int code, int value);
int MsgSendPulsePtr(int coid, int priority, int code, void *value);
int MsgSendPulsePtr_r(int coid, int priority, int code, void *value);
int MsgDeliverEvent(int rcvid, const struct sigevent *event);
int MsgDeliverEvent_r(int rcvid, const struct sigevent *event);
int MsgVerifyEvent(int rcvid, const struct sigevent *event);
int MsgVerifyEvent_r(int rcvid, const struct sigevent *event);
/* Registers the event, which becomes a handle (7.1 m/msgregisterevent): only the server at the other end of coid (-1: anybody) may deliver it.
 * SIGEV_MAKE_UPDATEABLE() before lets the server set its value. */
int MsgRegisterEvent(struct sigevent *event, int coid);
int MsgRegisterEvent_r(struct sigevent *event, int coid);
int MsgUnregisterEvent(const struct sigevent *event);
int MsgUnregisterEvent_r(const struct sigevent *event);
int MsgCurrent(int rcvid);
int MsgCurrent_r(int rcvid);

/* Channels and connections. */
int ChannelCreate(unsigned flags);
int ChannelCreate_r(unsigned flags);
int ChannelDestroy(int chid);
int ChannelDestroy_r(int chid);
int ConnectAttach(uint32_t nd, pid_t pid, int chid, unsigned index, int flags);
int ConnectAttach_r(uint32_t nd, pid_t pid, int chid, unsigned index, int flags);
int ConnectDetach(int coid);
int ConnectDetach_r(int coid);
int ConnectFlags(pid_t pid, int coid, unsigned mask, unsigned bits);
int ConnectFlags_r(pid_t pid, int coid, unsigned mask, unsigned bits);
int ConnectServerInfo(pid_t pid, int coid, struct _server_info *info);
int ConnectServerInfo_r(pid_t pid, int coid, struct _server_info *info);
int ConnectClientInfo(int scoid, struct _client_info *info, int ngroups);
int ConnectClientInfo_r(int scoid, struct _client_info *info, int ngroups);
/* *info is allocated; free it with ClientInfoExtFree(). */
int ConnectClientInfoExt(int scoid, struct _client_info **info, int flags);
int ConnectClientInfoAble(int scoid, struct _client_info **info, int flags,
                          struct _client_able *abilities, int count);
int ClientInfoExtFree(struct _client_info **info);

/* Threads and scheduling. */
int ThreadCreate(pid_t pid, void *(*func)(void *), void *arg, const struct _thread_attr *attr);
int ThreadCreate_r(pid_t pid, void *(*func)(void *), void *arg, const struct _thread_attr *attr);
int ThreadDestroy(int tid, int priority, void *status);
int ThreadDestroy_r(int tid, int priority, void *status);
int ThreadDetach(int tid);
int ThreadDetach_r(int tid);
int ThreadJoin(int tid, void **status);
int ThreadJoin_r(int tid, void **status);
int ThreadCancel(int tid, void (*canstub)(void));
int ThreadCancel_r(int tid, void (*canstub)(void));
int ThreadCtl(int cmd, void *data);
int ThreadCtl_r(int cmd, void *data);
/* Another thread: _NTO_TCTL_NAME only (EINVAL). */
int ThreadCtlExt(pid_t pid, int tid, int cmd, void *data);
int ThreadCtlExt_r(pid_t pid, int tid, int cmd, void *data);
int SchedGet(pid_t pid, int tid, struct sched_param *param);
int SchedGet_r(pid_t pid, int tid, struct sched_param *param);
int SchedSet(pid_t pid, int tid, int policy, const struct sched_param *param);
int SchedSet_r(pid_t pid, int tid, int policy, const struct sched_param *param);
int SchedInfo(pid_t pid, int policy, struct _sched_info *info);
int SchedInfo_r(pid_t pid, int policy, struct _sched_info *info);
int SchedYield(void);
int SchedYield_r(void);

/* Synchronisation objects. */
int SyncTypeCreate(unsigned type, sync_t *sync, const struct _sync_attr *attr);
int SyncTypeCreate_r(unsigned type, sync_t *sync, const struct _sync_attr *attr);
int SyncDestroy(sync_t *sync);
int SyncDestroy_r(sync_t *sync);
int SyncMutexLock(sync_t *sync);
int SyncMutexLock_r(sync_t *sync);
int SyncMutexUnlock(sync_t *sync);
int SyncMutexUnlock_r(sync_t *sync);
int SyncMutexEvent(sync_t *sync, const struct sigevent *event);
int SyncMutexEvent_r(sync_t *sync, const struct sigevent *event);
int SyncMutexRevive(sync_t *sync);
int SyncMutexRevive_r(sync_t *sync);
int SyncCondvarWait(sync_t *sync, sync_t *mutex);
int SyncCondvarWait_r(sync_t *sync, sync_t *mutex);
int SyncCondvarSignal(sync_t *sync, int all);
int SyncCondvarSignal_r(sync_t *sync, int all);
int SyncSemPost(sync_t *sync);
int SyncSemPost_r(sync_t *sync);
int SyncSemWait(sync_t *sync, int try_only);
int SyncSemWait_r(sync_t *sync, int try_only);
int SyncCtl(int cmd, sync_t *sync, void *data);
int SyncCtl_r(int cmd, sync_t *sync, void *data);

/* Signals. */
int SignalAction(pid_t pid, void (*sigstub)(void), int signo, const struct sigaction *act,
                 struct sigaction *oact);
int SignalAction_r(pid_t pid, void (*sigstub)(void), int signo, const struct sigaction *act,
                   struct sigaction *oact);
int SignalKill(uint32_t nd, pid_t pid, int tid, int signo, int code, int value);
int SignalKill_r(uint32_t nd, pid_t pid, int tid, int signo, int code, int value);
/* The same with a whole value. */
int SignalKillSigval(uint32_t nd, pid_t pid, int tid, int signo, int code, const union sigval *value);
int SignalKillSigval_r(uint32_t nd, pid_t pid, int tid, int signo, int code, const union sigval *value);
int SignalProcmask(pid_t pid, int tid, int how, const sigset_t *set, sigset_t *oldset);
int SignalProcmask_r(pid_t pid, int tid, int how, const sigset_t *set, sigset_t *oldset);
int SignalSuspend(const sigset_t *set);
int SignalSuspend_r(const sigset_t *set);
int SignalWaitinfo(const sigset_t *set, siginfo_t *info);
int SignalWaitinfo_r(const sigset_t *set, siginfo_t *info);
int SignalReturn(void *frame);

/* Clocks, timers, kernel timeouts. */
int ClockTime(clockid_t id, const uint64_t *new_time, uint64_t *old_time);
int ClockTime_r(clockid_t id, const uint64_t *new_time, uint64_t *old_time);
int ClockAdjust(clockid_t id, const struct _clockadjust *new_adj, struct _clockadjust *old_adj);
int ClockAdjust_r(clockid_t id, const struct _clockadjust *new_adj, struct _clockadjust *old_adj);
int ClockPeriod(clockid_t id, const struct _clockperiod *new_period,
                struct _clockperiod *old_period, int reserved);
int ClockPeriod_r(clockid_t id, const struct _clockperiod *new_period,
                  struct _clockperiod *old_period, int reserved);
int ClockId(pid_t pid, int tid);
int ClockId_r(pid_t pid, int tid);
uint64_t ClockCycles(void);
int TimerCreate(clockid_t id, const struct sigevent *event);
int TimerCreate_r(clockid_t id, const struct sigevent *event);
int TimerDestroy(timer_t id);
int TimerDestroy_r(timer_t id);
int TimerSettime(timer_t id, int flags, const struct _itimer *itime, struct _itimer *oitime);
int TimerSettime_r(timer_t id, int flags, const struct _itimer *itime, struct _itimer *oitime);
int TimerInfo(pid_t pid, timer_t id, int flags, struct _timer_info *info);
int TimerInfo_r(pid_t pid, timer_t id, int flags, struct _timer_info *info);
int TimerAlarm(clockid_t id, const struct _itimer *itime, struct _itimer *oitime);
int TimerAlarm_r(clockid_t id, const struct _itimer *itime, struct _itimer *oitime);
int TimerTimeout(clockid_t id, int flags, const struct sigevent *notify, const uint64_t *ntime,
                 uint64_t *otime);
int TimerTimeout_r(clockid_t id, int flags, const struct sigevent *notify, const uint64_t *ntime,
                   uint64_t *otime);

/* Interrupts. */
int InterruptAttach(int intr, const struct sigevent *(*handler)(void *area, int id),
                    const void *area, int size, unsigned flags);
int InterruptAttach_r(int intr, const struct sigevent *(*handler)(void *area, int id),
                      const void *area, int size, unsigned flags);
/* As InterruptAttach(); the handler returns NULL or a list of events that NULL ends (7.1 i/interruptattacharray). */
int InterruptAttachArray(int intr, const struct sigevent *const *(*handler)(void *area, int id),
                         const void *area, int size, unsigned flags);
int InterruptAttachArray_r(int intr, const struct sigevent *const *(*handler)(void *area, int id),
                           const void *area, int size, unsigned flags);
int InterruptAttachEvent(int intr, const struct sigevent *event, unsigned flags);
int InterruptAttachEvent_r(int intr, const struct sigevent *event, unsigned flags);
int InterruptDetach(int id);
int InterruptDetach_r(int id);
int InterruptWait(int flags, const uint64_t *timeout);
int InterruptWait_r(int flags, const uint64_t *timeout);
int InterruptMask(int intr, int id);
int InterruptUnmask(int intr, int id);
int InterruptDisable(void);
int InterruptEnable(void);
void InterruptLock(struct intrspin *spinlock);
void InterruptUnlock(struct intrspin *spinlock);

/* Tracing: commands and their arguments are in <abi/trace.h>, which <sys/trace.h> includes. */
int TraceEvent(int code, ...);

__END_DECLS
