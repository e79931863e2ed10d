/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for a target: deployd's own code on the build machine, behind a TCP port, and behind the
 * multiplexer on a pseudo terminal.  Whoever connects is the user that started it.
 *   standin FILE LINK    writes the TCP port to FILE, makes LINK lead to the terminal; until a signal */
#include "../../mux/mux.h"
#include "../deployd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static struct mux mux;
static int line, server = -1; /* our end of the channel "deploy" */
static uint8_t box[65536];    /* for the server */
static size_t waiting;

static uint64_t now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000u + (uint64_t)ts.tv_nsec / 1000000u;
}

static size_t pull(void *owner, unsigned channel, uint8_t *to, size_t max)
{
    (void)owner;
    ssize_t n = channel == 1 && server != -1 ? recv(server, to, max, MSG_DONTWAIT) : 0;
    if (n == 0 && channel == 1 && server != -1 && max > 0) { /* it has ended */
        close(server);
        server = -1;
        mux_close(&mux, 1);
    }
    return n > 0 ? (size_t)n : 0;
}

static void feed(void)
{
    ssize_t n = server != -1 ? send(server, box, waiting, MSG_DONTWAIT | MSG_NOSIGNAL) : 0;
    if (n > 0) {
        memmove(box, box + n, waiting - (size_t)n);
        waiting -= (size_t)n;
    }
}

static void push(void *owner, unsigned channel, const uint8_t *bytes, size_t n)
{
    (void)owner;
    if (channel == 1 && waiting + n <= sizeof box) {
        memcpy(box + waiting, bytes, n);
        waiting += n;
    }
    feed();
}

static size_t room(void *owner, unsigned channel)
{
    (void)owner;
    return channel == 1 ? sizeof box - waiting : 1024;
}

/* A process for the connection, as behind the port. */
static int open_channel(void *owner, unsigned channel)
{
    (void)owner;
    int ends[2];
    if (channel != 1 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
        return channel == 0 ? 0 : ENXIO;
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        signal(SIGCHLD, SIG_DFL);
        close(line);
        close(ends[0]);
        serve(ends[1], ends[1]);
        _exit(0);
    }
    close(ends[1]);
    server = ends[0];
    waiting = 0;
    return 0;
}

static void event(void *owner, enum mux_event what, unsigned channel, int value)
{
    (void)owner, (void)value;
    if ((what == MUX_CLOSED && channel == 1) || what == MUX_RESTART) {
        if (server != -1)
            close(server);
        server = -1;
    }
}

static void plain(void *owner, uint8_t byte, bool junk)
{
    (void)owner, (void)byte, (void)junk;
}

static void serve_line(void)
{
    static const struct mux_ops ops = {pull, push, room, open_channel, event, plain};
    uint8_t bytes[4096];
    mux_init(&mux, false, &ops, NULL, 0);
    mux.names = "con1 deploy";
    for (;;) {
        const uint8_t *out;
        size_t n = mux_output(&mux, &out, now_ms());
        struct pollfd p[2] = {{line, (short)(POLLIN | (n > 0 ? POLLOUT : 0)), 0},
                              {server, (short)(POLLIN | (waiting > 0 ? POLLOUT : 0)), 0}};
        poll(p, 2, n > 0 && mux.channels[1].state == MUX_OPEN ? 10 : 20);
        ssize_t part = n > 0 ? write(line, out, n) : 0;
        if (part > 0)
            mux_sent(&mux, (size_t)part);
        feed();
        while ((part = read(line, bytes, sizeof bytes)) > 0)
            mux_input(&mux, bytes, (size_t)part, now_ms());
        mux_tick(&mux, now_ms());
    }
}

static void open_terminal(const char *link)
{
    struct termios tio;
    line = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (line == -1 || grantpt(line) == -1 || unlockpt(line) == -1)
        exit(2);
    /* Held open: without it the line would be broken whenever no qrv has it. */
    int slave = open(ptsname(line), O_RDWR | O_NOCTTY | O_CLOEXEC);
    tcgetattr(slave, &tio);
    cfmakeraw(&tio);
    tcsetattr(slave, TCSANOW, &tio);
    unlink(link);
    if (symlink(ptsname(line), link) == -1)
        exit(2);
}

int main(int argc, char **argv)
{
    struct sockaddr_in a;
    socklen_t len = sizeof a;
    if (argc != 3)
        return 2;
    signal(SIGPIPE, SIG_IGN);
    int listener = listen_open("127.0.0.1:0");
    if (listener == -1 || getsockname(listener, (struct sockaddr *)&a, &len) == -1)
        return 2;
    open_terminal(argv[2]);
    FILE *file = fopen(argv[1], "w");
    if (file == NULL)
        return 2;
    fprintf(file, "%d\n", ntohs(a.sin_port));
    fclose(file);
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        listen_serve(listener);
    }
    signal(SIGCHLD, SIG_IGN); /* nobody waits for the servers of the line */
    serve_line();
}
