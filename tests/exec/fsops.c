/* SPDX-License-Identifier: Apache-2.0 */
/* What file-system calls answer, one line each: run on the build machine and on the target in two
 * empty directories, the outputs must be the same. Nothing that may differ (inode numbers, times of
 * now, block counts) is printed. Usage: fsops DIRECTORY */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static const char *error_name(int e)
{
    static const struct {
        int number;
        const char *name;
    } names[] = {{0, "ok"},
                 {EPERM, "EPERM"},
                 {ENOENT, "ENOENT"},
                 {EACCES, "EACCES"},
                 {EEXIST, "EEXIST"},
                 {ENOTDIR, "ENOTDIR"},
                 {EISDIR, "EISDIR"},
                 {EINVAL, "EINVAL"},
                 {ELOOP, "ELOOP"},
                 {ENAMETOOLONG, "ENAMETOOLONG"},
                 {ENOTEMPTY, "ENOTEMPTY"},
                 {EBADF, "EBADF"},
                 {ESPIPE, "ESPIPE"},
                 {EXDEV, "EXDEV"},
                 {EFBIG, "EFBIG"},
                 {EROFS, "EROFS"},
                 {ENOTSUP, "ENOTSUP"},
                 {ENODEV, "ENODEV"},
                 {ENOTTY, "ENOTTY"},
                 {EAGAIN, "EAGAIN"},
                 {ENOSYS, "ENOSYS"},
                 {EBUSY, "EBUSY"},
                 {EIO, "EIO"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].number == e)
            return names[i].name;
    return "another error";
}

/* Says what a call gave; passes its result on. */
static long say(long rc, const char *format, ...)
{
    int saved = errno;
    va_list ap;
    va_start(ap, format);
    vprintf(format, ap);
    va_end(ap);
    printf(": %s\n", rc == -1 ? error_name(saved) : "ok");
    return rc;
}
#define SAY(call) say((long)(call), "%s", #call)

static void show(const char *path)
{
    struct stat st;
    if (lstat(path, &st) == -1) {
        printf("%s: %s\n", path, error_name(errno));
        return;
    }
    printf("%s: mode %o links %lu size %ld\n", path, (unsigned)st.st_mode,
           S_ISDIR(st.st_mode) ? 0 : (unsigned long)st.st_nlink,
           S_ISDIR(st.st_mode) ? 0 : (long)st.st_size);
}

static void put(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd == -1 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
        printf("put %s: %s\n", path, error_name(errno));
    close(fd);
}

static void cat(const char *path)
{
    char text[200];
    int fd = open(path, O_RDONLY);
    ssize_t n = fd == -1 ? -1 : read(fd, text, sizeof text - 1);
    printf("cat %s: %s '%.*s'\n", path, n == -1 ? error_name(errno) : "ok", n > 0 ? (int)n : 0,
           text);
    if (fd != -1)
        close(fd);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list(const char *path)
{
    char *names[100];
    int n = 0;
    DIR *dir = opendir(path);
    struct dirent *d;
    if (dir == NULL) {
        printf("list %s: %s\n", path, error_name(errno));
        return;
    }
    while (n < 100 && (d = readdir(dir)) != NULL) {
        struct stat st;
        names[n] = malloc(400);
        fstatat(dirfd(dir), d->d_name, &st, AT_SYMLINK_NOFOLLOW);
        snprintf(names[n++], 400, "%s(%d%s)", d->d_name, d->d_type,
                 (mode_t)d->d_type << 12 == (st.st_mode & S_IFMT) ? "" : " type?");
    }
    closedir(dir);
    qsort(names, (size_t)n, sizeof names[0], by_name);
    printf("list %s:", path);
    for (int i = 0; i < n; i++) {
        printf(" %s", names[i]);
        free(names[i]);
    }
    printf("\n");
}

/* ------------------------------------------------------------------ parts */

static void opening(void)
{
    int fd;
    SAY(open("none", O_RDONLY));
    SAY(open("none/none", O_RDONLY | O_CREAT, 0644));
    SAY(fd = open("a", O_RDWR | O_CREAT | O_EXCL, 0640));
    close(fd);
    SAY(open("a", O_RDWR | O_CREAT | O_EXCL, 0640));
    SAY(open("a/b", O_RDONLY));
    SAY(open("a/b", O_RDONLY | O_CREAT, 0644));
    SAY(open("a/", O_RDONLY));
    SAY(open("new/", O_RDWR | O_CREAT, 0644));
    SAY(open("a", O_RDONLY | O_DIRECTORY));
    SAY(mkdir("d", 0755));
    SAY(open("d", O_RDWR));
    SAY(open("d", O_RDONLY | O_CREAT, 0644));
    SAY(fd = open("d", O_RDONLY | O_DIRECTORY));
    SAY(openat(fd, "x", O_WRONLY | O_CREAT, 0600));
    SAY(openat(fd, "../a", O_RDONLY));
    SAY(write(fd, "x", 1));
    close(fd);
    umask(027);
    SAY(fd = open("masked", O_RDWR | O_CREAT, 0666));
    close(fd);
    SAY(mkdir("maskdir", 0777));
    umask(022);
    show("masked");
    show("maskdir");
    show("a");
    char name[300];
    memset(name, 'n', 255);
    name[255] = '\0';
    SAY(fd = open(name, O_RDWR | O_CREAT, 0644));
    close(fd);
    SAY(unlink(name));
    memset(name, 'n', 256);
    name[256] = '\0';
    SAY(open(name, O_RDWR | O_CREAT, 0644));
    SAY(mkdir(name, 0755));
    SAY(open("", O_RDONLY));
    put("t", "hello");
    SAY(fd = open("t", O_WRONLY | O_TRUNC));
    show("t");
    SAY(read(fd, name, 1));
    close(fd);
    SAY(read(fd, name, 1));
    SAY(fd = open("t", O_RDONLY));
    SAY(write(fd, "x", 1));
    close(fd);
}

static void data(void)
{
    char b[64] = "";
    int fd, fd2;
    SAY(fd = open("data", O_RDWR | O_CREAT | O_TRUNC, 0644));
    printf("%ld\n", (long)write(fd, "0123456789", 10));
    printf("%ld\n", (long)lseek(fd, 3, SEEK_SET));
    printf("%ld %.4s\n", (long)read(fd, b, 4), b);
    printf("%ld\n", (long)lseek(fd, -2, SEEK_CUR));
    printf("%ld\n", (long)lseek(fd, -1, SEEK_END));
    SAY(lseek(fd, -100, SEEK_CUR));
    SAY(lseek(fd, 0, 77));
    printf("%ld\n", (long)lseek(fd, 20, SEEK_SET));
    printf("%ld\n", (long)write(fd, "x", 1));
    show("data");
    printf("%ld", (long)pread(fd, b, 30, 8));
    printf(" %d\n", b[2]);
    printf("%ld\n", (long)pwrite(fd, "AB", 2, 1));
    printf("%ld\n", (long)lseek(fd, 0, SEEK_CUR));
    SAY(pread(fd, b, 1, -1));
    printf("eof %ld\n", (long)pread(fd, b, 5, 1000));
    SAY(ftruncate(fd, 5));
    show("data");
    cat("data");
    SAY(ftruncate(fd, 8));
    printf("%ld", (long)pread(fd, b, 30, 4));
    printf(" %d\n", b[1]);
    SAY(ftruncate(fd, -1));
    SAY(truncate("data", 3));
    SAY(truncate("none", 3));
    SAY(truncate("d", 3));
    cat("data");
    struct iovec v[3] = {{"one", 3}, {"", 0}, {"two", 3}};
    lseek(fd, 0, SEEK_SET);
    printf("writev %ld\n", (long)writev(fd, v, 3));
    cat("data");
    SAY(fsync(fd));
    SAY(fdatasync(fd));
    fd2 = dup(fd);
    lseek(fd, 1, SEEK_SET);
    printf("shared offset %ld\n", (long)lseek(fd2, 0, SEEK_CUR));
    close(fd2);
    close(fd);
    SAY(fd = open("data", O_WRONLY | O_APPEND));
    SAY(fd2 = open("data", O_WRONLY | O_APPEND));
    printf("%ld ", (long)write(fd, "<a>", 3));
    printf("%ld ", (long)write(fd2, "<b>", 3));
    printf("%ld ", (long)write(fd, "<c>", 3));
    printf("at %ld\n", (long)lseek(fd, 0, SEEK_CUR));
    cat("data");
    printf("append flag %d\n", !!(fcntl(fd, F_GETFL) & O_APPEND));
    fcntl(fd, F_SETFL, 0);
    pwrite(fd, "P", 1, 0);
    fcntl(fd2, F_SETFL, O_APPEND);
    write(fd2, "$", 1);
    cat("data");
    close(fd);
    close(fd2);
    SAY(fd = open("big", O_RDWR | O_CREAT, 0644));
    printf("%ld\n", (long)pwrite(fd, "end", 3, 5000000000));
    show("big");
    printf("%ld %.3s\n", (long)pread(fd, b, 10, 5000000000), b);
    printf("%ld", (long)pread(fd, b, 10, 4999999990));
    printf(" %d\n", b[0]);
    SAY(posix_fallocate(fd, 5000000000, 10));
    show("big");
    close(fd);
    unlink("big");
}

static void names(void)
{
    put("n1", "one");
    SAY(link("n1", "n2"));
    SAY(link("n1", "n2"));
    SAY(link("none", "n3"));
    SAY(link("d", "dlink"));
    show("n1");
    SAY(unlink("n1"));
    show("n2");
    cat("n2");
    SAY(unlink("n1"));
    SAY(unlink("d"));
    SAY(rmdir("n2"));
    SAY(mkdir("n2", 0755));
    SAY(mkdir("e", 0755));
    SAY(mkdir("e/f", 0755));
    SAY(rmdir("e"));
    SAY(rmdir("e/f"));
    SAY(rmdir("e/."));
    SAY(rmdir("e/"));
    SAY(rmdir("none"));
    SAY(mkdir("m/n", 0755));
    SAY(mkdir("e//", 0755));
    SAY(rename("n2", "n4"));
    SAY(rename("none", "n5"));
    SAY(rename("n4", "e"));
    SAY(rename("e", "n4"));
    SAY(rename("e", "e/sub"));
    SAY(rename("n4", "e/n4"));
    SAY(rename("e/n4", "n4"));
    put("n6", "six");
    SAY(rename("n4", "n6"));
    cat("n6");
    show("n4");
    SAY(mkdir("e2", 0755));
    put("e2/x", "x");
    SAY(rename("e", "e2"));
    SAY(unlink("e2/x"));
    SAY(rename("e", "e2"));
    show("e");
    show("e2");
    SAY(rename("n6", "n6"));
    SAY(rename("n6/", "n7"));
    list(".");
}

static void links(void)
{
    char b[100];
    SAY(symlink("target", "s1"));
    SAY(symlink("target", "s1"));
    SAY(symlink("", "s0"));
    printf("readlink %ld\n", (long)readlink("s1", b, sizeof b));
    printf("readlink short %ld\n", (long)readlink("s1", b, 3));
    SAY(readlink("n6", b, sizeof b));
    SAY(readlink("none", b, sizeof b));
    SAY(open("s1", O_RDONLY));
    SAY(open("s1", O_WRONLY | O_CREAT | O_EXCL, 0644));
    SAY(open("s1", O_WRONLY | O_CREAT, 0644));
    show("target");
    show("s1");
    SAY(open("s1", O_RDONLY | O_NOFOLLOW));
    SAY(symlink("e2", "sd"));
    put("sd/in", "inside");
    cat("e2/in");
    cat("sd/../sd/in");
    list("sd");
    SAY(rmdir("sd"));
    SAY(symlink("loop2", "loop1"));
    SAY(symlink("loop1", "loop2"));
    SAY(open("loop1", O_RDONLY));
    SAY(open("loop1/x", O_RDONLY));
    SAY(symlink("../e2/in", "e2/up"));
    cat("e2/up");
    SAY(unlink("e2/up"));
    SAY(unlink("s1"));
    show("target");
    SAY(access("sd/in", R_OK));
    SAY(access("sd/none", F_OK));
    SAY(chmod("sd", 0700));
    show("sd");
    show("e2");
    SAY(chmod("e2", 0755));
    SAY(rename("sd", "sd2"));
    show("sd2");
    SAY(linkat(AT_FDCWD, "sd2", AT_FDCWD, "sd3", 0));
    show("sd3");
    list("sd3/");
}

static void attributes(void)
{
    struct timespec ts[2] = {{1000000000, 123456789}, {1100000000, 987654321}};
    struct stat st;
    int fd;
    put("at", "x");
    SAY(chmod("at", 04755));
    show("at");
    SAY(chmod("at", 0));
    show("at");
    SAY(chmod("none", 0));
    SAY(utimensat(AT_FDCWD, "at", ts, 0));
    stat("at", &st);
    printf("%ld.%ld %ld.%ld\n", (long)st.st_atim.tv_sec, st.st_atim.tv_nsec,
           (long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
    ts[0].tv_nsec = UTIME_OMIT;
    ts[1] = (struct timespec){7, 8};
    SAY(utimensat(AT_FDCWD, "at", ts, 0));
    stat("at", &st);
    printf("%ld.%ld %ld.%ld\n", (long)st.st_atim.tv_sec, st.st_atim.tv_nsec,
           (long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
    SAY(utimensat(AT_FDCWD, "at", NULL, 0));
    stat("at", &st);
    printf("near now %d\n", labs((long)(st.st_mtim.tv_sec - time(NULL))) < 100);
    SAY(symlink("nothing", "at2"));
    ts[0] = ts[1] = (struct timespec){77, 0};
    SAY(utimensat(AT_FDCWD, "at2", ts, AT_SYMLINK_NOFOLLOW));
    lstat("at2", &st);
    printf("%ld\n", (long)st.st_mtim.tv_sec);
    SAY(utimensat(AT_FDCWD, "at2", ts, 0));
    SAY(fd = open("at", O_RDWR));
    SAY(fchmod(fd, 0600));
    SAY(futimens(fd, ts));
    fstat(fd, &st);
    printf("%ld %o\n", (long)st.st_mtim.tv_sec, (unsigned)st.st_mode);
    printf("mine %d %d\n", st.st_uid == getuid(), st.st_gid == getgid());
    SAY(fchown(fd, (uid_t)-1, (gid_t)-1));
    SAY(chown("at", getuid(), getgid()));
    SAY(isatty(fd) ? 0 : -1);
    struct statvfs v;
    SAY(fstatvfs(fd, &v));
    printf("statvfs %d\n", v.f_bsize > 0 && v.f_blocks > 0 && v.f_namemax == 255);
    close(fd);
    SAY(fchmod(fd, 0600));
}

static void unlinked(void)
{
    char b[20] = "";
    struct stat st;
    int fd;
    SAY(fd = open("gone", O_RDWR | O_CREAT, 0600));
    SAY(unlink("gone"));
    printf("%ld\n", (long)write(fd, "still here", 10));
    printf("%ld %s\n", (long)pread(fd, b, 10, 0), b);
    SAY(fstat(fd, &st));
    printf("links %lu size %ld\n", (unsigned long)st.st_nlink, (long)st.st_size);
    SAY(ftruncate(fd, 5));
    fstat(fd, &st);
    printf("size %ld\n", (long)st.st_size);
    printf("end %ld\n", (long)lseek(fd, 0, SEEK_END));
    printf("%ld\n", (long)write(fd, "!", 1));
    memset(b, 0, sizeof b);
    printf("%ld %s\n", (long)pread(fd, b, 19, 0), b);
    SAY(ftruncate(fd, 9));
    memset(b, 'z', sizeof b - 1);
    printf("%ld", (long)pread(fd, b, 19, 0));
    printf(" %d\n", b[8]);
    SAY(fchmod(fd, 0644));
    SAY(fsync(fd));
    put("gone", "another");
    printf("%ld\n", (long)pread(fd, b, 19, 0));
    fstat(fd, &st);
    printf("size %ld\n", (long)st.st_size);
    close(fd);
    cat("gone");
    SAY(fd = open("moved", O_RDWR | O_CREAT, 0600));
    SAY(rename("moved", "moved2"));
    write(fd, "abc", 3);
    fstat(fd, &st);
    printf("size %ld\n", (long)st.st_size);
    close(fd);
    cat("moved2");
    put("over", "old");
    put("over2", "new");
    SAY(fd = open("over", O_RDWR));
    SAY(rename("over2", "over"));
    memset(b, 0, sizeof b);
    printf("%ld %s\n", (long)read(fd, b, 10), b);
    fstat(fd, &st);
    printf("links %lu\n", (unsigned long)st.st_nlink);
    close(fd);
    cat("over");
}

static void mapping(void)
{
    put("map", "mapped text");
    int fd = open("map", O_RDWR);
    char *p = mmap(NULL, 11, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    if (p == MAP_FAILED) {
        printf("mmap: %s\n", error_name(errno));
        return;
    }
    printf("%.11s %d\n", p, p[11]);
    p[0] = 'M';
    cat("map");
    munmap(p, 11);
    close(fd);
}

static void locking(void)
{
    struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 10};
    int fd = open("lock", O_RDWR | O_CREAT, 0600), status = 0;
    SAY(fcntl(fd, F_SETLK, &l));
    SAY(fcntl(fd, F_GETLK, &l));
    printf("type %d\n", l.l_type == F_UNLCK);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        l.l_type = F_RDLCK;
        int fd2 = open("lock", O_RDWR);
        printf("child %s\n", fcntl(fd2, F_SETLK, &l) == -1 && (errno == EAGAIN || errno == EACCES)
                                 ? "refused"
                                 : "granted");
        l.l_start = 10;
        printf("child %s\n", fcntl(fd2, F_SETLK, &l) == -1 ? "refused" : "granted");
        l.l_start = 0;
        l.l_type = F_RDLCK;
        fcntl(fd2, F_GETLK, &l);
        printf("holder %d\n", l.l_type == F_WRLCK && l.l_pid == getppid());
        fflush(stdout);
        _exit(0);
    }
    extern pid_t waitpid(pid_t, int *, int);
    waitpid(child, &status, 0);
    printf("status %d\n", status);
    SAY(flock(fd, LOCK_UN));
    SAY(flock(fd, LOCK_EX | LOCK_NB));
    close(fd);
}

static void many(void)
{
    char name[64];
    int seen = 0, twice = 0;
    unsigned char *mark = calloc(10000, 1);
    mkdir("many", 0755);
    for (int i = 0; i < 10000; i++) {
        snprintf(name, sizeof name, "many/file-with-a-number-%d", i);
        int fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0644);
        if (fd == -1)
            printf("%s: %s\n", name, error_name(errno));
        close(fd);
    }
    DIR *dir = opendir("many");
    struct dirent *d;
    long middle = 0;
    char at[300] = "";
    while ((d = readdir(dir)) != NULL) {
        int n;
        if (sscanf(d->d_name, "file-with-a-number-%d", &n) != 1 || n < 0 || n >= 10000)
            continue;
        twice += mark[n];
        mark[n] = 1;
        if (++seen == 5000) {
            middle = telldir(dir);
            d = readdir(dir);
            strcpy(at, d->d_name);
            seekdir(dir, middle);
        }
    }
    printf("many: %d seen, %d twice\n", seen, twice);
    seekdir(dir, middle);
    d = readdir(dir);
    printf("seekdir %d\n", d != NULL && strcmp(d->d_name, at) == 0);
    rewinddir(dir);
    for (seen = 0; readdir(dir) != NULL;)
        seen++;
    printf("again: %d\n", seen);
    closedir(dir);
    SAY(rmdir("many"));
    for (int i = 0; i < 10000; i++) {
        snprintf(name, sizeof name, "many/file-with-a-number-%d", i);
        if (unlink(name) == -1)
            printf("%s: %s\n", name, error_name(errno));
    }
    SAY(rmdir("many"));
    free(mark);
}

static void deep(void)
{
    char path[900] = "";
    for (int i = 0; i < 60; i++) {
        strcat(path, i ? "/level" : "level");
        if (mkdir(path, 0755) == -1)
            printf("%s: %s\n", path, error_name(errno));
    }
    strcat(path, "/file");
    put(path, "deep");
    char *file = strrchr(path, '/');
    show(
        "level/level/level/level/level/level/level/level/level/level/level/level/level/level/level/"
        "level/level/level/level/level/level");
    cat("level/level/../level/level/./level/level/../../level/none");
    cat(path);
    unlink(path);
    for (*file = '\0'; path[0] != '\0'; *strrchr(path, '/') = '\0') {
        if (rmdir(path) == -1)
            printf("%s: %s\n", path, error_name(errno));
        if (strrchr(path, '/') == NULL)
            break;
    }
    show("level");
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc != 2 || chdir(argv[1]) == -1) {
        perror("fsops");
        return 2;
    }
    umask(022);
    opening();
    data();
    names();
    links();
    attributes();
    unlinked();
    mapping();
    locking();
    deep();
    many();
    list(".");
    return 0;
}
