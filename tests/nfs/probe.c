/* SPDX-License-Identifier: Apache-2.0 */
/* What a program on the target does with files of an NFS mount; tests/nfs/run has the server.
 *   probe files DIR         names, links, times, sizes, open files without a name, permissions
 *   probe list DIR COUNT    a large directory: each name once, and gone when it is unlinked
 *   probe fill FILE BYTES   writes a pattern, then reads it back; the server may be restarted meanwhile
 *   probe check FILE BYTES  the pattern is there
 *   probe ahead FILE        what was read ahead does not hide what is written or cut meanwhile
 *   probe changed FILE GO WENT    nor what the server's file became: makes GO, waits for WENT, and looks
 *   probe soft FILE         the server is gone: errors, no hang
 *   probe killed FILE       the server is gone: many readers die of SIGKILL
 * Says "probe WHAT: ok", or what went wrong. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

static int failures;
#define CHECK(x)                                                                                   \
    do {                                                                                           \
        errno = 0;                                                                                 \
        if (!(x)) {                                                                                \
            printf("probe: line %d: %s: %s\n", __LINE__, #x, strerror(errno));                     \
            failures++;                                                                            \
        }                                                                                          \
    } while (0)

static char base[512];

static const char *at(const char *name)
{
    static char paths[4][600];
    static int next;
    char *p = paths[next++ % 4];
    snprintf(p, sizeof paths[0], "%s/%s", base, name);
    return p;
}

static int make(const char *name, const char *text, mode_t mode)
{
    int fd = open(at(name), O_WRONLY | O_CREAT | O_TRUNC, mode);
    bool good = fd != -1 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    return close(fd) == 0 && good ? 0 : -1;
}

static bool holds(const char *name, const char *text)
{
    char data[256];
    int fd = open(at(name), O_RDONLY);
    ssize_t n = fd == -1 ? -1 : read(fd, data, sizeof data);
    if (fd != -1)
        close(fd);
    return n == (ssize_t)strlen(text) && memcmp(data, text, (size_t)n) == 0;
}

static void names(void)
{
    struct stat st;
    char text[64];
    CHECK(make("a", "one", 0644) == 0 && holds("a", "one"));
    CHECK(open(at("a"), O_WRONLY | O_CREAT | O_EXCL, 0644) == -1 && errno == EEXIST);
    CHECK(link(at("a"), at("b")) == 0 && stat(at("b"), &st) == 0 && st.st_nlink == 2);
    CHECK(symlink("a", at("l")) == 0 && holds("l", "one"));
    CHECK(readlink(at("l"), text, sizeof text) == 1 && text[0] == 'a');
    CHECK(lstat(at("l"), &st) == 0 && S_ISLNK(st.st_mode));
    CHECK(mkdir(at("d"), 0755) == 0 && mkdir(at("d"), 0755) == -1 && errno == EEXIST);
    CHECK(rename(at("b"), at("d/b")) == 0 && holds("d/b", "one") && !holds("b", "one"));
    CHECK(rmdir(at("d")) == -1 && errno == ENOTEMPTY);
    CHECK(make("c", "two", 0644) == 0 && rename(at("c"), at("d/b")) == 0 && holds("d/b", "two"));
    CHECK(unlink(at("d")) == -1 && errno == EPERM);
    CHECK(rename(at("d/."), at("e")) == -1 && errno == EINVAL);
    CHECK(unlink(at("d/b")) == 0 && rmdir(at("d")) == 0 && stat(at("d"), &st) == -1 && errno == ENOENT);
    CHECK(open(at("a/x"), O_RDONLY) == -1 && errno == ENOTDIR);
    CHECK(open(at("no/x"), O_WRONLY | O_CREAT, 0644) == -1 && errno == ENOENT);
    CHECK(mkdir(at("no/x"), 0755) == -1 && errno == ENOENT && symlink("a", at("no/x")) == -1 && errno == ENOENT);
    CHECK(link(at("a"), at("no/x")) == -1 && errno == ENOENT && rename(at("a"), at("no/x")) == -1 && errno == ENOENT);
    CHECK(unlink(at("l")) == 0 && holds("a", "one"));
}

static void sizes(void)
{
    struct stat st;
    struct statvfs v;
    char word[5] = "", zero = 1;
    const off_t far = ((off_t)5 << 30) + 3;
    int fd = open(at("big"), O_RDWR | O_CREAT, 0644);
    CHECK(fd != -1 && pwrite(fd, "word", 4, far) == 4 && fstat(fd, &st) == 0 && st.st_size == far + 4);
    CHECK(pread(fd, word, 4, far) == 4 && strcmp(word, "word") == 0);
    CHECK(pread(fd, &zero, 1, (off_t)1 << 32) == 1 && zero == 0);
    CHECK(ftruncate(fd, 10) == 0 && fstat(fd, &st) == 0 && st.st_size == 10);
    CHECK(lseek(fd, 0, SEEK_END) == 10 && read(fd, word, 4) == 0);
    CHECK(close(fd) == 0 && truncate(at("big"), 0) == 0 && stat(at("big"), &st) == 0 && st.st_size == 0);
    fd = open(at("big"), O_WRONLY | O_APPEND);
    int other = open(at("big"), O_WRONLY | O_APPEND);
    CHECK(write(fd, "ab", 2) == 2 && write(other, "cd", 2) == 2 && write(fd, "ef", 2) == 2);
    CHECK(close(fd) == 0 && close(other) == 0 && holds("big", "abcdef"));
    CHECK(statvfs(at("."), &v) == 0 && v.f_blocks > 0 && v.f_namemax == 255);
}

/* Programs that append to one file, each by an open() of its own: nothing is written over. */
static void appends(void)
{
    enum { WRITERS = 3, LINES = 60 };
    char data[WRITERS * LINES * 4 + 1];
    int counts[WRITERS] = {0}, status;
    fflush(stdout);
    for (int w = 0; w < WRITERS; w++)
        if (fork() == 0) {
            char text[4] = {(char)('a' + w), (char)('a' + w), (char)('a' + w), '\n'};
            int fd = open(at("log"), O_WRONLY | O_APPEND | O_CREAT, 0644), bad = 0;
            for (int i = 0; i < LINES; i++)
                bad |= write(fd, text, sizeof text) != (ssize_t)sizeof text;
            _exit(bad || close(fd) != 0);
        }
    for (int w = 0; w < WRITERS; w++)
        CHECK(wait(&status) != -1 && status == 0);
    int fd = open(at("log"), O_RDONLY);
    ssize_t n = read(fd, data, sizeof data);
    CHECK(n == WRITERS * LINES * 4 && close(fd) == 0);
    for (ssize_t i = 0; i + 3 < n; i += 4)
        if (data[i] >= 'a' && data[i] < 'a' + WRITERS && data[i] == data[i + 2] && data[i + 3] == '\n')
            counts[data[i] - 'a']++;
    for (int w = 0; w < WRITERS; w++)
        CHECK(counts[w] == LINES);
}

static void attributes(void)
{
    struct stat st;
    struct timespec t[2] = {{1000000000, 5000}, {1100000000, 7000}};
    CHECK(chmod(at("a"), 0640) == 0 && stat(at("a"), &st) == 0 && (st.st_mode & 07777) == 0640);
    CHECK(utimensat(AT_FDCWD, at("a"), t, 0) == 0 && stat(at("a"), &st) == 0 &&
          st.st_atim.tv_sec == 1000000000 && st.st_mtim.tv_sec == 1100000000 && st.st_mtim.tv_nsec == 7000);
    CHECK(make("a", "three", 0644) == 0 && stat(at("a"), &st) == 0 && st.st_mtim.tv_sec > 1100000000);
}

static void nameless(void)
{
    char text[8] = "";
    struct stat st;
    CHECK(make("gone", "before", 0644) == 0);
    int fd = open(at("gone"), O_RDWR);
    CHECK(fd != -1 && unlink(at("gone")) == 0 && stat(at("gone"), &st) == -1);
    CHECK(pwrite(fd, "a", 1, 5) == 1 && pread(fd, text, 6, 0) == 6 && strcmp(text, "befora") == 0);
    CHECK(fstat(fd, &st) == 0 && st.st_nlink == 0 && close(fd) == 0);
    CHECK(make("old", "old", 0644) == 0 && make("new", "new", 0644) == 0);
    fd = open(at("old"), O_RDONLY);
    CHECK(rename(at("new"), at("old")) == 0 && read(fd, text, 3) == 3 && memcmp(text, "old", 3) == 0);
    CHECK(close(fd) == 0 && holds("old", "new"));
}

/* As another user: the server decides. */
static void others(void)
{
    struct stat st;
    CHECK(mkdir(at("closed"), 0700) == 0 && make("closed/x", "x", 0666) == 0);
    CHECK(mkdir(at("open"), 0777) == 0 && chmod(at("open"), 0777) == 0 && make("secret", "s", 0600) == 0);
    CHECK(make("shared", "s", 0644) == 0);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        failures = 0;
        CHECK(setgid(1000) == 0 && setuid(1000) == 0);
        CHECK(open(at("secret"), O_RDONLY) == -1 && errno == EACCES);
        CHECK(open(at("closed/x"), O_RDONLY) == -1 && errno == EACCES);
        CHECK(open(at("new"), O_RDONLY | O_CREAT, 0644) == -1 && errno == EACCES);
        CHECK(open(at("shared"), O_WRONLY) == -1 && errno == EACCES);
        CHECK(holds("shared", "s") && unlink(at("shared")) == -1 && errno == EACCES);
        CHECK(chmod(at("shared"), 0666) == -1 && errno == EPERM);
        CHECK(make("open/mine", "m", 0600) == 0 && holds("open/mine", "m"));
        CHECK(stat(at("open/mine"), &st) == 0 && st.st_uid == 1000 && st.st_gid == 1000);
        int fd = open(at("open/mine"), O_RDONLY); /* refused, it stays what it is */
        CHECK(fd != -1 && rename(at("shared"), at("open/mine")) == -1 && errno == EACCES);
        CHECK(holds("open/mine", "m") && close(fd) == 0 && holds("open/mine", "m"));
        fflush(stdout);
        _exit(failures != 0);
    }
    int status = -1;
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    CHECK(chown(at("shared"), 1000, 1000) == 0 && stat(at("shared"), &st) == 0 && st.st_uid == 1000);
}

static int list(const char *count)
{
    unsigned n = (unsigned)atoi(count), left = 0;
    bool *seen = calloc(n, 1);
    struct dirent *e;
    DIR *d = opendir(base);
    CHECK(d != NULL && seen != NULL);
    for (unsigned i = 0; d != NULL && (e = readdir(d)) != NULL;) {
        if (sscanf(e->d_name, "f%u", &i) != 1)
            continue;
        CHECK(i < n && !seen[i]);
        if (i < n)
            seen[i] = true;
        if (i % 7 == 0) /* the rest must still come, each once */
            CHECK(unlink(at(e->d_name)) == 0);
    }
    for (unsigned i = 0; i < n; i++)
        CHECK(seen[i]);
    rewinddir(d);
    while ((e = readdir(d)) != NULL)
        left += e->d_name[0] == 'f';
    CHECK(left == n - (n + 6) / 7);
    closedir(d);
    free(seen);
    return failures;
}

static unsigned char pattern(size_t i)
{
    return (unsigned char)(i * 7 + (i >> 8) * 13 + (i >> 16));
}

static void check(int fd, size_t bytes)
{
    static unsigned char data[50000];
    size_t done = 0;
    ssize_t n;
    while ((n = read(fd, data, sizeof data)) > 0)
        for (ssize_t i = 0; i < n; i++, done++)
            if (data[i] != pattern(done)) {
                printf("probe: byte %zu is wrong\n", done);
                failures++;
                return;
            }
    CHECK(n == 0 && done == bytes);
}

static void fill(const char *file, size_t bytes)
{
    static unsigned char data[30000];
    int fd = open(file, O_RDWR | O_CREAT | O_TRUNC, 0644);
    CHECK(fd != -1);
    for (size_t done = 0; done < bytes && failures == 0;) {
        size_t n = bytes - done < sizeof data ? bytes - done : sizeof data;
        for (size_t i = 0; i < n; i++)
            data[i] = pattern(done + i);
        CHECK(write(fd, data, n) == (ssize_t)n);
        done += n;
        usleep(2000);
    }
    CHECK(fsync(fd) == 0 && lseek(fd, 0, SEEK_SET) == 0);
    check(fd, bytes);
    CHECK(close(fd) == 0);
}

static bool reads(int fd, unsigned char what, size_t bytes)
{
    static unsigned char data[65536];
    ssize_t n = read(fd, data, bytes);
    for (ssize_t i = 0; i < n; i++)
        if (data[i] != what)
            return false;
    return n == (ssize_t)bytes;
}

static void ahead(const char *file)
{
    static unsigned char data[65536];
    const size_t size = 20 * sizeof data;
    int fd = open(file, O_RDWR | O_CREAT | O_TRUNC, 0644), other = open(file, O_RDWR);
    memset(data, 'a', sizeof data);
    for (size_t done = 0; done < size; done += sizeof data)
        CHECK(write(fd, data, sizeof data) == (ssize_t)sizeof data);
    CHECK(fsync(fd) == 0 && lseek(fd, 0, SEEK_SET) == 0);
    memset(data, 'b', sizeof data);
    CHECK(reads(fd, 'a', sizeof data) && reads(fd, 'a', 1000));
    usleep(300000); /* for the answers to be there */
    CHECK(pwrite(other, data, sizeof data, sizeof data + 1000) == (ssize_t)sizeof data);
    CHECK(reads(fd, 'b', sizeof data) && reads(fd, 'a', 1000));
    usleep(300000);
    CHECK(ftruncate(other, 2 * sizeof data + 3000) == 0);
    CHECK(read(fd, data, sizeof data) == 1000 && read(fd, data, sizeof data) == 0);
    CHECK(close(fd) == 0 && close(other) == 0);
}

static void changed(const char *file, const char *go, const char *went)
{
    struct stat before, st;
    int fd = open(file, O_RDONLY), old = open(file, O_RDONLY);
    CHECK(fstat(fd, &before) == 0 && reads(fd, 'o', 65536) && reads(old, 'o', 65536));
    usleep(300000); /* for what is read ahead to be there */
    CHECK(close(open(go, O_WRONLY | O_CREAT, 0644)) == 0);
    while (access(went, F_OK) != 0)
        usleep(10000);
    /* Not so long after the change that old data would have gone of themselves. */
    CHECK(fstat(fd, &st) == 0 && st.st_mtime != before.st_mtime);
    CHECK(reads(fd, 'n', 65536) && reads(old, 'n', 65536) && reads(old, 'n', 65536));
    close(old);
    CHECK((old = open(file, O_RDONLY)) != -1 && reads(old, 'n', 65536));
    close(old);
    close(fd);
}

static void soft(const char *file)
{
    struct stat st;
    CHECK(stat(file, &st) == -1 && errno == ETIMEDOUT);
    CHECK(open(file, O_RDWR | O_CREAT, 0644) == -1 && errno == ETIMEDOUT);
}

/* More than the server of the mount has threads. */
static void killed(const char *file)
{
    enum { WAITING = 40 };
    struct stat st;
    pid_t pids[WAITING];
    int status = 0;
    for (int i = 0; i < WAITING; i++)
        if ((pids[i] = fork()) == 0)
            _exit(stat(file, &st) != 0);
    sleep(1);
    CHECK(waitpid(pids[0], &status, WNOHANG) == 0); /* a hard mount: it waits */
    for (int i = 0; i < WAITING; i++)
        CHECK(kill(pids[i], SIGKILL) == 0);
    for (int i = 0; i < WAITING; i++)
        CHECK(waitpid(pids[i], &status, 0) == pids[i] && WIFSIGNALED(status));
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    snprintf(base, sizeof base, "%s", argv[2]);
    size_t bytes = argc > 3 ? (size_t)atol(argv[3]) : 0;
    if (strcmp(argv[1], "files") == 0) {
        names();
        sizes();
        appends();
        attributes();
        nameless();
        others();
    } else if (strcmp(argv[1], "list") == 0) {
        list(argv[3]);
    } else if (strcmp(argv[1], "fill") == 0) {
        fill(argv[2], bytes);
    } else if (strcmp(argv[1], "check") == 0) {
        check(open(argv[2], O_RDONLY), bytes);
    } else if (strcmp(argv[1], "ahead") == 0) {
        ahead(argv[2]);
    } else if (strcmp(argv[1], "changed") == 0 && argc > 4) {
        changed(argv[2], argv[3], argv[4]);
    } else if (strcmp(argv[1], "soft") == 0) {
        soft(argv[2]);
    } else if (strcmp(argv[1], "killed") == 0) {
        killed(argv[2]);
    }
    if (failures == 0)
        printf("probe %s: ok\n", argv[1]);
    return failures != 0;
}
