/* SPDX-License-Identifier: Apache-2.0 */
#include "disk_file.h"

#include "../common/buf.h"
#include "../common/fs.h"
#include "../common/sdk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static int check_device(const char *path, bool force, uint64_t *device)
{
    if (!force)
        return complain(EXIT_USAGE,
                        "%s is a device: all that is on it would be lost; --force says that it may",
                        path);
    /* The kernel refuses this while a part of it is mounted or in use otherwise. */
    int fd = open(path, O_RDWR | O_EXCL | O_CLOEXEC);
    if (fd < 0)
        return complain(EXIT_FAILED, "%s: %s", path,
                        errno == EBUSY ? "it is in use; unmount all of its partitions"
                                       : strerror(errno));
    int error = ioctl(fd, BLKGETSIZE64, device) != 0 ? errno : *device == 0 ? ENOMEDIUM : 0;
    close(fd);
    return error != 0 ? complain(EXIT_FAILED, "%s: %s", path, strerror(error)) : 0;
}

int disk_file_check(const char *path, bool force, uint64_t *device)
{
    struct stat st;
    *device = 0;
    if (stat(path, &st) != 0) {
        if (errno != ENOENT)
            return complain(EXIT_FAILED, "%s: %s", path, strerror(errno));
        if (lstat(path, &st) == 0)
            return complain(EXIT_FAILED, "%s is a link to nothing", path);
        return 0;
    }
    if (S_ISBLK(st.st_mode))
        return check_device(path, force, device);
    if (!S_ISREG(st.st_mode))
        return complain(EXIT_USAGE, "%s is neither a file nor a disk", path);
    return force ? 0 : complain(EXIT_USAGE, "%s exists; --force writes over it", path);
}

int disk_file_open(struct disk_file *f, const char *path, uint64_t bytes)
{
    struct stat st;
    bool is_device = stat(path, &st) == 0 && S_ISBLK(st.st_mode);
    signal(SIGXFSZ, SIG_IGN); /* a size limit is an error like a full disk */
    f->final = is_device ? NULL : xstrdup(path);
    f->path = is_device ? xstrdup(path) : xprintf("%s.tmp%ld", path, (long)getpid());
    f->fd = is_device ? open(path, O_RDWR | O_CLOEXEC)
                      : open(f->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    int error = f->fd < 0 ? errno : 0;
    if (error == 0 && !is_device && ftruncate(f->fd, (off_t)bytes) != 0)
        error = errno;
    if (error == 0)
        return 0;
    return disk_file_close(f, complain(EXIT_FAILED, "%s: %s", path, strerror(error)));
}

int disk_file_put(struct disk_file *f, uint64_t offset, const void *data, size_t len)
{
    const char *at = data;
    while (len > 0) {
        ssize_t n = pwrite(f->fd, at, len, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return complain(EXIT_FAILED, "%s: %s", f->final ? f->final : f->path,
                            strerror(n < 0 ? errno : ENOSPC));
        at += n;
        offset += (uint64_t)n;
        len -= (size_t)n;
    }
    return 0;
}

int disk_file_close(struct disk_file *f, int result)
{
    const char *name = f->final != NULL ? f->final : f->path;
    if (f->fd >= 0) {
        if (result == 0 && fsync(f->fd) != 0)
            result = complain(EXIT_FAILED, "%s: %s", name, strerror(errno));
        if (f->final == NULL)
            (void)ioctl(f->fd, BLKRRPART); /* not every device has partitions of its own */
        if (close(f->fd) != 0 && result == 0)
            result = complain(EXIT_FAILED, "%s: %s", name, strerror(errno));
    }
    if (f->final != NULL && result == 0 && rename(f->path, f->final) != 0)
        result = complain(EXIT_FAILED, "%s: %s", name, strerror(errno));
    if (f->final != NULL && result != 0 && f->fd >= 0)
        unlink(f->path);
    free(f->path);
    free(f->final);
    return result;
}
