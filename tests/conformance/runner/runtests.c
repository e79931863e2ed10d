/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs the conformance programs of the image, one after the other, and frames their output for the
 * harness:
 *
 *     @TEST BEGIN name
 *     ... TAP of the program ...
 *     @TEST END name exit 0          (or: signal N, timeout SECONDS, spawn ERRNO)
 *     TESTS DONE
 *
 * Usage: runtests LIST [PROGRAM...]. LIST has one "name seconds [argument...]" line per program, beside which
 * they lie. Each has a session of its own, so that it may take a controlling terminal; one that
 * does not end in time is killed with its process group, so that one hang costs one test.
 */
#include <errno.h>
#include <libgen.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static long long now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* Waits for the child, or kills it when its time is over. Returns whether it ended by itself. */
static int wait_child(pid_t pid, int seconds, int *status)
{
    long long limit = now_ms() + seconds * 1000LL;
    for (;;) {
        pid_t got = waitpid(pid, status, WNOHANG);
        if (got == pid)
            return 1;
        if (got == -1 && errno == ECHILD) { /* anything else may be a failure that a test asked for */
            *status = 0x7f00;
            return 1;
        }
        if (now_ms() >= limit) {
            kill(-pid, SIGKILL);
            kill(pid, SIGKILL);
            waitpid(pid, status, 0);
            return 0;
        }
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
}

#define ARGUMENTS 8

static void run_one(const char *directory, const char *name, int seconds, char *arguments)
{
    char path[300];
    char *argv[ARGUMENTS + 2] = {path}; /* a test may start itself again by its argv[0] */
    int argc = 1;
    for (char *word = strtok(arguments, " \n"); word != NULL && argc <= ARGUMENTS; word = strtok(NULL, " \n"))
        argv[argc++] = word;
    posix_spawnattr_t attr;
    pid_t pid;
    int status;
    snprintf(path, sizeof path, "%s/%s", directory, name);
    printf("@TEST BEGIN %s\n", name);
    fflush(stdout);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSID);
    int error = posix_spawn(&pid, path, NULL, &attr, argv, environ);
    posix_spawnattr_destroy(&attr);
    if (error != 0)
        printf("@TEST END %s spawn %d\n", name, error);
    else if (!wait_child(pid, seconds, &status))
        printf("@TEST END %s timeout %d\n", name, seconds);
    else if (WIFSIGNALED(status))
        printf("@TEST END %s signal %d\n", name, WTERMSIG(status));
    else
        printf("@TEST END %s exit %d\n", name, WEXITSTATUS(status));
    fflush(stdout);
}

static int wanted(const char *name, int argc, char **argv)
{
    for (int i = 2; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return 1;
    return argc <= 2;
}

int main(int argc, char **argv)
{
    char line[200];
    char name[100];
    int seconds, end;
    if (argc < 2) {
        fprintf(stderr, "usage: runtests LIST [PROGRAM...]\n");
        return 2;
    }
    FILE *list = fopen(argv[1], "re"); /* a program that maps it would leave the object that taskman keeps of a file of the image */
    if (list == NULL) {
        fprintf(stderr, "runtests: %s: %s\n", argv[1], strerror(errno));
        return 2;
    }
    char *directory = dirname(strdup(argv[1]));
    while (fgets(line, sizeof line, list) != NULL)
        if (sscanf(line, "%99s %d%n", name, &seconds, &end) == 2 && wanted(name, argc, argv))
            run_one(directory, name, seconds, line + end);
    fclose(list);
    printf("TESTS DONE\n");
    fflush(stdout);
    return 0;
}
