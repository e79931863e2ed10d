/* SPDX-License-Identifier: Apache-2.0 */
/* Several processes work in one directory at the same time, each on files of its own and all of
 * them on one that they append to. What one has written it must read again. Usage: fsload DIRECTORY
 * PROCESSES ROUNDS */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int who;

#define NEED(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("process %d, line %d: %s: %s\n", who, __LINE__, #condition, strerror(errno));   \
            fflush(stdout);                                                                        \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

static void fill(unsigned char *data, size_t n, unsigned seed)
{
    for (size_t i = 0; i < n; i++)
        data[i] = (unsigned char)(seed = seed * 1103515245 + 12345, seed >> 16);
}

static void round_of(int number, int log)
{
    static unsigned char data[300000], back[300000];
    char name[64], other[64], dir[64];
    size_t n = (size_t)(number * 7919 + who * 104729) % sizeof data;
    struct stat st;
    fill(data, n, (unsigned)(number * 100 + who));
    snprintf(dir, sizeof dir, "dir%d-%d", who, number % 3);
    snprintf(name, sizeof name, "%s/file%d", dir, number % 5);
    snprintf(other, sizeof other, "%s/other%d", dir, number % 5);
    NEED(mkdir(dir, 0755) == 0 || errno == EEXIST);
    int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);
    NEED(fd != -1);
    for (size_t done = 0; done < n;) {
        size_t most = number % 2 ? 70001 : sizeof data; /* also more than one message of fs-9p */
        size_t part = n - done < most ? n - done : most;
        NEED(write(fd, data + done, part) == (ssize_t)part);
        done += part;
    }
    NEED(fstat(fd, &st) == 0 && st.st_size == (off_t)n);
    if (number % 4 == 0)
        NEED(unlink(name) == 0);
    else
        NEED(rename(name, other) == 0);
    NEED(pread(fd, back, sizeof back, 0) == (ssize_t)n && memcmp(data, back, n) == 0);
    NEED(close(fd) == 0);
    NEED(stat(name, &st) == -1 && errno == ENOENT);
    if (number % 4 != 0) {
        fd = open(other, O_RDONLY);
        NEED(fd != -1 && read(fd, back, sizeof back) == (ssize_t)n && memcmp(data, back, n) == 0);
        close(fd);
        NEED(unlink(other) == 0);
    }
    if (number % 3 == 2)
        NEED(rmdir(dir) == 0);
    int len = snprintf(name, sizeof name, "process %d round %d\n", who, number);
    NEED(write(log, name, (size_t)len) == len);
}

static int whole_lines(const char *path)
{
    char line[100];
    int count = 0, p, r;
    FILE *f = fopen(path, "r");
    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        count += sscanf(line, "process %d round %d", &p, &r) == 2 && line[strlen(line) - 1] == '\n';
    return count;
}

int main(int argc, char **argv)
{
    int processes = argc > 3 ? atoi(argv[2]) : 0, rounds = argc > 3 ? atoi(argv[3]) : 0, bad = 0;
    int status;
    if (processes < 1 || chdir(argv[1]) == -1) {
        fprintf(stderr, "fsload: DIRECTORY PROCESSES ROUNDS\n");
        return 2;
    }
    for (who = 0; who < processes; who++) {
        pid_t pid = fork();
        if (pid == -1)
            return 2;
        if (pid == 0) {
            int log = open("log", O_WRONLY | O_CREAT | O_APPEND, 0644);
            NEED(log != -1);
            for (int i = 0; i < rounds; i++)
                round_of(i, log);
            _exit(0);
        }
    }
    while (wait(&status) > 0)
        bad += status != 0;
    int lines = whole_lines("log");
    printf("%d processes failed, %d of %d lines\n", bad, lines, processes * rounds);
    return bad != 0 || lines != processes * rounds;
}
