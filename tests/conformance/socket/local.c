/* SPDX-License-Identifier: Apache-2.0 */
/* Local sockets with names: bind(), connect(), datagrams, the name as a file, who is at the other end.
 * Documentation: POSIX bind(), connect(), <sys/un.h>; UNIX protocol family. */
#define _GNU_SOURCE
#include "socket.h"

#include <abi/socket.h>
#include <stddef.h>
#include <sys/iomsg.h>
#include <sys/neutrino.h>
#include <sys/stat.h>
#include <sys/un.h>

#define NAME "/tmp/local-test"

static struct sockaddr_un name(const char *path)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    snprintf(un.sun_path, sizeof un.sun_path, "%s", path);
    return un;
}

static int with(int (*call)(int, const struct sockaddr *, socklen_t), int fd, const char *path)
{
    struct sockaddr_un un = name(path);
    return call(fd, (struct sockaddr *)&un, sizeof un);
}

static int bound(int type, const char *path)
{
    int fd = socket(AF_UNIX, type, 0);
    if (fd == -1 || with(bind, fd, path) != 0)
        bail_out("bind to %s: %s", path, strerror(errno));
    return fd;
}

static void test_name(void)
{
    struct stat st;
    char text[200];
    umask(027);
    int l = bound(SOCK_STREAM, NAME), other = socket(AF_UNIX, SOCK_STREAM, 0);
    is_int(stat(NAME, &st), 0, "a bound name is in the path space");
    ok(S_ISSOCK(st.st_mode) && (st.st_mode & 0777) == 0750, "... as a socket, with the umask (%o)", st.st_mode);
    is_int(open(NAME, O_RDWR), -1, "... that cannot be opened");
    is_errno(EOPNOTSUPP, "... EOPNOTSUPP");
    is_int(with(bind, other, NAME), -1, "a second bind");
    is_errno(EADDRINUSE, "... EADDRINUSE");
    is_int(with(bind, other, "/tmp/no-such-directory/x"), -1, "no such directory");
    is_errno(ENOENT, "... ENOENT");
    is_int(with(bind, other, NAME "/x"), -1, "below a socket");
    is_errno(ENOTDIR, "... ENOTDIR");
    is_int(with(connect, other, NAME), -1, "nobody listens yet");
    is_errno(ECONNREFUSED, "... ECONNREFUSED");
    struct sockaddr_un un;
    socklen_t len = sizeof un;
    is_int(getsockname(l, (struct sockaddr *)&un, &len), 0, "getsockname");
    ok(strcmp(un.sun_path, NAME) == 0 && len == offsetof(struct sockaddr_un, sun_path) + sizeof NAME, "... is what was bound");
    close(l);
    is_int(stat(NAME, &st), 0, "the name outlives its socket");
    is_int(with(connect, other, NAME), -1, "... and refuses");
    is_errno(ECONNREFUSED, "... ECONNREFUSED");
    is_int(unlink(NAME), 0, "unlink");
    is_int(with(connect, other, NAME), -1, "then it is not there");
    is_errno(ENOENT, "... ENOENT");
    if (chdir("/tmp") != 0)
        bail_out("chdir");
    is_int(with(bind, other, "local-relative"), 0, "a relative name");
    ok(stat("/tmp/local-relative", &st) == 0, "... is where it belongs");
    unlink("/tmp/local-relative");
    close(other);
    snprintf(text, sizeof text, "%s", "/proc/boot/sh");
    other = socket(AF_UNIX, SOCK_STREAM, 0);
    is_int(with(connect, other, text), -1, "a file that is no socket");
    is_errno(ECONNREFUSED, "... ECONNREFUSED");
    close(other);
}

static void test_stream(void)
{
    char buffer[32] = "";
    struct sockaddr_un un;
    struct ucred who = {0};
    socklen_t len = sizeof un, size = sizeof who;
    int l = bound(SOCK_STREAM, NAME);
    is_int(listen(l, 1), 0, "listen");
    pid_t pid = start_child();
    if (pid == 0) {
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        if (with(connect, fd, NAME) != 0 || write(fd, "hello", 5) != 5)
            _exit(1);
        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0 || who.pid != getppid())
            _exit(3);
        _exit(read(fd, buffer, sizeof buffer) == 3 && memcmp(buffer, "bye", 3) == 0 ? 0 : 2);
    }
    int fd = accept(l, (struct sockaddr *)&un, &len);
    ok(fd >= 0, "accept");
    ok(len == offsetof(struct sockaddr_un, sun_path), "... from one without a name");
    is_int(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size), 0, "SO_PEERCRED");
    ok(who.pid == pid && who.uid == geteuid() && who.gid == getegid(), "... is the client");
    is_int(read(fd, buffer, sizeof buffer), 5, "data comes");
    is_int(write(fd, "bye", 3), 3, "... and goes");
    is_int(exit_status(pid), 0, "... both ways");
    is_int(read(fd, buffer, sizeof buffer), 0, "the end of a client is the end of data");
    close(fd);
    int first = socket(AF_UNIX, SOCK_STREAM, 0), second = socket(AF_UNIX, SOCK_STREAM, 0);
    is_int(with(connect, first, NAME), 0, "connected before accept()");
    is_int(with(connect, second, NAME), -1, "the queue is full");
    is_errno(ECONNREFUSED, "... ECONNREFUSED");
    len = sizeof un;
    is_int(getpeername(first, (struct sockaddr *)&un, &len), 0, "getpeername");
    ok(strcmp(un.sun_path, NAME) == 0, "... is the name");
    close(l);
    is_int(read(first, buffer, sizeof buffer), -1, "the listening socket goes");
    is_errno(ECONNRESET, "... ECONNRESET");
    int dgram = socket(AF_UNIX, SOCK_DGRAM, 0);
    is_int(with(connect, dgram, NAME), -1, "nobody there");
    is_errno(ECONNREFUSED, "... ECONNREFUSED");
    unlink(NAME);
    l = bound(SOCK_STREAM, NAME);
    is_int(with(connect, dgram, NAME), -1, "another type");
    is_errno(EPROTOTYPE, "... EPROTOTYPE");
    unlink(NAME);
    close(l);
    close(first);
    close(second);
    close(dgram);
}

static ssize_t send_named(int fd, const char *path, const void *data, size_t n)
{
    struct sockaddr_un un = name(path);
    return sendto(fd, data, n, 0, (struct sockaddr *)&un, sizeof un);
}

static void test_datagrams(void)
{
    static char block[3000];
    char buffer[100];
    struct sockaddr_un un = {0};
    socklen_t len = sizeof un;
    int a = bound(SOCK_DGRAM, NAME), b = bound(SOCK_DGRAM, NAME "-b"), c = socket(AF_UNIX, SOCK_DGRAM, 0);
    is_int(send_named(b, NAME, "one", 3), 3, "a datagram to a name");
    is_int(send_named(c, NAME, "three", 5), 5, "... and one without a return address");
    is_int(recvfrom(a, buffer, sizeof buffer, 0, (struct sockaddr *)&un, &len), 3, "it comes alone");
    ok(strcmp(un.sun_path, NAME "-b") == 0, "... and says where from");
    is_int(send_named(a, un.sun_path, "two", 3), 3, "an answer");
    is_int(recv(b, buffer, 2, 0), 2, "... cut off as is usual");
    len = sizeof un;
    is_int(recvfrom(a, buffer, sizeof buffer, 0, (struct sockaddr *)&un, &len), 5, "the next one");
    ok(len == offsetof(struct sockaddr_un, sun_path), "... has no sender");
    is_int(recv(a, buffer, sizeof buffer, MSG_DONTWAIT), -1, "no more");
    is_errno(EAGAIN, "... EAGAIN");
    is_int(with(connect, c, NAME), 0, "connect");
    fcntl(c, F_SETFL, O_NONBLOCK);
    int n = 0;
    while (send(c, block, sizeof block, 0) == sizeof block)
        n++;
    ok(errno == EAGAIN && n > 1, "a full queue refuses: %d, %s", n, strerror(errno));
    fcntl(c, F_SETFL, 0);
    pid_t pid = start_child();
    if (pid == 0)
        _exit(send(c, block, sizeof block, 0) == sizeof block ? 0 : 1);
    sleep_ms(50);
    for (int i = 0; i <= n; i++)
        if (recv(a, block, sizeof block, 0) != sizeof block)
            bail_out("datagram %d: %s", i, strerror(errno));
    is_int(exit_status(pid), 0, "a sender waits for room");
    close(a);
    is_int(send(c, "x", 1, 0), -1, "the receiver is gone");
    is_errno(ECONNREFUSED, "... ECONNREFUSED");
    unlink(NAME);
    unlink(NAME "-b");
    close(b);
    close(c);
}

/* A client that does without libc's look at the file systems. */
static int bare_bind(int fd, const char *path)
{
    struct sockaddr_un un = name("/tmp/anything");
    struct _sock_msg m = {.type = _IO_MSG,
                          .combine_len = sizeof m,
                          .mgrid = _SOCK_MGRID,
                          .subtype = _SOCK_BIND,
                          .addr_len = sizeof un,
                          .data_len = (uint32_t)strlen(path) + 1};
    iov_t parts[3];
    SETIOV(&parts[0], &m, sizeof m);
    SETIOV(&parts[1], &un, sizeof un);
    SETIOV(&parts[2], (void *)path, m.data_len);
    return (int)MsgSendv(fd, parts, 3, NULL, 0);
}

/* Others than user 0: names where everybody may make files, and the mode of a name counts. */
static void test_rights(void)
{
    int l = bound(SOCK_STREAM, NAME);
    listen(l, 5);
    chmod(NAME, 0700);
    int again = socket(AF_UNIX, SOCK_STREAM, 0);
    is_int(bare_bind(again, "/dev/shmem/local-test"), -1, "a name is taken once");
    is_errno(EADDRINUSE, "... EADDRINUSE");
    close(again);
    pid_t pid = start_child();
    if (pid == 0) {
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        if (setgid(7) != 0 || setuid(7) != 0)
            _exit(1);
        if (with(connect, fd, NAME) != -1 || errno != EACCES)
            _exit(2);
        if (unlink(NAME) != -1 || errno != EPERM)
            _exit(3);
        if (bare_bind(fd, "/dev/mine") != -1 || errno != EACCES)
            _exit(4);
        static const char *const elsewhere[] = {"/tmp/../dev/mine", "/tmp/..",      "/tmp/", "/tmp/.", "/dev/shmem//local-test",
                                                "/dev/shmem/./x"};
        for (size_t i = 0; i < sizeof elsewhere / sizeof elsewhere[0]; i++)
            if (bare_bind(fd, elsewhere[i]) != -1 || errno != EACCES)
                _exit(6);
        _exit(with(bind, fd, NAME "-7") == 0 && unlink(NAME "-7") == 0 ? 0 : 5);
    }
    is_int(exit_status(pid), 0, "another user may not connect, unlink, or bind anywhere");
    unlink(NAME);
    close(l);
}

int main(void)
{
    tap_plan(0);
    signal(SIGPIPE, SIG_IGN);
    test_name();
    test_stream();
    test_datagrams();
    test_rights();
    return done();
}
