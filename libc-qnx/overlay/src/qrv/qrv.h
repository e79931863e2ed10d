/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of libc's system-call layer.
 *
 * Every function here returns a value >= 0 or -errno and touches neither errno nor TLS: it may run
 * before either exists. No tables of pointers: nothing may need a relocation.  `fl` is 0 or
 * KC_SEND_NC (not a cancellation point). */
#pragma once
#include <errno.h>
#include <features.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <abi/iomsg.h>
#include <abi/limits.h>
#include <abi/taskman.h>
#include "kercall.h"

#define QRV_PATH_MAX  1024 /* with NUL: what the path manager takes */
#define QRV_ALIGN8(n) (((n) + 7UL) & ~7UL)
#define NSEC_PER_SEC  1000000000UL

static inline int __qrv_badfd(int fd)
{
    return fd < 0 || fd >= _NTO_SIDE_CHANNEL;
}

/* Messages (message.c).  sendv takes iovec arrays, send single buffers. */
hidden long __qrv_send(int coid, const void *msg, size_t len, void *reply, size_t rlen,
                       unsigned fl);
hidden long __qrv_sendv(int coid, const struct iovec *s, int sn, const struct iovec *r, int rn,
                        unsigned fl);
/* __qrv_send() again when a signal has ended it: for questions that are answered at once, of functions that know no EINTR. A server ends
 * with EINTR only what it has not done. */
hidden long __qrv_ask(int fd, const void *msg, size_t len, void *reply, size_t rlen);
/* A descriptor of the same server: what its xtype says of fd's open file, or -errno. */
hidden long __qrv_open_second(int fd, uint32_t ioflag, int xtype, int cloexec);
hidden long __qrv_tm(const void *msg, size_t len, void *reply, size_t rlen);

/* One operation on a path (connect.c) */
struct qrv_path {
    int dirfd;
    const char *path;
    uint16_t subtype; /* _IO_CONNECT_* */
    uint8_t extra_type, nofollow;
    uint32_t ioflag, mode, file_type;
    const void *extra;
    size_t extra_len;
    const void *io; /* second part of a combined message */
    size_t io_len;
    void *reply;
    size_t reply_len;
    unsigned fl;
    int open_fd; /* >= 0: keep the connection as lowest descriptor >= it; -1: a passing operation */
    int cloexec;
    char *abs;           /* 0 or QRV_PATH_MAX bytes: the path that was used at last */
    uint32_t umask;      /* out */
    int at_pid, at_chid; /* 0, or only candidates of that channel */
    uint32_t at_handle;
    int used_pid, used_chid; /* out */
    uint32_t used_handle;
};
hidden long __qrv_resolve(int dirfd, const char *path, unsigned flags,
                          struct tmsg_resolve_reply *r);
hidden long __qrv_connect(struct qrv_path *p);
hidden int __qrv_ends_in_dots(const char *path); /* in "." or ".." */
hidden long __qrv_fdpath(int fd, char *buf, size_t size);

/* Descriptors */
hidden long __qrv_close(int fd);
hidden long __qrv_dup_from(int pid, int oldfd, int minfd, int exact, unsigned cof);
hidden long __qrv_fstat(int fd, struct stat *st);
hidden long __qrv_stat_at(int dirfd, const char *path, struct stat *st, int flags);
/* The same, and the path that was used at last, which takes QRV_PATH_MAX bytes. */
hidden long __qrv_stat_abs(int dirfd, const char *path, struct stat *st, int flags, char *abs);
hidden long __qrv_open(int dirfd, const char *path, int oflag, int mode, unsigned fl);
hidden long __qrv_read(int fd, void *buf, size_t n, unsigned fl);
hidden long __qrv_pread(int fd, void *buf, size_t n, int64_t off, unsigned fl);
hidden long __qrv_devctl(int fd, int dcmd, const void *to, size_t tolen, void *from, size_t fromlen,
                         int *info);
hidden long __qrv_devctl_at(const char *path, int dcmd, void *from, size_t fromlen);
hidden long __qrv_access_st(const struct stat *st, int amode, int effective);

/* Clusters of the dispatcher: -ENOSYS for a number that is not theirs. */
hidden long __qrv_files(long n, long a, long b, long c, long d, unsigned fl);
hidden long __qrv_fds(long n, long a, long b, long c, unsigned fl);
hidden long __qrv_paths(long n, long a, long b, long c, long d, long e, unsigned fl);
hidden long __qrv_ioctl(int fd, unsigned long req, void *arg);
hidden long __qrv_memory(long n, long a, long b, long c, long d, long e, long f);
hidden long __qrv_process(long n, long a, long b, long c, long d, long e, unsigned fl);
hidden long __qrv_ids(long n, long a, long b, long c);
hidden long __qrv_time(long n, long a, long b, long c, long d, unsigned fl);
hidden long __qrv_signals(long n, long a, long b, long c, unsigned fl);
hidden long __qrv_threads(long n, long a, long b, long c, long d, unsigned fl);
hidden long __qrv_local_bind(int fd, const struct sockaddr_un *un, uint32_t len);
hidden long __qrv_local_find(int fd, const struct sockaddr_un *un, uint32_t len, int32_t *inode);
hidden long __qrv_sockets(long n, long a, long b, long c, long d, long e, long f, unsigned fl);
hidden long __qrv_misc(long n, long a, long b, long c, long d);
hidden long __qrv_poll(struct pollfd *fds, unsigned long nfds, const struct timespec *ts,
                       const uint64_t *mask, unsigned fl);
hidden long __qrv_pselect(int n, fd_set *r, fd_set *w, fd_set *e, const struct timespec *ts,
                          const uint64_t *mask, unsigned fl);
hidden void __qrv_poll_forked(void);
hidden void __qrv_stack_forked(void); /* thread/stack_cache.c */

static inline uint64_t __qrv_ns(const struct timespec *ts)
{
    return (uint64_t)ts->tv_sec * NSEC_PER_SEC + (uint64_t)ts->tv_nsec;
}
static inline int __qrv_badts(const struct timespec *ts)
{
    return ts->tv_sec < 0 || (unsigned long)ts->tv_nsec >= NSEC_PER_SEC;
}
static inline void __qrv_ts(struct timespec *ts, uint64_t ns)
{
    ts->tv_sec = (time_t)(ns / NSEC_PER_SEC);
    ts->tv_nsec = (long)(ns % NSEC_PER_SEC);
}

/* A timespec far in the future must not wrap round to the past. */
static inline uint64_t __qrv_ns_sat(const struct timespec *ts)
{
    if (ts->tv_sec > (time_t)(INT64_MAX / (int64_t)NSEC_PER_SEC - 1))
        return INT64_MAX;
    return __qrv_ns(ts);
}

static inline void *__qrv_copy(void *d, const void *s, size_t n)
{
    return __builtin_memcpy(d, s, n);
}
