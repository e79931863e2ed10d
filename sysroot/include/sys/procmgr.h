/* SPDX-License-Identifier: Apache-2.0 */
/* Process manager: abilities, daemons, events.  Documentation followed: Library Reference
 * procmgr_*(). */
#pragma once
#include <signal.h>
#include <stdint.h>
#include <sys/cdefs.h>
#include <sys/types.h>

__BEGIN_DECLS

/* clang-format off */
#define PROCMGR_DAEMON_NOCHDIR   0x0001
#define PROCMGR_DAEMON_NOCLOSE   0x0002
#define PROCMGR_DAEMON_NODEVNULL 0x0004
#define PROCMGR_DAEMON_KEEPUMASK 0x0008

#define PROCMGR_EVENT_SYNC              0x0001
#define PROCMGR_EVENT_PATHSPACE         0x0002
#define PROCMGR_EVENT_DAEMON_DEATH      0x0004
#define PROCMGR_EVENT_PROCESS_DEATH     0x0008
#define PROCMGR_EVENT_PROCESS_CREATE    0x0010
#define PROCMGR_EVENT_CONTIG_ALLOC_FAIL 0x0020

#define PROCMGR_SESSION_SIGNAL_PID  1
#define PROCMGR_SESSION_SIGNAL_PGRP 2
#define PROCMGR_SESSION_SIGNAL_SID  3
#define PROCMGR_SESSION_TCSETSID    4
#define PROCMGR_SESSION_SETSID      5

/* procmgr_ability(): id | domain | operation */
#define PROCMGR_ADN_ROOT       0x00010000U
#define PROCMGR_ADN_NONROOT    0x00020000U
#define PROCMGR_AOP_DENY       0x00100000U
#define PROCMGR_AOP_ALLOW      0x00200000U
#define PROCMGR_AOP_SUBRANGE   0x00400000U
#define PROCMGR_AOP_LOCK       0x00800000U
#define PROCMGR_AOP_INHERIT_NO  0x01000000U
#define PROCMGR_AOP_INHERIT_YES 0x02000000U
#define PROCMGR_AID_EOL               0
#define PROCMGR_AID_SPAWN             1
#define PROCMGR_AID_SPAWN_SETUID      2
#define PROCMGR_AID_SPAWN_SETGID      3
#define PROCMGR_AID_SETUID            4
#define PROCMGR_AID_SETGID            5
#define PROCMGR_AID_GETID             6
#define PROCMGR_AID_PATHSPACE         7
#define PROCMGR_AID_REBOOT            8
#define PROCMGR_AID_CPUMODE           9
#define PROCMGR_AID_RUNSTATE          10
#define PROCMGR_AID_CONFSET           11
#define PROCMGR_AID_RSRCDBMGR         12
#define PROCMGR_AID_SESSION           13
#define PROCMGR_AID_UMASK             14
#define PROCMGR_AID_EVENT             15
#define PROCMGR_AID_RLIMIT            16
#define PROCMGR_AID_MEM_ADD           17
#define PROCMGR_AID_MEM_PHYS          18
#define PROCMGR_AID_MEM_PEER          19
#define PROCMGR_AID_MEM_GLOBAL        20
#define PROCMGR_AID_MEM_LOCK          21
#define PROCMGR_AID_PROT_EXEC         22
#define PROCMGR_AID_FORK              23
#define PROCMGR_AID_IO                24
#define PROCMGR_AID_PRIORITY          25
#define PROCMGR_AID_CONNECTION        26
#define PROCMGR_AID_SCHEDULE          27
#define PROCMGR_AID_SIGNAL            28
#define PROCMGR_AID_TIMER             29
#define PROCMGR_AID_XPROCESS_QUERY    30
#define PROCMGR_AID_XPROCESS_DEBUG    31
#define PROCMGR_AID_CLOCKSET          32
#define PROCMGR_AID_CLOCKPERIOD       33
#define PROCMGR_AID_INTERRUPT         34
#define PROCMGR_AID_INTERRUPTEVENT    35
#define PROCMGR_AID_KEYDATA           36
#define PROCMGR_AID_TRACE             37
#define PROCMGR_AID_PUBLIC_CHANNEL    38
#define PROCMGR_AID_APS_ROOT          39
#define PROCMGR_AID_POWER             40
#define PROCMGR_AID_DEFAULT_TIMER_TOLERANCE 41
#define PROCMGR_AID_CHILD_NEWAPP      42
#define PROCMGR_AID_NATIVE_CREATE     43
/* clang-format on */

/* Abilities are checked by effective user id only: the call validates its list and changes nothing.
 */
int procmgr_ability(pid_t pid, unsigned ability, ...);
/* The parent's wait() sees status as the exit status; this process goes on in session 1. */
int procmgr_daemon(int status, unsigned flags);
int procmgr_detach(unsigned flags);
int procmgr_event_notify(unsigned flags, const struct sigevent *event);
int procmgr_session(uint32_t nd, pid_t sid, int id, unsigned event);

__END_DECLS
