/* SPDX-License-Identifier: Apache-2.0 */
/* Message passing: info, pulses, channel and connection flags.
 * Documentation followed: Library Reference _msg_info, _pulse, ChannelCreate(), ConnectAttach(), MsgSendPulse().
 * Only the pulse type/subtype (0/0) have documented numbers; the others are QRV's. */
#pragma once
#include <stdint.h>
#include <abi/limits.h>

/* MsgInfo(), MsgReceive(): what the server learns of a message.  Also struct _server_info. */
struct _msg_info {
    uint32_t nd;
    uint32_t srcnd;
    int32_t  pid;
    int32_t  tid;
    int32_t  chid;
    int32_t  scoid;
    int32_t  coid;
    int16_t  priority;
    int16_t  flags;
    int64_t  msglen;    /* bytes received */
    int64_t  srcmsglen; /* bytes the client sent */
    int64_t  dstmsglen; /* size of the client's reply buffer */
    uint32_t reserved[2];
};
#define _server_info _msg_info

#define _NTO_MI_ENDIAN_BIG    0x0001
#define _NTO_MI_ENDIAN_DIFF   0x0002
#define _NTO_MI_UNBLOCK_REQ   0x0100
#define _NTO_MI_NET_CRED_DIRTY 0x0200
#define _NTO_MI_CONSTRAINED   0x0400
#define _NTO_MI_ROOT          0x0800
#define _NTO_MI_BITS_64       0x1000

/* ChannelCreate() */
#define _NTO_CHF_FIXED_PRIORITY  0x0001
#define _NTO_CHF_UNBLOCK         0x0002
#define _NTO_CHF_THREAD_DEATH    0x0004
#define _NTO_CHF_DISCONNECT      0x0008
#define _NTO_CHF_NET_MSG         0x0010
#define _NTO_CHF_SENDER_LEN      0x0020
#define _NTO_CHF_COID_DISCONNECT 0x0040
#define _NTO_CHF_REPLY_LEN       0x0080
#define _NTO_CHF_PRIVATE         0x0100
#define _NTO_CHF_INHERIT_RUNMASK 0x0200
#define _NTO_CHF_GLOBAL          0x0400
#define _NTO_CHF_MSG_PAUSING     0x0800

/* ConnectAttach(), ConnectFlags() */
#define _NTO_COF_CLOEXEC    0x0001
#define _NTO_COF_DEAD       0x0002 /* status only: the server is gone */
#define _NTO_COF_NOSHARE    0x0004
#define _NTO_COF_INSECURE   0x0008
#define _NTO_COF_NOEVENT    0x0010
#define _NTO_COF_REG_EVENTS 0x0020
#define _NTO_COF_NONBLOCK   0x0040
#define _NTO_COF_MASK       0x007f

/* Pulse as received in user memory: 24 bytes on LP64.  The value union is `union sigval` in libc. */
struct _kc_pulse {
    uint16_t type;
    uint16_t subtype;
    int8_t   code;
    uint8_t  zero[3];
    uint64_t value;
    int32_t  scoid;
    int32_t  reserved;
};
#define _PULSE_TYPE    0
#define _PULSE_SUBTYPE 0

#define _PULSE_CODE_UNBLOCK        (-1)
#define _PULSE_CODE_DISCONNECT     (-2)
#define _PULSE_CODE_THREADDEATH    (-3)
#define _PULSE_CODE_COIDDEATH      (-4)
#define _PULSE_CODE_NET_ACK        (-5)
#define _PULSE_CODE_NET_UNBLOCK    (-6)
#define _PULSE_CODE_NET_DETACH     (-7)
#define _PULSE_CODE_RESTART        (-8)
#define _PULSE_CODE_NOTIFYCALLBACK (-9)
/* Kernel to taskman on (TASKMAN_PID, TASKMAN_CHID); value = pid.  See abi/tm.h. */
#define _PULSE_CODE_TM_DEATH       (-32) /* process torn down: TM_PROC_INFO, then TM_PROC_RELEASE */
#define _PULSE_CODE_TM_JOB         (-33) /* pid: stopped or continued; TM_PROC_INFO says which, the pulse may be an old one */
/* -35: _PULSE_CODE_TM_EXEC, abi/tm.h */
#define _PULSE_CODE_MINAVAIL       0
#define _PULSE_CODE_MAXAVAIL       127

/* ConnectClientInfo() */
#define _KC_NGROUPS_MAX 8
struct _cred_info {
    uint32_t ruid, euid, suid;
    uint32_t rgid, egid, sgid;
    uint32_t ngroups;
    uint32_t grouplist[_KC_NGROUPS_MAX];
};
struct _client_info {
    uint32_t nd;
    int32_t  pid;
    int32_t  sid;
    uint32_t flags;
    struct _cred_info cred;
};
#define _NTO_CI_UNABLE 0x0001
#define _NTO_CI_BACKGROUND_PGRP 0x0002
#define _NTO_CI_ORPHAN_PGRP 0x0004
#define _NTO_CI_STOPPED 0x0008
