/* SPDX-License-Identifier: Apache-2.0 */
/*
 * qrv exec: holds the emulator and moves bytes. One thread, poll(). Nothing is read from the link
 * while output waits to be written, so a slow reader slows the program down and nothing piles up.
 * The emulator dies with this process (PR_SET_PDEATHSIG) and is killed by it in any case.
 */
#include "cmd_exec.h"

#include "../common/sdk.h"
#include "console.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONSOLE_KEPT (256u * 1024)
#define GRACE_MS     5000 /* between TERM or HUP and the end of the machine */
#define TIMEOUT_MS   2000 /* between --timeout's TERM and the end of the machine */

struct output {
    int fd;
    bool is_closed; /* nobody reads it */
    bool is_file;   /* write() never blocks for long */
};

struct run {
    const struct exec *e;
    pid_t pid;         /* the emulator */
    int link, console; /* -1: closed */
    bool is_ended;     /* EXIT or FAILED has come */
    bool is_over;      /* --timeout */
    int result;
    uint32_t program; /* pid on the target, 0: not started */
    struct qrv_exec_exit exit;
    struct buf seen; /* of the console */
    struct buf in;   /* of the link: less than a whole frame */
    struct buf out;  /* to the link */
    size_t out_done;
    struct output outputs[3]; /* 1 and 2 */
    struct buf waiting;       /* for outputs[waiting_fd] */
    size_t waiting_done;
    int waiting_fd;
    bool is_stdin_open;
    bool is_ahead;      /* standard input is a file: sent ahead, what is left is put back */
    uint32_t window;    /* bytes of standard input the target still takes */
    int interrupts;     /* INTs that came */
    long long deadline; /* 0: none */
    long long kill_at;  /* 0: not yet */
    int kill_result;
    long long started, hello, begun, ended; /* console_now_ms() */
    struct qrv_exec_hello hello_frame, started_frame;
};

static volatile sig_atomic_t came[NSIG];
static int wake[2] = {-1, -1};

static void on_signal(int signo)
{
    int saved = errno;
    came[signo]++;
    (void)!write(wake[1], "", 1);
    errno = saved;
}

/* ------------------------------------------------------------------ the emulator */

static void child(char *const *machine, int link, int console, pid_t parent)
{
    int null = open("/dev/null", O_RDONLY);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    setpgid(0, 0); /* Ctrl-C is ours to pass on */
    int high = fcntl(link, F_DUPFD, 10), out = fcntl(console, F_DUPFD, 10);
    if (null < 0 || high < 0 || out < 0)
        _exit(127);
    dup2(null, 0);
    dup2(out, 1);
    dup2(out, 2);
    dup2(high, 3);
    close(high);
    close(out);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    execvp(machine[0], machine);
    dprintf(2, "%s: %s\n", machine[0], strerror(errno));
    _exit(127);
}

static int start_machine(struct run *r, char *const *machine)
{
    int pair[2], console[2];
    pid_t self = getpid();
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return complain(EXIT_NOT_STARTED, "socketpair: %s", strerror(errno));
    if (pipe2(console, O_CLOEXEC) != 0)
        return complain(EXIT_NOT_STARTED, "pipe: %s", strerror(errno));
    r->started = console_now_ms();
    fflush(NULL);
    r->pid = fork();
    if (r->pid == 0)
        child(machine, pair[1], console[1], self);
    close(pair[1]);
    close(console[1]);
    r->link = pair[0];
    r->console = console[0];
    fcntl(r->link, F_SETFL, O_NONBLOCK);
    fcntl(r->console, F_SETFL, O_NONBLOCK);
    return r->pid < 0 ? complain(EXIT_NOT_STARTED, "fork: %s", strerror(errno)) : EXIT_OK;
}

static void stop_machine(struct run *r)
{
    int status;
    if (r->pid > 0) {
        kill(r->pid, SIGKILL);
        while (waitpid(r->pid, &status, 0) < 0 && errno == EINTR)
            ;
    }
}

/* ------------------------------------------------------------------ to the target */

static void send_frame(struct run *r, uint32_t type, const void *payload, size_t bytes)
{
    struct qrv_exec_frame head = {type, (uint32_t)bytes};
    buf_append(&r->out, &head, sizeof head);
    buf_append(&r->out, payload, bytes);
}

static void flush_link(struct run *r)
{
    while (r->out_done < r->out.len) {
        ssize_t n = send(r->link, r->out.data + r->out_done, r->out.len - r->out_done,
                         MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        r->out_done += (size_t)n;
    }
    r->out.len = r->out_done = 0;
}

static void read_stdin(struct run *r)
{
    char bytes[QRV_EXEC_DATA_MAX];
    size_t most = r->window < sizeof bytes ? r->window : sizeof bytes;
    ssize_t n = read(STDIN_FILENO, bytes, most);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n > 0) {
        send_frame(r, QRV_EXEC_STDIN, bytes, (size_t)n);
        r->window = r->is_ahead ? r->window - (uint32_t)n : 0;
    } else {
        send_frame(r, QRV_EXEC_STDIN_EOF, NULL, 0);
        r->is_stdin_open = false;
    }
}

static void forward(struct run *r, int signo)
{
    struct qrv_exec_signal s = {.signo = (uint32_t)signo,
                                .whole_group = signo == SIGINT || signo == SIGQUIT};
    long long now = console_now_ms();
    if (signo == SIGINT)
        r->interrupts++;
    if (r->program != 0)
        send_frame(r, QRV_EXEC_SIGNAL, &s, sizeof s);
    bool ends = signo == SIGTERM || signo == SIGHUP;
    if (r->program == 0 && signo != SIGUSR1 && signo != SIGUSR2)
        r->kill_at = now; /* there is nobody yet who could take it */
    else if (r->interrupts >= 3)
        r->kill_at = now;
    else if (ends && r->kill_at == 0)
        r->kill_at = now + GRACE_MS;
    if (r->kill_at != 0 && r->kill_result == 0)
        r->kill_result = 128 + signo;
}

static void window_size(struct run *r)
{
    struct winsize ws;
    for (int fd = 0; fd < 3; fd++)
        if (ioctl(fd, TIOCGWINSZ, &ws) == 0) {
            struct qrv_exec_winsize size = {ws.ws_row, ws.ws_col};
            send_frame(r, QRV_EXEC_WINSIZE, &size, sizeof size);
            return;
        }
}

static void take_signals(struct run *r)
{
    char bytes[64];
    while (read(wake[0], bytes, sizeof bytes) > 0)
        ;
    for (int signo = 1; signo < NSIG; signo++)
        for (; came[signo] > 0; came[signo]--) {
            if (signo == SIGWINCH)
                window_size(r);
            else
                forward(r, signo);
        }
}

/* ------------------------------------------------------------------ from the target */

/* Writes what waits, never so much that write() could block after poll() said there is room. */
static void write_waiting(struct run *r)
{
    struct output *o = &r->outputs[r->waiting_fd];
    size_t left = r->waiting.len - r->waiting_done;
    size_t part = o->is_file || left < 4096 ? left : 4096;
    ssize_t n =
        o->is_closed ? (ssize_t)left : write(o->fd, r->waiting.data + r->waiting_done, part);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n < 0) { /* nobody reads it any more: writers on the target hear of it */
        uint32_t fd = (uint32_t)r->waiting_fd;
        if (errno != EPIPE)
            complain(0, "writing descriptor %d: %s", o->fd, strerror(errno));
        o->is_closed = true;
        send_frame(r, QRV_EXEC_CLOSED, &fd, sizeof fd);
        n = (ssize_t)left;
    }
    r->waiting_done += (size_t)n;
    if (r->waiting_done == r->waiting.len)
        r->waiting.len = r->waiting_done = 0;
}

static void failed(struct run *r, const char *payload, size_t bytes)
{
    struct qrv_exec_failed f;
    memcpy(&f, payload, sizeof f);
    complain(0, "%.*s", (int)(bytes - sizeof f), payload + sizeof f);
    r->result = f.error == ENOENT ? 127 : 126;
    r->is_ended = true;
}

static void frame(struct run *r, uint32_t type, const char *payload, size_t bytes)
{
    if ((type == QRV_EXEC_STDOUT || type == QRV_EXEC_STDERR) && bytes > 0) {
        r->waiting_fd = type == QRV_EXEC_STDOUT ? 1 : 2;
        buf_append(&r->waiting, payload, bytes);
    } else if (type == QRV_EXEC_HELLO && bytes == sizeof r->hello_frame) {
        memcpy(&r->hello_frame, payload, bytes);
        r->hello = console_now_ms();
    } else if (type == QRV_EXEC_STARTED && bytes == sizeof r->started_frame) {
        memcpy(&r->started_frame, payload, bytes);
        r->program = r->started_frame.pid;
        r->begun = console_now_ms();
    } else if (type == QRV_EXEC_WINDOW && bytes == sizeof(uint32_t)) {
        uint32_t n;
        memcpy(&n, payload, sizeof n);
        r->window = r->is_ahead ? r->window + n : n;
    } else if (type == QRV_EXEC_EXIT && bytes == sizeof r->exit) {
        memcpy(&r->exit, payload, bytes);
        r->is_ended = true;
        r->ended = console_now_ms();
        r->result = r->exit.is_signal ? 128 + (int)r->exit.code : (int)r->exit.code;
    } else if (type == QRV_EXEC_FAILED && bytes >= sizeof(struct qrv_exec_failed))
        failed(r, payload, bytes);
}

/* Handles whole frames until one has something to write. */
static void take_frames(struct run *r)
{
    size_t at = 0;
    while (r->waiting.len == 0 && !r->is_ended) {
        struct qrv_exec_frame head;
        if (r->in.len - at < sizeof head)
            break;
        memcpy(&head, r->in.data + at, sizeof head);
        if (head.bytes > QRV_EXEC_DATA_MAX) {
            complain(0, "the link to the target is out of step");
            r->result = EXIT_NOT_STARTED;
            r->is_ended = true;
            break;
        }
        if (r->in.len - at - sizeof head < head.bytes)
            break;
        frame(r, head.type, r->in.data + at + sizeof head, head.bytes);
        at += sizeof head + head.bytes;
    }
    if (at > 0) {
        memmove(r->in.data, r->in.data + at, r->in.len - at);
        r->in.len -= at;
    }
}

static void read_link(struct run *r)
{
    static char bytes[128 * 1024];
    ssize_t n = recv(r->link, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n <= 0) {
        close(r->link);
        r->link = -1;
        return;
    }
    buf_append(&r->in, bytes, (size_t)n);
}

static void read_console(struct run *r)
{
    char bytes[4096];
    ssize_t n;
    while ((n = read(r->console, bytes, sizeof bytes)) > 0) {
        if (r->e->console)
            (void)!write(STDERR_FILENO, bytes, (size_t)n);
        if (r->seen.len > CONSOLE_KEPT) {
            size_t half = r->seen.len / 2;
            memmove(r->seen.data, r->seen.data + half, r->seen.len - half);
            r->seen.len -= half;
        }
        for (ssize_t i = 0; i < n; i++)
            if (bytes[i] != '\r' && bytes[i] != '\0')
                buf_append(&r->seen, &bytes[i], 1);
    }
    if (n == 0) {
        close(r->console);
        r->console = -1;
    }
}

/* ------------------------------------------------------------------ the loop */

static int time_left(const struct run *r)
{
    long long until = r->deadline;
    if (r->kill_at != 0 && (until == 0 || r->kill_at < until))
        until = r->kill_at;
    if (until == 0)
        return -1;
    long long left = until - console_now_ms();
    return left < 0 ? 0 : left > 1000000 ? 1000000 : (int)left;
}

static void check_time(struct run *r)
{
    long long now = console_now_ms();
    struct qrv_exec_signal s = {.signo = SIGTERM};
    if (r->kill_at != 0 && now >= r->kill_at) {
        r->result = r->kill_result;
        r->is_ended = true;
    } else if (r->deadline != 0 && now >= r->deadline) {
        complain(0, "%s did not end within %g seconds", r->e->argv[0], r->e->seconds);
        r->deadline = 0;
        r->is_over = true;
        r->kill_result = EXIT_TIMEOUT;
        r->kill_at = r->program != 0 ? now + TIMEOUT_MS : now;
        send_frame(r, QRV_EXEC_SIGNAL, &s, sizeof s);
    }
}

static void turn(struct run *r)
{
    enum { WAKE, LINK, CONSOLE, INPUT, OUTPUT, COUNT };
    struct pollfd p[COUNT];
    for (int i = 0; i < COUNT; i++)
        p[i] = (struct pollfd){.fd = -1, .events = POLLIN};
    bool writing = r->waiting.len > 0;
    p[WAKE].fd = wake[0];
    p[LINK].fd = r->link;
    p[LINK].events = (short)((writing ? 0 : POLLIN) | (r->out.len > 0 ? POLLOUT : 0));
    p[CONSOLE].fd = r->console;
    if (r->is_stdin_open && r->window > 0 && r->program != 0 && r->out.len == 0)
        p[INPUT].fd = STDIN_FILENO;
    if (writing) {
        p[OUTPUT].fd = r->outputs[r->waiting_fd].fd;
        p[OUTPUT].events = POLLOUT;
    }
    if (poll(p, COUNT, time_left(r)) < 0 && errno != EINTR)
        abort();
    if (p[WAKE].revents)
        take_signals(r);
    if (p[CONSOLE].revents)
        read_console(r);
    if (p[OUTPUT].revents)
        write_waiting(r);
    if (p[INPUT].revents)
        read_stdin(r);
    if (p[LINK].revents & (POLLIN | POLLHUP | POLLERR) && !writing)
        read_link(r);
    if (r->waiting.len == 0)
        take_frames(r);
    check_time(r);
    if (r->link >= 0 && r->out.len > 0)
        flush_link(r);
}

static void catch_signals(void)
{
    static const int forwarded[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH};
    struct sigaction act = {.sa_handler = on_signal};
    struct sigaction old;
    sigemptyset(&act.sa_mask);
    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < sizeof forwarded / sizeof forwarded[0]; i++)
        if (sigaction(forwarded[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaction(forwarded[i], &act, NULL); /* what is ignored stays so (nohup) */
}

static void show_console(const struct run *r)
{
    if (r->e->console || r->seen.len == 0)
        return;
    fprintf(stderr, "qrv exec: what the machine said:\n");
    fwrite(r->seen.data, 1, r->seen.len, stderr);
    if (r->seen.data[r->seen.len - 1] != '\n')
        fputc('\n', stderr);
}

static void show_times(const struct run *r)
{
    double base = (double)r->hello_frame.now_ns / 1e6, from = (double)r->started;
    double machine_on =
        (double)r->hello - base - from; /* the machine's clock runs from its reset */
    if (r->hello == 0 || r->begun == 0)
        return;
    fprintf(stderr,
            "qrv exec: %lld ms: QEMU %.0f, firmware %.0f, kernel and services %.0f, directories "
            "%.0f, loading %.0f, program %.0f\n",
            console_now_ms() - r->started, machine_on, (double)r->hello_frame.entry_ns / 1e6,
            (double)(r->hello_frame.now_ns - r->hello_frame.entry_ns) / 1e6,
            (double)(r->started_frame.mounted_ns - r->hello_frame.now_ns) / 1e6,
            (double)(r->started_frame.now_ns - r->started_frame.mounted_ns) / 1e6,
            r->ended != 0 ? (double)(r->exit.now_ns - r->started_frame.now_ns) / 1e6 : 0.0);
}

static void prepare(struct run *r, bool ahead)
{
    struct stat st;
    for (int fd = 1; fd < 3; fd++)
        r->outputs[fd] = (struct output){
            .fd = fd, .is_closed = fstat(fd, &st) != 0, .is_file = S_ISREG(st.st_mode)};
    r->is_stdin_open = fcntl(STDIN_FILENO, F_GETFD) != -1;
    r->is_ahead = ahead;
    r->window = ahead ? QRV_EXEC_WINDOW_BYTES : 0;
    r->link = r->console = -1;
    if (r->e->seconds > 0)
        r->deadline = console_now_ms() + (long long)(r->e->seconds * 1000);
}

int exec_run(const struct exec *e, const struct buf *start, char *const *machine)
{
    struct run r = {.e = e};
    if (pipe2(wake, O_CLOEXEC | O_NONBLOCK) != 0)
        return complain(EXIT_NOT_STARTED, "pipe: %s", strerror(errno));
    struct qrv_exec_start head;
    memcpy(&head, start->data, sizeof head);
    prepare(&r, head.ahead);
    catch_signals();
    int result = start_machine(&r, machine);
    if (result != EXIT_OK)
        return result;
    send_frame(&r, QRV_EXEC_START, start->data, start->len);
    while (!r.is_ended && r.link >= 0)
        turn(&r);
    if (r.console >= 0)
        read_console(&r);
    stop_machine(&r);
    if (r.is_ahead &&
        r.window < QRV_EXEC_WINDOW_BYTES) /* the next reader goes on where ours stopped */
        lseek(STDIN_FILENO, (off_t)r.window - (off_t)QRV_EXEC_WINDOW_BYTES, SEEK_CUR);
    buf_append(&r.seen, "", 1);
    r.seen.len--;
    if (!r.is_ended) {
        complain(0, r.program != 0 ? "the machine ended before the program"
                                   : "the machine did not start");
        show_console(&r);
        r.result = EXIT_NOT_STARTED;
    } else if (r.exit.is_signal && !r.is_over && r.exit.code != SIGPIPE) /* a shell is silent too */
        exec_explain(e, r.program, r.exit.code, &r.seen);
    if (r.is_over)
        r.result = EXIT_TIMEOUT;
    if (e->verbose)
        show_times(&r);
    buf_free(&r.seen);
    buf_free(&r.in);
    buf_free(&r.out);
    buf_free(&r.waiting);
    return r.result;
}
