/* SPDX-License-Identifier: Apache-2.0 */
/* Start, and the serial line's side: opens the channel, serves until it ends, begins again. */
/* clang-format off */
#ifdef __USAGE
%C - receives files and runs commands for "qrv" on the build machine

%C [-o nodaemon] [-p [ADDRESS:]PORT] [device]
%C -s

Serves "qrv deploy", "pull", "shell", "ps", "log" and "reset" on a channel of devc-mux (default
/dev/deploy), or on a TCP port, or on both when both are given.

 -p [ADDRESS:]PORT  listens on this TCP port (of this address only); "qrv" takes 8001 for granted.
                    Nobody is asked for a password: whoever can reach the port may write every file
                    and run every program, as user 0.  For a network of your own, never the Internet.
 -s                 serves its standard input and output, once: what an SSH server starts for
                    "qrv --target ssh:HOST", as the user who logged in
 -o nodaemon        stays in the foreground

The same is true of the device: whoever is at the other end of that line is user 0.
#endif
/* clang-format on */
#include "deployd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/procmgr.h>
#include <time.h>
#include <unistd.h>

static int complain(const char *what, int error)
{
    fprintf(stderr, "deployd: %s: %s\n", what, strerror(error));
    return EXIT_FAILURE;
}

_Noreturn static void serve_device(const char *device)
{
    for (;;) {
        int fd = open(device, O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (fd != -1) {
            serve(fd, fd);
            close(fd);
        } else
            nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    }
}

/* Begins with a line of its own: what a shell's start-up file prints before it is no answer. */
static int serve_standard(void)
{
    int in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3), out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (in == -1 || out == -1 || null == -1)
        return complain("standard input and output", errno);
    for (int fd = STDIN_FILENO; fd <= STDOUT_FILENO; fd++)
        dup2(null, fd); /* commands have their own */
    signal(SIGPIPE, SIG_IGN);
    if (write(out, DEPLOY_GREETING, sizeof DEPLOY_GREETING - 1) != sizeof DEPLOY_GREETING - 1)
        return EXIT_FAILURE;
    serve(in, out);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    const char *device = NULL, *port = NULL;
    bool stay = false;
    int option;
    while ((option = getopt(argc, argv, "o:p:s")) != -1) {
        if (option == 's')
            return serve_standard();
        if (option == 'p')
            port = optarg;
        else if (option == 'o' && strcmp(optarg, "nodaemon") == 0)
            stay = true;
        else
            return EXIT_FAILURE;
    }
    if (optind < argc)
        device = argv[optind];
    else if (port == NULL)
        device = "/dev/deploy";
    if (device != NULL && access(device, R_OK | W_OK) == -1)
        return complain(device, errno);
    int listener = port != NULL ? listen_open(port) : -1;
    if (port != NULL && listener == -1)
        return complain(port, errno);
    if (!stay && procmgr_daemon(EXIT_SUCCESS, port != NULL ? PROCMGR_DAEMON_NOCLOSE : 0) == -1)
        return complain("daemon", errno);
    signal(SIGPIPE, SIG_IGN);
    if (listener == -1)
        serve_device(device);
    if (device != NULL && fork() == 0) {
        close(listener);
        serve_device(device);
    }
    listen_serve(listener);
}
