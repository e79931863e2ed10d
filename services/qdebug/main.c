/* SPDX-License-Identifier: Apache-2.0 */
/* qdebug: the agent of GDB's remote serial protocol. */
/* clang-format off */
#ifdef __USAGE
%C - debug agent for GDB (target extended-remote)

%C [-o optional] [-v] PLACE...

Speaks the remote serial protocol of GDB.  PLACE is one of
 DEVICE[,BAUD]   a character device, which is set to raw mode: one GDB at a time
 PORT            a TCP port of all addresses (8000 by custom): several GDBs, each with a session of its own
 ADDRESS:PORT    a TCP port of one address
 -               standard input and output
When a GDB goes, what it has started is killed and what it is attached to goes on.  Processes that GDB
starts run as the user of the agent.  There is no password: WHOEVER REACHES THE PLACE HAS ALL RIGHTS OF
THAT USER, so give a PORT on networks only where everybody may be root, or the ADDRESS 127.0.0.1.
 -o optional  pass over a device that is not there
 -v           write the packets to standard error
#endif
/* clang-format on */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/neutrino.h>
#include <unistd.h>

#include "nonstop.h"
#include "transport.h"

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
static const struct line *our_line;
static bool is_verbose;

/* Until nobody is at the other end any more: a chunk of 0 bytes. */
static void *read_line(void *arg)
{
    static struct chunk c = {.type = TYPE_CHUNK};
    int fd = *(const int *)arg;
    ssize_t n;
    do {
        n = read(fd, c.data, sizeof c.data);
        if (n < 0 && errno == EINTR)
            continue;
        c.bytes = n > 0 ? (uint16_t)n : 0;
        MsgSend(connection, &c, sizeof c, NULL, 0);
    } while (n > 0 || (n < 0 && errno == EINTR));
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

static void send_note(void)
{
    static char line[RSP_PACKET_MAX + 4];
    if (!nonstop_notify(&server))
        return;
    if (is_verbose)
        fprintf(stderr, "-> %%%.200s\n", server.note.text);
    write_all(line, rsp_frame(&server.note, line));
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
        send_note();
        break;
    case RSP_INTERRUPT:
        if (server_interrupt(&server))
            send_reply();
        send_note();
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
    if (server_event(&server, pulse->value.sival_int))
        send_reply();
    send_note();
}

static void take_all(const uint8_t *data, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        take(data[i]);
}

/* Returns when GDB has gone, or died. */
static void serve(void)
{
    union {
        struct _pulse pulse;
        struct chunk chunk;
    } m;
    for (bool is_there = true; is_there;) {
        int rcvid = MsgReceive(channel, &m, sizeof m, NULL);
        if (rcvid == 0) {
            on_pulse(&m.pulse);
        } else if (rcvid > 0 && m.chunk.type == TYPE_CHUNK && m.chunk.bytes <= sizeof m.chunk.data) {
            MsgReply(rcvid, EOK, NULL, 0);
            take_all(m.chunk.data, m.chunk.bytes);
            is_there = m.chunk.bytes > 0 && !server.is_over;
        } else if (rcvid > 0) {
            MsgError(rcvid, ENOSYS);
        }
    }
    server_end(&server);
}

bool server_is_needed(pid_t pid)
{
    return transport_needs(our_line, pid);
}

static void complain(const char *what)
{
    fprintf(stderr, "qdebug: %s: %s\n", what, strerror(errno));
}

/* Not SIG_IGN, which the programs that GDB starts would have, too. */
static void on_lost_line(int signo)
{
    (void)signo; /* the reader finds out */
}

/* One connection, in a process of its own. */
static void session(const struct line *line)
{
    pthread_t thread;
    int fd = line->in;
    server.fd = line->out;
    our_line = line;
    channel = ChannelCreate(0);
    connection = ConnectAttach(0, 0, channel, _NTO_SIDE_CHANNEL, 0);
    if (channel == -1 || connection == -1) {
        complain("channel");
        return;
    }
    signal(SIGPIPE, on_lost_line);
    target_setup(connection, PULSE_TARGET);
    take_all(line->first, line->first_bytes);
    if ((errno = pthread_create(&thread, NULL, read_line, &fd)) != EOK)
        complain("thread");
    else
        serve();
}

int main(int argc, char **argv)
{
    int option;
    bool is_optional = false;
    while ((option = getopt(argc, argv, "o:v")) != -1) {
        if (option == 'v')
            is_verbose = true;
        else if (option == 'o' && strcmp(optarg, "optional") == 0)
            is_optional = true;
        else
            return EXIT_FAILURE;
    }
    if (optind == argc) {
        fprintf(stderr, "usage: qdebug [-o optional] [-v] DEVICE[,BAUD] | [ADDRESS:]PORT ...\n");
        return EXIT_FAILURE;
    }
    return transport_serve(argv + optind, (size_t)(argc - optind), is_optional, session);
}
