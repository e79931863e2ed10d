/* SPDX-License-Identifier: Apache-2.0 */
#include "console.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

long long console_now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static void child(char *const argv[], int in, int out, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    /* A signal for our process group (Ctrl-C) is ours to pass on. */
    setpgid(0, 0);
    signal(SIGPIPE, SIG_DFL);
    execvp(argv[0], argv);
    dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

int console_start(struct console *c, char *const argv[], FILE *copy)
{
    int in[2];
    int out[2];
    pid_t self = getpid();
    *c = (struct console){.in_fd = -1, .out_fd = -1, .copy = copy};
    signal(SIGPIPE, SIG_IGN);
    if (pipe2(in, O_CLOEXEC) != 0)
        return -errno;
    if (pipe2(out, O_CLOEXEC) != 0) {
        int error = -errno;
        close(in[0]);
        close(in[1]);
        return error;
    }
    fflush(NULL);
    c->pid = fork();
    if (c->pid == 0)
        child(argv, in[0], out[1], self);
    int error = c->pid < 0 ? -errno : 0;
    close(in[0]);
    close(out[1]);
    if (error != 0) {
        c->pid = 0;
        close(in[1]);
        close(out[0]);
        return error;
    }
    c->in_fd = in[1];
    c->out_fd = out[0];
    fcntl(c->in_fd, F_SETFL, O_NONBLOCK);
    buf_puts(&c->seen, "");
    return 0;
}

static void check_forbidden(struct console *c, size_t from)
{
    for (int i = 0; i < c->forbid_count && c->offence == NULL; i++) {
        size_t n = strlen(c->forbidden[i]);
        size_t start = from > n ? from - n : 0;
        if (strcasestr(c->seen.data + start, c->forbidden[i]) != NULL)
            c->offence = c->forbidden[i];
    }
}

/* Takes what is there now, waiting at most until the deadline for the first byte. */
static enum console_result fill(struct console *c, long long deadline)
{
    char bytes[4096];
    if (c->out_fd < 0)
        return CONSOLE_END;
    long long left = deadline - console_now_ms();
    struct pollfd p = {.fd = c->out_fd, .events = POLLIN};
    struct timespec most = {0};
    if (left > 0)
        most = (struct timespec){left / 1000, left % 1000 * 1000000};
    int n = ppoll(&p, 1, &most, NULL);
    if (n < 0 && errno == EINTR)
        return CONSOLE_OK;
    if (n == 0)
        return CONSOLE_TIMEOUT;
    ssize_t got = read(c->out_fd, bytes, sizeof bytes);
    if (got <= 0) {
        close(c->out_fd);
        c->out_fd = -1;
        return CONSOLE_END;
    }
    if (c->copy != NULL) {
        fwrite(bytes, 1, (size_t)got, c->copy);
        fflush(c->copy);
    }
    size_t from = c->seen.len;
    for (ssize_t i = 0; i < got; i++)
        if (bytes[i] != '\r' && bytes[i] != '\0')
            buf_append(&c->seen, &bytes[i], 1);
    check_forbidden(c, from);
    return c->offence != NULL ? CONSOLE_FORBIDDEN : CONSOLE_OK;
}

enum console_result console_expect(struct console *c, const char *text, long long deadline)
{
    for (;;) {
        char *found =
            memmem(c->seen.data + c->matched, c->seen.len - c->matched, text, strlen(text));
        if (found != NULL) {
            c->matched = (size_t)(found - c->seen.data) + strlen(text);
            return CONSOLE_OK;
        }
        enum console_result r = fill(c, deadline);
        if (r != CONSOLE_OK)
            return r;
    }
}

enum console_result console_pump(struct console *c, long long deadline)
{
    enum console_result r;
    do
        r = fill(c, deadline);
    while (r == CONSOLE_OK && console_now_ms() < deadline);
    return r;
}

bool console_line(struct console *c, struct buf *line)
{
    char *start = c->seen.data + c->matched;
    char *end = memchr(start, '\n', c->seen.len - c->matched);
    if (end == NULL)
        return false;
    line->len = 0;
    buf_append(line, start, (size_t)(end - start));
    c->matched += (size_t)(end - start) + 1;
    return true;
}

bool console_send(struct console *c, const char *bytes, size_t len, long long deadline)
{
    while (len > 0 && c->in_fd >= 0) {
        ssize_t n = write(c->in_fd, bytes, len);
        if (n > 0) {
            bytes += n;
            len -= (size_t)n;
        } else if (n < 0 && errno == EAGAIN && console_now_ms() < deadline) {
            /* The other side may be waiting for us to read. */
            if (console_pump(c, console_now_ms() + 10) == CONSOLE_END)
                return false;
        } else if (n < 0 && errno != EINTR)
            return false;
    }
    return len == 0;
}

/* Has the child ended? Collects its status. */
static bool reap(struct console *c, int flags)
{
    if (c->pid == 0)
        return true;
    pid_t got;
    do
        got = waitpid(c->pid, &c->status, flags);
    while (got < 0 && errno == EINTR);
    if (got == 0)
        return false;
    c->pid = 0;
    return true;
}

enum console_result console_wait(struct console *c, long long deadline)
{
    enum console_result r;
    do
        r = fill(c, deadline);
    while (r == CONSOLE_OK);
    while (r == CONSOLE_END && !reap(c, WNOHANG)) {
        if (console_now_ms() >= deadline)
            return CONSOLE_TIMEOUT;
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
    return r;
}

int console_exit_code(const struct console *c)
{
    return WIFEXITED(c->status) ? WEXITSTATUS(c->status) : 128 + WTERMSIG(c->status);
}

int console_stop(struct console *c)
{
    if (!reap(c, WNOHANG)) {
        c->copy = NULL; /* what the emulator says about being ended is no output of the target */
        kill(c->pid, SIGTERM);
        long long limit = console_now_ms() + 2000;
        while (!reap(c, WNOHANG) && console_now_ms() < limit)
            console_pump(c, console_now_ms() + 20);
        if (!reap(c, WNOHANG)) {
            kill(c->pid, SIGKILL);
            reap(c, 0);
        }
    }
    if (c->in_fd >= 0)
        close(c->in_fd);
    if (c->out_fd >= 0)
        close(c->out_fd);
    c->in_fd = c->out_fd = -1;
    return console_exit_code(c);
}

void console_free(struct console *c)
{
    buf_free(&c->seen);
}
