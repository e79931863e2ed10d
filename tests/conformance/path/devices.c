/* SPDX-License-Identifier: Apache-2.0 */
/* The built-in names: /dev/null, /dev/zero, /proc/boot, /proc/<pid>, directories of the name space.
 * Page: QNX Neutrino System Architecture, "Pathname management". */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include "../tap.h"

static int dir_has(const char *path, const char *name)
{
    DIR *d = opendir(path);
    int found = 0;
    if (!d)
        return -1;
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        found += strcmp(e->d_name, name) == 0;
    closedir(d);
    return found;
}

static void devices(void)
{
    char b[16];
    int fd = open("/dev/null", O_RDWR);
    ok(fd >= 0, "open /dev/null");
    is_int(read(fd, b, sizeof(b)), 0, "reads as the end of a file");
    is_int(write(fd, b, sizeof(b)), sizeof(b), "takes what is written");
    struct stat st;
    ok(fstat(fd, &st) == 0 && S_ISCHR(st.st_mode), "is a character device");
    close(fd);
    ok(read(fd, b, 1) == -1 && errno == EBADF, "a closed descriptor: EBADF");
    fd = open("/dev/zero", O_RDONLY);
    memset(b, 1, sizeof(b));
    is_int(read(fd, b, sizeof(b)), sizeof(b), "/dev/zero gives what is asked");
    ok(b[0] == 0 && b[15] == 0, "zeroes");
    ok(write(fd, b, 1) == -1 && errno == EBADF, "writing to a descriptor opened for reading: EBADF");
    ok(read(fd, (void *)8, 16) == -1 && errno == EFAULT, "bad buffer: EFAULT");
    close(fd);
}

static void boot_files(const char *self)
{
    struct stat st;
    char magic[4] = { 0 };
    ok(stat(self, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 1000, "this program is a file");
    int fd = open(self, O_RDONLY);
    ok(read(fd, magic, 4) == 4 && memcmp(magic, "\177ELF", 4) == 0, "that can be read");
    is_int(lseek(fd, 0, SEEK_END), st.st_size, "lseek to the end tells the size");
    is_int(read(fd, magic, 4), 0, "where nothing is left");
    is_int(pread(fd, magic, 3, 1), 3, "pread at an offset");
    ok(memcmp(magic, "ELF", 3) == 0, "gives the bytes there");
    is_int(lseek(fd, 0, SEEK_CUR), st.st_size, "and leaves the offset alone");
    ok(lseek(fd, -1, SEEK_SET) == -1 && errno == EINVAL, "negative offset: EINVAL");
    close(fd);
    ok(open("/proc/boot/none", O_RDONLY) == -1 && errno == ENOENT, "missing file: ENOENT");
    is_int(dir_has("/proc", "boot"), 1, "/proc lists boot, once");
    char pid[16];
    snprintf(pid, sizeof(pid), "%d", (int)getpid());
    is_int(dir_has("/proc", pid), 1, "/proc lists this process");
    ok(dir_has("/", "dev") == 1 && dir_has("/", "proc") == 1, "/ lists dev and proc");
    is_int(dir_has("/dev", "null"), 1, "/dev lists null");
}

static void bad_paths(void)
{
    char longpath[5000];
    memset(longpath, 'a', sizeof(longpath));
    longpath[0] = '/';
    longpath[sizeof(longpath) - 1] = 0;
    ok(open(longpath, O_RDONLY) == -1 && errno == ENAMETOOLONG, "too long: ENAMETOOLONG");
    ok(open("", O_RDONLY) == -1 && errno == ENOENT, "empty: ENOENT");
    ok(open("/dev/null/x", O_RDONLY) == -1 && (errno == ENOTDIR || errno == ENOENT), "below a device: ENOTDIR or ENOENT");
    ok(open("/dev/nul", O_RDONLY) == -1 && errno == ENOENT, "prefixes match whole components only");
    struct stat st;
    ok(stat("/dev/../dev/./null", &st) == 0 && S_ISCHR(st.st_mode), "dots are resolved");
    ok(stat("//dev///null", &st) == 0, "and doubled slashes");
}

static void working_directory(void)
{
    char cwd[100];
    struct stat st;
    is_int(chdir("/proc/boot"), 0, "chdir");
    is_str(getcwd(cwd, sizeof(cwd)), "/proc/boot", "getcwd");
    ok(stat("../../dev/null", &st) == 0, "a relative path starts there");
    ok(chdir("/dev/null") == -1 && errno == ENOTDIR, "not a directory: ENOTDIR");
    ok(chdir("/nowhere") == -1 && errno == ENOENT, "missing: ENOENT");
    is_str(getcwd(cwd, sizeof(cwd)), "/proc/boot", "failures change nothing");
    ok(getcwd(cwd, 3) == NULL && errno == ERANGE, "small buffer: ERANGE");
}

int main(void)
{
    devices();
    boot_files("/proc/boot/tests/path_devices");
    bad_paths();
    working_directory();
    return done();
}
