/* SPDX-License-Identifier: Apache-2.0 */
/* taskman's own kernel calls: thin typed wrappers over the trap of abi/kercall.h and the TM_* door
 * of abi/tm.h. Each returns the kernel's result: zero or positive, or -errno.  The loader uses the
 * unprivileged ones too. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <abi/ecall.h>
#include <abi/kercall.h>
#include <abi/msg.h>
#include <abi/sigevent.h>
#include <abi/taskman.h>
#include <abi/thread.h>
#include <abi/tm.h>

static inline long kcall(long n, long a, long b, long c, long d, long e, long f)
{
    return _kc_call6(n, a, b, c, d, e, f);
}

static inline long k_send(int coid, const void *smsg, size_t sbytes, void *rmsg, size_t rbytes)
{
    return kcall(KC_MSG_SENDV, coid, (long)smsg, -(long)sbytes, (long)rmsg, -(long)rbytes, 0);
}
static inline long k_receive(int chid, void *msg, size_t bytes, struct _msg_info *info)
{
    return kcall(KC_MSG_RECEIVEV, chid, (long)info, 0, (long)msg, -(long)bytes, 0);
}
static inline long k_reply(int rcvid, long status, const void *msg, size_t bytes)
{
    return kcall(KC_MSG_REPLYV, rcvid, status, (long)msg, -(long)bytes, 0, 0);
}
static inline long k_error(int rcvid, int error)
{
    return kcall(KC_MSG_ERROR, rcvid, error, 0, 0, 0, 0);
}
static inline long k_msg_read(int rcvid, void *to, size_t bytes, size_t offset)
{
    return kcall(KC_MSG_READV, rcvid, (long)to, -(long)bytes, (long)offset, 0, 0);
}
static inline long k_msg_write(int rcvid, const void *from, size_t bytes, size_t offset)
{
    return kcall(KC_MSG_WRITEV, rcvid, (long)from, -(long)bytes, (long)offset, 0, 0);
}
static inline long k_msg_info(int rcvid, struct _msg_info *info)
{
    return kcall(KC_MSG_INFO, rcvid, (long)info, 0, 0, 0, 0);
}
static inline long k_deliver_event(int rcvid, const struct _kc_sigevent *event)
{
    return kcall(KC_MSG_DELIVER_EVENT, rcvid, (long)event, 0, 0, 0, 0);
}
static inline long k_channel_create(unsigned flags)
{
    return kcall(KC_CHANNEL_CREATE, flags, 0, 0, 0, 0, 0);
}
static inline long k_connect_attach(int pid, int chid, unsigned index, unsigned flags)
{
    return kcall(KC_CONNECT_ATTACH, 0, pid, chid, index, flags, 0);
}
static inline long k_connect_detach(int coid)
{
    return kcall(KC_CONNECT_DETACH, coid, 0, 0, 0, 0, 0);
}
static inline long k_connect_flags(int pid, int coid, unsigned mask, unsigned bits)
{
    return kcall(KC_CONNECT_FLAGS, pid, coid, mask, bits, 0, 0);
}
static inline long k_connect_server_info(int pid, int coid, struct _msg_info *info)
{
    return kcall(KC_CONNECT_SERVER_INFO, pid, coid, (long)info, 0, 0, 0);
}
static inline long k_thread_create(const struct _kc_thread_create *tc)
{
    return kcall(KC_THREAD_CREATE, (long)tc, 0, 0, 0, 0, 0);
}
static inline long k_mutex_lock(void *sync)
{
    return kcall(KC_SYNC_MUTEX_LOCK, (long)sync, 0, 0, 0, 0, 0);
}
static inline long k_mutex_unlock(void *sync)
{
    return kcall(KC_SYNC_MUTEX_UNLOCK, (long)sync, 0, 0, 0, 0, 0);
}
/* child_pid: what si_pid of a SIGCHLD says, 0 for taskman itself. */
static inline long k_kill(int pid, int signo, int code, uint64_t value, int child_pid)
{
    return kcall(KC_SIGNAL_KILL, pid, 0, signo, code, (long)value, child_pid);
}
static inline uint64_t k_clock_ns(int clock_id)
{
    uint64_t now = 0;

    kcall(KC_CLOCK_TIME, clock_id, 0, (long)&now, 0, 0, 0);
    return now;
}
_Noreturn static inline void k_exit(int wait_status)
{
    for (;;)
        kcall(KC_PROC_EXIT, wait_status, 0, 0, 0, 0, 0);
}

/* ---- the privileged door */
static inline long tmk_map(const struct tm_map *map)
{
    return kcall(TM_MAP, (long)map, 0, 0, 0, 0, 0);
}
static inline long tmk_unmap(int pid, uint64_t va, uint64_t bytes)
{
    return kcall(TM_UNMAP, pid, (long)va, (long)bytes, 0, 0, 0);
}
static inline long tmk_protect(int pid, uint64_t va, uint64_t bytes, unsigned prot)
{
    return kcall(TM_PROTECT, pid, (long)va, (long)bytes, prot, 0, 0);
}
static inline long tmk_copy(int pid, uint64_t va, void *own, size_t bytes, int direction)
{
    return kcall(TM_COPY, pid, (long)va, (long)own, (long)bytes, direction, 0);
}
static inline long tmk_proc_info(int pid, struct tm_proc_info *info)
{
    return kcall(TM_PROC_INFO, pid, (long)info, 0, 0, 0, 0);
}
static inline long tmk_proc_set(int pid, const struct tm_proc_attr *attr, unsigned mask)
{
    return kcall(TM_PROC_SET, pid, (long)attr, mask, 0, 0, 0);
}
static inline long tmk_obj_create(uint64_t bytes, unsigned flags)
{
    return kcall(TM_OBJ_CREATE, (long)bytes, flags, 0, 0, 0, 0);
}
static inline long tmk_obj_resize(int id, uint64_t bytes)
{
    return kcall(TM_OBJ_RESIZE, id, (long)bytes, 0, 0, 0, 0);
}
static inline long tmk_obj_destroy(int id)
{
    return kcall(TM_OBJ_DESTROY, id, 0, 0, 0, 0, 0);
}
static inline void tmk_print(const char *text, size_t bytes)
{
    kcall(TM_KPRINT, (long)text, (long)bytes, 0, 0, 0, 0);
}
