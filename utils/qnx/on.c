/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
#ifdef __USAGE
%C - runs a command with another priority, terminal or processor

%C [-ad | -ae] [-dhs] [-p prio[r|f|o]] [-t terminal] [-C cpu | -R mask] [-w path [-W seconds]]
   command [argument...]

 -ad, -ae     its addresses are always the same, or chosen at random (ASLR)
 -d           does not wait for the command
 -h           starts it held (SIGSTOP), in a session of its own: "slay -u" lets it go
 -p prio      priority, and policy: r round robin, f fifo, o other
 -s           gives it a session of its own
 -t terminal  runs it on that terminal, in a session of its own
 -C cpu       only on that processor;  -R mask  only on these
 -w path      waits for the path first, at most -W seconds (default for ever)
Exit status: that of the command.
#endif
/* clang-format on */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/neutrino.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../lib/proc.h"

extern char **environ;

struct settings {
    bool detach, hold, session;
    posix_spawnattr_aslr_t aslr;
    int priority, policy;
    uintptr_t runmask;
    const char *terminal, *wait_for;
    long wait_seconds; /* -1 for ever */
};

static void wait_for_path(const struct settings *settings)
{
    struct stat st;
    time_t end = time(NULL) + settings->wait_seconds;
    while (stat(settings->wait_for, &st) == -1) {
        if (settings->wait_seconds >= 0 && time(NULL) > end) {
            fprintf(stderr, "on: %s: not there after %ld s\n", settings->wait_for,
                    settings->wait_seconds);
            exit(1);
        }
        nanosleep(&(struct timespec){0, 50000000}, NULL);
    }
}

__attribute__((noreturn)) static void give_up(const char *what)
{
    fprintf(stderr, "on: %s: %s\n", what, strerror(errno));
    _exit(errno == ENOENT ? 127 : 126);
}

static void run(char **argv, const struct settings *settings, uint32_t flags)
{
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setaslr(&attributes, settings->aslr);
    posix_spawnattr_setxflags(&attributes, flags);
    errno = posix_spawnp(NULL, argv[0], NULL, &attributes, argv, environ);
    if (errno != 0)
        give_up(argv[0]);
}

/* In the child. */
__attribute__((noreturn)) static void become(char **argv, const struct settings *settings)
{
    if ((settings->session || settings->terminal != NULL) && setsid() == -1)
        give_up("setsid");
    if (settings->terminal != NULL) {
        int fd = open(settings->terminal, O_RDWR);
        if (fd == -1)
            give_up(settings->terminal);
        ioctl(fd, TIOCSCTTY, 0);
        tcsetpgrp(fd, getpid());
        for (int to = 0; to <= 2; to++)
            dup2(fd, to);
        if (fd > 2)
            close(fd);
    }
    if (settings->priority != 0) {
        struct sched_param param;
        int policy = SchedGet(0, 0, &param);
        param.sched_priority = settings->priority;
        if (SchedSet(0, 0, settings->policy >= 0 ? settings->policy : policy, &param) == -1)
            give_up("priority");
    }
    if (settings->runmask != 0) {
        struct _thread_runmask masks = {1, {(uint32_t)settings->runmask, (uint32_t)settings->runmask}};
        if (ThreadCtl(_NTO_TCTL_RUNMASK_GET_AND_SET_INHERIT, &masks) == -1)
            give_up("runmask");
    }
    if (settings->hold) {
        /* A session of its own: in this one its group would be orphaned, and let go with SIGHUP
         * and SIGCONT, when this process ends. */
        run(argv, settings, POSIX_SPAWN_HOLD | POSIX_SPAWN_SETSID);
        _exit(0);
    }
    run(argv, settings, POSIX_SPAWN_EXEC);
    _exit(126);
}

static bool parse_number(const char *text, int base, unsigned long max, unsigned long *value)
{
    char *end;
    errno = 0;
    *value = strtoul(text, &end, base);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && *value <= max;
}

static bool parse_option(struct settings *settings, int option)
{
    unsigned long n;
    switch (option) {
    case 'a':
        settings->aslr = optarg[0] == 'd' ? POSIX_SPAWN_ASLR_DISABLE : POSIX_SPAWN_ASLR_ENABLE;
        return strcmp(optarg, "d") == 0 || strcmp(optarg, "e") == 0;
    case 'd':
        settings->detach = true;
        return true;
    case 'h':
        settings->hold = true;
        return true;
    case 's':
        settings->session = true;
        return true;
    case 't':
        settings->terminal = optarg;
        return true;
    case 'w':
        settings->wait_for = optarg;
        return true;
    case 'p':
        return proc_parse_priority(optarg, &settings->priority, &settings->policy);
    case 'C':
        if (!parse_number(optarg, 0, 31, &n))
            return false;
        settings->runmask |= (uintptr_t)1 << n;
        return true;
    case 'R':
        if (!parse_number(optarg, 0, UINT32_MAX, &n) || n == 0)
            return false;
        settings->runmask = n;
        return true;
    case 'W':
        if (!parse_number(optarg, 10, 1000000, &n))
            return false;
        settings->wait_seconds = (long)n;
        return true;
    default:
        return false;
    }
}

int main(int argc, char **argv)
{
    struct settings settings = {.policy = -1, .wait_seconds = -1};
    int option, status;
    while ((option = getopt(argc, argv, "+a:dhsp:t:C:R:w:W:")) != -1) {
        if (!parse_option(&settings, option)) {
            if (option != '?')
                fprintf(stderr, "on: -%c %s: not understood\n", option, optarg);
            return 2;
        }
    }
    if (optind == argc) {
        fprintf(
            stderr,
            "usage: on [-ad | -ae] [-dhs] [-p prio] [-t terminal] [-C cpu | -R mask] [-w path] command...\n");
        return 2;
    }
    if (settings.wait_for != NULL)
        wait_for_path(&settings);
    pid_t pid = fork();
    if (pid == 0)
        become(argv + optind, &settings);
    if (pid == -1) {
        fprintf(stderr, "on: fork: %s\n", strerror(errno));
        return 126;
    }
    if (settings.detach)
        return 0;
    while (waitpid(pid, &status, 0) == -1) {
        if (errno != EINTR)
            return 126;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
