/* SPDX-License-Identifier: Apache-2.0 */
/* Compile-only: what crosses the boundary between libc and kernel or servers has one layout on both
 * sides. */
#include <dirent.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stddef.h>
#include <sys/neutrino.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <termios.h>
#include <abi/iomsg.h>
#include <abi/kercall.h>
#include <abi/signal.h>
#include <abi/sync.h>
#include <abi/taskman.h>
#include <abi/time.h>

#define SAME_SIZE(a, b)        _Static_assert(sizeof(a) == sizeof(b), #a " and " #b)
#define SAME_PLACE(a, x, b, y) _Static_assert(offsetof(a, x) == offsetof(b, y), #a "." #x)

SAME_SIZE(siginfo_t, struct _kc_siginfo);
SAME_PLACE(siginfo_t, si_signo, struct _kc_siginfo, signo);
SAME_PLACE(siginfo_t, si_errno, struct _kc_siginfo, errno_);
SAME_PLACE(siginfo_t, si_code, struct _kc_siginfo, code);
SAME_PLACE(siginfo_t, si_pid, struct _kc_siginfo, u.k.pid);
SAME_PLACE(siginfo_t, si_uid, struct _kc_siginfo, u.k.uid);
SAME_PLACE(siginfo_t, si_value, struct _kc_siginfo, u.k.value);
SAME_PLACE(siginfo_t, si_status, struct _kc_siginfo, u.k.value);
SAME_PLACE(siginfo_t, si_addr, struct _kc_siginfo, u.f.addr);

SAME_SIZE(ucontext_t, struct _kc_ucontext);
SAME_PLACE(ucontext_t, uc_flags, struct _kc_ucontext, uc_flags);
SAME_PLACE(ucontext_t, uc_link, struct _kc_ucontext, uc_link);
SAME_PLACE(ucontext_t, uc_stack.ss_sp, struct _kc_ucontext, ss_sp);
SAME_PLACE(ucontext_t, uc_stack.ss_flags, struct _kc_ucontext, ss_flags);
SAME_PLACE(ucontext_t, uc_stack.ss_size, struct _kc_ucontext, ss_size);
SAME_PLACE(ucontext_t, uc_sigmask, struct _kc_ucontext, sigmask);
SAME_PLACE(ucontext_t, uc_mcontext.__gregs, struct _kc_ucontext, gregs);
SAME_PLACE(ucontext_t, uc_mcontext.__fpregs.__d.__f, struct _kc_ucontext, fregs);
SAME_PLACE(ucontext_t, uc_mcontext.__fpregs.__d.__fcsr, struct _kc_ucontext, fcsr);
_Static_assert(sizeof(sigset_t) == 16 * sizeof(uint64_t), "sigset_t");
_Static_assert(_NSIG == QRV_NSIG && SIGRTMIN == QRV_SIGRTMIN && SIGRTMAX == QRV_SIGRTMAX,
               "signal numbers");

SAME_SIZE(struct sigevent, struct _kc_sigevent);
SAME_PLACE(struct sigevent, sigev_notify, struct _kc_sigevent, notify);
SAME_PLACE(struct sigevent, sigev_signo, struct _kc_sigevent, id);
SAME_PLACE(struct sigevent, sigev_coid, struct _kc_sigevent, id);
SAME_PLACE(struct sigevent, sigev_value, struct _kc_sigevent, value);
SAME_PLACE(struct sigevent, sigev_code, struct _kc_sigevent, code);
SAME_PLACE(struct sigevent, sigev_priority, struct _kc_sigevent, priority);
_Static_assert(sizeof(struct sigevent) == sizeof(((struct _io_notify *)0)->event),
               "event of _IO_NOTIFY");
_Static_assert(sizeof(struct sigevent) == sizeof(((struct tmsg_event *)0)->event),
               "event of TMSG_PROC_EVENT");

SAME_SIZE(struct _pulse, struct _kc_pulse);
SAME_PLACE(struct _pulse, code, struct _kc_pulse, code);
SAME_PLACE(struct _pulse, value, struct _kc_pulse, value);
SAME_PLACE(struct _pulse, scoid, struct _kc_pulse, scoid);

SAME_PLACE(struct sched_param, sched_priority, struct _kc_sched_param, sched_priority);
SAME_PLACE(struct sched_param, sched_curpriority, struct _kc_sched_param, sched_curpriority);
SAME_SIZE(struct sched_param, struct _kc_sched_param);
SAME_PLACE(struct sched_param, sched_ss_low_priority, struct _kc_sched_param, ss_low_priority);
SAME_PLACE(struct sched_param, sched_ss_max_repl, struct _kc_sched_param, ss_max_repl);
SAME_PLACE(struct sched_param, sched_ss_repl_period, struct _kc_sched_param, ss_repl_period);
SAME_PLACE(struct sched_param, sched_ss_init_budget, struct _kc_sched_param, ss_init_budget);

_Static_assert(sizeof(pthread_mutex_t) >= sizeof(sync_t) &&
                   _Alignof(pthread_mutex_t) >= _Alignof(sync_t),
               "mutex");
_Static_assert(sizeof(pthread_cond_t) >= sizeof(sync_t) &&
                   _Alignof(pthread_cond_t) >= _Alignof(sync_t),
               "condvar");
_Static_assert(sizeof(sem_t) >= sizeof(sync_t) && _Alignof(sem_t) >= _Alignof(sync_t), "semaphore");

_Static_assert(offsetof(struct _kc_sigframe, uc.gregs) == 304 &&
                   offsetof(struct _kc_sigframe, uc.fregs) == 560,
               "frame information of libc-qnx/arch/riscv64/sigreturn.S");
_Static_assert(sizeof(struct iovec) == 16 && offsetof(struct iovec, iov_len) == 8, "iovec");
_Static_assert(sizeof(struct stat) == 128 && offsetof(struct stat, st_size) == 48 &&
                   offsetof(struct stat, st_atim) == 72 && offsetof(struct stat, st_ctim) == 104,
               "reply of _IO_STAT");
_Static_assert(offsetof(struct _io_connect, path) == _IO_CONNECT_HDR, "connect message");
_Static_assert(offsetof(struct dirent, d_name) == 24 && offsetof(struct dirent, d_reclen) == 16 &&
                   offsetof(struct dirent, d_type) == 20,
               "record of a directory");
_Static_assert(sizeof(struct termios) == 60, "DCMD_CHR_TCGETATTR");
_Static_assert(sizeof(((struct _io_devctl *)0)->dcmd) == 4 && sizeof(struct _io_devctl) == 16 &&
                   sizeof(struct _io_devctl_reply) == 16,
               "devctl message");
_Static_assert(CLOCK_REALTIME == _KC_CLOCK_REALTIME && CLOCK_MONOTONIC == _KC_CLOCK_MONOTONIC &&
                   CLOCK_PROCESS_CPUTIME_ID == _KC_CLOCK_PROCESS_CPUTIME_ID &&
                   CLOCK_THREAD_CPUTIME_ID == _KC_CLOCK_THREAD_CPUTIME_ID &&
                   TIMER_ABSTIME == _KC_TIMER_ABSTIME,
               "clocks");
_Static_assert(SCHED_OTHER == _KC_SCHED_OTHER && SCHED_FIFO == _KC_SCHED_FIFO &&
                   SCHED_RR == _KC_SCHED_RR,
               "policies");
