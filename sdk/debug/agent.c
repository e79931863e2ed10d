/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and answers of GDB's remote protocol, with the framing that qdebug uses, too. What comes from the other
 * end is foreign: it is checked, and it gets so much time and no more. */
#include "agent.h"

#include "../../services/qdebug/rsp.h"
#include "../common/fs.h"
#include "../deploy/client.h"
#include "../deploy/network.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ANSWER_MS = 20000, PIECE = 4096, TABLE_MAX = 1 << 20, HEAD_BYTES = 1024 };

struct agent {
    int fd;
    const struct place *place;
    struct rsp in;
    struct rsp_out out;
};

static long long now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static const char *name_of(const struct place *place)
{
    return place->tcp != NULL ? place->tcp : place->target.line;
}

struct agent *agent_open(const struct place *place, char **why)
{
    int fd;
    *why = NULL;
    if (place->tcp != NULL)
        fd = network_connect(place->tcp, 0, why);
    else
        fd = client_open(&place->target, AGENT_CHANNEL, why);
    if (fd < 0)
        return NULL;
    struct agent *a = xmalloc(sizeof *a);
    memset(a, 0, sizeof *a);
    a->fd = fd;
    a->place = place;
    return a;
}

void agent_close(struct agent *a)
{
    if (a != NULL)
        close(a->fd);
    free(a);
}

static bool send_all(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        struct pollfd p = {.fd = fd, .events = POLLOUT};
        ssize_t part = send(fd, bytes, n, MSG_NOSIGNAL);
        if (part < 0 && (errno == EAGAIN || errno == EINTR)) {
            if (poll(&p, 1, ANSWER_MS) == 0)
                return false;
            continue;
        }
        if (part <= 0)
            return false;
        bytes += part;
        n -= (size_t)part;
    }
    return true;
}

/* The packet in a->out goes out; its answer is then in a->in.text. */
static bool ask(struct agent *a, char **why)
{
    static char line[RSP_PACKET_MAX + 4];
    long long limit = now_ms() + ANSWER_MS;
    bool is_gone = !send_all(a->fd, line, rsp_frame(&a->out, line));
    while (!is_gone) {
        struct pollfd p = {.fd = a->fd, .events = POLLIN};
        uint8_t byte;
        long long left = limit - now_ms();
        if (left <= 0 || (poll(&p, 1, (int)left) == 0)) {
            *why = xprintf("%s: no answer from qdebug", name_of(a->place));
            return false;
        }
        /* Byte by byte: what follows an answer is a matter of the next question. */
        ssize_t n = read(a->fd, &byte, 1);
        is_gone = n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
        if (n == 1 && rsp_byte(&a->in, byte) == RSP_PACKET)
            return send_all(a->fd, "+", 1);
    }
    *why = xprintf("%s: qdebug has closed the connection", name_of(a->place));
    return false;
}

static bool refused(const struct agent *a, const char *what, char **why)
{
    const char *at = a->in.text;
    uint64_t number = 0;
    if (rsp_skip(&at, "E") && rsp_number(&at, &number) && number > 0 && number < 134)
        *why = xprintf("the target: %s: %s", what, strerror((int)number));
    else if (strncmp(a->in.text, "F-1,", 4) == 0 && (at = a->in.text + 4, rsp_number(&at, &number)) && number < 134)
        *why = xprintf("the target: %s: %s", what, strerror((int)number));
    else
        *why = xprintf("the target's qdebug does not know how: %s", what);
    return false;
}

/* A table, piece by piece. */
static bool transfer(struct agent *a, const char *object, const char *annex, struct buf *to, char **why)
{
    do {
        rsp_clear(&a->out);
        rsp_format(&a->out, "qXfer:%s:read:%s:%zx,%x", object, annex, to->len, PIECE);
        if (!ask(a, why))
            return false;
        if ((a->in.text[0] != 'm' && a->in.text[0] != 'l') || to->len > TABLE_MAX)
            return refused(a, object, why);
        buf_append(to, a->in.text + 1, a->in.bytes - 1);
    } while (a->in.text[0] == 'm' && a->in.bytes > 1);
    return true;
}

bool agent_processes(struct agent *a, struct buf *xml, char **why)
{
    return transfer(a, "osdata", "processes", xml, why);
}

bool agent_program(struct agent *a, long pid, struct buf *path, char **why)
{
    char annex[20];
    snprintf(annex, sizeof annex, "%lx", pid);
    if (transfer(a, "exec-file", annex, path, why))
        return true;
    free(*why);
    *why = xprintf("there is no process %ld on the target", pid);
    return false;
}

/* vFile: the request is in a->out. The number it answers, -1 after *why. */
static long file_call(struct agent *a, const char *path, char **why)
{
    uint64_t value;
    const char *at = a->in.text;
    if (!ask(a, why))
        return -1;
    if (!rsp_skip(&at, "F") || !rsp_number(&at, &value) || value > INT32_MAX) {
        refused(a, path, why);
        return -1;
    }
    return (long)value;
}

static long open_file(struct agent *a, const char *path, unsigned flags, unsigned mode, char **why)
{
    rsp_clear(&a->out);
    rsp_text(&a->out, "vFile:open:");
    rsp_hex(&a->out, path, strlen(path));
    rsp_format(&a->out, ",%x,%x", flags, mode);
    return file_call(a, path, why);
}

static bool close_file(struct agent *a, const char *path, long fd, char **why)
{
    rsp_clear(&a->out);
    rsp_format(&a->out, "vFile:close:%lx", fd);
    return file_call(a, path, why) >= 0;
}

bool agent_head(struct agent *a, const char *path, struct buf *head, char **why)
{
    long fd = open_file(a, path, 0, 0, why);
    if (fd < 0)
        return false;
    rsp_clear(&a->out);
    rsp_format(&a->out, "vFile:pread:%lx,%x,0", fd, HEAD_BYTES);
    if (file_call(a, path, why) < 0)
        return false;
    const char *data = memchr(a->in.text, ';', a->in.bytes);
    if (data != NULL)
        buf_append(head, data + 1, (size_t)(a->in.text + a->in.bytes - (data + 1)));
    return close_file(a, path, fd, why);
}

static bool write_content(struct agent *a, const char *path, long fd, const struct buf *content, char **why)
{
    for (size_t at = 0; at < content->len;) {
        rsp_clear(&a->out);
        rsp_format(&a->out, "vFile:pwrite:%lx,%zx,", fd, at);
        size_t part = content->len - at < PIECE ? content->len - at : PIECE;
        size_t put = rsp_binary(&a->out, content->data + at, part);
        long written = file_call(a, path, why);
        if (written < 0)
            return false;
        at += (size_t)written < put ? (size_t)written : put;
        if (written == 0) {
            *why = xprintf("the target: %s: no space", path);
            return false;
        }
    }
    return true;
}

static bool take_name(struct agent *a, const char *temporary, const char *path, long fd, char **why)
{
    rsp_clear(&a->out);
    rsp_format(&a->out, "vFile:qrv-take:%lx,", fd);
    rsp_hex(&a->out, temporary, strlen(temporary));
    rsp_text(&a->out, ",");
    rsp_hex(&a->out, path, strlen(path));
    return file_call(a, path, why) >= 0;
}

/* Nobody wants to hear whether it was there. */
static void remove_file(struct agent *a, const char *path)
{
    char *ignored = NULL;
    rsp_clear(&a->out);
    rsp_text(&a->out, "vFile:unlink:");
    rsp_hex(&a->out, path, strlen(path));
    file_call(a, path, &ignored);
    free(ignored);
}

/* Beside it and renamed, as deployd does, under a name that deployd clears away. */
bool agent_put(struct agent *a, const char *path, const struct buf *content, char **why)
{
    char *dir = fs_dirname(path);
    char *temporary = xprintf("%s/.%s.qrv-%ld", dir, fs_basename(path), (long)getpid());
    remove_file(a, temporary);
    long fd = open_file(a, temporary, 0x1 | 0x200 | 0x800, 0755, why); /* write, create, not there yet */
    bool good = fd >= 0 && write_content(a, path, fd, content, why) && take_name(a, temporary, path, fd, why);
    if (!good && fd >= 0)
        remove_file(a, temporary);
    good = good && close_file(a, path, fd, why);
    free(temporary);
    free(dir);
    return good;
}
