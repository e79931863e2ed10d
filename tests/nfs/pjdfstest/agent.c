/* SPDX-License-Identifier: Apache-2.0 */
/* usage: agent PORT PROGRAM
 *
 * Runs PROGRAM for a test suite on the build machine. Each connection brings a length (4 bytes, big endian) and strings with their
 * NULs: a directory, a umask, arguments. Back goes what the program says. For a
 * private network only. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGS_MAX 64

static int get(int fd, void *to, size_t n)
{
    for (size_t done = 0; done < n;) {
        ssize_t got = read(fd, (char *)to + done, n - done);
        if (got <= 0)
            return -1;
        done += (size_t)got;
    }
    return 0;
}

static void run(int fd, const char *program)
{
    static char text[65536];
    char *argv[ARGS_MAX + 1] = {(char *)program};
    uint32_t len;
    int argc = 1;
    if (get(fd, &len, sizeof len) == -1 || (len = ntohl(len)) >= sizeof text || get(fd, text, len) == -1)
        return;
    char *at = text, *end = text + len, *dir = at, *mask = dir + strlen(dir) + 1;
    if (mask >= end)
        return;
    for (at = mask + strlen(mask) + 1; at < end && argc < ARGS_MAX; at += strlen(at) + 1)
        argv[argc++] = at;
    umask((mode_t)strtoul(mask, NULL, 8));
    if (chdir(dir) == -1)
        dprintf(fd, "chdir %s\n", dir);
    dup2(fd, 1);
    dup2(open("/dev/null", O_WRONLY), 2); /* as the scripts do */
    close(fd);
    execv(program, argv);
}

int main(int argc, char **argv)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    int s = socket(AF_INET, SOCK_STREAM, 0), fd;
    if (argc != 3)
        return 2;
    a.sin_port = htons((uint16_t)atoi(argv[1]));
    if (s == -1 || bind(s, (struct sockaddr *)&a, sizeof a) == -1 || listen(s, 8) == -1) {
        perror("agent");
        return 1;
    }
    puts("agent: ready");
    fflush(stdout);
    while ((fd = accept(s, NULL, NULL)) != -1) {
        if (fork() == 0) { /* several at a time */
            run(fd, argv[2]);
            _exit(127);
        }
        close(fd);
        while (waitpid(-1, NULL, WNOHANG) > 0)
            ;
    }
    perror("agent: accept");
    return 1;
}
