/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
#ifdef __USAGE
%C - mounts a file system

%C [-t nfs] [-rw] [-o options] server:/dir mountpoint

 -t type     nfs, which is the only one, and what server:/dir means without it
 -r, -w      for reading only; for writing, too (default)
 -o options  passed on: port=N, mountport=N, soft, hard, timeo=N, ro and others; see "use fs-nfs3"

Starts fs-nfs3 for that mountpoint. umount ends it.
#endif
/* clang-format on */
#include <errno.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int start(char **argv)
{
    pid_t pid;
    int status;
    int error = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);
    if (error != 0) {
        fprintf(stderr, "mount: %s: %s\n", argv[0], strerror(error));
        return EXIT_FAILURE;
    }
    while (waitpid(pid, &status, 0) == -1)
        if (errno != EINTR)
            return EXIT_FAILURE;
    return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    char *command[64] = {"fs-nfs3"};
    int option, n = 1;
    bool good = true;
    while ((option = getopt(argc, argv, "+t:o:rw")) != -1) {
        if (option == 't')
            good &= strcmp(optarg, "nfs") == 0;
        else if (option == 'r')
            command[n++] = "-r";
        else if (option == 'o') {
            command[n++] = "-o";
            command[n++] = optarg;
        } else if (option != 'w')
            good = false;
        good &= n < 60;
        if (!good)
            break;
    }
    if (!good || argc - optind != 2 || strstr(argv[optind], ":/") == NULL) {
        fprintf(stderr, "usage: mount [-t nfs] [-rw] [-o options] server:/dir mountpoint\n");
        return EXIT_FAILURE;
    }
    command[n++] = argv[optind];
    command[n] = argv[optind + 1];
    return start(command);
}
