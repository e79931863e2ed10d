/* SPDX-License-Identifier: Apache-2.0 */
/* Malformed messages to a resource manager: each gets an error, none gets through to a handler or
 * ends the server. Message layouts: Library Reference _io_connect, "Writing a Resource Manager",
 * "Combine messages". */
#include "server.h"

#define PATH "/dev/test-hostile"

static resmgr_connect_funcs_t connect_funcs;
static resmgr_io_funcs_t io_funcs;
static iofunc_attr_t attr;

static int serve(void)
{
    dispatch_t *dpp = dispatch_create();
    iofunc_func_init(_RESMGR_CONNECT_NFUNCS, &connect_funcs, _RESMGR_IO_NFUNCS, &io_funcs);
    iofunc_attr_init(&attr, S_IFREG | 0666, NULL, NULL);
    attr.nbytes = 10;
    if (resmgr_attach(dpp, NULL, PATH, _FTYPE_ANY, _RESMGR_FLAG_DIR, &connect_funcs, &io_funcs,
                      &attr) == -1)
        return 1;
    return serve_loop(dpp);
}

static int coid; /* a raw connection to the server, nothing opened on it */
static int fd;

static void expect(int to, const void *msg, size_t len, int error, const char *what)
{
    char reply[256];
    errno = 0;
    long rc = MsgSend(to, msg, len, reply, sizeof reply);
    int got = rc == -1 ? errno : 0;
    if (!ok(got == error, "%s", what))
        diag("errno %d (%s), wanted %d (%s); status %ld", got, strerror(got), error,
             strerror(error), rc);
}

union connect {
    struct _io_connect c;
    char bytes[4096];
};

static union connect opening(const char *path)
{
    union connect m = {
        .c = {.type = _IO_CONNECT, .subtype = _IO_CONNECT_OPEN, .ioflag = _IO_FLAG_RD}};
    strcpy(m.bytes + _IO_CONNECT_HDR, path);
    m.c.path_len = (uint16_t)(strlen(path) + 1);
    return m;
}

static void connects(void)
{
    union connect m = opening("");
    size_t len = _IO_CONNECT_HDR + 1;
    expect(coid, m.bytes, len, 0, "a good open");
    expect(coid, m.bytes, 2, EBADMSG, "two bytes of a connect message");
    expect(coid, m.bytes, _IO_CONNECT_HDR, EBADMSG, "a connect message without its path");
    m.c.path_len = 0;
    expect(coid, m.bytes, len, EBADMSG, "path_len 0");
    m.c.path_len = 0xffff;
    expect(coid, m.bytes, len, EBADMSG, "path_len 65535 in a short message");
    m.c.path_len = 3000;
    expect(coid, m.bytes, 4096, ENAMETOOLONG, "a path that no buffer holds");
    m = opening("abc");
    m.c.path_len = 3;
    expect(coid, m.bytes, len + 3, EBADMSG, "a path without NUL");
    m = opening("../../etc/passwd");
    expect(coid, m.bytes, len + 20, EINVAL, "a path that climbs out");
    m = opening("/etc");
    expect(coid, m.bytes, len + 10, EINVAL, "an absolute path");
    m = opening("");
    m.c.handle = 4000;
    expect(coid, m.bytes, len, ENXIO, "a handle that no link has");
    m.c.handle = 0xffffffff;
    expect(coid, m.bytes, len, ENXIO, "handle -1");
    m = opening("");
    m.c.subtype = 99;
    expect(coid, m.bytes, len, ENOSYS, "an unknown connect subtype");
    m.c.subtype = _IO_CONNECT_RENAME;
    expect(coid, m.bytes, len, EBADMSG, "rename without an old name");
    m.c.subtype = _IO_CONNECT_COMBINE;
    expect(coid, m.bytes, len, EBADMSG, "combine without a second part");
    m.c.subtype = _IO_CONNECT_COMBINE_CLOSE;
    struct _io_stat st = {.type = _IO_STAT, .combine_len = sizeof st | _IO_COMBINE_FLAG};
    memcpy(m.bytes + 48, &st, sizeof st);
    expect(coid, m.bytes, 48 + sizeof st, EBADMSG, "a chain that goes on behind the end");
    st.combine_len = 0 | _IO_COMBINE_FLAG;
    memcpy(m.bytes + 48, &st, sizeof st);
    expect(coid, m.bytes, 48 + 64, EBADMSG, "a chain that goes nowhere");
    m.c.extra_len = 0xffff;
    expect(coid, m.bytes, 48 + sizeof st, EBADMSG, "extra_len 65535 in a short message");
}

static void io(void)
{
    struct _io_read r = {.type = _IO_READ, .combine_len = sizeof r, .nbytes = 16};
    struct _io_devctl d = {.type = _IO_DEVCTL, .combine_len = sizeof d, .nbytes = 100};
    struct _io_dup dup_msg = {.type = _IO_DUP, .combine_len = sizeof dup_msg};
    uint16_t types[2] = {0, 0};
    expect(fd, &r, sizeof r, 0, "a good read");
    expect(fd, &r, sizeof r - 1, EBADMSG, "a short read");
    expect(fd, &r, 4, EBADMSG, "only a header");
    expect(fd, &r, 1, EBADMSG, "one byte");
    expect(fd, &r, 0, EBADMSG, "an empty message");
    r.xtype = _IO_XTYPE_OFFSET;
    expect(fd, &r, sizeof r, EBADMSG, "pread without the offset");
    r.xtype = 0xee;
    expect(fd, &r, sizeof r, ENOSYS, "an unknown xtype");
    d.dcmd = (int32_t)(_POSIX_DEVDIR_TO | 0x0501);
    expect(fd, &d, sizeof d, EBADMSG, "devctl data that were not sent");
    d.nbytes = 0xffffffff;
    expect(fd, &d, sizeof d, EBADMSG, "4 GiB of devctl data");
    for (int t = _IO_BASE + 0x1b; t <= _IO_MAX; t += 0x33) {
        types[0] = (uint16_t)t;
        expect(fd, types, sizeof types, ENOSYS, "an unassigned I/O type");
    }
    types[0] = _IO_MAX + 1;
    expect(fd, types, sizeof types, ENOSYS, "a private type that nobody handles");
    types[0] = 1;
    expect(fd, types, sizeof types, ENOSYS, "a type below the I/O messages");
    dup_msg.info.pid = 1;
    dup_msg.info.coid = 3;
    expect(fd, &dup_msg, sizeof dup_msg, EBADF, "dup of a descriptor that is not there");
    dup_msg.info.pid = getpid();
    dup_msg.info.coid = -5;
    expect(fd, &dup_msg, sizeof dup_msg, EBADF, "dup of descriptor -5");
    expect(fd, &dup_msg, 8, EBADMSG, "a short dup");
}

static void unopened(void)
{
    struct _msg_info info;
    struct _io_read r = {.type = _IO_READ, .combine_len = sizeof r, .nbytes = 16};
    struct _io_close c = {_IO_CLOSE, sizeof c};
    ConnectServerInfo(0, fd, &info);
    int raw = ConnectAttach(0, info.pid, info.chid, _NTO_SIDE_CHANNEL, 0);
    expect(raw, &r, sizeof r, EBADF, "read on a connection that opened nothing");
    expect(raw, &c, sizeof c, EBADF, "close on a connection that opened nothing");
    ConnectDetach(raw);
}

/* Random bytes with a plausible head: only an answer of any kind is asked for. */
static void noise(void)
{
    static char bytes[3000];
    uint64_t state = 88172645463325252u;
    int answered = 0;
    for (int i = 0; i < 3000; i++) {
        for (size_t k = 0; k < sizeof bytes; k += 8) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            memcpy(bytes + k, &state, 8);
        }
        uint16_t type = (uint16_t)(_IO_CONNECT + state % 27);
        if (type == _IO_CLOSE || type == _IO_DUP)
            continue;
        memcpy(bytes, &type, 2);
        if (state & 0x10000)
            bytes[2] = (char)(state >> 20 & 7), bytes[3] = 0;
        errno = 0;
        long rc = MsgSend(fd, bytes, (size_t)(state >> 32) % sizeof bytes, bytes + 100, 200);
        answered += rc != -1 || errno != 0;
        if (rc == -1 && errno == ESRCH)
            bail_out("the server died of message %d, type %#x", i, type);
    }
    ok(answered > 2000, "%d messages of noise were answered", answered);
}

int main(void)
{
    struct _msg_info info;
    struct stat st;
    tap_plan(0);
    pid_t server = server_start(serve, PATH);
    fd = open(PATH, O_RDWR);
    ok(fd >= 0, "open");
    ConnectServerInfo(0, fd, &info);
    coid = ConnectAttach(0, info.pid, info.chid, _NTO_SIDE_CHANNEL, 0);
    ok(coid != -1, "a raw connection");
    connects();
    io();
    unopened();
    noise();
    is_int(stat(PATH, &st), 0, "the server still answers");
    ok(server_stop(server), "the server lived to the end");
    return done();
}
