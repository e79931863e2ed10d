/* SPDX-License-Identifier: Apache-2.0 */
/* qrv nfs serve: a directory of this machine for targets, by NFS. */
#include "../common/exit.h"
#include "../common/options.h"
#include "../common/sdk.h"
#include "../qrv/verbs.h"
#include "node.h"
#include "server.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char help[] =
    "usage: qrv nfs serve DIR [--port N] [--listen ADDRESS] [--read-only] [--count]\n"
    "\n"
    "Serves DIR by NFS version 3, until Ctrl-C. Needs no root, no exports file and no portmapper: NFS and its\n"
    "MOUNT protocol share one TCP port. On the target:\n"
    "\n"
    "  fs-nfs3 -o port=N,mountport=N 10.0.2.2:/ /mnt      (10.0.2.2 is this machine, for QEMU's network)\n"
    "\n"
    "      --port N          the port (default 2049); 0 takes a free one, which is printed\n"
    "      --listen ADDRESS  where to listen; default 127.0.0.1, which only this machine and its emulators reach.\n"
    "                        0.0.0.0 is for boards: whoever reaches the port can then read and write DIR\n"
    "      --read-only       nothing is changed\n"
    "      --count           says at the end how often each procedure was called\n"
    "\n"
    "Run as root it acts with the user and the groups that a client names. Run by anybody else, all clients are\n"
    "that user, whose files are shown as user 0's. Symbolic links are for the client to follow.\n"
    "\n"
    "Examples:\n"
    "  qrv nfs serve build\n"
    "  qrv nfs serve /srv/board --port 12049 --listen 0.0.0.0 --read-only\n";

static int serve_directory(const char *dir, const char *address, long port, bool counts)
{
    static char path[PATH_MAX];
    struct timespec now;
    if (realpath(dir, path) == NULL)
        return complain(EXIT_FAILED, "%s: %s", dir, strerror(errno));
    int error = nodes_start(path);
    if (error != 0)
        return complain(EXIT_FAILED, "%s: %s", dir, strerror(error));
    clock_gettime(CLOCK_REALTIME, &now);
    server.path = strcmp(path, "/") == 0 ? "" : path;
    server.is_root = geteuid() == 0;
    server.verifier = (uint64_t)now.tv_sec << 32 | (uint32_t)now.tv_nsec;
    int status = serve(address, (unsigned)port);
    nodes_end();
    if (counts)
        nfs3_print_counts();
    return status;
}

int cmd_nfs(int argc, char **argv)
{
    bool want_help = false, counts = false;
    const char *port_text = "2049", *address = "127.0.0.1";
    long port;
    const struct option_spec specs[] = {{"--port", .value = &port_text},
                                        {"--listen", .value = &address},
                                        {"--read-only", .flag = &server.read_only},
                                        {"--count", .flag = &counts},
                                        {"--help", .flag = &want_help},
                                        {NULL}};
    int n = options_parse(argc, argv, specs, NULL);
    if (want_help) {
        fputs(help, stdout);
        return EXIT_OK;
    }
    if (n < 0 || !option_number("--port", port_text, 0, 65535, &port))
        return EXIT_USAGE;
    if (n != 2 || strcmp(argv[1], "serve") != 0)
        return complain(EXIT_USAGE, "usage: qrv nfs serve DIR [--port N] [--listen ADDRESS] [--read-only] [--count]");
    return serve_directory(argv[2], address, port, counts);
}
