/* SPDX-License-Identifier: Apache-2.0 */
/* What tests/exec/run lets the target do, one word each. Compiled for the build machine too where
 * both have to say the same. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;
static volatile sig_atomic_t got;

static void on_signal(int signo)
{
    got = signo;
}

static int arguments(int argc, char **argv)
{
    printf("%d\n", argc);
    for (int i = 0; i < argc; i++)
        printf("%zu:%s\n", strlen(argv[i]), argv[i]);
    return 0;
}

static int environment(void)
{
    for (char **v = environ; *v != NULL; v++)
        printf("%s%c", *v, 0);
    return 0;
}

/* Both outputs by turns, unbuffered: their order must survive when both go to one place. */
static int by_turns(void)
{
    char line[32];
    for (int i = 0; i < 500; i++) {
        int n = snprintf(line, sizeof line, "line %d\n", i);
        if (write(i % 2 ? 2 : 1, line, (size_t)n) != n)
            return 1;
    }
    return 0;
}

static int copy(void)
{
    static char bytes[100000];
    ssize_t n;
    while ((n = read(0, bytes, sizeof bytes)) > 0)
        for (ssize_t done = 0, part; done < n; done += part)
            if ((part = write(1, bytes + done, (size_t)(n - done))) <= 0)
                return 1;
    return n == 0 ? 0 : 1;
}

static int flood(long megabytes)
{
    static unsigned char bytes[1 << 20];
    unsigned state = 1;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(state = state * 1103515245 + 12345, state >> 16);
    for (long i = 0; i < megabytes; i++)
        for (size_t done = 0; done < sizeof bytes;) {
            ssize_t n = write(1, bytes + done, sizeof bytes - done);
            if (n <= 0)
                return errno == EPIPE ? 3 : 1;
            done += (size_t)n;
        }
    return 0;
}

/* Says that it is ready, waits for a signal, says which one. */
static int wait_for_signal(int signo)
{
    struct sigaction act = {.sa_handler = on_signal};
    sigaction(signo, &act, NULL);
    printf("ready\n");
    fflush(stdout);
    for (int i = 0; i < 6000 && !got; i++)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    printf("signal %d\n", (int)got);
    return got ? 7 : 8;
}

static int descriptors(void)
{
    for (int fd = 0; fd < 3; fd++) {
        struct stat st;
        int rc = fstat(fd, &st);
        printf("%d: %s%s seek %d\n", fd,
               rc == -1               ? "closed"
               : S_ISFIFO(st.st_mode) ? "pipe"
               : S_ISCHR(st.st_mode)  ? "character"
                                      : "other",
               isatty(fd) ? " tty" : "", lseek(fd, 0, SEEK_CUR) == -1);
    }
    return 0;
}

static int poll_input(void)
{
    struct pollfd p = {.fd = 0, .events = POLLIN};
    int n = poll(&p, 1, 10000);
    printf("poll %d %d\n", n, !!(p.revents & POLLIN));
    return copy();
}

static int children(void)
{
    int status, fds[2];
    char text[6] = "";
    if (pipe(fds) == -1)
        return 1;
    pid_t pid = fork();
    if (pid == 0) {
        write(fds[1], "child", 5);
        _exit(5);
    }
    waitpid(pid, &status, 0);
    read(fds[0], text, 5);
    printf("%s %d\n", text, WEXITSTATUS(status));
    return system("exit 6") >> 8;
}

__attribute__((noinline)) static int third(volatile int *p)
{
    return *p + 1;
}

__attribute__((noinline)) static int second(volatile int *p)
{
    return third(p) + 1;
}

__attribute__((noinline)) static int first(volatile int *p)
{
    return second(p) + 1;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    long number = argc > 2 ? atol(argv[2]) : 0;
    char cwd[1000];
    if (strcmp(what, "arguments") == 0)
        return arguments(argc - 2, argv + 2);
    if (strcmp(what, "environment") == 0)
        return environment();
    if (strcmp(what, "cwd") == 0)
        return puts(getcwd(cwd, sizeof cwd)) < 0;
    if (strcmp(what, "turns") == 0)
        return by_turns();
    if (strcmp(what, "copy") == 0)
        return copy();
    if (strcmp(what, "flood") == 0)
        return flood(number);
    if (strcmp(what, "exit") == 0)
        return (int)number;
    if (strcmp(what, "raise") == 0)
        return raise((int)number);
    if (strcmp(what, "wait") == 0)
        return wait_for_signal((int)number);
    if (strcmp(what, "descriptors") == 0)
        return descriptors();
    if (strcmp(what, "line") == 0) { /* not a byte more than the line */
        char c = 0;
        while (c != '\n' && read(0, &c, 1) == 1)
            putchar(c);
        return 0;
    }
    if (strcmp(what, "poll") == 0)
        return poll_input();
    if (strcmp(what, "children") == 0)
        return children();
    if (strcmp(what, "sleep") == 0)
        return (int)sleep((unsigned)number);
    if (strcmp(what, "ignore") == 0) {
        signal(SIGTERM, SIG_IGN);
        printf("ready\n");
        fflush(stdout);
        return (int)sleep((unsigned)number);
    }
    if (strcmp(what, "time") == 0)
        return printf("%ld\n", (long)time(NULL)) < 0;
    if (strcmp(what, "crash") == 0)
        return first((int *)8);
    fprintf(stderr, "probe: what is %s?\n", what);
    return 2;
}
