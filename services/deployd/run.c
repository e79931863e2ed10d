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

static int start(char **argv, int out, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out, 1);
    posix_spawn_file_actions_adddup2(&actions, out, 2);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes, 0);
    int error = posix_spawnp(pid, argv[0], &actions, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* Passes output on until its end; false: the host is gone. */
static bool pass_output(int from)
{
    char bytes[DEPLOY_BLOCK];
    for (;;) {
        struct pollfd wait[2] = {{.fd = from, .events = POLLIN}, {.fd = channel_fd, .events = POLLIN}};
        if (poll(wait, 2, -1) == -1) {
            if (errno == EINTR)
                continue;
            return false;
        }
        if (wait[1].revents != 0) /* the host has nothing to say now: it left */
            return false;
        ssize_t n = read(from, bytes, sizeof bytes);
        if (n <= 0)
            return true;
        if (!reply(DEPLOY_BYTES, bytes, (size_t)n))
            return false;
    }
}

bool run_command(char *bytes, size_t n)
{
    char **argv = split(bytes, n);
    int ends[2], status = 0;
    pid_t pid;
    if (argv == NULL)
        return reply_error(EINVAL, "no command, or too many words");
    if (pipe(ends) == -1)
        return reply_error(errno, "no pipe for the output");
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    int error = start(argv, ends[1], &pid);
    close(ends[1]);
    if (error != 0) {
        char text[200];
        close(ends[0]);
        snprintf(text, sizeof text, "%.150s: %s", argv[0], strerror(error));
        return reply_error(error, text);
    }
    bool good = pass_output(ends[0]);
    close(ends[0]);
    if (!good)
        kill(-pid, SIGKILL);
    while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
        ;
    uint32_t result = (uint32_t)status;
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
    if (fd == -1 || !isatty(fd))
        return reply_error(errno, "there is no such terminal on the target");
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
