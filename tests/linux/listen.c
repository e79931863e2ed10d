/* SPDX-License-Identifier: Apache-2.0 */
/* listen PORT PROGRAM [ARGUMENT...]: the program for each connection, which is its standard input and output. busybox of Debian has
 * nothing of the kind. */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void collect(int signo)
{
    (void)signo;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
}

int main(int argc, char **argv)
{
    const int on = 1;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (argc < 3)
        return 2;
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[1]))};
    if (bind(listener, (struct sockaddr *)&a, sizeof a) != 0 || listen(listener, 16) != 0) {
        perror("listen");
        return 1;
    }
    sigaction(SIGCHLD, &(struct sigaction){.sa_handler = collect, .sa_flags = SA_RESTART}, NULL);
    puts("listening");
    fflush(stdout);
    for (;;) {
        int peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (peer < 0)
            continue;
        setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (fork() == 0) {
            dup2(peer, STDIN_FILENO);
            dup2(peer, STDOUT_FILENO);
            setsid();
            execvp(argv[2], argv + 2);
            _exit(127);
        }
        close(peer);
    }
}
