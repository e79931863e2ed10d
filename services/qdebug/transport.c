/* SPDX-License-Identifier: Apache-2.0 */
/* One process for each place where GDB may come from, and below it one for each connection: a device has one at
 * a time, a TCP port up to CONNECTIONS_MAX.  These processes have one thread until a session begins. */
#include "transport.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/neutrino.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define PLACES_MAX 8
#define CONNECTIONS_MAX 16
#define SILENCE_S 30 /* of a TCP peer, until it is asked whether it lives */

enum kind { DEVICE, NETWORK, STANDARD };

struct place {
    enum kind kind;
    char name[256]; /* of the device, without its speed; the host of an address, "" all */
    char port[8];
    unsigned long baud; /* 0: as it is */
    int fd;
};

static int complain(const char *what, const char *why)
{
    fprintf(stderr, "qdebug: %s: %s\n", what, why);
    return EXIT_FAILURE;
}

/* ---- operands: "-", PORT, ADDRESS:PORT, DEVICE[,BAUD] */

static bool is_port(const char *text)
{
    char *end;
    unsigned long port = strtoul(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && port > 0 && port <= 65535 && strlen(text) < 8;
}

static bool parse_address(const char *text, struct place *p)
{
    const char *colon = strrchr(text, ':');
    const char *port = colon != NULL ? colon + 1 : text;
    size_t n = colon != NULL ? (size_t)(colon - text) : 0;
    if (!is_port(port))
        return false;
    if (n >= 2 && text[0] == '[' && text[n - 1] == ']') { /* an address of IPv6 */
        text++;
        n -= 2;
    }
    if (n >= sizeof p->name || (colon != NULL && n == 0))
        return false;
    memcpy(p->name, text, n);
    p->name[n] = '\0';
    strcpy(p->port, port);
    p->kind = NETWORK;
    return true;
}

static bool parse_device(const char *text, struct place *p)
{
    size_t n = strcspn(text, ",");
    char *end = "";
    if (text[0] != '/' || n >= sizeof p->name)
        return false;
    memcpy(p->name, text, n);
    p->name[n] = '\0';
    p->kind = DEVICE;
    p->baud = text[n] == ',' ? strtoul(text + n + 1, &end, 10) : 0;
    return *end == '\0' && (text[n] == '\0' || p->baud > 0);
}

static bool parse(const char *text, struct place *p)
{
    *p = (struct place){.kind = STANDARD, .fd = STDIN_FILENO};
    return strcmp(text, "-") == 0 || parse_device(text, p) || parse_address(text, p);
}

/* ---- opening */

static int open_device(const struct place *p)
{
    struct termios tio;
    int fd = open(p->name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd != -1 && tcgetattr(fd, &tio) == 0) {
        cfmakeraw(&tio);
        if (p->baud != 0 && (cfsetispeed(&tio, (speed_t)p->baud) != 0 || cfsetospeed(&tio, (speed_t)p->baud) != 0)) {
            close(fd);
            errno = EINVAL;
            return -1;
        }
        tcsetattr(fd, TCSANOW, &tio);
    }
    return fd;
}

static int listen_at(const struct addrinfo *a)
{
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd == -1)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (a->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int){0}, sizeof(int));
    if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, 4) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* All addresses at once with one socket of IPv6, which takes IPv4 as well; else the first that works. */
static int open_network(const struct place *p)
{
    struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM}, *list;
    int fd = -1;
    if (p->name[0] == '\0')
        hints.ai_family = AF_INET6;
    for (int tries = 0; fd == -1 && tries < 2; tries++, hints.ai_family = AF_UNSPEC) {
        errno = EADDRNOTAVAIL;
        if (getaddrinfo(p->name[0] != '\0' ? p->name : NULL, p->port, &hints, &list) != 0)
            continue;
        for (const struct addrinfo *a = list; fd == -1 && a != NULL; a = a->ai_next)
            fd = listen_at(a);
        freeaddrinfo(list);
    }
    return fd;
}

/* ---- serving: each of these runs in a process of its own */

/* The process of one connection. */
_Noreturn static void begin(const struct line *line, void (*session)(const struct line *))
{
    signal(SIGCHLD, SIG_DFL);
    session(line);
    exit(EXIT_SUCCESS);
}

static void wait_for(pid_t pid)
{
    while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
        ;
}

static void pause_briefly(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
}

/* A device is opened anew for each connection: the multiplexer then knows that its server has seen the end of the
 * last one.  Nothing to read means that nobody is at the other end. */
static int serve_device(struct place *p, void (*session)(const struct line *))
{
    static struct line line;
    for (;; p->fd = open_device(p)) {
        ssize_t n = p->fd != -1 ? read(p->fd, line.first, sizeof line.first) : 0;
        pid_t pid = -1;
        line.in = line.out = p->fd;
        line.first_bytes = n > 0 ? (size_t)n : 0;
        if (n > 0 && (pid = fork()) == 0)
            begin(&line, session);
        if (p->fd != -1)
            close(p->fd);
        if (pid > 0)
            wait_for(pid);
        else
            pause_briefly();
    }
}

static void on_child(int signo)
{
    (void)signo; /* accept() ends with EINTR, and the loop looks who it was */
}

static void set_options(int fd)
{
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &(int){1}, sizeof(int));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &(int){SILENCE_S}, sizeof(int));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &(int){SILENCE_S / 3}, sizeof(int));
}

static int serve_network(struct place *p, void (*session)(const struct line *))
{
    static struct line line;
    unsigned connections = 0;
    sigaction(SIGCHLD, &(struct sigaction){.sa_handler = on_child}, NULL);
    for (;;) {
        int fd = accept4(p->fd, NULL, NULL, SOCK_CLOEXEC);
        int error = errno;
        while (waitpid(-1, NULL, WNOHANG) > 0)
            connections -= connections > 0; /* it may have been the process of another place */
        if (fd == -1 && error != EINTR && error != ECONNABORTED)
            pause_briefly(); /* no descriptors, or io-net is gone: perhaps not for ever */
        if (fd == -1)
            continue;
        pid_t pid = connections < CONNECTIONS_MAX ? fork() : -1;
        if (pid == 0) {
            close(p->fd);
            set_options(fd);
            line = (struct line){.in = fd, .out = fd};
            begin(&line, session);
        }
        connections += pid > 0;
        close(fd);
    }
}

bool transport_needs(const struct line *line, pid_t pid)
{
    const int fds[] = {line->in, line->out};
    struct _server_info info;
    for (size_t i = 0; i < 2; i++)
        if (ConnectServerInfo(0, fds[i], &info) == fds[i] && info.pid == pid)
            return true;
    return false;
}

/* What GDB starts has our standard files: its words must not come into the conversation. They go to standard error. */
static void keep_standard(struct line *line)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1), out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (null == -1 || in == -1 || out == -1)
        return;
    dup2(null, STDIN_FILENO);
    dup2(STDERR_FILENO, STDOUT_FILENO);
    line->in = in;
    line->out = out;
}

static int serve_place(struct place *p, void (*session)(const struct line *))
{
    static struct line line = {.in = STDIN_FILENO, .out = STDOUT_FILENO};
    if (p->kind == NETWORK)
        return serve_network(p, session);
    if (p->kind == DEVICE)
        return serve_device(p, session);
    keep_standard(&line);
    session(&line);
    return EXIT_SUCCESS;
}

static bool open_place(struct place *p)
{
    if (p->kind == DEVICE)
        p->fd = open_device(p);
    else if (p->kind == NETWORK)
        p->fd = open_network(p);
    return p->fd != -1;
}

/* Takes the place out of the list. */
static void drop(struct place *list, size_t *count, size_t at)
{
    memmove(&list[at], &list[at + 1], (--*count - at) * sizeof *list);
}

static int serve_all(struct place *list, size_t count, void (*session)(const struct line *))
{
    for (size_t i = 0; i + 1 < count; i++) {
        pid_t pid = fork();
        if (pid == -1)
            return complain(list[i].name, strerror(errno));
        for (size_t k = i + 1; pid == 0 && k < count; k++)
            close(list[k].fd);
        if (pid == 0)
            return serve_place(&list[i], session);
        if (list[i].kind != STANDARD)
            close(list[i].fd);
    }
    return serve_place(&list[count - 1], session);
}

int transport_serve(char *const *operands, size_t count, bool is_optional, void (*session)(const struct line *))
{
    static struct place list[PLACES_MAX];
    if (count > PLACES_MAX)
        return complain(operands[PLACES_MAX], "too many places");
    for (size_t i = 0; i < count; i++)
        if (!parse(operands[i], &list[i]))
            return complain(operands[i], "neither DEVICE[,BAUD] nor [ADDRESS:]PORT");
    for (size_t i = 0; i < count;) {
        if (open_place(&list[i]))
            i++;
        else if (is_optional && list[i].kind == DEVICE && errno == ENOENT)
            drop(list, &count, i);
        else
            return complain(list[i].kind == DEVICE ? list[i].name : list[i].port, strerror(errno));
    }
    return count > 0 ? serve_all(list, count, session) : EXIT_SUCCESS;
}
