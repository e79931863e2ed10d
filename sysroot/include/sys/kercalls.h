/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of kernel calls, as the event of the trace classes _NTO_TRACE_KERCALLENTER and _NTO_TRACE_KERCALLEXIT.  Documentation
 * followed: System Analysis Toolkit, "Current Trace Events and Data", which gives names only.  A call that QRV has under another
 * name, or that several functions share, is named as there; calls that only QRV has are not here (abi/kercall.h). */
#pragma once
#include <abi/kercall.h>

/* clang-format off */
#define __KER_NOP                    KC_NOP
#define __KER_MSG_SENDV              KC_MSG_SENDV
#define __KER_MSG_RECEIVEV           KC_MSG_RECEIVEV
#define __KER_MSG_REPLYV             KC_MSG_REPLYV
#define __KER_MSG_ERROR              KC_MSG_ERROR
#define __KER_MSG_READV              KC_MSG_READV
#define __KER_MSG_WRITEV             KC_MSG_WRITEV
#define __KER_MSG_SEND_PULSE         KC_MSG_SEND_PULSE
#define __KER_MSG_INFO               KC_MSG_INFO
#define __KER_MSG_DELIVER_EVENT      KC_MSG_DELIVER_EVENT
#define __KER_MSG_CURRENT            KC_MSG_CURRENT
#define __KER_MSG_VERIFY_EVENT       KC_MSG_VERIFY_EVENT
#define __KER_MSG_REGISTER_EVENT     KC_MSG_REGISTER_EVENT
#define __KER_MSG_UNREGISTER_EVENT   KC_MSG_UNREGISTER_EVENT
#define __KER_CHANNEL_CREATE         KC_CHANNEL_CREATE
#define __KER_CHANNEL_DESTROY        KC_CHANNEL_DESTROY
#define __KER_CONNECT_ATTACH         KC_CONNECT_ATTACH
#define __KER_CONNECT_DETACH         KC_CONNECT_DETACH
#define __KER_CONNECT_FLAGS          KC_CONNECT_FLAGS
#define __KER_CONNECT_SERVER_INFO    KC_CONNECT_SERVER_INFO
#define __KER_CONNECT_CLIENT_INFO    KC_CONNECT_CLIENT_INFO
#define __KER_THREAD_CREATE          KC_THREAD_CREATE
#define __KER_THREAD_DESTROY         KC_THREAD_DESTROY
#define __KER_THREAD_JOIN            KC_THREAD_JOIN
#define __KER_THREAD_DETACH          KC_THREAD_DETACH
#define __KER_THREAD_CANCEL          KC_THREAD_CANCEL
#define __KER_THREAD_CTL             KC_THREAD_CTL
#define __KER_SCHED_GET              KC_SCHED_GET
#define __KER_SCHED_SET              KC_SCHED_SET
#define __KER_SCHED_INFO             KC_SCHED_INFO
#define __KER_SCHED_YIELD            KC_SCHED_YIELD
#define __KER_SYNC_CREATE            KC_SYNC_TYPE_CREATE
#define __KER_SYNC_DESTROY           KC_SYNC_DESTROY
#define __KER_SYNC_MUTEX_LOCK        KC_SYNC_MUTEX_LOCK
#define __KER_SYNC_MUTEX_UNLOCK      KC_SYNC_MUTEX_UNLOCK
#define __KER_SYNC_CONDVAR_WAIT      KC_SYNC_COND_WAIT
#define __KER_SYNC_CONDVAR_SIGNAL    KC_SYNC_COND_SIGNAL
#define __KER_SYNC_SEM_POST          KC_SYNC_SEM_POST
#define __KER_SYNC_SEM_WAIT          KC_SYNC_SEM_WAIT
#define __KER_SYNC_CTL               KC_SYNC_CTL
#define __KER_SYNC_MUTEX_REVIVE      KC_SYNC_MUTEX_REVIVE
#define __KER_SIGNAL_ACTION          KC_SIGNAL_ACTION
#define __KER_SIGNAL_KILL            KC_SIGNAL_KILL
#define __KER_SIGNAL_PROCMASK        KC_SIGNAL_PROCMASK
#define __KER_SIGNAL_SUSPEND         KC_SIGNAL_SUSPEND
#define __KER_SIGNAL_WAITINFO        KC_SIGNAL_WAITINFO
#define __KER_SIGNAL_RETURN          KC_SIGNAL_RETURN
#define __KER_CLOCK_TIME             KC_CLOCK_TIME
#define __KER_CLOCK_ADJUST           KC_CLOCK_ADJUST
#define __KER_CLOCK_PERIOD           KC_CLOCK_PERIOD
#define __KER_CLOCK_ID               KC_CLOCK_ID
#define __KER_TIMER_CREATE           KC_TIMER_CREATE
#define __KER_TIMER_DESTROY          KC_TIMER_DESTROY
#define __KER_TIMER_SETTIME          KC_TIMER_SETTIME
#define __KER_TIMER_INFO             KC_TIMER_INFO
#define __KER_TIMER_ALARM            KC_TIMER_ALARM
#define __KER_TIMER_TIMEOUT          KC_TIMER_TIMEOUT
#define __KER_INTERRUPT_ATTACH       KC_INTR_ATTACH_EVENT
#define __KER_INTERRUPT_DETACH       KC_INTR_DETACH
#define __KER_INTERRUPT_MASK         KC_INTR_MASK
#define __KER_INTERRUPT_UNMASK       KC_INTR_UNMASK
#define __KER_INTERRUPT_WAIT         KC_INTR_WAIT
#define __KER_CACHE_FLUSH            KC_CACHE_SYNC
#define __KER_TRACE_EVENT            KC_TRACE_EVENT
/* clang-format on */
