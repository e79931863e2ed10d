/* SPDX-License-Identifier: Apache-2.0 */
/* A resource manager in a child process: the test program is its client.  server_start() returns
 * once the path answers; the child runs until server_stop().  Nothing in the child may print
 * results. */
#pragma once
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/dispatch.h>
#include <sys/iofunc.h>
#include <sys/neutrino.h>
#include <sys/resmgr.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>

#include "../tap.h"

static inline void pause_ms(long ms)
{
    struct timespec ts = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&ts, NULL);
}

static inline int path_appears(const char *path)
{
    struct stat st;
    for (int i = 0; i < 500; i++) {
        if (stat(path, &st) == 0)
            return 1;
        pause_ms(10);
    }
    return 0;
}

/* serve() does not return unless it fails. */
static inline pid_t server_start(int (*serve)(void), const char *path)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(serve());
    if (pid == -1)
        bail_out("fork: %s", strerror(errno));
    if (path != NULL && !path_appears(path))
        bail_out("the server's %s does not appear", path);
    return pid;
}

/* True when it was alive until now. */
static inline int server_stop(pid_t pid)
{
    int status = 0;
    kill(pid, SIGKILL);
    return waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

/* The single-threaded loop of the documentation. */
__attribute__((unused)) static int serve_loop(dispatch_t *dpp)
{
    dispatch_context_t *ctp = dispatch_context_alloc(dpp);
    if (ctp == NULL)
        return 80;
    for (;;) {
        dispatch_context_t *next = dispatch_block(ctp);
        if (next == NULL)
            return 81;
        ctp = next;
        dispatch_handler(ctp);
    }
}
