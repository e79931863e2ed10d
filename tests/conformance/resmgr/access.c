/* SPDX-License-Identifier: Apache-2.0 */
/* Permissions through the default handlers, for clients that are not root.  Library Reference
 * iofunc_check_access(), iofunc_open(), iofunc_chmod(), iofunc_chown(), iofunc_utime(). */
#include "server.h"

#define MINE    "/dev/test-access-mine"   /* owner 1000:100, 0640 */
#define OTHERS  "/dev/test-access-others" /* owner 0:100, 0640 */
#define NOBODYS "/dev/test-access-none"   /* owner 0:0, 0600 */

static resmgr_connect_funcs_t connect_funcs;
static resmgr_io_funcs_t io_funcs;
static iofunc_attr_t mine, others, nobodys;

static int add(dispatch_t *dpp, const char *path, iofunc_attr_t *a, mode_t mode, uid_t uid,
               gid_t gid)
{
    iofunc_attr_init(a, S_IFREG | mode, NULL, NULL);
    a->uid = uid;
    a->gid = gid;
    return resmgr_attach(dpp, NULL, path, _FTYPE_ANY, 0, &connect_funcs, &io_funcs, a);
}

static int serve(void)
{
    dispatch_t *dpp = dispatch_create();
    iofunc_func_init(_RESMGR_CONNECT_NFUNCS, &connect_funcs, _RESMGR_IO_NFUNCS, &io_funcs);
    if (add(dpp, MINE, &mine, 0640, 1000, 100) == -1 ||
        add(dpp, OTHERS, &others, 0640, 0, 100) == -1 ||
        add(dpp, NOBODYS, &nobodys, 0600, 0, 0) == -1)
        return 1;
    return serve_loop(dpp);
}

/* In a child with other credentials: the first check that fails, or 0. */
#define CHECK(n, cond)                                                                             \
    do {                                                                                           \
        if (!(cond))                                                                               \
            _exit(n);                                                                              \
    } while (0)

static int opens(const char *path, int flags)
{
    int fd = open(path, flags);
    int error = fd == -1 ? errno : 0;
    if (fd != -1)
        close(fd);
    return error;
}

static void as_owner(void)
{
    struct timespec when[2] = {{5, 0}, {6, 0}};
    CHECK(1, setgid(100) == 0 && setuid(1000) == 0);
    CHECK(2, opens(MINE, O_RDWR) == 0);
    CHECK(3, opens(OTHERS, O_RDONLY) == 0);
    CHECK(4, opens(OTHERS, O_WRONLY) == EACCES);
    CHECK(5, opens(NOBODYS, O_RDONLY) == EACCES);
    CHECK(6,
          chmod(MINE, 0400) == 0 && opens(MINE, O_WRONLY) == EACCES && opens(MINE, O_RDONLY) == 0);
    CHECK(7, chmod(OTHERS, 0666) == -1 && errno == EPERM);
    CHECK(8, chown(MINE, 0, -1) == -1 && errno == EPERM);
    CHECK(9, chown(MINE, -1, 555) == -1 && errno == EPERM);
    CHECK(10, chown(MINE, -1, 100) == 0);
    CHECK(11, utimensat(AT_FDCWD, MINE, when, 0) == 0);
    CHECK(12, utimensat(AT_FDCWD, OTHERS, when, 0) == -1 && errno == EPERM);
    CHECK(13, utimensat(AT_FDCWD, OTHERS, NULL, 0) == -1 && errno == EACCES);
    CHECK(14, chmod(MINE, 0640) == 0);
    CHECK(15, access(OTHERS, R_OK) == 0 && access(OTHERS, W_OK) == -1);
    CHECK(16, open(MINE, O_RDWR | O_TRUNC) >= 0);
    int fd = open(MINE, O_RDWR);
    pid_t child = fork();
    if (child == 0) {
        struct stat st;
        _exit(fstat(fd, &st) == 0 && write(fd, "x", 1) == 1 ? 0 : 1);
    }
    int status = -1;
    CHECK(18, waitpid(child, &status, 0) == child && status == 0);
    CHECK(17, opens(OTHERS, O_RDONLY | O_TRUNC) == EACCES);
    _exit(0);
}

static void as_stranger(void)
{
    CHECK(1, setgroups(0, NULL) == 0 && setgid(200) == 0 && setuid(2000) == 0);
    CHECK(2, opens(MINE, O_RDONLY) == EACCES);
    CHECK(3, opens(OTHERS, O_RDONLY) == EACCES);
    CHECK(4, opens(NOBODYS, O_RDONLY) == EACCES);
    CHECK(5, chmod(MINE, 0777) == -1 && errno == EPERM);
    _exit(0);
}

/* A descriptor of another process is not to be had by asking the server for a duplicate. */
static void as_thief(int fd, pid_t owner)
{
    struct _msg_info info;
    struct _io_dup msg = {.type = _IO_DUP, .combine_len = sizeof msg};
    CHECK(1, ConnectServerInfo(0, fd, &info) == fd);
    pid_t middle = fork(); /* the owner's grandchild is no relative that counts */
    if (middle == 0) {
        CHECK(2, setgid(200) == 0 && setuid(2000) == 0);
        int coid = ConnectAttach(0, info.pid, info.chid, _NTO_SIDE_CHANNEL, 0);
        CHECK(3, coid != -1);
        msg.info = info;
        msg.info.pid = owner;
        msg.info.coid = fd;
        CHECK(4, MsgSend(coid, &msg, sizeof msg, NULL, 0) == -1 && errno == EPERM);
        _exit(0);
    }
    int status;
    waitpid(middle, &status, 0);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 99);
}

static int outcome(pid_t pid)
{
    int status;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int main(void)
{
    tap_plan(0);
    pid_t server = server_start(serve, NOBODYS);
    is_int(opens(NOBODYS, O_RDWR), 0, "root opens what it has no bits for");
    pid_t pid = fork();
    if (pid == 0)
        as_owner();
    is_int(outcome(pid), 0, "owner and group: every check (the number is the one that failed)");
    pid = fork();
    if (pid == 0)
        as_stranger();
    is_int(outcome(pid), 0, "stranger: every check");
    int fd = open(NOBODYS, O_RDWR);
    pid = fork();
    if (pid == 0)
        as_thief(fd, getppid());
    is_int(outcome(pid), 0, "a duplicate of a stranger's descriptor is refused");
    ok(server_stop(server), "the server lived to the end");
    return done();
}
