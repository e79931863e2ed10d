/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
#ifdef __USAGE
%C - ends what serves a mountpoint

%C mountpoint

For what mount has started: fs-nfs3, which first brings what was written to its server, and gives up after 30
seconds without it. Exit status 1: it is still there, or something else serves that path.
#endif
/* clang-format on */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/neutrino.h>
#include <time.h>
#include <unistd.h>

#include "../lib/proc.h"

#define WAIT_SECONDS 40

static int fail(const char *path, const char *why)
{
    fprintf(stderr, "umount: %s: %s\n", path, why);
    return EXIT_FAILURE;
}

static int is_server_of_files(pid_t pid)
{
    char args[PATH_MAX] = "";
    int fd = proc_open(pid);
    if (fd == -1)
        return 0;
    int error = proc_args(fd, args, sizeof args);
    close(fd);
    return error == 0 && strcmp(proc_base(args), "fs-nfs3") == 0;
}

int main(int argc, char **argv)
{
    struct _server_info info;
    if (argc != 2)
        return fail("usage", "umount mountpoint");
    int fd = open(argv[1], O_RDONLY | O_DIRECTORY);
    if (fd == -1 || ConnectServerInfo(0, fd, &info) == -1)
        return fail(argv[1], strerror(errno));
    close(fd);
    if (!is_server_of_files(info.pid))
        return fail(argv[1], "not mounted by fs-nfs3");
    if (kill(info.pid, SIGTERM) == -1)
        return fail(argv[1], strerror(errno));
    for (time_t end = time(NULL) + WAIT_SECONDS; kill(info.pid, 0) == 0;) {
        if (time(NULL) > end)
            return fail(argv[1], "it does not end");
        nanosleep(&(struct timespec){0, 20000000}, NULL);
    }
    return EXIT_SUCCESS;
}
