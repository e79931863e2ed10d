/* SPDX-License-Identifier: Apache-2.0 */
/* Random messages to pipe and slogger: each is answered or times out, and the server goes on
 * serving. Every message has a kernel timeout, so this exercises unblocking in all states as well.
 */
#include "../tap.h"

#include <fcntl.h>
#include <sys/iomsg.h>
#include <sys/neutrino.h>
#include <sys/stat.h>

#define MESSAGES 3000

static unsigned seed = 1;

static unsigned next_random(void)
{
    seed = seed * 1103515245u + 12345u;
    return seed >> 8;
}

/* One message with a plausible type and length, the rest random.  0: the server answered in some
 * way. */
static int send_one(int fd)
{
    static unsigned char msg[3000], reply[3000];
    uint64_t timeout = 2000000; /* ns */
    size_t n = next_random() % 4 ? 4 + next_random() % 64 : 4 + next_random() % (sizeof msg - 4);
    for (size_t i = 0; i < n; i++)
        msg[i] =
            next_random() % 3 ? (unsigned char)(next_random() % 4) : (unsigned char)next_random();
    uint16_t type = (uint16_t)(_IO_BASE + next_random() % 32);
    if (type == _IO_CLOSE || type == _IO_SHUTDOWN)
        type = _IO_READ; /* the descriptor is still needed */
    if (next_random() % 20 == 0)
        type = (uint16_t)next_random();
    memcpy(msg, &type, sizeof type);
    uint16_t combine = (uint16_t)(next_random() % 3 ? n : next_random());
    memcpy(msg + 2, &combine, sizeof combine);
    TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_SEND | _NTO_TIMEOUT_REPLY, NULL, &timeout, NULL);
    if (MsgSend(fd, msg, n, reply, next_random() % sizeof reply) >= 0)
        return 0;
    return errno == ESRCH || errno == EBADF ? -1 : 0;
}

static int survives(int fd)
{
    for (int i = 0; i < MESSAGES; i++) {
        if (send_one(fd) != 0) {
            /* EBADF may be the honest answer to one message: the server decides by the next. */
            struct stat st;
            if (fstat(fd, &st) == -1)
                return 0;
        }
    }
    return 1;
}

int main(void)
{
    int fd[2], other[2];
    char c = 0;
    tap_plan(0);
    if (pipe(fd) != 0)
        bail_out("pipe: %s", strerror(errno));
    ok(survives(fd[0]), "the read end of a pipe");
    ok(survives(fd[1]), "the write end of a pipe");
    ok(pipe(other) == 0 && write(other[1], "x", 1) == 1 && read(other[0], &c, 1) == 1 && c == 'x',
       "another pipe works");
    close(fd[0]);
    close(fd[1]);
    close(other[0]);
    close(other[1]);
    int log = open("/dev/slog", O_RDWR);
    if (log == -1) {
        skip("there is no slogger");
        return done();
    }
    ok(survives(log), "the log");
    struct stat st;
    ok(stat("/dev/slog", &st) == 0 && stat("/dev/pipe", &st) == 0, "both servers are there");
    close(log);
    return done();
}
