/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets, as messages to whoever serves /dev/socket (abi/socket.h).  Data is never copied here: the user's
 * buffers are parts of the message. */
#include <limits.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <abi/socket.h>
#include "qrv.h"

#define TYPE_FLAGS (SOCK_CLOEXEC | SOCK_NONBLOCK)

static struct _sock_msg header(unsigned subtype, int flags)
{
    return (struct _sock_msg){.type = _IO_MSG,
                              .combine_len = sizeof(struct _sock_msg),
                              .mgrid = _SOCK_MGRID,
                              .subtype = (uint16_t)subtype,
                              .flags = flags};
}

/* A server that knows no sockets is a descriptor that is none. */
static long not_a_socket(long rc)
{
    return rc == -ENOSYS || rc == -ENOTTY ? -ENOTSOCK : rc;
}

static long do_socket(int domain, int type, int protocol)
{
    struct _sock_open open = {domain, type & ~TYPE_FLAGS, protocol};
    struct qrv_path p = {.dirfd = AT_FDCWD,
                         .path = "/dev/socket",
                         .subtype = _IO_CONNECT_OPEN,
                         .extra_type = _IO_CONNECT_EXTRA_SOCKET,
                         .ioflag = _IO_FLAG_RD | _IO_FLAG_WR | (type & SOCK_NONBLOCK ? O_NONBLOCK : 0),
                         .extra = &open,
                         .extra_len = sizeof open,
                         .fl = KC_SEND_NC,
                         .open_fd = 0,
                         .cloexec = !!(type & SOCK_CLOEXEC)};
    long fd;
    do
        fd = __qrv_connect(&p);
    while (fd == -EINTR);
    return fd == -ENOENT || fd == -ENOSYS ? -EAFNOSUPPORT : fd; /* nobody serves sockets here */
}

/* The descriptor of a connection that waits on fd, or of fd's other end. */
static long open_second(int fd, int xtype, int flags)
{
    return __qrv_open_second(fd, _IO_FLAG_RD | _IO_FLAG_WR | (flags & SOCK_NONBLOCK ? O_NONBLOCK : 0), xtype,
                             flags & SOCK_CLOEXEC);
}

static long do_socketpair(int domain, int type, int protocol, int *fds)
{
    long a = do_socket(domain, type, protocol);
    if (a < 0)
        return a;
    long b = open_second((int)a, _SOCK_OPENFD_PAIR, type);
    if (b < 0) {
        __qrv_close((int)a);
        return b;
    }
    fds[0] = (int)a;
    fds[1] = (int)b;
    return 0;
}

/* A message with an address behind it.  Only the server looks at the address: the memory may be bad.  It answers
 * ENOLINK when it is a local one, which is to be found first. */
static long with_address(int fd, struct _sock_msg *m, const void *addr, uint32_t len, unsigned fl)
{
    if (__qrv_badfd(fd))
        return -EBADF;
    if (len > _SOCK_ADDR_MAX)
        return -EINVAL;
    m->addr_len = len;
    struct iovec s[2] = {{m, sizeof *m}, {(void *)addr, len}};
    return not_a_socket(__qrv_sendv(fd, s, 2, 0, 0, fl));
}

static long do_bind(int fd, const void *addr, uint32_t len)
{
    struct _sock_msg m = header(_SOCK_BIND, 0);
    long rc;
    do {
        rc = with_address(fd, &m, addr, len, KC_SEND_NC);
        if (rc == -ENOLINK)
            rc = __qrv_local_bind(fd, addr, len);
    } while (rc == -EINTR);
    return rc;
}

static long do_connect(int fd, const void *addr, uint32_t len, unsigned fl)
{
    struct _sock_msg m = header(_SOCK_CONNECT, 0);
    long rc = with_address(fd, &m, addr, len, fl);
    if (rc != -ENOLINK)
        return rc;
    rc = __qrv_local_find(fd, addr, len, &m.option);
    return rc < 0 ? rc : with_address(fd, &m, addr, len, fl);
}

static long simple(int fd, unsigned subtype, int flags)
{
    struct _sock_msg m = header(subtype, flags);
    if (__qrv_badfd(fd))
        return -EBADF;
    return not_a_socket(__qrv_ask(fd, &m, sizeof m, 0, 0));
}

/* As much of the address as there is room for; *len becomes its whole length. */
static void give_address(const struct _sock_reply *r, void *addr, socklen_t *len)
{
    uint32_t n = r->addr_len < sizeof r->addr ? r->addr_len : (uint32_t)sizeof r->addr;
    if (!addr || !len)
        return;
    __qrv_copy(addr, r->addr, n < *len ? n : *len);
    *len = n;
}

static long get_name(int fd, unsigned subtype, void *addr, socklen_t *len)
{
    struct _sock_msg m = header(subtype, 0);
    struct _sock_reply r = {0};
    if (__qrv_badfd(fd))
        return -EBADF;
    if (!addr || !len)
        return -EFAULT;
    long rc = not_a_socket(__qrv_ask(fd, &m, sizeof m, &r, sizeof r));
    if (rc >= 0)
        give_address(&r, addr, len);
    return rc < 0 ? rc : 0;
}

/* Waiting and taking are two messages, so that nothing is lost when the new descriptor cannot be had; another
 * thread may be faster. */
static long do_accept(int fd, void *addr, socklen_t *len, int flags, unsigned fl)
{
    struct _sock_msg m = header(_SOCK_WAIT, 0);
    long made;
    if (__qrv_badfd(fd))
        return -EBADF;
    if (flags & ~TYPE_FLAGS)
        return -EINVAL;
    do {
        long rc = not_a_socket(__qrv_send(fd, &m, sizeof m, 0, 0, fl));
        if (rc < 0)
            return rc;
        made = open_second(fd, _SOCK_OPENFD_ACCEPT, flags);
    } while (made == -EAGAIN);
    if (made >= 0 && addr)
        get_name((int)made, _SOCK_PEER, addr, len);
    return made;
}

static long iov_sum(const struct iovec *v, size_t n)
{
    size_t sum = 0;
    if (n > IOV_MAX)
        return -EMSGSIZE;
    for (size_t i = 0; i < n; i++) {
        if (v[i].iov_len > _SOCK_DATA_MAX || sum + v[i].iov_len > _SOCK_DATA_MAX)
            return -EINVAL;
        sum += v[i].iov_len;
    }
    return (long)sum;
}

static long do_send(int fd, const struct iovec *v, size_t n, int flags, const void *addr, uint32_t len,
                    unsigned fl)
{
    struct _sock_msg m = header(_SOCK_SEND, flags);
    long bytes = iov_sum(v, n);
    if (__qrv_badfd(fd))
        return -EBADF;
    if (bytes < 0)
        return bytes;
    if (!addr)
        len = 0;
    if (len > _SOCK_ADDR_MAX)
        return -EINVAL;
    m.addr_len = len;
    m.data_len = (uint32_t)bytes;
    struct iovec s[n + 2];
    s[0] = (struct iovec){&m, sizeof m};
    s[1] = (struct iovec){(void *)addr, len};
    for (size_t i = 0; i < n; i++)
        s[i + 2] = v[i];
    long rc = not_a_socket(__qrv_sendv(fd, s, (int)n + 2, 0, 0, fl));
    if (rc == -ENOLINK && (rc = __qrv_local_find(fd, addr, len, &m.option)) == 0)
        rc = not_a_socket(__qrv_sendv(fd, s, (int)n + 2, 0, 0, fl));
    if (rc == -EPIPE && !(flags & MSG_NOSIGNAL))
        __kercall5(KC_SIGNAL_KILL, __kercall0(KC_GETPID), __kercall0(KC_GETTID), SIGPIPE, 0, 0);
    return rc;
}

static long do_recv(int fd, const struct iovec *v, size_t n, int flags, struct _sock_reply *r, unsigned fl)
{
    struct _sock_msg m = header(_SOCK_RECV, flags);
    long bytes = iov_sum(v, n);
    if (__qrv_badfd(fd))
        return -EBADF;
    if (bytes < 0)
        return bytes;
    m.data_len = (uint32_t)bytes;
    *r = (struct _sock_reply){0};
    struct iovec s = {&m, sizeof m}, to[n + 1];
    to[0] = (struct iovec){r, sizeof *r};
    for (size_t i = 0; i < n; i++)
        to[i + 1] = v[i];
    return not_a_socket(__qrv_sendv(fd, &s, 1, to, (int)n + 1, fl));
}

static long do_recvfrom(int fd, void *buf, size_t n, int flags, void *addr, socklen_t *len, unsigned fl)
{
    struct _sock_reply r;
    struct iovec v = {buf, n < _SOCK_DATA_MAX ? n : _SOCK_DATA_MAX};
    long rc = do_recv(fd, &v, 1, flags, &r, fl);
    if (rc >= 0)
        give_address(&r, addr, len);
    return rc;
}

static long do_sendmsg(int fd, const struct msghdr *h, int flags, unsigned fl)
{
    if (h->msg_controllen)
        return -EOPNOTSUPP;
    return do_send(fd, h->msg_iov, (size_t)h->msg_iovlen, flags, h->msg_name, h->msg_namelen, fl);
}

static long do_recvmsg(int fd, struct msghdr *h, int flags, unsigned fl)
{
    struct _sock_reply r;
    long rc = do_recv(fd, h->msg_iov, (size_t)h->msg_iovlen, flags, &r, fl);
    if (rc < 0)
        return rc;
    if (h->msg_name)
        give_address(&r, h->msg_name, &h->msg_namelen);
    h->msg_controllen = 0;
    h->msg_flags = (int)r.flags;
    return rc;
}

static long do_getsockopt(int fd, int level, int option, void *value, socklen_t *len)
{
    struct _sock_msg m = header(_SOCK_GETOPT, level);
    if (__qrv_badfd(fd))
        return -EBADF;
    if (!len)
        return -EFAULT;
    m.option = option;
    m.data_len = *len < _SOCK_OPT_MAX ? *len : _SOCK_OPT_MAX;
    long rc = not_a_socket(__qrv_ask(fd, &m, sizeof m, value, m.data_len));
    if (rc < 0)
        return rc;
    *len = (socklen_t)rc;
    return 0;
}

static long do_setsockopt(int fd, int level, int option, const void *value, socklen_t len)
{
    struct _sock_msg m = header(_SOCK_SETOPT, level);
    if (__qrv_badfd(fd))
        return -EBADF;
    if (len > _SOCK_OPT_MAX)
        return -EINVAL;
    m.option = option;
    m.data_len = len;
    struct iovec s[2] = {{&m, sizeof m}, {(void *)value, len}};
    long rc;
    do
        rc = not_a_socket(__qrv_sendv(fd, s, 2, 0, 0, KC_SEND_NC));
    while (rc == -EINTR);
    return rc;
}

long __qrv_sockets(long n, long a, long b, long c, long d, long e, long f, unsigned fl)
{
    int fd = (int)a;
    struct iovec v = {(void *)b, (size_t)c};
    switch (n) {
    case SYS_socket:
        return do_socket((int)a, (int)b, (int)c);
    case SYS_socketpair:
        return do_socketpair((int)a, (int)b, (int)c, (int *)d);
    case SYS_bind:
        return do_bind(fd, (const void *)b, (uint32_t)c);
    case SYS_connect:
        return do_connect(fd, (const void *)b, (uint32_t)c, fl);
    case SYS_listen:
        return simple(fd, _SOCK_LISTEN, (int)b);
    case SYS_accept:
        return do_accept(fd, (void *)b, (socklen_t *)c, 0, fl);
    case SYS_accept4:
        return do_accept(fd, (void *)b, (socklen_t *)c, (int)d, fl);
    case SYS_sendto:
        return do_send(fd, &v, 1, (int)d, (const void *)e, (uint32_t)f, fl);
    case SYS_recvfrom:
        return do_recvfrom(fd, (void *)b, (size_t)c, (int)d, (void *)e, (socklen_t *)f, fl);
    case SYS_sendmsg:
        return do_sendmsg(fd, (const struct msghdr *)b, (int)c, fl);
    case SYS_recvmsg:
        return do_recvmsg(fd, (struct msghdr *)b, (int)c, fl);
    case SYS_shutdown:
        return simple(fd, _SOCK_SHUTDOWN, (int)b);
    case SYS_getsockname:
        return get_name(fd, _SOCK_NAME, (void *)b, (socklen_t *)c);
    case SYS_getpeername:
        return get_name(fd, _SOCK_PEER, (void *)b, (socklen_t *)c);
    case SYS_getsockopt:
        return do_getsockopt(fd, (int)b, (int)c, (void *)d, (socklen_t *)e);
    case SYS_setsockopt:
        return do_setsockopt(fd, (int)b, (int)c, (const void *)d, (socklen_t)e);
    default:
        return -ENOSYS;
    }
}
