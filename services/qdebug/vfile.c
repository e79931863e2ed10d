/* SPDX-License-Identifier: Apache-2.0 */
/* vFile: files of the target for "remote put", "remote get" and a sysroot of "target:"; and our own "qrv-take", by which "qrv debug" gives a
 * file that is complete its name.  Descriptors are those of this process,
 * as long as the connection lasts; rights are those of the user it runs as. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server.h"

#define FILES_MAX 32
static int files[FILES_MAX]; /* descriptor + 1, 0: free */

/* The protocol has errnos and flags of its own. */
static int error_number(int error)
{
    static const struct {
        int error, number;
    } table[] = {{EPERM, 1},   {ENOENT, 2},  {EINTR, 4},   {EBADF, 9},   {EACCES, 13}, {EFAULT, 14},  {EBUSY, 16},
                 {EEXIST, 17}, {ENODEV, 19}, {ENOTDIR, 20}, {EISDIR, 21}, {EINVAL, 22}, {ENFILE, 23}, {EMFILE, 24},
                 {EFBIG, 27},  {ENOSPC, 28}, {ESPIPE, 29}, {EROFS, 30},  {ENAMETOOLONG, 91}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].error == error)
            return table[i].number;
    return 9999;
}

static void result(struct server *s, long value)
{
    if (value < 0)
        rsp_format(&s->out, "F-1,%x", (unsigned)error_number(errno));
    else
        rsp_format(&s->out, "F%lx", value);
}

static bool path_of(const char **at, char path[1024])
{
    size_t n;
    if (!rsp_bytes(at, path, 1023, &n) || n == 0)
        return false;
    path[n] = '\0';
    return strlen(path) == n;
}

static int flags_of(uint64_t flags)
{
    static const int access[] = {O_RDONLY, O_WRONLY, O_RDWR, -1};
    int oflag = access[flags & 3];
    if (oflag < 0 || (flags & ~(uint64_t)(0x3 | 0x8 | 0x200 | 0x400 | 0x800)))
        return -1;
    return oflag | (flags & 0x8 ? O_APPEND : 0) | (flags & 0x200 ? O_CREAT : 0) | (flags & 0x400 ? O_TRUNC : 0) |
           (flags & 0x800 ? O_EXCL : 0) | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
}

static void do_open(struct server *s, const char *at)
{
    char path[1024];
    uint64_t flags, mode;
    size_t i = 0;
    errno = EINVAL;
    if (!path_of(&at, path) || !rsp_skip(&at, ",") || !rsp_number(&at, &flags) || !rsp_skip(&at, ",") ||
        !rsp_number(&at, &mode) || flags_of(flags) < 0) {
        result(s, -1);
        return;
    }
    while (i < FILES_MAX && files[i] != 0)
        i++;
    errno = EMFILE;
    int fd = i < FILES_MAX ? open(path, flags_of(flags), (mode_t)(mode & 0777)) : -1;
    if (fd >= 0)
        files[i] = fd + 1;
    result(s, fd < 0 ? -1 : (long)i);
}

static int file_of(const char **at)
{
    uint64_t index;
    errno = EBADF;
    if (!rsp_number(at, &index) || index >= FILES_MAX || files[index] == 0)
        return -1;
    return files[index] - 1;
}

static void attachment(struct server *s, const void *data, size_t n)
{
    struct rsp_out body;
    rsp_clear(&body);
    /* The count in front is that of the bytes, before they are escaped. */
    size_t put = rsp_binary(&body, data, n);
    rsp_format(&s->out, "F%zx;", put);
    rsp_binary(&s->out, data, put);
}

static void do_pread(struct server *s, const char *at)
{
    static char data[RSP_PACKET_MAX / 2 - 16];
    uint64_t count, offset;
    int fd = file_of(&at);
    if (fd < 0 || !rsp_skip(&at, ",") || !rsp_number(&at, &count) || !rsp_skip(&at, ",") || !rsp_number(&at, &offset)) {
        result(s, -1);
        return;
    }
    ssize_t n = pread(fd, data, count < sizeof data ? count : sizeof data, (off_t)offset);
    if (n < 0)
        result(s, -1);
    else
        attachment(s, data, (size_t)n);
}

static void do_pwrite(struct server *s, const char *at, const char *end)
{
    uint64_t offset;
    int fd = file_of(&at);
    if (fd < 0 || !rsp_skip(&at, ",") || !rsp_number(&at, &offset) || !rsp_skip(&at, ",")) {
        result(s, -1);
        return;
    }
    result(s, pwrite(fd, at, (size_t)(end - at), (off_t)offset));
}

static void do_close(struct server *s, const char *at)
{
    int fd = file_of(&at);
    for (size_t i = 0; fd >= 0 && i < FILES_MAX; i++)
        if (files[i] == fd + 1)
            files[i] = 0;
    result(s, fd < 0 ? -1 : close(fd));
}

/* What was written is on the medium before it gets the name: FD,OLD,NEW. */
static void do_take(struct server *s, const char *at)
{
    char old[1024], new[1024];
    int fd = file_of(&at);
    if (fd >= 0)
        errno = EINVAL;
    if (fd < 0 || !rsp_skip(&at, ",") || !path_of(&at, old) || !rsp_skip(&at, ",") || !path_of(&at, new) ||
        (fsync(fd) == -1 && errno != EINVAL && errno != ENOSYS))
        result(s, -1);
    else
        result(s, rename(old, new));
}

static void put_big(uint8_t **at, uint64_t value, int bytes)
{
    while (bytes-- > 0)
        *(*at)++ = (uint8_t)(value >> bytes * 8);
}

static void do_fstat(struct server *s, const char *at)
{
    uint8_t record[64], *p = record;
    struct stat st;
    int fd = file_of(&at);
    if (fd < 0 || fstat(fd, &st) != 0) {
        result(s, -1);
        return;
    }
    put_big(&p, st.st_dev, 4);
    put_big(&p, st.st_ino, 4);
    put_big(&p, st.st_mode, 4); /* the protocol's mode bits are POSIX' */
    put_big(&p, st.st_nlink, 4);
    put_big(&p, st.st_uid, 4);
    put_big(&p, st.st_gid, 4);
    put_big(&p, st.st_rdev, 4);
    put_big(&p, (uint64_t)st.st_size, 8);
    put_big(&p, (uint64_t)st.st_blksize, 8);
    put_big(&p, (uint64_t)st.st_blocks, 8);
    put_big(&p, (uint64_t)st.st_atime, 4);
    put_big(&p, (uint64_t)st.st_mtime, 4);
    put_big(&p, (uint64_t)st.st_ctime, 4);
    attachment(s, record, sizeof record);
}

static void do_path(struct server *s, const char *at, bool is_unlink)
{
    char path[1024], link[1024];
    errno = EINVAL;
    if (!path_of(&at, path)) {
        result(s, -1);
    } else if (is_unlink) {
        result(s, unlink(path));
    } else {
        ssize_t n = readlink(path, link, sizeof link);
        if (n < 0)
            result(s, -1);
        else
            attachment(s, link, (size_t)n);
    }
}

void vfile_packet(struct server *s, const char *at, size_t bytes)
{
    const char *end = at + bytes;
    if (rsp_skip(&at, "open:"))
        do_open(s, at);
    else if (rsp_skip(&at, "close:"))
        do_close(s, at);
    else if (rsp_skip(&at, "pread:"))
        do_pread(s, at);
    else if (rsp_skip(&at, "pwrite:"))
        do_pwrite(s, at, end);
    else if (rsp_skip(&at, "fstat:"))
        do_fstat(s, at);
    else if (rsp_skip(&at, "unlink:"))
        do_path(s, at, true);
    else if (rsp_skip(&at, "readlink:"))
        do_path(s, at, false);
    else if (rsp_skip(&at, "qrv-take:"))
        do_take(s, at);
    else if (rsp_skip(&at, "setfs:"))
        rsp_text(&s->out, "F0"); /* one name space for all processes */
}

void vfile_end(void)
{
    for (size_t i = 0; i < FILES_MAX; i++) {
        if (files[i] != 0)
            close(files[i] - 1);
        files[i] = 0;
    }
}
