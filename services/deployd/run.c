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
static int start(char **argv, int in, int out, int err, pid_t *pid)
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
    posix_spawn_file_actions_adddup2(&actions, err, 2);
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

enum { OUT, ERR, OUTLETS };

struct command {
    pid_t pid;
    int in;          /* our end of its pipe; -1: it gets nothing more */
    int out[OUTLETS]; /* the same; -1: all of it has been passed on, or there is none: it comes by the other */
    bool has_input, is_apart;
    bool is_over; /* it has ended; what it started may go on, and hold its output */
    int status;
    struct message input; /* what it has not taken yet */
};

static void shut(int *fd)
{
    if (*fd != -1)
        close(*fd);
    *fd = -1;
}

static void end_input(struct command *c)
{
    shut(&c->in);
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

/* False: the host is gone. */
static bool pass_output(struct command *c, int outlet)
{
    char bytes[DEPLOY_PIECE];
    ssize_t n = read(c->out[outlet], bytes, sizeof bytes);
    if (n > 0)
        return reply(outlet == ERR ? DEPLOY_ERROR_BYTES : DEPLOY_BYTES, bytes, (size_t)n);
    if (n == 0 || (errno != EINTR && (errno != EAGAIN || c->is_over)))
        shut(&c->out[outlet]);
    return true;
}

/* Input and output, until the end of the output, or until the command has ended and nothing more is
 * there.  False: the host is gone. */
static bool attend(struct command *c)
{
    bool good = true;
    while (good && (c->out[OUT] != -1 || c->out[ERR] != -1)) {
        struct pollfd wait[OUTLETS + 2] = {{.fd = c->out[OUT], .events = POLLIN},
                                           {.fd = c->out[ERR], .events = POLLIN},
                                           {.fd = c->input.bytes == 0 ? channel_fd : -1, .events = POLLIN},
                                           {.fd = c->input.bytes > 0 ? c->in : -1, .events = POLLOUT}};
        if (poll(wait, OUTLETS + 2, c->is_over ? 0 : LOOK_MS) == -1 && errno != EINTR)
            return false;
        if (!c->is_over)
            c->is_over = waitpid(c->pid, &c->status, WNOHANG) == c->pid;
        if (wait[OUTLETS + 1].revents != 0)
            give_input(c);
        if (wait[OUTLETS].revents != 0)
            good = channel_fill();
        good = good && take_input(c);
        for (int i = 0; i < OUTLETS && good; i++)
            if (c->out[i] != -1 && (wait[i].revents != 0 || c->is_over))
                good = pass_output(c, i);
    }
    return good;
}

/* Our ends are in c, the command's in theirs: input, output, errors; -1 where there is none.  False: errno. */
static bool make_pipes(struct command *c, int theirs[1 + OUTLETS])
{
    int ends[2];
    if (c->has_input) {
        if (pipe2(ends, O_CLOEXEC) == -1)
            return false;
        theirs[0] = ends[0];
        c->in = ends[1];
        fcntl(c->in, F_SETFL, O_NONBLOCK);
    }
    for (int i = 0; i < (c->is_apart ? OUTLETS : 1); i++) {
        if (pipe2(ends, O_CLOEXEC) == -1)
            return false;
        c->out[i] = ends[0];
        theirs[1 + i] = ends[1];
        fcntl(c->out[i], F_SETFL, O_NONBLOCK);
    }
    return true;
}

/* The command runs, or what kept it from that is said in text, and its errno is the result. */
static int start_in_pipes(struct command *c, char **argv, char *text, size_t room)
{
    int theirs[1 + OUTLETS] = {-1, -1, -1};
    int error = make_pipes(c, theirs) ? 0 : errno;
    if (error != 0)
        snprintf(text, room, "no pipe for its input and output");
    else if ((error = start(argv, theirs[0], theirs[1], theirs[c->is_apart ? 2 : 1], &c->pid)) != 0)
        snprintf(text, room, "%.150s: %s", argv[0], strerror(error));
    for (int i = 0; i < 1 + OUTLETS; i++)
        shut(&theirs[i]);
    return error;
}

bool run_command(const struct message *m)
{
    struct command c = {.in = -1, .out = {-1, -1}};
    char text[200];
    char **argv = split((char *)m->data, m->bytes);
    if (argv == NULL)
        return reply_error(EINVAL, "no command, or too many words");
    c.is_apart = m->type == DEPLOY_RUN_APART || m->type == DEPLOY_RUN_APART_INPUT;
    c.has_input = m->type == DEPLOY_RUN_INPUT || m->type == DEPLOY_RUN_APART_INPUT;
    int error = start_in_pipes(&c, argv, text, sizeof text);
    bool good = error == 0 && (!c.is_apart || reply(DEPLOY_STARTED, NULL, 0)) && attend(&c);
    end_input(&c);
    for (int i = 0; i < OUTLETS; i++)
        shut(&c.out[i]);
    if (error != 0)
        return reply_error(error, text);
    if (!good)
        kill(-c.pid, SIGKILL);
    while (!c.is_over && waitpid(c.pid, &c.status, 0) == -1 && errno == EINTR)
        ;
    uint32_t result = (uint32_t)c.status;
    return good && reply(DEPLOY_EXIT, &result, sizeof result);
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
