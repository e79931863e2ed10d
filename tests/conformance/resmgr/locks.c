/* SPDX-License-Identifier: Apache-2.0 */
/* Record locks through iofunc_lock_default(): POSIX fcntl() F_SETLK, F_SETLKW, F_GETLK; Library
 * Reference iofunc_lock_default(), iofunc_close_dup_default(), iofunc_unblock_default(). */
#include "server.h"
#include "../interrupt_call.h"
#include "../state.h"

#include <poll.h>
#include <sys/time.h>

#define PATH "/dev/test-locks"

static resmgr_connect_funcs_t connect_funcs;
static resmgr_io_funcs_t io_funcs;
static iofunc_attr_t attr;

static int serve(void)
{
    dispatch_t *dpp = dispatch_create();
    iofunc_func_init(_RESMGR_CONNECT_NFUNCS, &connect_funcs, _RESMGR_IO_NFUNCS, &io_funcs);
    iofunc_attr_init(&attr, S_IFREG | 0666, NULL, NULL);
    attr.nbytes = 1000;
    if (resmgr_attach(dpp, NULL, PATH, _FTYPE_ANY, 0, &connect_funcs, &io_funcs, &attr) == -1)
        return 1;
    return serve_loop(dpp);
}

static int lock(int fd, int cmd, int type, off_t start, off_t len)
{
    struct flock l = {.l_type = (short)type, .l_whence = SEEK_SET, .l_start = start, .l_len = len};
    return fcntl(fd, cmd, &l);
}

/* The other process: takes commands "type cmd start len" through a pipe, answers with 0 or errno.
 */
struct order {
    int cmd, type;
    off_t start, len;
    int close_first;
};
static int orders[2], answers[2];

static void other(void)
{
    struct order o;
    int fd = open(PATH, O_RDWR), spare = dup(fd), answer;
    while (read(orders[0], &o, sizeof o) == sizeof o) {
        if (o.close_first) {
            close(spare); /* any descriptor of the file */
            spare = dup(fd);
            answer = 0;
        } else {
            answer = lock(fd, o.cmd, o.type, o.start, o.len) == -1 ? errno : 0;
        }
        write(answers[1], &answer, sizeof answer);
    }
    _exit(0);
}

static void tell(int cmd, int type, off_t start, off_t len)
{
    struct order o = {cmd, type, start, len, 0};
    write(orders[1], &o, sizeof o);
}

static int answer(void)
{
    int a = -1;
    read(answers[0], &a, sizeof a);
    return a;
}

/* -1: none within a time that is long enough for any machine. */
static int answer_soon(void)
{
    struct pollfd p = {.fd = answers[0], .events = POLLIN};
    return poll(&p, 1, 20000) == 1 ? answer() : -1;
}

static int remote(int cmd, int type, off_t start, off_t len)
{
    tell(cmd, type, start, len);
    return answer();
}

static void conflicts(int fd)
{
    struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 0};
    is_int(remote(F_SETLK, F_WRLCK, 100, 50), 0, "another process locks [100, 150)");
    is_int(lock(fd, F_SETLK, F_WRLCK, 140, 20), -1, "an overlapping lock");
    ok(errno == EAGAIN || errno == EACCES, "... is refused");
    is_int(lock(fd, F_SETLK, F_RDLCK, 149, 1), -1, "so is a read lock of its last byte");
    is_int(lock(fd, F_SETLK, F_WRLCK, 150, 10), 0, "the byte behind it is free");
    is_int(lock(fd, F_SETLK, F_WRLCK, 90, 10), 0, "so is the one before it");
    is_int(fcntl(fd, F_GETLK, &l), 0, "F_GETLK");
    ok(l.l_type == F_WRLCK && l.l_start == 100 && l.l_len == 50, "... shows the other's lock");
    ok(l.l_pid > 0 && l.l_pid != getpid(), "... and owner");
    is_int(remote(F_SETLK, F_UNLCK, 110, 10), 0, "the other unlocks its middle");
    is_int(lock(fd, F_SETLK, F_WRLCK, 110, 10), 0, "which can be had then");
    is_int(lock(fd, F_SETLK, F_WRLCK, 109, 1), -1, "... but not the byte before");
    is_int(lock(fd, F_SETLK, F_WRLCK, 120, 1), -1, "... nor the byte behind");
    is_int(lock(fd, F_SETLK, F_UNLCK, 0, 0), 0, "unlock all of ours");
    is_int(remote(F_SETLK, F_UNLCK, 0, 0), 0, "and of the other");
    is_int(lock(fd, F_SETLK, F_RDLCK, 0, 0), 0, "read locks");
    is_int(remote(F_SETLK, F_RDLCK, 0, 0), 0, "... go together");
    is_int(remote(F_SETLK, F_WRLCK, 5, 1), EAGAIN, "... and keep writers out");
    lock(fd, F_SETLK, F_UNLCK, 0, 0);
    is_int(remote(F_SETLK, F_WRLCK, 5, 1), 0, "... until the other reader goes");
    remote(F_SETLK, F_UNLCK, 0, 0);
}

/* The other process waits for a lock: for the server, not for an order. */
static pid_t server, other_pid;

static void other_waits(void)
{
    if (!blocked_wait_on(other_pid, 1, STATE_REPLY, (uint64_t)server))
        bail_out("it does not wait");
}

/* A write lock that becomes a read lock lets in the readers that wait for it. */
static void downgrade(int fd)
{
    is_int(lock(fd, F_SETLK, F_WRLCK, 0, 10), 0, "a write lock");
    tell(F_SETLKW, F_RDLCK, 5, 10);
    other_waits();
    is_int(lock(fd, F_SETLK, F_RDLCK, 0, 10), 0, "... becomes a read lock");
    int got = answer_soon();
    is_int(got, 0, "... which lets a waiting reader in");
    lock(fd, F_SETLK, F_UNLCK, 0, 0);
    if (got == -1)
        answer();
    remote(F_SETLK, F_UNLCK, 0, 0);
}

/* What names the file but opens no descriptor is no close(): POSIX, fcntl(). */
static void path_calls(int fd)
{
    struct stat st;
    is_int(lock(fd, F_SETLK, F_WRLCK, 0, 10), 0, "a lock");
    stat(PATH, &st);
    is_int(remote(F_SETLK, F_RDLCK, 0, 1), EAGAIN, "... outlives its owner's stat()");
    access(PATH, R_OK);
    is_int(remote(F_SETLK, F_RDLCK, 0, 1), EAGAIN, "... and access()");
    chmod(PATH, 0666);
    is_int(remote(F_SETLK, F_RDLCK, 0, 1), EAGAIN, "... and chmod()");
    close(open(PATH, O_RDONLY));
    is_int(remote(F_SETLK, F_RDLCK, 0, 1), 0, "... but not open() and close()");
    remote(F_SETLK, F_UNLCK, 0, 0);
    lock(fd, F_SETLK, F_UNLCK, 0, 0);
}

static void waits(int fd)
{
    struct order closing = {.close_first = 1};
    lock(fd, F_SETLK, F_WRLCK, 0, 10);
    tell(F_SETLKW, F_WRLCK, 5, 10);
    other_waits();
    is_int(lock(fd, F_SETLK, F_UNLCK, 0, 10), 0, "unlock what another waits for");
    is_int(answer(), 0, "... gives it the lock");
    is_int(lock(fd, F_SETLK, F_WRLCK, 5, 1), -1, "... which it holds");
    interrupt_soon();
    is_int(lock(fd, F_SETLKW, F_WRLCK, 5, 1), -1, "a signal ends a wait for a lock");
    is_errno(EINTR, "... EINTR");
    interrupt_no_more();
    write(orders[1], &closing, sizeof closing);
    answer();
    is_int(lock(fd, F_SETLK, F_WRLCK, 5, 1), 0,
           "close() of any descriptor drops all locks of its process");
    is_int(remote(F_SETLK, F_WRLCK, 50, 1), 0, "the other takes a second range");
    tell(F_SETLKW, F_WRLCK, 5, 1);
    other_waits();
    is_int(lock(fd, F_SETLKW, F_WRLCK, 50, 1), -1, "waiting in a circle");
    is_errno(EDEADLK, "... is EDEADLK");
    lock(fd, F_SETLK, F_UNLCK, 0, 0);
    is_int(answer(), 0, "the other gets its lock");
}

int main(void)
{
    tap_plan(0);
    server = server_start(serve, PATH);
    if (pipe(orders) == -1 || pipe(answers) == -1)
        bail_out("pipe: %s", strerror(errno));
    pid_t pid = other_pid = fork();
    if (pid == 0)
        other();
    int fd = open(PATH, O_RDWR);
    ok(fd >= 0, "open");
    conflicts(fd);
    downgrade(fd);
    path_calls(fd);
    waits(fd);
    struct flock bad = {.l_type = 9, .l_whence = SEEK_SET};
    ok(fcntl(fd, F_SETLK, &bad) == -1 && errno == EINVAL, "an unknown lock type is EINVAL");
    is_int(lock(fd, F_SETLK, F_RDLCK, -5, 2), -1, "a range before the start is refused");
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    int got = -1;
    for (int i = 0; i < 200 && got == -1; i++) {
        got = lock(fd, F_SETLK, F_WRLCK, 0, 0);
        pause_ms(10);
    }
    is_int(got, 0, "a process's locks go when it dies");
    ok(server_stop(server), "the server lived to the end");
    return done();
}
