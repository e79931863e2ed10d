/* SPDX-License-Identifier: Apache-2.0 */
/* musl's system-call macros, routed to one C function.  No number ever reaches the kernel:
 * __qrv_syscall() (src/qrv) turns it into kernel calls or messages.  Calls made through musl's
 * cancellable wrapper carry QRV_SYSCALL_CP. taskman links libc.a with its own __qrv_syscall(), so
 * nothing else may stand in that object file. */
#define __SYSCALL_LL_E(x) (x)
#define __SYSCALL_LL_O(x) (x)

#define QRV_SYSCALL_CP 0x10000L /* may be ended by pthread_cancel() */

__attribute__((__visibility__("hidden"))) long __qrv_syscall(long, long, long, long, long, long,
                                                             long);

static inline long __syscall0(long n)
{
    return __qrv_syscall(n, 0, 0, 0, 0, 0, 0);
}
static inline long __syscall1(long n, long a)
{
    return __qrv_syscall(n, a, 0, 0, 0, 0, 0);
}
static inline long __syscall2(long n, long a, long b)
{
    return __qrv_syscall(n, a, b, 0, 0, 0, 0);
}
static inline long __syscall3(long n, long a, long b, long c)
{
    return __qrv_syscall(n, a, b, c, 0, 0, 0);
}
static inline long __syscall4(long n, long a, long b, long c, long d)
{
    return __qrv_syscall(n, a, b, c, d, 0, 0);
}
static inline long __syscall5(long n, long a, long b, long c, long d, long e)
{
    return __qrv_syscall(n, a, b, c, d, e, 0);
}
static inline long __syscall6(long n, long a, long b, long c, long d, long e, long f)
{
    return __qrv_syscall(n, a, b, c, d, e, f);
}

#define IPC_64 0
