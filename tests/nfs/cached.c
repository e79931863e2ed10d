/* SPDX-License-Identifier: Apache-2.0 */
/* What a program on the target sees of files that its mount remembers; tests/nfs/cache has the servers.
 *   cached stats DIR COUNT ROUNDS          stat() of f0 to f(COUNT - 1), again and again
 *   cached changes LONG SHORT NONE         three mounts of one directory, which remember for ten minutes, for two seconds and
 *                                          not at all, while the other machine changes files
 *   cached own DIR                         what this machine changes is seen at once, on a mount that remembers for long
 * Says "cached WHAT: ok", or what went wrong. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int failures;
#define CHECK(x)                                                                                   \
    do {                                                                                           \
        errno = 0;                                                                                 \
        if (!(x)) {                                                                                \
            printf("cached: line %d: %s: %s\n", __LINE__, #x, strerror(errno));                    \
            failures++;                                                                            \
        }                                                                                          \
    } while (0)

static const char *path_of(const char *dir, const char *name)
{
    static char paths[8][600];
    static int next;
    char *p = paths[next++ % 8];
    snprintf(p, sizeof paths[0], "%s/%s", dir, name);
    return p;
}

/* Its size, or -1. */
static long size_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (long)st.st_size : -1;
}

static long open_size_of(const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY);
    long size = fd != -1 && fstat(fd, &st) == 0 ? (long)st.st_size : -1;
    if (fd != -1)
        close(fd);
    return size;
}

static bool holds(const char *path, const char *text)
{
    char data[256];
    int fd = open(path, O_RDONLY);
    ssize_t n = fd == -1 ? -1 : read(fd, data, sizeof data);
    if (fd != -1)
        close(fd);
    return n == (ssize_t)strlen(text) && memcmp(data, text, (size_t)n) == 0;
}

static void stats(const char *dir, int count, int rounds)
{
    char name[32];
    for (int r = 0; r < rounds; r++)
        for (int i = 0; i < count; i++) {
            snprintf(name, sizeof name, "f%d", i);
            CHECK(size_of(path_of(dir, name)) == 0);
        }
}

/* The other machine does something, and it is done. */
static void let(const char *mount, const char *what)
{
    CHECK(close(open(path_of(mount, what), O_WRONLY | O_CREAT, 0644)) == 0);
    char done[64];
    snprintf(done, sizeof done, "%s-done", what);
    while (access(path_of(mount, done), F_OK) != 0)
        usleep(20000);
}

/* As long as it takes: the harness ends it when nothing comes. */
static void wait_for_size(const char *path, long size)
{
    while (size_of(path) != size)
        usleep(100000);
}

static void changes(const char *ten_minutes, const char *two_seconds, const char *none)
{
    const char *const mounts[] = {ten_minutes, two_seconds, none};
    for (int i = 0; i < 3; i++) {
        CHECK(size_of(path_of(mounts[i], "file")) == 3 && size_of(path_of(mounts[i], "none")) == -1);
        CHECK(size_of(path_of(mounts[i], "d/file")) == 3 && size_of(path_of(mounts[i], "new/file")) == 3);
    }
    int fd = open(path_of(ten_minutes, "file"), O_RDONLY);
    let(none, "change");
    CHECK(size_of(path_of(none, "file")) == 6 && size_of(path_of(none, "none")) == 6);
    CHECK(size_of(path_of(none, "d/file")) == 6 && holds(path_of(none, "file"), "longer"));
    wait_for_size(path_of(two_seconds, "file"), 6);
    wait_for_size(path_of(two_seconds, "none"), 6);
    wait_for_size(path_of(two_seconds, "d/file"), 6);
    CHECK(size_of(path_of(ten_minutes, "file")) == 3 && size_of(path_of(ten_minutes, "none")) == -1);
    /* That directory is another one: open() finds it, though nothing has told yet that its name leads elsewhere. */
    CHECK(holds(path_of(ten_minutes, "new/file"), "longer") && holds(path_of(ten_minutes, "d/file"), "longer"));
    CHECK(open_size_of(path_of(ten_minutes, "none")) == 6);
    CHECK(open_size_of(path_of(ten_minutes, "file")) == 6 && size_of(path_of(ten_minutes, "file")) == 6);
    CHECK(holds(path_of(ten_minutes, "file"), "longer"));
    struct stat st;
    CHECK(fstat(fd, &st) == 0 && st.st_size == 6 && lseek(fd, 0, SEEK_END) == 6 && close(fd) == 0);
}

static void append(int fd, const char *path, long size)
{
    CHECK(write(fd, "xy", 2) == 2 && size_of(path) == size);
}

static void own_file(const char *dir)
{
    const char *path = path_of(dir, "own"), *second = path_of(dir, "second");
    struct stat st;
    CHECK(size_of(path) == -1);
    int fd = open(path, O_RDWR | O_CREAT, 0644), other = open(path, O_RDWR);
    CHECK(fd != -1 && other != -1 && size_of(path) == 0);
    for (int i = 1; i <= 5; i++)
        append(fd, path, 2 * i);
    CHECK(pwrite(other, "z", 1, 99) == 1 && fstat(fd, &st) == 0 && st.st_size == 100 && size_of(path) == 100);
    CHECK(lseek(fd, 0, SEEK_END) == 100);
    CHECK(ftruncate(fd, 7) == 0 && size_of(path) == 7 && fstat(other, &st) == 0 && st.st_size == 7);
    CHECK(close(fd) == 0 && close(other) == 0 && size_of(path) == 7);
    CHECK(chmod(path, 0600) == 0 && stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
    CHECK(link(path, second) == 0 && stat(path, &st) == 0 && st.st_nlink == 2 && stat(second, &st) == 0 && st.st_nlink == 2);
    CHECK(unlink(path) == 0 && size_of(path) == -1 && stat(second, &st) == 0 && st.st_nlink == 1);
    CHECK(truncate(second, 3) == 0 && size_of(second) == 3);
    CHECK(rename(second, path) == 0 && size_of(second) == -1 && size_of(path) == 3);
    CHECK((fd = open(second, O_WRONLY | O_CREAT | O_EXCL, 0644)) != -1 && close(fd) == 0 && size_of(second) == 0);
    CHECK(rename(path, second) == 0 && size_of(path) == -1 && size_of(second) == 3);
    CHECK((fd = open(second, O_WRONLY | O_TRUNC)) != -1 && size_of(second) == 0 && close(fd) == 0);
    CHECK(unlink(second) == 0 && size_of(second) == -1);
}

static void own_names(const char *dir)
{
    const char *d = path_of(dir, "owndir"), *sub = path_of(dir, "owndir/sub"), *moved = path_of(dir, "owndir2");
    struct stat st;
    CHECK(size_of(d) == -1 && mkdir(d, 0755) == 0 && stat(d, &st) == 0 && st.st_nlink == 2);
    CHECK(size_of(sub) == -1 && mkdir(sub, 0755) == 0 && stat(sub, &st) == 0 && stat(d, &st) == 0 && st.st_nlink == 3);
    CHECK(rename(d, moved) == 0 && stat(sub, &st) == -1 && stat(path_of(dir, "owndir2/sub"), &st) == 0);
    CHECK(rmdir(path_of(dir, "owndir2/sub")) == 0 && stat(moved, &st) == 0 && st.st_nlink == 2);
    CHECK(stat(path_of(dir, "owndir2/sub"), &st) == -1 && rmdir(moved) == 0 && stat(moved, &st) == -1);
    CHECK(lstat(d, &st) == -1 && symlink("nowhere", d) == 0 && lstat(d, &st) == 0 && S_ISLNK(st.st_mode) && unlink(d) == 0);
    CHECK(lstat(d, &st) == -1 && mkfifo(d, 0644) == 0 && lstat(d, &st) == 0 && S_ISFIFO(st.st_mode) && unlink(d) == 0);
    CHECK(lstat(d, &st) == -1);
}

/* What one user has looked up says nothing to another one. */
static void own_users(const char *dir)
{
    const char *secret = path_of(dir, "secret"), *file = path_of(dir, "secret/file");
    int fd, status = -1;
    CHECK(mkdir(secret, 0700) == 0 && (fd = open(file, O_WRONLY | O_CREAT, 0644)) != -1 && close(fd) == 0);
    CHECK(size_of(file) == 0 && size_of(file) == 0);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        setgid(1000);
        setuid(1000);
        _exit(size_of(file) != -1 || errno != EACCES);
    }
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    CHECK(unlink(file) == 0 && rmdir(secret) == 0);
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "stats") == 0)
        stats(argv[2], atoi(argv[3]), atoi(argv[4]));
    else if (argc == 5 && strcmp(argv[1], "changes") == 0)
        changes(argv[2], argv[3], argv[4]);
    else if (argc == 3 && strcmp(argv[1], "own") == 0) {
        own_file(argv[2]);
        own_names(argv[2]);
        own_users(argv[2]);
    } else
        return 2;
    if (failures == 0)
        printf("cached %s: ok\n", argv[1]);
    return failures != 0;
}
