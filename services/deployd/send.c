/* SPDX-License-Identifier: Apache-2.0 */
/* Files to the host, and directories in both directions. */
#include "deployd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../lib/sha256.h"
#include "hasher.h"

int file_hash(int fd, uint64_t *size, uint8_t digest[SHA256_BYTES])
{
    static uint8_t bytes[65536];
    struct sha256 sha;
    ssize_t n;
    sha256_begin(&sha);
    for (*size = 0; (n = file_read(fd, bytes, sizeof bytes, *size)) > 0; *size += (uint64_t)n)
        sha256_add(&sha, bytes, (size_t)n);
    sha256_end(&sha, digest);
    return n < 0 ? -1 : 0;
}

static bool fail(const char *what, const char *path)
{
    char text[200];
    int error = errno;
    snprintf(text, sizeof text, "%.140s: %s: %s", path, what, strerror(error));
    return reply_error(error, text);
}

/* From the offset on; the hash is that of the whole file, as it is read now. */
static bool send_content(int fd, uint64_t offset, uint64_t size, const char *path)
{
    static uint8_t bytes[CONTENT_MAX];
    uint8_t digest[SHA256_BYTES];
    hasher_begin();
    for (uint64_t at = 0; at < size;) {
        uint64_t left = size - at;
        ssize_t n = file_read(fd, bytes, left < sizeof bytes ? (size_t)left : sizeof bytes, at);
        if (n == 0)
            errno = EIO; /* it has become shorter */
        if (n <= 0)
            return fail("reading", path);
        hasher_add(bytes, (size_t)n);
        size_t skip = at >= offset ? 0 : offset - at < (uint64_t)n ? (size_t)(offset - at) : (size_t)n;
        if (!reply_content(bytes + skip, (size_t)n - skip))
            return false;
        at += (uint64_t)n;
    }
    hasher_end(digest);
    return reply(DEPLOY_DONE, digest, sizeof digest);
}

bool send_file(const uint8_t *bytes, size_t n)
{
    uint64_t offset;
    struct stat st;
    if (n <= sizeof offset)
        return reply_error(EINVAL, "a request without a path");
    memcpy(&offset, bytes, sizeof offset);
    const char *path = (const char *)bytes + sizeof offset;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd == -1 || fstat(fd, &st) == -1) {
        if (fd != -1)
            close(fd);
        return fail("reading", path);
    }
    if (!S_ISREG(st.st_mode)) {
        close(fd);
        errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
        return fail("not a file", path);
    }
    char name[PATH_MAX]; /* the request's place is used again */
    snprintf(name, sizeof name, "%s", path);
    const struct deploy_file file = {.size = (uint64_t)st.st_size,
                                     .mtime_s = st.st_mtim.tv_sec,
                                     .mtime_ns = (uint32_t)st.st_mtim.tv_nsec,
                                     .mode = st.st_mode & 07777,
                                     .uid = st.st_uid,
                                     .gid = st.st_gid};
    bool good = reply(DEPLOY_FILE, &file, sizeof file) && send_content(fd, offset, file.size, name);
    close(fd);
    return good;
}

bool send_list(const char *path)
{
    struct {
        uint32_t mode;
        char name[NAME_MAX + 1];
    } entry;
    const struct dirent *e;
    struct stat st;
    bool good = true;
    DIR *list = opendir(path);
    if (list == NULL)
        return fail("reading", path);
    while (good && (e = readdir(list)) != NULL) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
            fstatat(dirfd(list), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == -1)
            continue; /* removed meanwhile */
        entry.mode = (uint32_t)st.st_mode;
        int n = snprintf(entry.name, sizeof entry.name, "%s", e->d_name);
        if (n > 0 && n < (int)sizeof entry.name)
            good = reply(DEPLOY_ENTRY, &entry, sizeof entry.mode + (size_t)n);
    }
    closedir(list);
    return good && reply(DEPLOY_DONE, NULL, 0);
}

bool make_directory(const uint8_t *bytes, size_t n)
{
    uint32_t mode;
    struct stat st;
    if (n <= sizeof mode)
        return reply_error(EINVAL, "a request without a path");
    memcpy(&mode, bytes, sizeof mode);
    const char *path = (const char *)bytes + sizeof mode;
    if (mkdir(path, mode & 0777) == -1 &&
        (errno != EEXIST || stat(path, &st) == -1 || !S_ISDIR(st.st_mode)))
        return fail("as a directory", path);
    return reply(DEPLOY_DONE, NULL, 0);
}

/* Beside it and renamed: the old link or the new one at every moment. */
bool make_link(const char *content, size_t n)
{
    char temporary[PATH_MAX + 32];
    size_t len = strlen(content) + 1;
    if (len >= n)
        return reply_error(EINVAL, "a request without a path");
    const char *path = content + len;
    const char *slash = strrchr(path, '/');
    int dir = slash != NULL ? (int)(slash + 1 - path) : 0;
    snprintf(temporary, sizeof temporary, "%.*s.%.200s.qrv-%ld", dir, path, path + dir, (long)getpid());
    unlink(temporary);
    if (symlink(content, temporary) == -1)
        return fail("as a symbolic link", path);
    if (rename(temporary, path) == -1) {
        bool good = fail("taking its name", path);
        unlink(temporary);
        return good;
    }
    return reply(DEPLOY_DONE, NULL, 0);
}
