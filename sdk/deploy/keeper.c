/* SPDX-License-Identifier: Apache-2.0 */
/* One thread and one poll(): the line, the socket, the guests. */
#include "keeper.h"

#include "../../services/mux/mux.h"
#include "../common/buf.h"
#include "../common/sdk.h"
#include "../common/sha256.h"
#include "panic_log.h"
#include "wire.h"
#include "words.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
    GUESTS = 16,
    PORTS = 8,
    IN_MAX = 8192,
    OUT_MAX = 65536,
    ANSWER_MS = 10000, /* patience with a target that does not answer at all */
    SERVER_MS = 20000, /* with a server that does not open its device, on a busy machine */
    SILENT_MS = 30000, /* and with one that did */
    LINGER_MS = 3000,
    LAST_WORDS_MS = 1500, /* silence that ends a panic's report */
    REOPEN_MS = 200,
    RETRY_MS = 50
};

enum guest_state { NOBODY, ASKING, WAITING, OPENING, TALKING, GONE, LEAVING };

struct guest {
    enum guest_state state;
    int fd;         /* -1 when GONE */
    bool is_quiet;  /* wants no "ok": a TCP port */
    char want[64];  /* name of the channel */
    int channel;    /* -1: none yet */
    struct buf in;  /* for the target */
    struct buf out; /* for the guest */
    uint64_t since_ms, retry_ms;
};

static struct {
    struct target target;
    const struct keeper_options *options;
    struct mux mux;
    struct guest guests[GUESTS];
    struct words words;
    char *panic_file; /* while the target has not answered since: its report */
    int line, listener, ports[PORTS];
    bool line_blocked;
    uint64_t now, lost_ms, silent_ms, busy_ms, spoke_ms;
    char reason[300]; /* why the last guests were sent away */
    bool stop;
} k;

static volatile sig_atomic_t signalled;

static uint64_t clock_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000u + (uint64_t)ts.tv_nsec / 1000000u;
}

static void eat(struct buf *b, size_t n)
{
    memmove(b->data, b->data + n, b->len - n);
    b->len -= n;
}

/* ------------------------------------------------------------------ guests */

static struct guest *owner_of(unsigned channel)
{
    for (struct guest *g = k.guests; g < k.guests + GUESTS; g++)
        if (g->state >= OPENING && g->state <= GONE && g->channel == (int)channel)
            return g;
    return NULL;
}

static void release(struct guest *g)
{
    if (g->fd >= 0)
        close(g->fd);
    buf_free(&g->in);
    buf_free(&g->out);
    *g = (struct guest){.fd = -1, .channel = -1};
}

__attribute__((format(printf, 2, 3))) static void send_away(struct guest *g, const char *format, ...)
{
    char text[400];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    if (!g->is_quiet && g->state < TALKING)
        buf_printf(&g->out, "error %s\n", text);
    snprintf(k.reason, sizeof k.reason, "%.290s", text);
    if (g->fd < 0)
        release(g);
    else
        g->state = LEAVING;
}

static void send_all_away(const char *why)
{
    for (struct guest *g = k.guests; g < k.guests + GUESTS; g++)
        if (g->state >= WAITING && g->state <= GONE)
            send_away(g, "%s", why);
}

static void add_guest(int fd, const char *channel)
{
    if (fd < 0) /* it has gone again, or there are no descriptors */
        return;
    for (struct guest *g = k.guests; g < k.guests + GUESTS; g++) {
        if (g->state != NOBODY)
            continue;
        fcntl(fd, F_SETFL, O_NONBLOCK);
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        g->fd = fd;
        g->state = channel != NULL ? WAITING : ASKING;
        g->is_quiet = channel != NULL;
        g->since_ms = k.now;
        snprintf(g->want, sizeof g->want, "%s", channel != NULL ? channel : "");
        return;
    }
    close(fd);
}

/* Number of a channel by its name, -1: the target has none of that name. */
static int channel_number(const char *name)
{
    int number = 0;
    size_t len = strlen(name);
    for (const char *at = k.mux.peer_names; *at != '\0'; number++) {
        size_t n = strcspn(at, " ");
        if (n == len && memcmp(at, name, n) == 0)
            return number < (int)MUX_CHANNELS ? number : -1;
        at += n + (at[n] == ' ');
    }
    return -1;
}

static void try_open(struct guest *g)
{
    if (!k.mux.up || k.mux.silent) {
        if (k.now - g->since_ms > ANSWER_MS && k.panic_file != NULL)
            send_away(g, "%s", k.reason);
        else if (k.now - g->since_ms > ANSWER_MS)
            send_away(g, "%s: no answer from the target: is devc-mux running there, and is it the right line?",
                      k.target.line);
        return;
    }
    if (k.now < g->retry_ms)
        return;
    int channel = channel_number(g->want);
    if (channel < 0) {
        send_away(g, "the target has no channel %s; it has: %s", g->want, k.mux.peer_names);
        return;
    }
    const struct guest *other = owner_of((unsigned)channel);
    if (other != NULL && other->state != GONE && k.now - g->since_ms > 1000) {
        send_away(g, "channel %s is in use by another qrv", g->want);
        return;
    }
    if (other != NULL || k.mux.channels[channel].state != MUX_SHUT)
        return; /* until the old connection is over */
    g->channel = channel;
    g->state = OPENING;
    mux_open(&k.mux, (unsigned)channel);
}

static void status(struct buf *out)
{
    buf_printf(out, "line %s\nlink %s\nchannels %s\n", k.target.line,
               !k.mux.up ? "down" : k.mux.silent ? "silent" : "up", k.mux.peer_names);
    buf_printf(out, "sent_payload %llu\nsent_wire %llu\nrepeated %llu\ndamaged %llu\n",
               (unsigned long long)k.mux.count.payload, (unsigned long long)k.mux.count.wire,
               (unsigned long long)k.mux.count.repeated, (unsigned long long)k.mux.count.bad);
    buf_printf(out, "received_payload %llu\nreceived_wire %llu\nreason %s\n",
               (unsigned long long)k.mux.count.payload_in,
               (unsigned long long)k.mux.count.wire_in, k.reason);
}

static void take_request(struct guest *g)
{
    char *end = g->in.data != NULL ? memchr(g->in.data, '\n', g->in.len) : NULL;
    if (end == NULL) {
        if (g->in.len > sizeof g->want)
            release(g);
        return;
    }
    *end = '\0';
    if (sscanf(g->in.data, "channel %63s", g->want) == 1) {
        g->state = WAITING;
    } else {
        if (strcmp(g->in.data, "status") == 0)
            status(&g->out);
        else if (strcmp(g->in.data, "text") == 0)
            buf_append(&g->out, k.words.text.len > 0 ? k.words.text.data : "", k.words.text.len);
        else if (strcmp(g->in.data, "stop") == 0)
            k.stop = true;
        g->state = LEAVING;
    }
    eat(&g->in, (size_t)(end - g->in.data) + 1);
}

/* The guest has closed its end; what it sent still goes out. */
static void left(struct guest *g)
{
    if (g->state != TALKING) {
        if (g->state == OPENING)
            mux_close(&k.mux, (unsigned)g->channel);
        else {
            release(g);
            return;
        }
    } else
        mux_close(&k.mux, (unsigned)g->channel);
    close(g->fd);
    g->fd = -1;
    g->state = GONE;
}

static void read_guest(struct guest *g)
{
    char bytes[IN_MAX];
    ssize_t n = read(g->fd, bytes, sizeof bytes);
    if (n > 0) {
        buf_append(&g->in, bytes, (size_t)n);
        if (g->state == ASKING)
            take_request(g);
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        left(g);
}

static void write_guest(struct guest *g)
{
    if (g->out.len > 0) {
        ssize_t n = send(g->fd, g->out.data, g->out.len, MSG_NOSIGNAL);
        if (n > 0)
            eat(&g->out, (size_t)n);
        else if (n < 0 && errno != EAGAIN && errno != EINTR)
            g->out.len = 0;
    }
    if (g->state == LEAVING && g->out.len == 0)
        release(g);
}

/* ------------------------------------------------------------------ the multiplexer's side */

static size_t pull(void *owner, unsigned channel, uint8_t *to, size_t max)
{
    (void)owner;
    struct guest *g = owner_of(channel);
    size_t n = g != NULL && g->in.len < max ? g->in.len : max;
    if (g == NULL || n == 0)
        return 0;
    memcpy(to, g->in.data, n);
    eat(&g->in, n);
    return n;
}

static void push(void *owner, unsigned channel, const uint8_t *bytes, size_t n)
{
    (void)owner;
    struct guest *g = owner_of(channel);
    if (g != NULL && g->state != GONE)
        buf_append(&g->out, bytes, n);
}

static size_t room(void *owner, unsigned channel)
{
    (void)owner;
    const struct guest *g = owner_of(channel);
    return g == NULL || g->state == GONE || g->out.len < OUT_MAX
               ? OUT_MAX - (g != NULL && g->state != GONE ? g->out.len : 0)
               : 0;
}

static int nothing_to_open(void *owner, unsigned channel)
{
    (void)owner, (void)channel;
    return ENOSYS;
}

static void opened(struct guest *g, int error)
{
    if (g->state == GONE) { /* left before the answer */
        if (error == 0)
            mux_close(&k.mux, (unsigned)g->channel);
        return;
    }
    if (error == 0) {
        g->state = TALKING;
        if (!g->is_quiet)
            buf_puts(&g->out, "ok\n");
    } else if (error == EAGAIN || (error == ENXIO && k.now - g->since_ms < SERVER_MS)) {
        g->state = WAITING; /* the last user is about to close, the server to open again */
        g->channel = -1;
        g->retry_ms = k.now + RETRY_MS;
    } else if (error == ENXIO)
        send_away(g, "nobody serves channel %s on the target%s", g->want,
                  strcmp(g->want, "deploy") == 0 ? ": start deployd there" : "");
    else
        send_away(g, "channel %s: %s", g->want, strerror(error));
}

static void on_event(void *owner, enum mux_event event, unsigned channel, int value)
{
    (void)owner;
    struct guest *g = owner_of(channel);
    switch (event) {
    case MUX_UP:
        k.silent_ms = 0;
        free(k.panic_file);
        k.panic_file = NULL;
        break;
    case MUX_SILENT:
        k.silent_ms = k.now;
        break;
    case MUX_RESTART:
        send_all_away("the target has started again");
        break;
    case MUX_OPENED:
        if (g != NULL)
            opened(g, value);
        break;
    case MUX_CLOSED:
        if (g != NULL)
            send_away(g, "the target has closed channel %s", g->want);
        break;
    }
}

/* The target's text outside of frames. */
static void on_plain(void *owner, uint8_t byte, bool junk)
{
    (void)owner;
    unsigned n = words_take(&k.words, byte, junk);
    if (n > 0)
        k.spoke_ms = k.now;
    if (n > 0 && k.options->foreground)
        fwrite(k.words.text.data + k.words.text.len - n, 1, n, stdout);
}

/* Its kernel has panicked, and has said all of it. */
static void keep_last_words(void)
{
    char why[290];
    free(k.panic_file);
    k.panic_file = panic_keep(&k.target, k.words.panic.data);
    buf_free(&k.words.panic);
    if (k.panic_file == NULL)
        return;
    snprintf(why, sizeof why, "the target's kernel has panicked; its last words are in %.200s", k.panic_file);
    snprintf(k.reason, sizeof k.reason, "%s", why);
    if (k.options->foreground)
        complain(0, "%s", why);
    send_all_away(why);
}

static const struct mux_ops ops = {pull, push, room, nothing_to_open, on_event, on_plain};

/* ------------------------------------------------------------------ the line */

static void lose_line(void)
{
    close(k.line);
    k.line = -1;
    k.lost_ms = k.now;
    k.line_blocked = false;
}

static void reopen_line(void)
{
    const char *why;
    if (k.now - k.lost_ms < REOPEN_MS)
        return;
    k.lost_ms = k.now;
    k.line = wire_open(&k.target, &why);
    if (k.line >= 0)
        mux_line_is_new(&k.mux);
}

static void read_line(void)
{
    uint8_t bytes[8192];
    ssize_t n = read(k.line, bytes, sizeof bytes);
    if (n > 0)
        mux_input(&k.mux, bytes, (size_t)n, k.now);
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        lose_line();
    if (k.options->foreground)
        fflush(stdout);
}

static void write_line(void)
{
    const uint8_t *bytes;
    size_t n;
    k.line_blocked = false;
    while (k.line >= 0 && (n = mux_output(&k.mux, &bytes, k.now)) > 0) {
        ssize_t part = write(k.line, bytes, n);
        if (part > 0)
            mux_sent(&k.mux, (size_t)part);
        if (part == (ssize_t)n)
            continue;
        k.line_blocked = part > 0 || errno == EAGAIN;
        if (part < 0 && errno != EAGAIN && errno != EINTR)
            lose_line();
        return;
    }
}

/* ------------------------------------------------------------------ the loop */

static void add_poll(struct pollfd *list, size_t *count, int fd, short events)
{
    if (fd >= 0 && events != 0)
        list[(*count)++] = (struct pollfd){.fd = fd, .events = events};
}

static size_t make_list(struct pollfd *list)
{
    size_t n = 0;
    add_poll(list, &n, k.line, (short)(POLLIN | (k.line_blocked ? POLLOUT : 0)));
    add_poll(list, &n, k.listener, POLLIN);
    for (size_t i = 0; i < k.options->port_count; i++)
        add_poll(list, &n, k.ports[i], POLLIN);
    for (const struct guest *g = k.guests; g < k.guests + GUESTS; g++)
        if (g->state != NOBODY && g->fd >= 0)
            add_poll(list, &n, g->fd,
                     (short)((g->in.len < IN_MAX && g->state != LEAVING ? POLLIN : 0) |
                             (g->out.len > 0 || g->state == LEAVING ? POLLOUT : 0)));
    return n;
}

static void serve_fd(const struct pollfd *p)
{
    if (p->fd == k.line) {
        if (p->revents & ~POLLOUT)
            read_line();
        return;
    }
    if (p->fd == k.listener) {
        add_guest(accept(p->fd, NULL, NULL), NULL);
        return;
    }
    for (size_t i = 0; i < k.options->port_count; i++) {
        if (p->fd == k.ports[i]) {
            int fd = accept(p->fd, NULL, NULL);
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
            add_guest(fd, k.options->ports[i].channel);
            return;
        }
    }
    for (struct guest *g = k.guests; g < k.guests + GUESTS; g++) {
        if (g->state == NOBODY || g->fd != p->fd)
            continue;
        if (p->revents & POLLOUT)
            write_guest(g);
        else if (g->state != NOBODY)
            read_guest(g);
        return;
    }
}

static void look_at_guests(void)
{
    bool any = false;
    for (struct guest *g = k.guests; g < k.guests + GUESTS; g++) {
        if (g->state == WAITING)
            try_open(g);
        if (g->state == GONE && k.mux.channels[g->channel].state == MUX_SHUT)
            release(g);
        if (g->state == LEAVING)
            write_guest(g);
        any |= g->state != NOBODY;
    }
    if (k.words.panic.len > 0 && (k.line < 0 || k.now - k.spoke_ms > LAST_WORDS_MS))
        keep_last_words();
    if (any || k.busy_ms == 0 || k.words.panic.len > 0)
        k.busy_ms = k.now;
    if (k.silent_ms != 0 && k.now - k.silent_ms > SILENT_MS) {
        char why[200];
        snprintf(why, sizeof why, "%.100s: the line is dead: silence for %d seconds", k.target.line,
                 (SILENT_MS + (int)MUX_HEARD_MS) / 1000);
        send_all_away(why);
    }
}

static void on_signal(int sig)
{
    (void)sig;
    signalled = 1;
}

static void say_goodbye(void)
{
    uint64_t limit = clock_ms() + 500;
    mux_bye(&k.mux);
    for (write_line(); k.line_blocked && clock_ms() < limit; write_line()) {
        struct pollfd p = {.fd = k.line, .events = POLLOUT};
        poll(&p, 1, 50);
    }
}

static void loop(void)
{
    struct pollfd list[3 + PORTS + GUESTS];
    while (!signalled && !k.stop &&
           (k.options->foreground || k.busy_ms == 0 || k.now - k.busy_ms < LINGER_MS)) {
        uint32_t wait = mux_tick(&k.mux, k.now);
        write_line();
        size_t n = make_list(list);
        poll(list, n, wait < RETRY_MS ? (int)wait : RETRY_MS);
        k.now = clock_ms();
        for (size_t i = 0; i < n; i++)
            if (list[i].revents != 0)
                serve_fd(&list[i]);
        if (k.line < 0)
            reopen_line();
        look_at_guests();
    }
}

/* ------------------------------------------------------------------ start */

char *keeper_socket(const struct target *t)
{
    const char *run = getenv("XDG_RUNTIME_DIR");
    char hex[65];
    struct stat st;
    char *dir = run != NULL && run[0] == '/' ? xstrdup(run) : xprintf("/tmp/qrv-%d", (int)getuid());
    if (run == NULL || run[0] != '/')
        mkdir(dir, 0700);
    if (lstat(dir, &st) != 0 || !S_ISDIR(st.st_mode) || st.st_uid != getuid() ||
        (st.st_mode & 022) != 0) {
        complain(0, "%s: not a directory that only you can write", dir);
        free(dir);
        return NULL;
    }
    sha256_hex(t->line, strlen(t->line), hex);
    char *path = xprintf("%s/qrv-line-%.16s", dir, hex);
    free(dir);
    return path;
}

/* The lock says who the keeper is: the socket of one that was killed stays behind. */
static const char *listen_at(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    char *lock = xprintf("%s.lock", path);
    int fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    free(lock);
    if (fd < 0)
        return strerror(errno);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        return errno == EWOULDBLOCK ? KEEPER_TAKEN : strerror(errno);
    if (strlen(path) >= sizeof a.sun_path)
        return strerror(ENAMETOOLONG);
    strcpy(a.sun_path, path);
    unlink(path);
    k.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    mode_t mask = umask(0177); /* whoever connects is root on the target */
    bool good = k.listener >= 0 && bind(k.listener, (struct sockaddr *)&a, sizeof a) == 0;
    umask(mask);
    return good && listen(k.listener, 8) == 0 ? NULL : strerror(errno);
}

static const char *listen_at_ports(void)
{
    for (size_t i = 0; i < k.options->port_count; i++) {
        struct sockaddr_in a = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)k.options->ports[i].port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        k.ports[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        setsockopt(k.ports[i], SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
        if (k.ports[i] < 0 || bind(k.ports[i], (struct sockaddr *)&a, sizeof a) != 0 ||
            listen(k.ports[i], 2) != 0)
            return strerror(errno);
    }
    return NULL;
}

bool keeper_run(const struct target *t, const struct keeper_options *options,
                void (*started)(void *arg, const char *why), void *arg)
{
    uint32_t session = 0;
    k.target = *t;
    k.options = options;
    k.now = clock_ms();
    k.line = -1;
    for (struct guest *g = k.guests; g < k.guests + GUESTS; g++)
        *g = (struct guest){.fd = -1, .channel = -1};
    while (session == 0 && getrandom(&session, sizeof session, 0) == sizeof session)
        ;
    mux_init(&k.mux, true, &ops, NULL, session);
    char *path = keeper_socket(t);
    const char *why = path != NULL ? listen_at(path) : "no place for a socket";
    if (why == NULL) {
        k.line = wire_open(t, &why);
        why = k.line >= 0 ? listen_at_ports() : why;
    }
    started(arg, why);
    if (why == NULL) {
        signal(SIGPIPE, SIG_IGN);
        signal(SIGTERM, on_signal);
        signal(SIGINT, on_signal);
        loop();
        if (k.words.panic.len > 0)
            keep_last_words();
        say_goodbye();
        unlink(path);
    }
    free(path);
    return why == NULL;
}
