/* SPDX-License-Identifier: Apache-2.0 */
#include "fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_CHUNK = 65536 };
static const size_t max_file = (size_t)1 << 30;

int fs_read(const char *path, struct buf *out)
{
    struct stat st;
    char chunk[READ_CHUNK];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int error = fstat(fd, &st) != 0 ? -errno : S_ISDIR(st.st_mode) ? -EISDIR : 0;
    buf_puts(out, "");
    while (error == 0) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            error = n < 0 ? -errno : 0;
            break;
        }
        buf_append(out, chunk, (size_t)n);
        if (out->len > max_file)
            error = -EFBIG;
    }
    close(fd);
    return error;
}

int fs_write(const char *path, const void *data, size_t len, unsigned mode)
{
    char *temporary = xprintf("%s.tmp%ld", path, (long)getpid());
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int error = fd < 0 ? -errno : 0;
    for (size_t at = 0; error == 0 && at < len;) {
        ssize_t n = write(fd, (const char *)data + at, len - at);
        if (n >= 0)
            at += (size_t)n;
        else if (errno != EINTR)
            error = -errno;
    }
    if (error == 0 && fchmod(fd, mode) != 0)
        error = -errno;
    if (fd >= 0 && close(fd) != 0 && error == 0)
        error = -errno;
    if (error == 0 && rename(temporary, path) != 0)
        error = -errno;
    if (error != 0)
        unlink(temporary);
    free(temporary);
    return error;
}

int fs_mkdirs(const char *path)
{
    char *copy = xstrdup(path);
    int error = 0;
    for (char *p = copy + 1; error == 0 && *copy != '\0'; p++) {
        char was = *p;
        if (was != '/' && was != '\0')
            continue;
        *p = '\0';
        if (mkdir(copy, 0777) != 0 && errno != EEXIST)
            error = -errno;
        *p = was;
        if (was == '\0')
            break;
    }
    if (error == 0 && !fs_is_dir(path))
        error = -ENOTDIR;
    free(copy);
    return error;
}

bool fs_is_file(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

bool fs_is_dir(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

char *fs_join(const char *dir, const char *name)
{
    size_t len = strlen(dir);
    return xprintf("%s%s%s", dir, len > 0 && dir[len - 1] == '/' ? "" : "/", name);
}

char *fs_dirname(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return xstrdup(".");
    return slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
}

const char *fs_basename(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

char *fs_absolute(const char *path)
{
    char *here;
    if (path[0] == '/')
        return xstrdup(path);
    here = getcwd(NULL, 0);
    if (here == NULL)
        return xstrdup(path);
    char *full = fs_join(here, path);
    free(here);
    return full;
}

char *fs_which(const char *name)
{
    const char *path = getenv("PATH");
    if (strchr(name, '/') != NULL)
        return access(name, X_OK) == 0 ? xstrdup(name) : NULL;
    while (path != NULL && *path != '\0') {
        const char *end = strchrnul(path, ':');
        char *dir = end == path ? xstrdup(".") : xstrndup(path, (size_t)(end - path));
        char *full = fs_join(dir, name);
        free(dir);
        if (access(full, X_OK) == 0 && fs_is_file(full))
            return full;
        free(full);
        path = *end ? end + 1 : NULL;
    }
    return NULL;
}
