/* SPDX-License-Identifier: Apache-2.0 */
/* One thread and one poll(): the line, the socket, the guests. */
#include "keeper_parts.h"

#include "../common/sdk.h"
#include "../common/sha256.h"
#include "panic_log.h"
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
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
    LINGER_MS = 3000,
    LAST_WORDS_MS = 1500, /* silence that ends a panic's report */
    REOPEN_MS = 200
};

struct keeper keeper;
static volatile sig_atomic_t signalled;

static uint64_t clock_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000u + (uint64_t)ts.tv_nsec / 1000000u;
}

/* The target's text outside of frames. */
void keeper_plain(void *owner, uint8_t byte, bool junk)
{
    (void)owner;
    unsigned n = words_take(&keeper.words, byte, junk);
    if (n > 0)
        keeper.spoke_ms = keeper.now;
    if (n > 0 && keeper.options->foreground)
        fwrite(keeper.words.text.data + keeper.words.text.len - n, 1, n, stdout);
}

/* Its kernel has panicked, and has said all of it. */
static void keep_last_words(void)
{
    char why[290];
    free(keeper.panic_file);
    keeper.panic_file = panic_keep(&keeper.target, keeper.words.panic.data);
    buf_free(&keeper.words.panic);
    if (keeper.panic_file == NULL)
        return;
    snprintf(why, sizeof why, "the target's kernel has panicked; its last words are in %.200s", keeper.panic_file);
    snprintf(keeper.reason, sizeof keeper.reason, "%s", why);
    if (keeper.options->foreground)
        complain(0, "%s", why);
    guests_send_all_away(why);
}

/* ------------------------------------------------------------------ the line */

static void lose_line(void)
{
    close(keeper.line);
    keeper.line = -1;
    keeper.lost_ms = keeper.now;
    keeper.line_blocked = false;
}

static void reopen_line(void)
{
    const char *why;
    if (keeper.now - keeper.lost_ms < REOPEN_MS)
        return;
    keeper.lost_ms = keeper.now;
    keeper.line = wire_open(&keeper.target, &why);
    if (keeper.line >= 0)
        mux_line_is_new(&keeper.mux);
}

static void read_line(void)
{
    uint8_t bytes[8192];
    ssize_t n = read(keeper.line, bytes, sizeof bytes);
    if (n > 0)
        mux_input(&keeper.mux, bytes, (size_t)n, keeper.now);
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        lose_line();
    if (keeper.options->foreground)
        fflush(stdout);
}

static void write_line(void)
{
    const uint8_t *bytes;
    size_t n;
    keeper.line_blocked = false;
    while (keeper.line >= 0 && (n = mux_output(&keeper.mux, &bytes, keeper.now)) > 0) {
        ssize_t part = write(keeper.line, bytes, n);
        if (part > 0)
            mux_sent(&keeper.mux, (size_t)part);
        if (part == (ssize_t)n)
            continue;
        keeper.line_blocked = part > 0 || errno == EAGAIN;
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
    add_poll(list, &n, keeper.line, (short)(POLLIN | (keeper.line_blocked ? POLLOUT : 0)));
    add_poll(list, &n, keeper.listener, POLLIN);
    for (size_t i = 0; i < keeper.options->port_count; i++)
        add_poll(list, &n, keeper.ports[i], POLLIN);
    return n + guests_poll(list + n);
}

static void serve_fd(const struct pollfd *p)
{
    if (p->fd == keeper.line) {
        if (p->revents & ~POLLOUT)
            read_line();
        return;
    }
    if (p->fd == keeper.listener) {
        guests_add(accept(p->fd, NULL, NULL), NULL);
        return;
    }
    for (size_t i = 0; i < keeper.options->port_count; i++) {
        if (p->fd == keeper.ports[i]) {
            int fd = accept(p->fd, NULL, NULL);
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
            guests_add(fd, keeper.options->ports[i].channel);
            return;
        }
    }
    guests_serve(p);
}

/* What time brings about. */
static void look(void)
{
    bool any = guests_look();
    if (keeper.words.panic.len > 0 && (keeper.line < 0 || keeper.now - keeper.spoke_ms > LAST_WORDS_MS))
        keep_last_words();
    if (any || keeper.busy_ms == 0 || keeper.words.panic.len > 0)
        keeper.busy_ms = keeper.now;
    if (keeper.silent_ms != 0 && keeper.now - keeper.silent_ms > SILENT_MS) {
        char why[200];
        snprintf(why, sizeof why, "%.100s: the line is dead: silence for %d seconds", keeper.target.line,
                 (SILENT_MS + (int)MUX_HEARD_MS) / 1000);
        guests_send_all_away(why);
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
    mux_bye(&keeper.mux);
    for (write_line(); keeper.line_blocked && clock_ms() < limit; write_line()) {
        struct pollfd p = {.fd = keeper.line, .events = POLLOUT};
        poll(&p, 1, 50);
    }
}

static void loop(void)
{
    struct pollfd list[3 + PORTS + GUESTS];
    while (!signalled && !keeper.stop &&
           (keeper.options->foreground || keeper.busy_ms == 0 || keeper.now - keeper.busy_ms < LINGER_MS)) {
        uint32_t wait = mux_tick(&keeper.mux, keeper.now);
        write_line();
        size_t n = make_list(list);
        poll(list, n, wait < RETRY_MS ? (int)wait : RETRY_MS);
        keeper.now = clock_ms();
        for (size_t i = 0; i < n; i++)
            if (list[i].revents != 0)
                serve_fd(&list[i]);
        if (keeper.line < 0)
            reopen_line();
        look();
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
    keeper.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    mode_t mask = umask(0177); /* whoever connects is root on the target */
    bool good = keeper.listener >= 0 && bind(keeper.listener, (struct sockaddr *)&a, sizeof a) == 0;
    umask(mask);
    return good && listen(keeper.listener, 8) == 0 ? NULL : strerror(errno);
}

static const char *listen_at_ports(void)
{
    for (size_t i = 0; i < keeper.options->port_count; i++) {
        struct sockaddr_in a = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)keeper.options->ports[i].port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        keeper.ports[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        setsockopt(keeper.ports[i], SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
        if (keeper.ports[i] < 0 || bind(keeper.ports[i], (struct sockaddr *)&a, sizeof a) != 0 ||
            listen(keeper.ports[i], 2) != 0)
            return strerror(errno);
    }
    return NULL;
}

bool keeper_run(const struct target *t, const struct keeper_options *options,
                void (*started)(void *arg, const char *why), void *arg)
{
    uint32_t session = 0;
    keeper.target = *t;
    keeper.options = options;
    keeper.now = clock_ms();
    keeper.line = -1;
    guests_init();
    while (session == 0 && getrandom(&session, sizeof session, 0) == sizeof session)
        ;
    mux_init(&keeper.mux, true, &guests_mux_ops, NULL, session);
    char *path = keeper_socket(t);
    const char *why = path != NULL ? listen_at(path) : "no place for a socket";
    if (why == NULL) {
        keeper.line = wire_open(t, &why);
        why = keeper.line >= 0 ? listen_at_ports() : why;
    }
    started(arg, why);
    if (why == NULL) {
        signal(SIGPIPE, SIG_IGN);
        signal(SIGTERM, on_signal);
        signal(SIGINT, on_signal);
        loop();
        if (keeper.words.panic.len > 0)
            keep_last_words();
        say_goodbye();
        unlink(path);
    }
    free(path);
    return why == NULL;
}
