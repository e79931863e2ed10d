/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel-call handlers.  Each runs on the caller's thread with untrusted arguments a[0..5] and returns the result or -errno.
 * A handler that blocks the thread (thread_block_locked) or installs a continuation returns KC_BLOCKED (object/thread.h): the result register is
 * then written by whoever finishes the wait. */
#pragma once
#include "object/process.h"

typedef int64_t (*kc_handler)(struct thread *t, const uint64_t a[6]);

#define KC_TABLE_SIZE 256
extern const kc_handler kc_table[KC_TABLE_SIZE]; /* by number; NULL: none */
extern const kc_handler *_Atomic kc_calls;       /* what calls go through: kc_table, or the traced one */
/* Every call that begins from here on is recorded, or no longer (kercall/trace.c). */
void kc_trace(bool on);

#define KC_HANDLER(name) int64_t kc_##name(struct thread *t, const uint64_t a[6])
KC_HANDLER(nop);
KC_HANDLER(msg_sendv);
KC_HANDLER(msg_receivev);
KC_HANDLER(msg_replyv);
KC_HANDLER(msg_error);
KC_HANDLER(msg_readv);
KC_HANDLER(msg_writev);
KC_HANDLER(msg_send_pulse);
KC_HANDLER(msg_info);
KC_HANDLER(msg_deliver_event);
KC_HANDLER(msg_current);
KC_HANDLER(msg_verify_event);
KC_HANDLER(msg_register_event);
KC_HANDLER(msg_unregister_event);
KC_HANDLER(channel_create);
KC_HANDLER(channel_destroy);
KC_HANDLER(connect_attach);
KC_HANDLER(connect_detach);
KC_HANDLER(connect_flags);
KC_HANDLER(connect_server_info);
KC_HANDLER(connect_client_info);
KC_HANDLER(thread_create);
KC_HANDLER(thread_destroy);
KC_HANDLER(thread_exit);
KC_HANDLER(thread_join);
KC_HANDLER(thread_detach);
KC_HANDLER(thread_cancel);
KC_HANDLER(thread_ctl);
KC_HANDLER(thread_ctl_ext);
KC_HANDLER(sched_get);
KC_HANDLER(sched_set);
KC_HANDLER(sched_info);
KC_HANDLER(sched_yield);
KC_HANDLER(getpid);
KC_HANDLER(gettid);
KC_HANDLER(proc_exit);
KC_HANDLER(getppid);
KC_HANDLER(sync_type_create);
KC_HANDLER(sync_destroy);
KC_HANDLER(sync_mutex_lock);
KC_HANDLER(sync_mutex_unlock);
KC_HANDLER(sync_cond_wait);
KC_HANDLER(sync_cond_signal);
KC_HANDLER(sync_sem_post);
KC_HANDLER(sync_sem_wait);
KC_HANDLER(sync_ctl);
KC_HANDLER(sync_mutex_event);
KC_HANDLER(sync_mutex_revive);
KC_HANDLER(futex_wait);
KC_HANDLER(futex_wake);
KC_HANDLER(signal_action);
KC_HANDLER(signal_kill);
KC_HANDLER(signal_procmask);
KC_HANDLER(signal_suspend);
KC_HANDLER(signal_waitinfo);
KC_HANDLER(signal_return);
KC_HANDLER(signal_pending);
KC_HANDLER(signal_altstack);
KC_HANDLER(clock_time);
KC_HANDLER(clock_adjust);
KC_HANDLER(clock_period);
KC_HANDLER(clock_id);
KC_HANDLER(timer_create);
KC_HANDLER(timer_destroy);
KC_HANDLER(timer_settime);
KC_HANDLER(timer_info);
KC_HANDLER(timer_alarm);
KC_HANDLER(timer_timeout);
KC_HANDLER(nanosleep);
KC_HANDLER(intr_attach_event);
KC_HANDLER(intr_detach);
KC_HANDLER(intr_mask);
KC_HANDLER(intr_unmask);
KC_HANDLER(intr_wait);
KC_HANDLER(cache_sync);
KC_HANDLER(trace_event);
KC_HANDLER(debug_fail);
KC_HANDLER(tm_proc_create);
KC_HANDLER(tm_proc_fork);
KC_HANDLER(tm_proc_exec);
KC_HANDLER(tm_proc_release);
KC_HANDLER(tm_proc_set);
KC_HANDLER(tm_proc_info);
KC_HANDLER(tm_thread_info);
KC_HANDLER(tm_thread_cont);
KC_HANDLER(tm_map);
KC_HANDLER(tm_unmap);
KC_HANDLER(tm_protect);
KC_HANDLER(tm_obj_create);
KC_HANDLER(tm_obj_resize);
KC_HANDLER(tm_obj_destroy);
KC_HANDLER(tm_mem_info);
KC_HANDLER(tm_copy);
KC_HANDLER(tm_kprint);
KC_HANDLER(tm_reboot);
KC_HANDLER(tm_virt_to_phys);
KC_HANDLER(tm_channel_info);
KC_HANDLER(tm_timer_info);
KC_HANDLER(tm_kstat);
KC_HANDLER(tm_fdt);
KC_HANDLER(tm_proc_empty);
KC_HANDLER(tm_debug_attach);
KC_HANDLER(tm_debug_detach);
KC_HANDLER(tm_debug_stop);
KC_HANDLER(tm_debug_run);
KC_HANDLER(tm_debug_regs);
KC_HANDLER(tm_debug_core);
