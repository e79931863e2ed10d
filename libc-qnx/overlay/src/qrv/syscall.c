/* SPDX-License-Identifier: Apache-2.0 */
/* __qrv_syscall(): every system call of musl, sorted into clusters.  It stands alone in this object
 * file because taskman replaces it. */
#include <sys/syscall.h>
#include "syscall_arch.h"
#include "qrv.h"

long __qrv_syscall(long n, long a, long b, long c, long d, long e, long f)
{
    unsigned fl = n & QRV_SYSCALL_CP ? 0 : KC_SEND_NC;
    n &= ~QRV_SYSCALL_CP;
    switch (n) {
    case SYS_read:
    case SYS_write:
    case SYS_readv:
    case SYS_writev:
    case SYS_pread64:
    case SYS_pwrite64:
    case SYS_preadv:
    case SYS_pwritev:
    case SYS_lseek:
    case SYS_fstat:
    case SYS_ftruncate:
    case SYS_fsync:
    case SYS_fdatasync:
    case SYS_fchmod:
    case SYS_fchown:
    case SYS_getdents64:
    case SYS_fallocate:
    case SYS_fadvise64:
    case SYS_sync:
    case SYS_syncfs:
        return __qrv_files(n, a, b, c, d, fl);
    case SYS_close:
    case SYS_dup:
    case SYS_dup3:
    case SYS_fcntl:
    case SYS_pipe2:
    case SYS_flock:
        return __qrv_fds(n, a, b, c, fl);
    case SYS_ioctl:
        return __qrv_ioctl((int)a, (unsigned long)b, (void *)c);
    case SYS_openat:
    case SYS_newfstatat:
    case SYS_mkdirat:
    case SYS_mknodat:
    case SYS_unlinkat:
    case SYS_symlinkat:
    case SYS_linkat:
    case SYS_renameat2:
    case SYS_readlinkat:
    case SYS_fchmodat:
    case SYS_fchownat:
    case SYS_utimensat:
    case SYS_faccessat:
    case SYS_faccessat2:
    case SYS_truncate:
    case SYS_chdir:
    case SYS_fchdir:
    case SYS_getcwd:
        return __qrv_paths(n, a, b, c, d, e, fl);
    case SYS_mmap:
    case SYS_munmap:
    case SYS_mprotect:
    case SYS_madvise:
    case SYS_msync:
    case SYS_mremap:
    case SYS_brk:
    case SYS_mlock:
    case SYS_mlock2:
    case SYS_munlock:
    case SYS_mlockall:
    case SYS_munlockall:
        return __qrv_memory(n, a, b, c, d, e, f);
    case SYS_exit_group:
    case SYS_clone:
    case SYS_execve:
    case SYS_wait4:
    case SYS_waitid:
    case SYS_getrusage:
    case SYS_times:
    case SYS_prlimit64:
        return __qrv_process(n, a, b, c, d, e, fl);
    case SYS_getpid:
    case SYS_getppid:
    case SYS_getuid:
    case SYS_geteuid:
    case SYS_getgid:
    case SYS_getegid:
    case SYS_getresuid:
    case SYS_getresgid:
    case SYS_setuid:
    case SYS_setgid:
    case SYS_setreuid:
    case SYS_setregid:
    case SYS_setresuid:
    case SYS_setresgid:
    case SYS_getgroups:
    case SYS_setgroups:
    case SYS_getpgid:
    case SYS_setpgid:
    case SYS_getsid:
    case SYS_setsid:
    case SYS_umask:
        return __qrv_ids(n, a, b, c);
    case SYS_clock_gettime:
    case SYS_clock_settime:
    case SYS_clock_getres:
    case SYS_clock_nanosleep:
    case SYS_nanosleep:
    case SYS_gettimeofday:
    case SYS_settimeofday:
    case SYS_setitimer:
    case SYS_getitimer:
        return __qrv_time(n, a, b, c, d, fl);
    case SYS_kill:
    case SYS_tkill:
    case SYS_tgkill:
    case SYS_rt_sigaction:
    case SYS_rt_sigprocmask:
    case SYS_rt_sigpending:
    case SYS_rt_sigsuspend:
    case SYS_rt_sigtimedwait:
    case SYS_rt_sigqueueinfo:
    case SYS_sigaltstack:
        return __qrv_signals(n, a, b, c, fl);
    case SYS_exit:
    case SYS_set_tid_address:
    case SYS_gettid:
    case SYS_futex:
    case SYS_sched_yield:
    case SYS_sched_getparam:
    case SYS_sched_setparam:
    case SYS_sched_getscheduler:
    case SYS_sched_setscheduler:
    case SYS_sched_get_priority_max:
    case SYS_sched_get_priority_min:
    case SYS_sched_rr_get_interval:
    case SYS_sched_getaffinity:
    case SYS_sched_setaffinity:
    case SYS_riscv_flush_icache:
    case SYS_getpriority:
    case SYS_setpriority:
        return __qrv_threads(n, a, b, c, d, fl);
    case SYS_ppoll:
        return __qrv_poll((struct pollfd *)a, (unsigned long)b, (const struct timespec *)c,
                          (const uint64_t *)d, fl);
    case SYS_pselect6:
        return __qrv_pselect((int)a, (fd_set *)b, (fd_set *)c, (fd_set *)d,
                             (const struct timespec *)e, f ? *(const uint64_t **)f : 0, fl);
    case SYS_uname:
    case SYS_sysinfo:
    case SYS_getrandom:
    case SYS_getcpu:
        return __qrv_misc(n, a, b, c, d);
    case SYS_socket:
    case SYS_socketpair:
    case SYS_bind:
    case SYS_connect:
    case SYS_listen:
    case SYS_accept:
    case SYS_accept4:
    case SYS_sendto:
    case SYS_recvfrom:
    case SYS_sendmsg:
    case SYS_recvmsg:
    case SYS_shutdown:
    case SYS_getsockname:
    case SYS_getpeername:
    case SYS_getsockopt:
    case SYS_setsockopt:
        return __qrv_sockets(n, a, b, c, d, e, f, fl);
    default:
        return -ENOSYS;
    }
}
