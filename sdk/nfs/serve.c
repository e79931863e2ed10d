/* SPDX-License-Identifier: Apache-2.0 */
/* Connections: records of RPC over TCP in, answers out, all in one thread. A peer that sends nothing whole, or does not take
 * its answers, holds up nobody else. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../common/exit.h"
#include "../common/sdk.h"
#include "server.h"

#define PEERS_MAX 64
#define BACKLOG   (4u * RECORD_MAX) /* of answers nobody takes */

struct bytes {
    uint8_t *data;
    size_t at, len, room; /* valid: data[at..len) */
};

struct peer {
    int fd;
    struct bytes in, out;
};

static struct peer peers[PEERS_MAX];
static unsigned peer_count;
static volatile sig_atomic_t ended;
static uint8_t answer[RECORD_MAX];

static void on_signal(int signo)
{
    (void)signo;
    ended = 1;
}

static bool reserve(struct bytes *b, size_t more)
{
    if (b->at > 0 && (b->at == b->len || b->len + more > b->room)) {
        memmove(b->data, b->data + b->at, b->len - b->at);
        b->len -= b->at;
        b->at = 0;
    }
    if (b->len + more <= b->room)
        return true;
    size_t room = b->len + more + 65536;
    uint8_t *bigger = realloc(b->data, room);
    if (bigger == NULL)
        return false;
    b->data = bigger;
    b->room = room;
    return true;
}

static void drop(unsigned i)
{
    close(peers[i].fd);
    free(peers[i].in.data);
    free(peers[i].out.data);
    peers[i] = peers[--peer_count];
}

static uint32_t word_at(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* The first record, its fragments put together, and what it takes of the input: 1; 0: not all there; -1: nonsense. */
static int first_record(const struct bytes *in, const uint8_t **record, size_t *len, size_t *taken)
{
    static uint8_t joined[RECORD_MAX];
    const uint8_t *start = in->data + in->at;
    size_t left = in->len - in->at;
    *taken = *len = 0;
    for (bool is_last = false; !is_last;) {
        if (left - *taken < 4)
            return 0;
        uint32_t mark = word_at(start + *taken);
        size_t n = mark & 0x7fffffff;
        is_last = mark >> 31;
        if (n > RECORD_MAX - *len || (n == 0 && !is_last))
            return -1;
        if (left - *taken - 4 < n)
            return 0;
        *record = start + 4;
        if (!is_last || *len > 0) {
            memcpy(joined + *len, start + *taken + 4, n);
            *record = joined;
        }
        *taken += 4 + n;
        *len += n;
    }
    return 1;
}

static bool put_answer(struct bytes *out, size_t n)
{
    uint32_t mark = htonl((uint32_t)n | 0x80000000u);
    if (!reserve(out, n + 4))
        return false;
    memcpy(out->data + out->len, &mark, 4);
    memcpy(out->data + out->len + 4, answer, n);
    out->len += n + 4;
    return true;
}

static bool flush_out(struct peer *p)
{
    while (p->out.at < p->out.len) {
        ssize_t n = send(p->fd, p->out.data + p->out.at, p->out.len - p->out.at, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n == -1)
            return errno == EAGAIN || errno == EINTR;
        p->out.at += (size_t)n;
    }
    return true;
}

static bool answer_all(struct peer *p)
{
    const uint8_t *record;
    size_t len, taken;
    while (p->out.len - p->out.at < BACKLOG) {
        int there = first_record(&p->in, &record, &len, &taken);
        if (there == 0)
            break;
        size_t n = there < 0 ? 0 : rpc_answer(record, len, answer);
        p->in.at += taken;
        if (n == 0 || !put_answer(&p->out, n))
            return false;
    }
    return flush_out(p);
}

static bool receive(struct peer *p)
{
    if (p->in.len - p->in.at > RECORD_MAX + 65536) /* a record in very many pieces */
        return false;
    if (!reserve(&p->in, 262144))
        return false;
    ssize_t n = recv(p->fd, p->in.data + p->in.len, p->in.room - p->in.len, MSG_DONTWAIT);
    if (n == 0)
        return false;
    if (n == -1)
        return errno == EAGAIN || errno == EINTR;
    p->in.len += (size_t)n;
    return answer_all(p);
}

/* A board that lost its power says no more: its connection goes after two minutes, else it would keep its place. */
static void watch_over(int fd)
{
    int one = 1, idle = 60, interval = 15, probes = 4;
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
}

static void welcome(int listener)
{
    int one = 1, fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd == -1)
        return;
    if (peer_count == PEERS_MAX) {
        close(fd);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    watch_over(fd);
    peers[peer_count++] = (struct peer){.fd = fd};
}

static void serve_once(int listener)
{
    struct pollfd fds[PEERS_MAX + 1];
    unsigned n = peer_count;
    for (unsigned i = 0; i < n; i++) {
        size_t waiting = peers[i].out.len - peers[i].out.at;
        fds[i] = (struct pollfd){peers[i].fd, (short)((waiting < BACKLOG ? POLLIN : 0) | (waiting > 0 ? POLLOUT : 0)), 0};
    }
    fds[n] = (struct pollfd){listener, POLLIN, 0};
    if (poll(fds, n + 1, -1) <= 0)
        return;
    for (unsigned i = n; i-- > 0;) {
        bool good = true;
        if (fds[i].revents & POLLOUT)
            good = flush_out(&peers[i]) && answer_all(&peers[i]);
        if (good && (fds[i].revents & (POLLIN | POLLHUP | POLLERR)))
            good = receive(&peers[i]);
        if (!good)
            drop(i);
    }
    if (fds[n].revents & POLLIN)
        welcome(listener);
}

static int listen_at(const char *address, unsigned port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t len = sizeof a;
    if (inet_pton(AF_INET, address, &a.sin_addr) != 1) {
        close(fd);
        errno = EINVAL;
        return -1;
    }
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (fd == -1 || bind(fd, (struct sockaddr *)&a, sizeof a) == -1 || listen(fd, 16) == -1 ||
        getsockname(fd, (struct sockaddr *)&a, &len) == -1) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    printf("serving %s%s at %s port %u\n", server.path, server.read_only ? ", read only," : "", address,
           (unsigned)ntohs(a.sin_port));
    fflush(stdout);
    return fd;
}

int serve(const char *address, unsigned port)
{
    struct sigaction act = {.sa_handler = on_signal};
    struct rlimit files;
    sigaction(SIGINT, &act, NULL);
    sigaction(SIGTERM, &act, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    umask(0); /* the callers say which mode a file has */
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max < 4096 ? files.rlim_max : 4096;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    int listener = listen_at(address, port);
    if (listener == -1)
        return complain(EXIT_FAILED, "%s port %u: %s", address, port, strerror(errno));
    while (!ended)
        serve_once(listener);
    while (peer_count > 0)
        drop(0);
    close(listener);
    return EXIT_OK;
}
