/* SPDX-License-Identifier: Apache-2.0 */
/* qdebug: the agent of GDB's remote serial protocol. */
/* clang-format off */
#ifdef __USAGE
%C - debug agent for GDB (target extended-remote)

%C [-o optional] [-v] DEVICE

Speaks the remote serial protocol of GDB on a character device, which it sets to raw mode; "-" is
standard input and output.  One GDB at a time; when it goes, what it has started is killed and what it
is attached to goes on.  Processes that GDB starts run as the user of the agent.
 -o optional  end quietly when there is no such device
 -v           write the packets to standard error
#endif
/* clang-format on */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/neutrino.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "server.h"

#define PULSE_TARGET (_PULSE_CODE_MINAVAIL + 1)

/* The line's thread reads; everything else is done by the main thread, to which it sends what came. */
struct chunk {
    uint16_t type; /* TYPE_CHUNK: no pulse has it */
    uint16_t bytes;
    uint8_t data[1024];
};
#define TYPE_CHUNK 0x7001

static struct server server;
static int channel, connection;
static bool is_verbose;

static void *read_line(void *arg)
{
    static struct chunk c = {.type = TYPE_CHUNK};
    int fd = *(const int *)arg;
    ssize_t n;
    while (connection != -1) { /* for ever */
        do
            n = read(fd, c.data, sizeof c.data);
        while (n < 0 && errno == EINTR);
        c.bytes = n > 0 ? (uint16_t)n : 0; /* 0: nobody is at the other end any more */
        MsgSend(connection, &c, sizeof c, NULL, 0);
        if (n <= 0)
            nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
    }
    return NULL;
}

static void write_all(const char *data, size_t bytes)
{
    while (bytes > 0) {
        ssize_t n = write(server.fd, data, bytes);
        if (n < 0 && errno != EINTR)
            return; /* the reader finds out as well */
        if (n > 0) {
            data += n;
            bytes -= (size_t)n;
        }
    }
}

static void send_reply(void)
{
    static char line[RSP_PACKET_MAX + 4];
    if (is_verbose)
        fprintf(stderr, "-> %.200s\n", server.out.text);
    write_all(line, rsp_frame(&server.out, line));
}

static void take(uint8_t byte)
{
    switch (rsp_byte(&server.in, byte)) {
    case RSP_PACKET:
        if (is_verbose)
            fprintf(stderr, "<- %.200s\n", server.in.text);
        if (!server.is_quiet)
            write_all("+", 1);
        if (server_packet(&server, server.in.text, server.in.bytes))
            send_reply();
        break;
    case RSP_INTERRUPT:
        rsp_clear(&server.out);
        if (server_interrupt(&server))
            send_reply();
        break;
    case RSP_BAD:
        if (!server.is_quiet)
            write_all("-", 1);
        break;
    case RSP_NAK:
        if (!server.is_quiet)
            send_reply();
        break;
    default:
        break;
    }
}

static void on_pulse(const struct _pulse *pulse)
{
    if (pulse->code != PULSE_TARGET)
        return;
    rsp_clear(&server.out);
    if (server_event(&server, pulse->value.sival_int))
        send_reply();
}

/* GDB has gone, or died: the next one finds everything as after the start. */
static void end_connection(void)
{
    int fd = server.fd;
    server_end();
    memset(&server, 0, sizeof server);
    server.fd = fd;
}

/* Returns when a line that does not come back has ended. */
static void serve(bool comes_back)
{
    union {
        struct _pulse pulse;
        struct chunk chunk;
    } m;
    for (;;) {
        int rcvid = MsgReceive(channel, &m, sizeof m, NULL);
        if (rcvid == 0) {
            on_pulse(&m.pulse);
        } else if (rcvid > 0 && m.chunk.type == TYPE_CHUNK && m.chunk.bytes <= sizeof m.chunk.data) {
            MsgReply(rcvid, EOK, NULL, 0);
            for (size_t i = 0; i < m.chunk.bytes; i++)
                take(m.chunk.data[i]);
            if (m.chunk.bytes == 0)
                end_connection();
            if (m.chunk.bytes == 0 && !comes_back)
                return;
        } else if (rcvid > 0) {
            MsgError(rcvid, ENOSYS);
        }
    }
}

static int open_line(const char *name)
{
    struct termios tio;
    if (strcmp(name, "-") == 0) {
        server.fd = STDOUT_FILENO;
        return STDIN_FILENO;
    }
    int fd = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd != -1 && tcgetattr(fd, &tio) == 0) {
        cfmakeraw(&tio);
        tcsetattr(fd, TCSANOW, &tio);
    }
    server.fd = fd;
    return fd;
}

static int complain(const char *what)
{
    fprintf(stderr, "qdebug: %s: %s\n", what, strerror(errno));
    return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    int option, fd;
    pthread_t thread;
    bool is_optional = false;
    while ((option = getopt(argc, argv, "o:v")) != -1) {
        if (option == 'v')
            is_verbose = true;
        else if (option == 'o' && strcmp(optarg, "optional") == 0)
            is_optional = true;
        else
            return EXIT_FAILURE;
    }
    if (optind + 1 != argc) {
        fprintf(stderr, "usage: qdebug [-o optional] [-v] DEVICE\n");
        return EXIT_FAILURE;
    }
    fd = open_line(argv[optind]);
    if (fd == -1)
        return is_optional && errno == ENOENT ? EXIT_SUCCESS : complain(argv[optind]);
    channel = ChannelCreate(0);
    connection = ConnectAttach(0, 0, channel, _NTO_SIDE_CHANNEL, 0);
    if (channel == -1 || connection == -1)
        return complain("channel");
    signal(SIGPIPE, SIG_IGN);
    target_setup(connection, PULSE_TARGET);
    if ((errno = pthread_create(&thread, NULL, read_line, &fd)) != EOK)
        return complain("thread");
    serve(isatty(fd));
    return EXIT_SUCCESS;
}
