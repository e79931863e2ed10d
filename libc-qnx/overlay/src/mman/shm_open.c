/* SPDX-License-Identifier: Apache-2.0 */
/* Shared memory objects live in /dev/shmem; a leading slash of the name is not part of it. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <pthread.h>

#define SHMEM "/dev/shmem/"

/* Also the place of named semaphores. */
char *__shm_mapname(const char *name, char *buf)
{
    while (*name == '/')
        name++;
    size_t n = strlen(name);
    if (n == 0 || strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
        errno = EINVAL;
        return 0;
    }
    if (n > NAME_MAX) {
        errno = ENAMETOOLONG;
        return 0;
    }
    memcpy(buf, SHMEM, sizeof SHMEM - 1);
    memcpy(buf + sizeof SHMEM - 1, name, n + 1);
    return buf;
}

int shm_open(const char *name, int flag, mode_t mode)
{
    char buf[NAME_MAX + sizeof SHMEM];
    if (!(name = __shm_mapname(name, buf)))
        return -1;
    return open(name, flag | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, mode);
}

int shm_unlink(const char *name)
{
    char buf[NAME_MAX + sizeof SHMEM];
    if (!(name = __shm_mapname(name, buf)))
        return -1;
    return unlink(name);
}
