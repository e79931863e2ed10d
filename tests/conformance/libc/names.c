/* SPDX-License-Identifier: Apache-2.0 */
/* Names: symbolic links of the path manager, links and renames, *at() calls, working directory,
 * identities. Pages: Library Reference pathmgr_symlink(), pathmgr_unlink(); POSIX readlink(),
 * rename(), openat(), fchdir(). */
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/pathmgr.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include "../rendezvous.h"

static void links(void)
{
    char b[PATH_MAX];
    struct stat st;
    is_int(pathmgr_symlink("/dev/null", "/libc_link"), 0, "pathmgr_symlink()");
    ok(readlink("/libc_link", b, sizeof(b)) == 9 && memcmp(b, "/dev/null", 9) == 0, "readlink()");
    is_int(readlink("/libc_link", b, 4), 4, "into a small buffer");
    ok(lstat("/libc_link", &st) == 0 && S_ISLNK(st.st_mode), "lstat() sees the link");
    ok(stat("/libc_link", &st) == 0 && S_ISCHR(st.st_mode), "stat() the device");
    ok(open("/libc_link", O_RDONLY | O_NOFOLLOW) == -1 && errno == ELOOP, "O_NOFOLLOW: ELOOP");
    ok(realpath("/libc_link", b) && strcmp(b, "/dev/null") == 0, "realpath()");
    ok(readlink("/dev/null", b, sizeof(b)) == -1 && errno == EINVAL,
       "readlink() of no link: EINVAL");
    is_int(unlink("/libc_link"), 0, "unlink() takes it away");
    ok(lstat("/libc_link", &st) == -1 && errno == ENOENT, "gone");
    pathmgr_symlink("/libc_b", "/libc_a");
    pathmgr_symlink("/libc_a", "/libc_b");
    ok(open("/libc_a", O_RDONLY) == -1 && errno == ELOOP, "links in a circle: ELOOP");
    ok(pathmgr_unlink("/libc_a") == 0 && pathmgr_unlink("/libc_b") == 0, "pathmgr_unlink()");
}

static void renames(void)
{
    struct stat a, b;
    close(open("/tmp/libc_1", O_WRONLY | O_CREAT, 0600));
    ok(link("/tmp/libc_1", "/tmp/libc_2") == 0 && stat("/tmp/libc_1", &a) == 0 &&
           stat("/tmp/libc_2", &b) == 0 && a.st_ino == b.st_ino,
       "link(): one file, two names");
    is_int(rename("/tmp/libc_2", "/tmp/libc_3"), 0, "rename()");
    ok(access("/tmp/libc_2", F_OK) == -1 && errno == ENOENT &&
           access("/tmp/libc_3", R_OK | W_OK) == 0,
       "moved");
    ok(unlink("/tmp/libc_1") == 0 && unlink("/tmp/libc_3") == 0, "unlink()");
    ok(unlink("/tmp/libc_1") == -1 && errno == ENOENT, "again: ENOENT");
    ok(rename("/tmp/libc_1", "/tmp/x") == -1 && errno == ENOENT, "rename() of nothing: ENOENT");
    ok(mkdir("/proc/boot/x", 0777) == -1 && errno == EROFS, "mkdir() in the boot archive: EROFS");
    ok(mkdir("/dev/null", 0777) == -1 && errno == EEXIST, "where something is: EEXIST");
    ok(mkdir("/libc_none/x", 0777) == -1 && errno == ENOENT, "in a directory that is not there: ENOENT");
    ok(open("/libc_none/x", O_WRONLY | O_CREAT, 0600) == -1 && errno == ENOENT, "so says open()");
    ok(rename("/tmp/.", "/tmp/x") == -1 && errno == EINVAL, "rename() of \".\": EINVAL");
    ok(rename("/tmp/libc_1", "/tmp/..") == -1 && errno == EINVAL, "to \"..\": EINVAL");
    is_int(pathconf("/", _PC_PATH_MAX), 1024, "pathconf() says how long a path can be");
}

static void directories(void)
{
    char b[PATH_MAX];
    struct stat st;
    int dev = open("/dev", O_RDONLY | O_DIRECTORY);
    ok(dev >= 0, "open a directory");
    int fd = openat(dev, "null", O_RDONLY);
    ok(fd >= 0, "openat()");
    close(fd);
    ok(fstatat(dev, "zero", &st, 0) == 0 && S_ISCHR(st.st_mode), "fstatat()");
    ok(openat(dev, "nosuch", O_RDONLY) == -1 && errno == ENOENT, "no such name there: ENOENT");
    ok(fchdir(dev) == 0 && getcwd(b, sizeof(b)) && strcmp(b, "/dev") == 0, "fchdir()");
    ok(stat("null", &st) == 0, "is where relative names start");
    fd = open("null", O_RDONLY);
    ok(fchdir(fd) == -1 && errno == ENOTDIR, "fchdir() to a device: ENOTDIR");
    ok(openat(fd, "x", O_RDONLY) == -1 && errno == ENOTDIR, "openat() from one: ENOTDIR");
    close(fd);
    close(dev);
    chdir("/");
}

static void system_calls(void)
{
    struct utsname u;
    unsigned char r[32] = {0};
    struct rlimit rl;
    int sum = 0;
    ok(uname(&u) == 0 && strcmp(u.sysname, "QRV") == 0 && strcmp(u.machine, "riscv64") == 0,
       "uname()");
    is_int(getrandom(r, sizeof(r), 0), 32, "getrandom()");
    for (int i = 0; i < 32; i++)
        sum |= r[i];
    ok(sum != 0, "is not all zero");
    ok(getrlimit(RLIMIT_NOFILE, &rl) == 0 && rl.rlim_cur >= 64, "getrlimit()");
    rl.rlim_cur = rl.rlim_max + 1;
    ok(rl.rlim_max == RLIM_INFINITY || (setrlimit(RLIMIT_NOFILE, &rl) == -1 && errno == EINVAL),
       "more than the maximum: EINVAL");
    ok(sysconf(_SC_NPROCESSORS_ONLN) >= 1 && sysconf(_SC_PAGESIZE) == 4096, "sysconf()");
    mode_t old = umask(027);
    ok(umask(old) == 027, "umask()");
    ok(getpgrp() > 0 && getsid(0) > 0 && getppid() > 0, "process group, session, parent");
    ok(setuid((uid_t)-1) == -1 && errno == EINVAL, "setuid(-1): EINVAL");
}

int main(void)
{
    tap_plan(42);
    links();
    renames();
    directories();
    system_calls();
    return done();
}
