/* SPDX-License-Identifier: Apache-2.0 */
/* Programs for the host: one command and its output, a shell on another channel, the reset. */
#include "deployd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARGUMENTS_MAX 256
#define LOOK_MS       50 /* until the end of a command is seen whose output something else holds */

extern char **environ;

/* Splits at the NULs; NULL: no command, or too many words. */
static char **split(char *bytes, size_t n)
{
    static char *argv[ARGUMENTS_MAX + 1];
    size_t count = 0;
    for (size_t at = 0; at < n; at += strlen(bytes + at) + 1) {
        if (count == ARGUMENTS_MAX)
            return NULL;
        argv[count++] = bytes + at;
    }
    argv[count] = NULL;
    return count > 0 && argv[0][0] != '\0' ? argv : NULL;
}

/* in -1: the command has no input. */
static int start(char **argv, int in, int out, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t ours;
    posix_spawn_file_actions_init(&actions);
    if (in == -1)
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    else
        posix_spawn_file_actions_adddup2(&actions, in, 0);
    posix_spawn_file_actions_adddup2(&actions, out, 1);
    posix_spawn_file_actions_adddup2(&actions, out, 2);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
    sigemptyset(&ours);
    sigaddset(&ours, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &ours);
    posix_spawnattr_setpgroup(&attributes, 0);
    int error = posix_spawnp(pid, argv[0], &actions, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

struct command {
    pid_t pid;
    int in, out;  /* our ends of its pipes; in -1: it gets nothing more */
    bool has_input;
    bool is_over; /* it has ended; what it started may go on, and hold its output */
    int status;
    struct message input; /* what it has not taken yet */
};

static void end_input(struct command *c)
{
    if (c->in != -1)
        close(c->in);
    c->in = -1;
    c->input.bytes = 0;
}

/* What the pipe takes.  A command that does not read its input loses it. */
static void give_input(struct command *c)
{
    ssize_t n = write(c->in, c->input.data, c->input.bytes);
    if (n > 0) {
        c->input.data += n;
        c->input.bytes -= (uint16_t)n;
    } else if (n == -1 && errno != EAGAIN && errno != EINTR)
        end_input(c);
}

/* The host's messages while a command runs: its input.  False: the host is gone. */
static bool take_input(struct command *c)
{
    struct message m;
    enum channel_state state = CHANNEL_WAIT;
    while (c->input.bytes == 0 && (state = channel_next(&m)) == CHANNEL_MESSAGE) {
        if (m.type != DEPLOY_INPUT || !c->has_input)
            return false;
        if (m.bytes == 0)
            end_input(c);
        else if (c->in != -1) {
            c->input = m;
            give_input(c);
        }
    }
    return state != CHANNEL_GONE;
}

static bool pass_output(struct command *c, bool *more)
{
    char bytes[DEPLOY_PIECE];
    ssize_t n = read(c->out, bytes, sizeof bytes);
    *more = n > 0 || (n == -1 && (errno == EINTR || (errno == EAGAIN && !c->is_over)));
    return n <= 0 || reply(DEPLOY_BYTES, bytes, (size_t)n);
}

/* Input and output, until the end of the output, or until the command has ended and nothing more is
 * there.  False: the host is gone. */
static bool attend(struct command *c)
{
    bool more = true, good = true;
    while (more && good) {
        struct pollfd wait[3] = {{.fd = c->out, .events = POLLIN},
                                 {.fd = c->input.bytes == 0 ? channel_fd : -1, .events = POLLIN},
                                 {.fd = c->input.bytes > 0 ? c->in : -1, .events = POLLOUT}};
        if (poll(wait, 3, c->is_over ? 0 : LOOK_MS) == -1 && errno != EINTR)
            return false;
        if (!c->is_over)
            c->is_over = waitpid(c->pid, &c->status, WNOHANG) == c->pid;
        if (wait[2].revents != 0)
            give_input(c);
        if (wait[1].revents != 0)
            good = channel_fill();
        good = good && take_input(c);
        if (good && (wait[0].revents != 0 || c->is_over))
            good = pass_output(c, &more);
    }
    return good;
}

static bool run_in_pipes(char **argv, bool has_input)
{
    int in[2] = {-1, -1}, out[2];
    struct command c = {.in = -1, .has_input = has_input};
    if (pipe2(out, O_CLOEXEC) == -1)
        return reply_error(errno, "no pipe for the output");
    if (has_input && pipe2(in, O_CLOEXEC) == -1) {
        int error = errno;
        close(out[0]);
        close(out[1]);
        return reply_error(error, "no pipe for the input");
    }
    int error = start(argv, in[0], out[1], &c.pid);
    close(out[1]);
    if (has_input)
        close(in[0]);
    c.in = in[1];
    c.out = out[0];
    fcntl(c.out, F_SETFL, O_NONBLOCK);
    if (c.in != -1)
        fcntl(c.in, F_SETFL, O_NONBLOCK);
    bool good = error == 0 && attend(&c);
    end_input(&c);
    close(c.out);
    if (error != 0) {
        char text[200];
        snprintf(text, sizeof text, "%.150s: %s", argv[0], strerror(error));
        return reply_error(error, text);
    }
    if (!good)
        kill(-c.pid, SIGKILL);
    while (!c.is_over && waitpid(c.pid, &c.status, 0) == -1 && errno == EINTR)
        ;
    uint32_t result = (uint32_t)c.status;
    return good && reply(DEPLOY_EXIT, &result, sizeof result);
}

bool run_command(const struct message *m)
{
    char **argv = split((char *)m->data, m->bytes);
    if (argv == NULL)
        return reply_error(EINVAL, "no command, or too many words");
    return run_in_pipes(argv, m->type == DEPLOY_RUN_INPUT);
}

/* ------------------------------------------------------------------ shell */

_Noreturn static void be_shell(int fd)
{
    setsid();
    ioctl(fd, TIOCSCTTY, 0);
    for (int i = 0; i < 3; i++)
        dup2(fd, i);
    if (fd > 2)
        close(fd);
    signal(SIGPIPE, SIG_DFL);
    setenv("PS1", "qrv# ", 0);
    setenv("TERM", "vt100", 0);
    if (chdir("/") == 0)
        execl("/bin/sh", "-sh", (char *)NULL);
    _exit(127);
}

bool start_shell(const char *bytes, size_t n)
{
    static pid_t last;
    uint16_t size[2];
    char path[64];
    if (n <= sizeof size)
        return reply_error(EINVAL, "which channel?");
    if (last > 0 && waitpid(last, NULL, WNOHANG) == 0) { /* of a connection that is over */
        kill(-last, SIGKILL);
        waitpid(last, NULL, 0);
    }
    last = 0;
    memcpy(size, bytes, sizeof size);
    snprintf(path, sizeof path, "/dev/%.50s", bytes + sizeof size);
    int fd = open(path, O_RDWR | O_NOCTTY);
    if (fd == -1 || !isatty(fd)) {
        int why = errno;
        if (fd != -1)
            close(fd);
        return reply_error(why, "there is no such terminal on the target");
    }
    ioctl(fd, TIOCSWINSZ, &(struct winsize){.ws_row = size[0], .ws_col = size[1]});
    last = fork();
    if (last == 0)
        be_shell(fd);
    int error = errno;
    close(fd);
    return last > 0 ? reply(DEPLOY_DONE, NULL, 0) : reply_error(error, "no process for a shell");
}

bool reboot_soon(void)
{
    static char *argv[] = {(char *)"shutdown", (char *)"-r", NULL};
    pid_t pid;
    bool good = reply(DEPLOY_DONE, NULL, 0);
    nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL); /* the answer goes out */
    int error = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);
    return good && (error == 0 || reply_error(error, "shutdown -r does not start"));
}
