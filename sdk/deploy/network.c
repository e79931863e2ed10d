/* SPDX-License-Identifier: Apache-2.0 */
#include "network.h"

#include "../common/buf.h"
#include "../common/fs.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ADDRESSES = 8, CONNECT_MS = 5000, SILENT_MS = 15000 };

struct address {
    socklen_t len;
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } u;
};

/* Splits at the last colon outside of brackets. */
static bool split(const char *where, long default_port, char *host, size_t room, long *port)
{
    const char *bracket = where[0] == '[' ? strchr(where, ']') : NULL;
    const char *colon = bracket != NULL ? (bracket[1] == ':' ? bracket + 1 : NULL) : strrchr(where, ':');
    const char *begin = bracket != NULL ? where + 1 : where;
    const char *end = bracket != NULL ? bracket : colon != NULL ? colon : where + strlen(where);
    char *rest = NULL;
    *port = colon != NULL ? strtol(colon + 1, &rest, 10) : default_port;
    if (end == begin || (size_t)(end - begin) >= room || *port < 1 || *port > 65535 ||
        (rest != NULL && *rest != '\0') || (bracket != NULL && bracket[1] != '\0' && colon == NULL))
        return false;
    memcpy(host, begin, (size_t)(end - begin));
    host[end - begin] = '\0';
    return true;
}

static bool is_number(const char *text, long port, struct address *a)
{
    memset(a, 0, sizeof *a);
    if (inet_pton(AF_INET, text, &a->u.v4.sin_addr) == 1) {
        a->u.v4.sin_family = AF_INET;
        a->u.v4.sin_port = htons((uint16_t)port);
        a->len = sizeof a->u.v4;
    } else if (inet_pton(AF_INET6, text, &a->u.v6.sin6_addr) == 1) {
        a->u.v6.sin6_family = AF_INET6;
        a->u.v6.sin6_port = htons((uint16_t)port);
        a->len = sizeof a->u.v6;
    }
    return a->len != 0;
}

/* What the host's getent says. The command is linked statically, and the C library asks name services
 * through shared libraries of its own version only. */
static char *ask_getent(const char *name)
{
    char part[512], *getent = fs_which("getent");
    struct buf text = {0};
    int ends[2];
    ssize_t n;
    if (getent == NULL || pipe2(ends, O_CLOEXEC) != 0) {
        free(getent);
        return NULL;
    }
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        execl(getent, "getent", "ahosts", "--", name, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    while (pid > 0 && (n = read(ends[0], part, sizeof part)) > 0 && text.len < 65536)
        buf_append(&text, part, (size_t)n);
    close(ends[0]);
    if (pid > 0)
        waitpid(pid, NULL, 0);
    free(getent);
    return text.data;
}

/* How many addresses of the name there are. */
static size_t resolve(const char *name, long port, struct address *list)
{
    size_t count = 0;
    if (is_number(name, port, &list[0]))
        return 1;
    if (strcmp(name, "localhost") == 0)
        return is_number("127.0.0.1", port, &list[0]);
    char *text = name[0] != '-' ? ask_getent(name) : NULL;
    for (char *save, *line = text != NULL ? strtok_r(text, "\n", &save) : NULL;
         line != NULL && count < ADDRESSES; line = strtok_r(NULL, "\n", &save)) {
        bool is_stream = strstr(line, "STREAM") != NULL;
        line[strcspn(line, " \t")] = '\0';
        if (is_stream && is_number(line, port, &list[count]))
            count++;
    }
    free(text);
    return count;
}

/* A descriptor, or -1 and errno. */
static int connect_to(const struct address *a)
{
    int error = 0;
    int fd = socket(a->u.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    if (connect(fd, &a->u.any, a->len) != 0)
        error = errno;
    if (error == EINPROGRESS) {
        struct pollfd p = {.fd = fd, .events = POLLOUT};
        socklen_t len = sizeof error;
        if (poll(&p, 1, CONNECT_MS) <= 0)
            error = ETIMEDOUT;
        else
            getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
    }
    if (error != 0) {
        close(fd);
        errno = error;
        return -1;
    }
    fcntl(fd, F_SETFL, 0);
    return fd;
}

/* Whether the other end is there is asked after some seconds of silence, and at every byte sent. */
static void set_up(int fd)
{
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &(int){1}, sizeof(int));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &(int){5}, sizeof(int));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &(int){3}, sizeof(int));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &(int){3}, sizeof(int));
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &(int){SILENT_MS}, sizeof(int));
}

int network_connect(const char *where, long default_port, char **why)
{
    struct address list[ADDRESSES];
    char host[256];
    long port;
    if (!split(where, default_port, host, sizeof host, &port)) {
        *why = xprintf("tcp:%s: tcp:HOST%s is needed", where, default_port != 0 ? "[:PORT]" : ":PORT");
        return -1;
    }
    size_t count = resolve(host, port, list);
    if (count == 0) {
        *why = xprintf("%s: no address of this name is known", host);
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        int fd = connect_to(&list[i]);
        if (fd >= 0) {
            set_up(fd);
            return fd;
        }
    }
    *why = xprintf("%s, port %ld: %s", host, port, strerror(errno));
    return -1;
}
