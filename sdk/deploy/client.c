/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include "../common/buf.h"
#include "keeper.h"
#include "network.h"
#include "ssh.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int connect_keeper(const struct target *t)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    char *path = keeper_socket(t);
    int fd = -1;
    if (path != NULL && strlen(path) < sizeof a.sun_path) {
        strcpy(a.sun_path, path);
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) != 0) {
            close(fd);
            fd = -1;
        }
    }
    free(path);
    return fd;
}

static void tell_parent(void *arg, const char *why)
{
    int fd = *(int *)arg;
    const char *text = why != NULL ? why : "ok";
    if (write(fd, text, strlen(text)) < 0)
        _exit(1);
    close(fd);
}

_Noreturn static void be_keeper(const struct target *t, int out)
{
    static const struct keeper_options background;
    setsid();
    if (fork() != 0)
        _exit(0);
    int null = open("/dev/null", O_RDWR);
    for (int i = 0; i < 3; i++)
        dup2(null, i);
    if (chdir("/") != 0)
        _exit(1);
    /* Nothing of the verb's stays open: whoever reads its output waits for the end of it. */
    for (int fd = 3; fd < 256; fd++)
        if (fd != out)
            close(fd);
    keeper_run(t, &background, tell_parent, &out);
    _exit(0);
}

/* NULL: one runs now; else why not (heap). */
static char *start_keeper(const struct target *t)
{
    struct buf text = {0};
    char part[200];
    int ends[2];
    ssize_t n;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return xstrdup(strerror(errno));
    pid_t pid = fork();
    if (pid == 0)
        be_keeper(t, ends[1]);
    close(ends[1]);
    while (pid > 0 && (n = read(ends[0], part, sizeof part)) > 0)
        buf_append(&text, part, (size_t)n);
    close(ends[0]);
    if (pid > 0)
        waitpid(pid, NULL, 0);
    if (text.len > 0 && (strcmp(text.data, "ok") == 0 || strcmp(text.data, KEEPER_TAKEN) == 0)) {
        buf_free(&text);
        return NULL;
    }
    char *why = xprintf("%s: %s", t->line, text.len > 0 ? text.data : "the link could not be started");
    buf_free(&text);
    return why;
}

static bool send_all(int fd, const void *bytes, size_t n, int flags)
{
    const char *p = bytes;
    while (n > 0) {
        ssize_t part = send(fd, p, n, MSG_NOSIGNAL | flags);
        if (part < 0 && errno == EINTR)
            continue;
        if (part < 0 && errno == EAGAIN)
            errno = ETIMEDOUT;
        if (part <= 0)
            return false;
        p += part;
        n -= (size_t)part;
    }
    return true;
}

static bool write_all(int fd, const void *bytes, size_t n)
{
    return send_all(fd, bytes, n, 0);
}

static bool read_all(int fd, void *to, size_t n)
{
    char *p = to;
    while (n > 0) {
        ssize_t part = read(fd, p, n);
        if (part < 0 && errno == EINTR)
            continue;
        if (part < 0 && errno == EAGAIN)
            errno = ETIMEDOUT;
        else if (part == 0)
            errno = ECONNRESET;
        if (part <= 0)
            return false;
        p += part;
        n -= (size_t)part;
    }
    return true;
}

enum { ENDED = -2 };

/* "ok", or -1 and the error; ENDED: the keeper was about to end, or has no room, and has not answered. */
static int ask_for(int fd, const char *channel, char **why)
{
    char line[400];
    size_t n = 0;
    char *request = xprintf("channel %s\n", channel);
    bool good = write_all(fd, request, strlen(request));
    free(request);
    while (good && n + 1 < sizeof line && (n == 0 || line[n - 1] != '\n'))
        good = read_all(fd, line + n++, 1);
    line[good ? n - 1 : 0] = '\0';
    if (strcmp(line, "ok") == 0)
        return fd;
    if (!good && n <= 1) {
        close(fd);
        return ENDED;
    }
    *why = xstrdup(strncmp(line, "error ", 6) == 0 ? line + 6 : "the link has ended");
    close(fd);
    return -1;
}

void client_patience(int fd, long seconds)
{
    const struct timeval time = {.tv_sec = seconds};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
}

static int open_channel(const struct target *t, const char *channel, char **why)
{
    *why = NULL;
    if (target_is_ssh(t) && strcmp(channel, "deploy") == 0)
        return ssh_connect_deploy(t->line + 4, why);
    if (target_is_ssh(t) && strcmp(channel, "gdb") == 0)
        return ssh_connect_debug(t->line + 4, why);
    if (target_is_network(t) && strcmp(channel, "deploy") == 0)
        return network_connect(t->line + 4, DEPLOY_PORT, why);
    if (target_is_network(t)) {
        *why = xprintf("%s: the channel %s is one of a serial line", t->line, channel);
        return -1;
    }
    for (int i = 0; i < 50; i++) {
        int fd = connect_keeper(t);
        if (fd >= 0) {
            setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &(int){16384}, sizeof(int));
            fd = ask_for(fd, channel, why);
            if (fd != ENDED)
                return fd;
        } else if ((*why = start_keeper(t)) != NULL)
            return -1;
        nanosleep(&(struct timespec){.tv_nsec = i * 2000000}, NULL);
    }
    *why = xprintf("%s: another qrv holds the line and does not share it, or too many share it", t->line);
    return -1;
}

int client_open(const struct target *t, const char *channel, char **why)
{
    int fd = open_channel(t, channel, why);
    if (fd >= 0 && strcmp(channel, "deploy") == 0) /* a conversation; on others somebody types */
        client_patience(fd, ANSWER_S);
    return fd;
}

char *client_ask(const struct target *t, const char *request)
{
    struct buf text = {0};
    char part[4096];
    ssize_t n;
    int fd = connect_keeper(t);
    if (fd < 0)
        return NULL;
    write_all(fd, request, strlen(request));
    write_all(fd, "\n", 1);
    while ((n = read(fd, part, sizeof part)) > 0)
        buf_append(&text, part, (size_t)n);
    close(fd);
    return text.data != NULL ? text.data : xstrdup("");
}

char *client_reason(const struct target *t)
{
    if (target_is_network(t))
        return xprintf("%s: the connection has ended", t->line);
    char *status = client_ask(t, "status");
    char *at = status != NULL ? strstr(status, "\nreason ") : NULL;
    char *reason = xstrdup(at != NULL && at[8] != '\n' ? at + 8 : "the link has ended");
    reason[strcspn(reason, "\n")] = '\0';
    free(status);
    return reason;
}

bool client_send(int fd, uint8_t type, const void *bytes, size_t n)
{
    uint8_t message[sizeof(struct deploy_head) + DEPLOY_DATA_MAX];
    if (n > DEPLOY_DATA_MAX)
        return false;
    struct deploy_head head = {DEPLOY_MAGIC, type, (uint16_t)n};
    memcpy(message, &head, sizeof head);
    if (n > 0)
        memcpy(message + sizeof head, bytes, n);
    /* Nobody answers these: TCP need not send a small packet at the end of each. */
    bool is_content = type == DEPLOY_PUT || type == DEPLOY_COPY || type == DEPLOY_ZERO;
    return send_all(fd, message, sizeof head + n, is_content ? MSG_MORE : 0);
}

bool client_receive(int fd, struct message *m)
{
    struct deploy_head head;
    if (!read_all(fd, &head, sizeof head) || head.magic != DEPLOY_MAGIC ||
        head.bytes > DEPLOY_DATA_MAX || !read_all(fd, m->data, head.bytes))
        return false;
    m->type = head.type;
    m->bytes = head.bytes;
    m->data[m->bytes] = 0;
    return true;
}

bool client_pending(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, 0) > 0;
}
