/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of /proc/<pid>/as and ctl share: children that say that they run, and a debugger's calls. */
#pragma once
#define _GNU_SOURCE
#include <devctl.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/neutrino.h>
#include <sys/procfs.h>
#include <sys/states.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "../tap.h"

static volatile struct shared {
    uint64_t count[4], marked, handled;
    int go, tid[4];
} *sh;

static inline int command(int fd, int dcmd, void *data)
{
    return devctl(fd, dcmd, data, (size_t)((unsigned)dcmd >> 16 & 0x3fff), NULL);
}

static inline int open_proc(pid_t pid, const char *file, int oflag)
{
    char path[48];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    return open(path, oflag | O_CLOEXEC);
}

static inline void pause_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL);
}

/* A child that runs f(), seen at work. */
static inline pid_t child(int (*f)(void))
{
    uint64_t before = sh->count[0];
    pid_t pid = fork();
    if (pid == 0)
        _exit(f());
    while (sh->count[0] == before)
        pause_ms(1);
    return pid;
}

static inline int end_of(pid_t pid)
{
    int status = -1;
    return waitpid(pid, &status, 0) == pid ? status : -1;
}

static inline int run_flags(int fd, unsigned flags, int tid, int signo)
{
    procfs_run run = {.flags = flags, .tid = tid, .signo = signo};
    return command(fd, DCMD_PROC_RUN, &run);
}

static inline int set_break(int fd, void *at, int size)
{
    procfs_break b = {.type = _DEBUG_BREAK_EXEC, .size = size, .addr = (uintptr_t)at};
    return command(fd, DCMD_PROC_BREAK, &b);
}

static __attribute__((noinline, unused)) void mark(void)
{
    sh->marked++;
    __asm__ volatile("" ::: "memory");
}

static inline int wait_for_go(void)
{
    sh->count[0]++;
    while (!sh->go)
        sched_yield();
    sh->go = 0;
    return 0;
}
