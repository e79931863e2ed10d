/* SPDX-License-Identifier: Apache-2.0 */
#include "gdb.h"

#include "../common/fs.h"
#include "../common/sdk.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

char *gdb_find(void)
{
    const struct sdk *sdk = sdk_locate();
    char *gdb = fs_join(sdk->root, sdk->installed ? "bin/riscv64-unknown-qrv-gdb" : "toolchain/bin/riscv64-unknown-qrv-gdb");
    if (fs_is_file(gdb))
        return gdb;
    free(gdb);
    return NULL;
}

char *gdb_commands(void)
{
    const struct sdk *sdk = sdk_locate();
    return fs_join(sdk->share, sdk->installed ? "gdb/system-gdbinit.d/qrv-kernel.py"
                                              : "sdk/gdb/system-gdbinit.d/qrv-kernel.py");
}

int gdb_become(char **argv)
{
    fflush(NULL);
    execv(argv[0], argv);
    return complain(EXIT_MISSING, "%s: %s", argv[0], strerror(errno));
}

static bool pass_on(int console)
{
    char bytes[4096];
    ssize_t n = read(console, bytes, sizeof bytes);
    for (ssize_t at = 0; at < n;) {
        ssize_t part = write(STDOUT_FILENO, bytes + at, (size_t)(n - at));
        if (part <= 0)
            return false;
        at += part;
    }
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

int gdb_run(char **argv, int console)
{
    char old[4096];
    int status = 0;
    while (console >= 0 && read(console, old, sizeof old) > 0)
        ; /* what the machine said while it started */
    signal(SIGINT, SIG_IGN); /* Ctrl-C is GDB's */
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGINT, SIG_DFL);
        execv(argv[0], argv);
        fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
        _exit(EXIT_MISSING);
    }
    if (pid < 0)
        return complain(EXIT_FAILED, "fork: %s", strerror(errno));
    while (waitpid(pid, &status, WNOHANG) == 0) {
        struct pollfd p = {.fd = console, .events = POLLIN};
        if (poll(&p, 1, 50) > 0 && !pass_on(console))
            console = -1;
    }
    struct pollfd last = {.fd = console, .events = POLLIN};
    while (console >= 0 && poll(&last, 1, 0) > 0 && pass_on(console))
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
