/* SPDX-License-Identifier: Apache-2.0 */
/* Messages that no libc would send, to every kind of socket, and connections in great numbers: io-net answers,
 * lives, and has no more sockets afterwards than before.
 * The messages: abi/socket.h. */
#include "socket.h"

#include <abi/iomsg.h>
#include <abi/socket.h>
#include <sys/neutrino.h>

#define MESSAGES 6000
#define CYCLES   500

static uint64_t state = 12345;

static uint32_t any(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 16);
}

/* Mostly small numbers, sometimes the edges of what a field holds. */
static uint32_t number(void)
{
    static const uint32_t edges[] = {0x7fffffff, 0x80000000, 0xffffffff, 0xffff, 0x7fff0000, 0x7fff0001};
    return any() % 4 == 0 ? edges[any() % 6] : any() % 130;
}

static void send_one(int fd)
{
    static unsigned char bytes[400];
    static unsigned char reply[1000];
    struct _sock_msg m = {.type = any() % 8 == 0 ? _IO_BASE + any() % 32 : _IO_MSG,
                          .combine_len = any() % 8 == 0 ? (uint16_t)any() : sizeof m,
                          .mgrid = any() % 16 == 0 ? (uint16_t)any() : _SOCK_MGRID,
                          .subtype = (uint16_t)(any() % 16),
                          .flags = (int32_t)number(),
                          .option = (int32_t)number(),
                          .addr_len = number(),
                          .data_len = number()};
    if (m.type == _IO_CLOSE || m.type == _IO_DUP)
        m.type = _IO_MSG;
    if (m.type == _IO_MSG && m.subtype == _SOCK_SETIF)
        m.option &= ~_SOCK_SET_UP; /* the next test wants a loopback interface */
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)any();
    memcpy(bytes, &m, sizeof m);
    if (any() % 2) { /* an address of a family that exists */
        static const unsigned char families[] = {AF_INET, AF_INET6, AF_UNIX, AF_UNSPEC};
        bytes[sizeof m] = families[any() % 4];
        bytes[sizeof m + 1] = 0;
    }
    size_t n = any() % 3 == 0 ? any() % sizeof bytes : sizeof bytes;
    MsgSend(fd, bytes, n, reply, any() % sizeof reply);
}

static long count_sockets(int fd)
{
    static struct _sock_info list[300];
    struct _sock_msg m = {.type = _IO_MSG,
                          .combine_len = sizeof m,
                          .mgrid = _SOCK_MGRID,
                          .subtype = _SOCK_LIST,
                          .option = _SOCK_LIST_SOCKETS,
                          .data_len = sizeof list};
    long n = MsgSend(fd, &m, sizeof m, list, sizeof list);
    return n < 0 ? -1 : n / (long)sizeof list[0];
}

static void test_messages(int watch)
{
    static const struct {
        int domain, type, protocol;
    } kinds[] = {{AF_INET, SOCK_STREAM, 0},
                 {AF_INET6, SOCK_STREAM, 0},
                 {AF_INET, SOCK_DGRAM, 0},
                 {AF_INET6, SOCK_DGRAM, 0},
                 {AF_INET, SOCK_RAW, IPPROTO_ICMP},
                 {AF_INET6, SOCK_RAW, IPPROTO_ICMPV6},
                 {AF_UNIX, SOCK_STREAM, 0}};
    long before = count_sockets(watch);
    ok(before >= 1, "sockets can be counted");
    for (int i = 0; i < MESSAGES;) {
        int k = (int)(any() % 7);
        int fd = socket(kinds[k].domain, kinds[k].type | SOCK_NONBLOCK, kinds[k].protocol);
        if (fd == -1)
            bail_out("no socket of kind %d after %d messages: %s", k, i, strerror(errno));
        for (int end = i + 20; i < end; i++)
            send_one(fd);
        close(fd);
    }
    is_int(count_sockets(watch), before, "after random messages there are as many sockets as before");
    char c = 0;
    int fd[2];
    connected(fd);
    ok(send(fd[0], "h", 1, 0) == 1 && recv(fd[1], &c, 1, 0) == 1 && c == 'h', "... and connections work");
    close(fd[0]);
    close(fd[1]);
}

static void test_cycles(int watch)
{
    long before = count_sockets(watch), pairs = 0;
    int fd[2];
    for (int i = 0; i < CYCLES; i++) {
        struct linger now = {.l_onoff = i % 2};
        connected(fd);
        setsockopt(fd[0], SOL_SOCKET, SO_LINGER, &now, sizeof now);
        pairs += send(fd[0], "x", 1, 0) == 1;
        close(fd[i % 2]);
        close(fd[1 - i % 2]);
    }
    is_int(pairs, CYCLES, "connections come and go");
    is_int(count_sockets(watch), before, "... and leave no socket behind");
    int l = listener();
    struct sockaddr_in a = loopback4(port_of(l));
    for (int i = 0; i < 3; i++) {
        int c = socket(AF_INET, SOCK_STREAM, 0);
        connect(c, (struct sockaddr *)&a, sizeof a);
        if (i == 0)
            close(c);
        else
            fcntl(c, F_SETFD, FD_CLOEXEC); /* it stays open */
    }
    close(l);
    ok(count_sockets(watch) <= before + 2, "those that nobody accepted go with their listener");
}

static void test_killed_with_sockets(int watch)
{
    long before = count_sockets(watch);
    int ready[2];
    char c;
    if (pipe(ready) != 0)
        bail_out("pipe");
    pid_t pid = start_child();
    if (pid == 0) {
        int fd[2];
        for (int i = 0; i < 20; i++)
            connected(fd);
        write(ready[1], "r", 1);
        for (;;)
            recv(fd[0], fd, 1, 0);
    }
    ok(read(ready[0], &c, 1) == 1, "a child makes connections");
    is_int(count_sockets(watch), before + 40, "... and has forty sockets");
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    for (int i = 0; i < 1000 && count_sockets(watch) > before; i++)
        sleep_ms(10);
    is_int(count_sockets(watch), before, "... which go when it is killed");
}

int main(void)
{
    tap_plan(0);
    signal(SIGPIPE, SIG_IGN);
    int watch = socket(AF_INET, SOCK_DGRAM, 0);
    test_messages(watch);
    test_cycles(watch);
    test_killed_with_sockets(watch);
    return done();
}
