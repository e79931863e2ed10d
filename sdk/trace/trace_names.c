/* SPDX-License-Identifier: Apache-2.0 */
/* What numbers in a trace are called.  Kernel calls bear the name of the function they are made by. */
#include "../../sysroot/include/abi/kercall.h"
#include "../../sysroot/include/abi/thread.h"
#include "../../sysroot/include/abi/tm.h"
#include "trace.h"

#define NAME_OF(table, i) ((i) < sizeof table / sizeof table[0] && table[i] != NULL ? table[i] : "?")

const char *trace_class_name(unsigned class_)
{
    static const char *const names[QRV_TRACE_CLASSES] = {
        [_NTO_TRACE_COMM] = "comm",
        [_NTO_TRACE_CONTROL] = "control",
        [_NTO_TRACE_INTENTER] = "int_enter",
        [_NTO_TRACE_INTEXIT] = "int_exit",
        [_NTO_TRACE_INT_HANDLER_ENTER] = "int_handler_enter",
        [_NTO_TRACE_INT_HANDLER_EXIT] = "int_handler_exit",
        [_NTO_TRACE_KERCALLENTER] = "call_enter",
        [_NTO_TRACE_KERCALLEXIT] = "call_exit",
        [_NTO_TRACE_KERCALLINT] = "call_int",
        [_NTO_TRACE_PROCESS] = "process",
        [_NTO_TRACE_SYSTEM] = "system",
        [_NTO_TRACE_THREAD] = "thread",
        [_NTO_TRACE_USER] = "user",
        [_NTO_TRACE_VTHREAD] = "vthread",
    };
    return NAME_OF(names, class_);
}

const char *trace_state_name(unsigned state)
{
    static const char *const names[STATE_MAX] = {
        [STATE_DEAD] = "DEAD",           [STATE_RUNNING] = "RUNNING",     [STATE_READY] = "READY",
        [STATE_STOPPED] = "STOPPED",     [STATE_SEND] = "SEND",           [STATE_RECEIVE] = "RECEIVE",
        [STATE_REPLY] = "REPLY",         [STATE_STACK] = "STACK",         [STATE_WAITTHREAD] = "WAITTHREAD",
        [STATE_WAITPAGE] = "WAITPAGE",   [STATE_SIGSUSPEND] = "SIGSUSPEND", [STATE_SIGWAITINFO] = "SIGWAITINFO",
        [STATE_NANOSLEEP] = "NANOSLEEP", [STATE_MUTEX] = "MUTEX",         [STATE_CONDVAR] = "CONDVAR",
        [STATE_JOIN] = "JOIN",           [STATE_INTR] = "INTR",           [STATE_SEM] = "SEM",
        [STATE_WAITCTX] = "WAITCTX",     [STATE_NET_SEND] = "NET_SEND",   [STATE_NET_REPLY] = "NET_REPLY",
    };
    return NAME_OF(names, state);
}

const char *trace_call_name(unsigned number)
{
    static const char *const names[256] = {
        [KC_NOP] = "Nop",
        [KC_MSG_SENDV] = "MsgSendv",
        [KC_MSG_RECEIVEV] = "MsgReceivev",
        [KC_MSG_REPLYV] = "MsgReplyv",
        [KC_MSG_ERROR] = "MsgError",
        [KC_MSG_READV] = "MsgReadv",
        [KC_MSG_WRITEV] = "MsgWritev",
        [KC_MSG_SEND_PULSE] = "MsgSendPulse",
        [KC_MSG_INFO] = "MsgInfo",
        [KC_MSG_DELIVER_EVENT] = "MsgDeliverEvent",
        [KC_MSG_CURRENT] = "MsgCurrent",
        [KC_MSG_VERIFY_EVENT] = "MsgVerifyEvent",
        [KC_MSG_REGISTER_EVENT] = "MsgRegisterEvent",
        [KC_MSG_UNREGISTER_EVENT] = "MsgUnregisterEvent",
        [KC_CHANNEL_CREATE] = "ChannelCreate",
        [KC_CHANNEL_DESTROY] = "ChannelDestroy",
        [KC_CONNECT_ATTACH] = "ConnectAttach",
        [KC_CONNECT_DETACH] = "ConnectDetach",
        [KC_CONNECT_FLAGS] = "ConnectFlags",
        [KC_CONNECT_SERVER_INFO] = "ConnectServerInfo",
        [KC_CONNECT_CLIENT_INFO] = "ConnectClientInfo",
        [KC_THREAD_CREATE] = "ThreadCreate",
        [KC_THREAD_DESTROY] = "ThreadDestroy",
        [KC_THREAD_EXIT] = "pthread_exit",
        [KC_THREAD_JOIN] = "ThreadJoin",
        [KC_THREAD_DETACH] = "ThreadDetach",
        [KC_THREAD_CANCEL] = "ThreadCancel",
        [KC_THREAD_CTL] = "ThreadCtl",
        [KC_SCHED_GET] = "SchedGet",
        [KC_SCHED_SET] = "SchedSet",
        [KC_SCHED_INFO] = "SchedInfo",
        [KC_SCHED_YIELD] = "SchedYield",
        [KC_GETPID] = "getpid",
        [KC_GETTID] = "gettid",
        [KC_PROC_EXIT] = "_exit",
        [KC_GETPPID] = "getppid",
        [KC_SYNC_TYPE_CREATE] = "SyncTypeCreate",
        [KC_SYNC_DESTROY] = "SyncDestroy",
        [KC_SYNC_MUTEX_LOCK] = "SyncMutexLock",
        [KC_SYNC_MUTEX_UNLOCK] = "SyncMutexUnlock",
        [KC_SYNC_COND_WAIT] = "SyncCondvarWait",
        [KC_SYNC_COND_SIGNAL] = "SyncCondvarSignal",
        [KC_SYNC_SEM_POST] = "SyncSemPost",
        [KC_SYNC_SEM_WAIT] = "SyncSemWait",
        [KC_SYNC_CTL] = "SyncCtl",
        [KC_SYNC_MUTEX_EVENT] = "SyncMutexEvent",
        [KC_SYNC_MUTEX_REVIVE] = "SyncMutexRevive",
        [KC_FUTEX_WAIT] = "futex_wait",
        [KC_FUTEX_WAKE] = "futex_wake",
        [KC_SIGNAL_ACTION] = "SignalAction",
        [KC_SIGNAL_KILL] = "SignalKill",
        [KC_SIGNAL_PROCMASK] = "SignalProcmask",
        [KC_SIGNAL_SUSPEND] = "SignalSuspend",
        [KC_SIGNAL_WAITINFO] = "SignalWaitinfo",
        [KC_SIGNAL_RETURN] = "SignalReturn",
        [KC_SIGNAL_PENDING] = "sigpending",
        [KC_SIGNAL_ALTSTACK] = "sigaltstack",
        [KC_CLOCK_TIME] = "ClockTime",
        [KC_CLOCK_ADJUST] = "ClockAdjust",
        [KC_CLOCK_PERIOD] = "ClockPeriod",
        [KC_CLOCK_ID] = "ClockId",
        [KC_TIMER_CREATE] = "TimerCreate",
        [KC_TIMER_DESTROY] = "TimerDestroy",
        [KC_TIMER_SETTIME] = "TimerSettime",
        [KC_TIMER_INFO] = "TimerInfo",
        [KC_TIMER_ALARM] = "TimerAlarm",
        [KC_TIMER_TIMEOUT] = "TimerTimeout",
        [KC_NANOSLEEP] = "nanosleep",
        [KC_INTR_ATTACH_EVENT] = "InterruptAttachEvent",
        [KC_INTR_DETACH] = "InterruptDetach",
        [KC_INTR_MASK] = "InterruptMask",
        [KC_INTR_UNMASK] = "InterruptUnmask",
        [KC_INTR_WAIT] = "InterruptWait",
        [KC_CACHE_SYNC] = "CacheFlush",
        [KC_TRACE_EVENT] = "TraceEvent",
        [TM_PROC_CREATE] = "tm_proc_create",
        [TM_PROC_FORK] = "tm_proc_fork",
        [TM_PROC_EXEC] = "tm_proc_exec",
        [TM_PROC_RELEASE] = "tm_proc_release",
        [TM_PROC_SET] = "tm_proc_set",
        [TM_PROC_INFO] = "tm_proc_info",
        [TM_THREAD_INFO] = "tm_thread_info",
        [TM_THREAD_CONT] = "tm_thread_cont",
        [TM_MAP] = "tm_map",
        [TM_UNMAP] = "tm_unmap",
        [TM_PROTECT] = "tm_protect",
        [TM_OBJ_CREATE] = "tm_obj_create",
        [TM_OBJ_RESIZE] = "tm_obj_resize",
        [TM_OBJ_DESTROY] = "tm_obj_destroy",
        [TM_MEM_INFO] = "tm_mem_info",
        [TM_COPY] = "tm_copy",
        [TM_KPRINT] = "tm_kprint",
        [TM_REBOOT] = "tm_reboot",
        [TM_VIRT_TO_PHYS] = "tm_virt_to_phys",
        [TM_CHANNEL_INFO] = "tm_channel_info",
        [TM_TIMER_INFO] = "tm_timer_info",
        [TM_KSTAT] = "tm_kstat",
        [TM_FDT] = "tm_fdt",
        [TM_DEBUG_ATTACH] = "tm_debug_attach",
        [TM_DEBUG_DETACH] = "tm_debug_detach",
        [TM_DEBUG_STOP] = "tm_debug_stop",
        [TM_DEBUG_RUN] = "tm_debug_run",
        [TM_DEBUG_REGS] = "tm_debug_regs",
        [TM_DEBUG_CORE] = "tm_debug_core",
    };
    return NAME_OF(names, number);
}

const char *trace_event_name(unsigned class_, unsigned event)
{
    static const char *const comm[] = {NULL,    "SMSG",       "RMSG",       "REPLY",      "ERROR",     "SPULSE",    "RPULSE",
                                       "SPULSE_EXE", "SPULSE_DIS", "SPULSE_DEA", "SPULSE_UN", "SPULSE_QUN", "SIGNAL"};
    static const char *const control[] = {NULL, "TIME", "BUFFER", "DROPPED"};
    static const char *const process[] = {NULL, "PROCCREATE", "PROCDESTROY", "PROCCREATE_NAME", "PROCDESTROY_NAME",
                                          "PROCTHREAD_NAME"};
    static const char *const system_[] = {NULL,       "ADDRESS",    "FUNC_ENTER", "FUNC_EXIT",
                                          "IPI", "PAGEWAIT", "IST_ATTACH", "IST_DETACH"};
    switch (class_) {
    case _NTO_TRACE_COMM:
        return NAME_OF(comm, event);
    case _NTO_TRACE_CONTROL:
        return NAME_OF(control, event);
    case _NTO_TRACE_PROCESS:
        return NAME_OF(process, event);
    case _NTO_TRACE_SYSTEM:
        return NAME_OF(system_, event);
    case _NTO_TRACE_THREAD:
        return event == _NTO_TRACE_THCREATE    ? "THCREATE"
               : event == _NTO_TRACE_THDESTROY ? "THDESTROY"
                                               : trace_state_name(event);
    case _NTO_TRACE_KERCALLENTER:
    case _NTO_TRACE_KERCALLEXIT:
        return trace_call_name(event);
    }
    return "";
}
