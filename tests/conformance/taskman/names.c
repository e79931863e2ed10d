/* SPDX-License-Identifier: Apache-2.0 */
/* The name space: path manager symlinks, attached names that vanish with their process, rights,
 * /dev/shmem, /proc/boot. Page: QNX Neutrino System Architecture, "Resolving pathnames"; Library
 * Reference pathmgr_symlink(). */
#include <abi/taskman.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/neutrino.h>
#include <sys/pathmgr.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "in_child.h"

static int attach(const char *path, uint32_t flags)
{
    struct {
        struct tmsg_path head;
        char path[64];
    } m = {.head = {.type = TMSG_PATH, .subtype = TMSG_PATH_ATTACH, .flags = flags, .chid = 1}};

    strcpy(m.path, path);
    m.head.path_len = (uint32_t)strlen(path) + 1;
    return (int)MsgSend(SYSMGR_COID, &m, sizeof(m), NULL, 0);
}

static int resolve(const char *path, struct tmsg_resolve_reply *out)
{
    struct {
        struct tmsg_path head;
        char path[128];
    } m = {.head = {.type = TMSG_PATH, .subtype = TMSG_PATH_RESOLVE}};

    strcpy(m.path, path);
    m.head.path_len = (uint32_t)strlen(path) + 1;
    return (int)MsgSend(SYSMGR_COID, &m, sizeof(m), out, sizeof(*out));
}

static void symlinks(void)
{
    char text[64];
    struct stat st;
    ssize_t n;

    is_int(pathmgr_symlink("/dev/null", "/dev/nowhere"), 0, "pathmgr_symlink");
    ok(stat("/dev/nowhere", &st) == 0 && S_ISCHR(st.st_mode), "stat follows it");
    ok(lstat("/dev/nowhere", &st) == 0 && S_ISLNK(st.st_mode), "lstat does not");
    n = readlink("/dev/nowhere", text, sizeof(text));
    ok(n == 9 && memcmp(text, "/dev/null", 9) == 0, "readlink");
    ok(pathmgr_symlink("/x", "/dev/nowhere") == -1 && errno == EEXIST,
       "a second one of that name: EEXIST");
    is_int(pathmgr_symlink("loop2", "/dev/loop1"), 0, "a relative target");
    is_int(pathmgr_symlink("/dev/loop1", "/dev/loop2"), 0, "that leads back");
    ok(open("/dev/loop1", O_RDONLY) == -1 && errno == ELOOP, "a loop: ELOOP");
    is_int(pathmgr_symlink("/proc", "/dev/dir"), 0, "a symlink to a directory");
    ok(stat("/dev/dir/boot/.", &st) == 0 && S_ISDIR(st.st_mode), "in the middle of a path");
    is_int(pathmgr_unlink("/dev/nowhere"), 0, "pathmgr_unlink");
    ok(stat("/dev/nowhere", &st) == -1 && errno == ENOENT, "and it is gone");
    ok(pathmgr_unlink("/dev/null") == -1 && errno == ENOENT, "of what is no symlink: ENOENT");
    pathmgr_unlink("/dev/loop1");
    pathmgr_unlink("/dev/loop2");
    pathmgr_unlink("/dev/dir");
}

static int without_rights(void)
{
    if (setuid(33) != 0)
        return 1;
    if (attach("/dev/mine", 0) != -1 || errno != EPERM)
        return 2;
    if (pathmgr_symlink("/x", "/dev/mine") != -1 || errno != EPERM)
        return 3;
    return open("/dev/null", O_WRONLY) >= 0 ? 0 : 4;
}

static int attach_and_die(void)
{
    return ChannelCreate(0) > 0 && attach("/dev/short/lived", 0) > 0 ? 0 : 1;
}

static void attached(void)
{
    struct tmsg_resolve_reply r;
    int id, own = getpid(), chid = ChannelCreate(0);

    (void)chid;
    is_int(in_child(without_rights), 0, "attaching and linking need root: EPERM");
    is_int(in_child(attach_and_die), 0, "a child attaches a name and ends");
    ok(resolve("/dev/short/lived", &r) > 0 && r.entry[0].pid == 1, "its name is gone with it");
    ok(access("/dev/short", F_OK) == -1 && errno == ENOENT, "and so is the directory made for it");
    id = attach("/dev/mine", TMSG_PATH_DIR);
    ok(id > 0, "attach");
    ok(resolve("/dev/mine/file", &r) > 0 && r.entry[0].pid == 1,
       "one's own name is not for oneself");
    id = attach("/dev/mine", TMSG_PATH_DIR | TMSG_PATH_SELF);
    ok(id > 0 && resolve("/dev/mine/a/../file", &r) > 0 && r.entry[0].pid == own,
       "unless asked for");
    ok(strcmp(r.path + r.entry[0].prefix_len, "file") == 0 && strcmp(r.path, "/dev/mine/file") == 0,
       "path, and rest of it");
    ok(resolve("/dev/mineral", &r) > 0 && r.entry[0].pid == 1, "whole components only");
    ok(attach("relative", 0) == -1 && errno == EINVAL, "a relative name: EINVAL");
    ok(resolve("", &r) == -1 && errno == ENOENT, "an empty one: ENOENT");
}

static void shared_memory_names(void)
{
    struct stat st;
    char text[8] = "";
    int fd = open("/dev/shmem/one", O_CREAT | O_EXCL | O_RDWR, 0640);

    ok(fd >= 0 && open("/dev/shmem/one", O_CREAT | O_EXCL | O_RDWR, 0640) == -1 && errno == EEXIST,
       "O_EXCL: EEXIST");
    ok(write(fd, "hello", 5) == 5 && pread(fd, text, 5, 0) == 5 && strcmp(text, "hello") == 0,
       "write and read back");
    is_int(rename("/dev/shmem/one", "/dev/shmem/two"), 0, "rename");
    ok(stat("/dev/shmem/one", &st) == -1 && stat("/dev/shmem/two", &st) == 0 && st.st_size == 5,
       "old name gone, new one there");
    is_int(ftruncate(fd, 2), 0, "ftruncate to 2");
    is_int(ftruncate(fd, 5), 0, "and back to 5");
    ok(pread(fd, text, 5, 0) == 5 && memcmp(text, "he\0\0\0", 5) == 0,
       "what was cut off reads as zeroes");
    ok(lseek(fd, 0, SEEK_SET) == 0 && write(fd, "abc", 3) == 3 && lseek(fd, 0, SEEK_CUR) == 3,
       "the offset moves");
    is_int(unlink("/dev/shmem/two"), 0, "unlink");
    ok(fstat(fd, &st) == 0 && st.st_nlink == 0 && pread(fd, text, 3, 0) == 3,
       "an open file outlives its name");
    ok(open("/dev/shmem/none", O_RDWR) == -1 && errno == ENOENT, "missing: ENOENT");
    close(fd);
    fd = open("/dev/shmem/log", O_CREAT | O_WRONLY | O_APPEND, 0600);
    ok(write(fd, "ab", 2) == 2 && lseek(fd, 0, SEEK_SET) == 0 && write(fd, "cd", 2) == 2 &&
           fstat(fd, &st) == 0 && st.st_size == 4,
       "O_APPEND writes at the end");
    close(fd);
    unlink("/dev/shmem/log");
}

static void processes(void)
{
    unsigned long word = 0x123456789abcdef0, got = 0;
    int fd = open("/proc/self/as", O_RDWR);

    ok(fd >= 0, "/proc/self/as");
    ok(pread(fd, &got, sizeof(got), (off_t)&word) == sizeof(got) && got == word,
       "memory can be read");
    got = 77;
    ok(pwrite(fd, &got, sizeof(got), (off_t)&word) == sizeof(got) &&
           *(volatile unsigned long *)&word == 77,
       "and written");
    ok(pread(fd, &got, sizeof(got), 8) == -1 && errno == EIO, "where nothing is mapped: EIO");
    close(fd);
    ok(open("/proc/30000/as", O_RDONLY) == -1 && errno == ENOENT, "no such process: ENOENT");
    ok(open("/proc/boot/x", O_CREAT | O_RDWR, 0600) == -1 && errno == EROFS,
       "/proc/boot is read-only: EROFS");
}

int main(void)
{
    symlinks();
    attached();
    shared_memory_names();
    processes();
    return done();
}
