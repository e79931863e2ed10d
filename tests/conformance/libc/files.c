/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors and file I/O through the C library, on shared memory objects and /dev.
 * Pages: POSIX open(), dup(), fcntl(), pread(), readv(), ftruncate(), mmap(), tmpfile(). */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include "../rendezvous.h"

#define NAME "/dev/shmem/libc_files"

static void reading(int fd)
{
    char a[4], b[8] = "";
    struct iovec v[2] = {{a, 4}, {b, 8}}, w[40];
    is_int(write(fd, "0123456789", 10), 10, "write()");
    ok(pread(fd, b, 4, 3) == 4 && memcmp(b, "3456", 4) == 0, "pread()");
    is_int(lseek(fd, 0, SEEK_CUR), 10, "leaves the offset");
    is_int(lseek(fd, -9, SEEK_END), 1, "lseek() from the end");
    ok(readv(fd, v, 2) == 9 && memcmp(a, "1234", 4) == 0 && memcmp(b, "56789", 5) == 0,
       "readv() scatters");
    is_int(read(fd, a, 1), 0, "the end of the file");
    for (int i = 0; i < 40; i++)
        w[i] = (struct iovec){"xy", 2};
    is_int(writev(fd, w, 40), 80, "writev() of 40 parts");
    ok(pread(fd, a, 4, 86) == 4 && memcmp(a, "xyxy", 4) == 0, "in order");
    ok(readv(fd, v, -1) == -1 && errno == EINVAL, "-1 parts: EINVAL");
    ok(pread(fd, a, 1, -1) == -1 && errno == EINVAL, "offset -1: EINVAL");
    is_int(pwrite(fd, "Z", 1, 0), 1, "pwrite()");
}

static void shape(int fd)
{
    struct stat st;
    ok(fstat(fd, &st) == 0 && st.st_size == 90 && (st.st_mode & 07777) == 0640,
       "fstat(): size and mode (%o)", st.st_mode);
    ok(ftruncate(fd, 4) == 0 && fstat(fd, &st) == 0 && st.st_size == 4, "ftruncate()");
    ok(truncate(NAME, 4096) == 0 && stat(NAME, &st) == 0 && st.st_size == 4096, "truncate()");
    ok(ftruncate(fd, -1) == -1 && errno == EINVAL, "to -1: EINVAL");
    char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ok(p != MAP_FAILED && p[0] == 'Z' && p[3] == '3' && p[4] == 0,
       "mmap() shows it, zeroes where it was cut");
    p[1] = 'Q';
    char c = 0;
    ok(pread(fd, &c, 1, 1) == 1 && c == 'Q', "and read() what was stored there");
    munmap(p, 4096);
    int boot = open("/proc/boot/libc.so", O_RDONLY);
    p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, boot, 0);
    ok(p != MAP_FAILED && memcmp(p, "\177ELF", 4) == 0, "a file of the boot archive is mapped");
    close(boot);
    int null = open("/dev/null", O_RDWR);
    ok(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, null, 0) == MAP_FAILED && errno == ENODEV,
       "/dev/null cannot be: ENODEV");
    close(null);
}

static void copies(int fd)
{
    char c;
    int d = dup(fd);
    ok(d > fd && dup2(fd, 40) == 40, "dup() and dup2()");
    lseek(fd, 2, SEEK_SET);
    is_int(lseek(40, 0, SEEK_CUR), 2, "share the offset");
    is_int(fcntl(d, F_SETFD, FD_CLOEXEC), 0, "F_SETFD");
    ok(fcntl(d, F_GETFD) == FD_CLOEXEC && fcntl(40, F_GETFD) == 0, "is the copy's own");
    int high = fcntl(fd, F_DUPFD_CLOEXEC, 50);
    ok(high >= 50 && fcntl(high, F_GETFD) == FD_CLOEXEC, "F_DUPFD_CLOEXEC");
    ok(dup3(fd, fd, 0) == -1 && errno == EINVAL && dup2(fd, fd) == fd,
       "onto itself: dup3() no, dup2() yes");
    ok(dup2(4000, 41) == -1 && errno == EBADF, "from nothing: EBADF");
    close(d);
    close(high);
    is_int(close(40), 0, "closed");
    ok(read(40, &c, 1) == -1 && errno == EBADF && close(40) == -1 && errno == EBADF,
       "is closed: EBADF");
    ok(fcntl(fd, 999) == -1 && errno == EINVAL, "an unknown fcntl(): EINVAL");
    int lowest = open("/dev/null", O_RDWR);
    close(lowest);
    int again = open("/dev/zero", O_RDONLY);
    is_int(again, lowest, "the lowest free descriptor is used");
    close(again);
}

static void flags(void)
{
    int fds[2];
    char c;
    if (pipe(fds) != 0)
        bail_out("pipe");
    is_int(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0, "F_SETFL O_NONBLOCK");
    ok((fcntl(fds[0], F_GETFL) & (O_NONBLOCK | O_ACCMODE)) == (O_NONBLOCK | O_RDONLY), "F_GETFL");
    ok(read(fds[0], &c, 1) == -1 && errno == EAGAIN, "an empty pipe: EAGAIN");
    close(fds[0]);
    close(fds[1]);
    ok(open("/dev/null", O_RDONLY | O_DIRECTORY) == -1 && errno == ENOTDIR,
       "O_DIRECTORY on a device: ENOTDIR");
    ok(open(NAME, O_RDWR | O_CREAT | O_EXCL, 0600) == -1 && errno == EEXIST,
       "O_EXCL on a file: EEXIST");
    ok(open("/dev/null", 3) == -1 && errno == EINVAL, "no access mode: EINVAL");
}

static void streams(void)
{
    char line[32] = "", name[] = "/dev/shmem/libcXXXXXX";
    FILE *f = tmpfile();
    ok(f && fputs("line one\nline two\n", f) >= 0, "tmpfile()");
    rewind(f);
    ok(fgets(line, sizeof(line), f) && strcmp(line, "line one\n") == 0, "reads back");
    fclose(f);
    int fd = mkstemp(name);
    ok(fd >= 0 && access(name, R_OK | W_OK) == 0, "mkstemp()");
    close(fd);
    is_int(remove(name), 0, "remove()");
    DIR *d = opendir("/proc/boot");
    int n = 0;
    struct dirent *e;
    while (d && (e = readdir(d)) != NULL)
        n++;
    ok(n > 10, "readdir() lists the boot archive (%d)", n);
    rewinddir(d);
    int m = 0;
    while ((e = readdir(d)) != NULL)
        m++;
    is_int(m, n, "and again after rewinddir()");
    closedir(d);
}

int main(void)
{
    tap_plan(42);
    unlink(NAME);
    int fd = open(NAME, O_RDWR | O_CREAT | O_EXCL, 0640);
    if (fd == -1)
        bail_out("open " NAME);
    reading(fd);
    shape(fd);
    copies(fd);
    flags();
    streams();
    close(fd);
    unlink(NAME);
    return done();
}
