/* SPDX-License-Identifier: Apache-2.0 */
/* One connection: messages in, answers out.  Everything that arrives is hostile; a stream that makes no
 * sense ends the connection. */
#include "deployd.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define SILENT_MS 1000 /* a host that says nothing for so long in the middle of a file may be gone */

int channel_fd;
static bool read_gives_up; /* after SILENT_MS, with EAGAIN: a poll() for each read() costs more than that one */
static int channel_out;

/* What was read and not yet taken: bytes[at .. have).  One more for the NUL behind a message, whose
 * place may be that of the next one's first byte. */
static struct {
    uint8_t bytes[131072 + 1];
    size_t at, have;
    uint8_t under_nul;
    bool is_covered;
} in;

static void uncover(void)
{
    if (in.is_covered)
        in.bytes[in.at] = in.under_nul;
    in.is_covered = false;
}

bool channel_fill(void)
{
    uncover();
    memmove(in.bytes, in.bytes + in.at, in.have - in.at);
    in.have -= in.at;
    in.at = 0;
    if (in.have == sizeof in.bytes - 1)
        return true; /* there is a message to take first */
    ssize_t n;
    while ((n = read(channel_fd, in.bytes + in.have, sizeof in.bytes - 1 - in.have)) == -1 &&
           (errno == EINTR || (errno == EAGAIN && read_gives_up)))
        if (errno == EAGAIN)
            receive_park();
    in.have += n > 0 ? (size_t)n : 0;
    return n > 0;
}

enum channel_state channel_next(struct message *m)
{
    struct deploy_head head;
    uncover();
    if (in.have - in.at < sizeof head)
        return CHANNEL_WAIT;
    memcpy(&head, in.bytes + in.at, sizeof head);
    if (head.magic != DEPLOY_MAGIC || head.bytes > DEPLOY_DATA_MAX)
        return CHANNEL_GONE;
    if (in.have - in.at < sizeof head + head.bytes)
        return CHANNEL_WAIT;
    *m = (struct message){head.type, head.bytes, in.bytes + in.at + sizeof head};
    in.at += sizeof head + head.bytes;
    in.under_nul = in.bytes[in.at];
    in.bytes[in.at] = 0;
    in.is_covered = true;
    return CHANNEL_MESSAGE;
}

bool channel_is_left(void)
{
    struct pollfd p = {.fd = channel_fd, .events = POLLIN};
    return in.at == in.have && poll(&p, 1, 0) > 0;
}

static bool write_all(const uint8_t *bytes, size_t n)
{
    while (n > 0) {
        ssize_t part = write(channel_out, bytes, n);
        if (part == 0 || (part < 0 && errno != EINTR))
            return false;
        if (part > 0) {
            bytes += part;
            n -= (size_t)part;
        }
    }
    return true;
}

bool reply(uint8_t type, const void *bytes, size_t n)
{
    uint8_t message[sizeof(struct deploy_head) + DEPLOY_DATA_MAX];
    struct deploy_head head = {DEPLOY_MAGIC, type, (uint16_t)n};
    memcpy(message, &head, sizeof head);
    if (n > 0)
        memcpy(message + sizeof head, bytes, n);
    return write_all(message, sizeof head + n);
}

/* All of it in one write(): with a packet that is not full at the end of each piece TCP would wait for the answer to that. */
bool reply_content(const uint8_t *bytes, size_t n)
{
    static uint8_t messages[CONTENT_MAX + CONTENT_MAX / DEPLOY_PIECE * sizeof(struct deploy_head)];
    size_t to = 0;
    for (size_t at = 0, part; at < n; at += part) {
        part = n - at < DEPLOY_PIECE ? n - at : DEPLOY_PIECE;
        struct deploy_head head = {DEPLOY_MAGIC, DEPLOY_BYTES, (uint16_t)part};
        memcpy(messages + to, &head, sizeof head);
        memcpy(messages + to + sizeof head, bytes + at, part);
        to += sizeof head + part;
    }
    return write_all(messages, to);
}

bool reply_error(int error, const char *text)
{
    uint8_t bytes[4 + 200];
    uint32_t number = (uint32_t)error;
    size_t n = strnlen(text, sizeof bytes - sizeof number);
    memcpy(bytes, &number, sizeof number);
    memcpy(bytes + sizeof number, text, n);
    return reply(DEPLOY_ERROR, bytes, sizeof number + n);
}

static bool handle(const struct message *m)
{
    switch (m->type) {
    case DEPLOY_BEGIN:
        return receive_begin(m->data, m->bytes);
    case DEPLOY_PUT:
        return receive_put(m->data, m->bytes);
    case DEPLOY_COPY:
        return receive_copy(m->data, m->bytes);
    case DEPLOY_ZERO:
        return receive_zero(m->data, m->bytes);
    case DEPLOY_COMMIT:
        return receive_commit();
    case DEPLOY_GET:
        return send_file(m->data, m->bytes);
    case DEPLOY_LIST:
        return send_list((const char *)m->data);
    case DEPLOY_MAKE:
        return make_directory(m->data, m->bytes);
    case DEPLOY_LINK:
        return make_link((const char *)m->data, m->bytes);
    case DEPLOY_RUN:
    case DEPLOY_RUN_INPUT:
    case DEPLOY_RUN_APART:
    case DEPLOY_RUN_APART_INPUT:
        return run_command(m);
    case DEPLOY_INPUT:
        return true; /* for a command that has ended meanwhile */
    case DEPLOY_SHELL:
        return start_shell((char *)m->data, m->bytes);
    case DEPLOY_REBOOT:
        return reboot_soon();
    default:
        return reply_error(ENOSYS, "deployd does not know this request: is it older than qrv?");
    }
}

static bool wait_for_more(void)
{
    if (receive_is_active() && !read_gives_up) {
        struct pollfd p = {.fd = channel_fd, .events = POLLIN};
        if (poll(&p, 1, SILENT_MS) == 0)
            receive_park();
    }
    return channel_fill();
}

void serve(int fd, int out)
{
    enum channel_state state;
    struct message m;
    const struct timeval silence = {.tv_sec = SILENT_MS / 1000};
    channel_fd = fd;
    read_gives_up = setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof silence) == 0;
    channel_out = out;
    in.at = in.have = 0;
    in.is_covered = false;
    while ((state = channel_next(&m)) != CHANNEL_GONE)
        if (state == CHANNEL_WAIT ? !wait_for_more() : !handle(&m))
            break;
    receive_abandon();
}
