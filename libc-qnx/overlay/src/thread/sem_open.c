/* SPDX-License-Identifier: Apache-2.0 */
/* Named semaphores: shared memory objects sem.NAME that hold a sem_t.  A new one is filled under a
 * name of its own and then linked to its place, so that nobody ever sees half of it.  Opened twice,
 * it is the same address: `list` knows the inodes. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "fork_impl.h"
#include "lock.h"

#define PLACE "/dev/shmem/"
#define FLAGS (O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY)

struct open_sem {
    struct open_sem *next;
    dev_t dev;
    ino_t ino;
    sem_t *sem;
    int refs;
};

static struct open_sem *list;
static volatile int lock[1];
volatile int *const __sem_open_lockptr = lock;

static int object_path(const char *name, char *buf, size_t size)
{
    while (*name == '/')
        name++;
    if (!*name || strchr(name, '/')) {
        errno = *name ? EINVAL : ENOENT;
        return -1;
    }
    if ((size_t)snprintf(buf, size, PLACE "sem.%s", name) >= size) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return 0;
}

/* Enters the object behind fd into the list, or finds it there; closes fd. */
static sem_t *attach(int fd)
{
    struct stat st;
    struct open_sem *o = calloc(1, sizeof *o), *k;
    sem_t *sem = SEM_FAILED;
    if (o && fstat(fd, &st) == 0)
        sem = mmap(0, sizeof *sem, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    int saved = errno;
    close(fd);
    errno = saved;
    if (sem == MAP_FAILED || sem == SEM_FAILED) {
        free(o);
        return SEM_FAILED;
    }
    LOCK(lock);
    for (k = list; k && (k->ino != st.st_ino || k->dev != st.st_dev); k = k->next)
        ;
    if (k) {
        k->refs++;
    } else {
        *o = (struct open_sem){
            .next = list, .dev = st.st_dev, .ino = st.st_ino, .sem = sem, .refs = 1};
        list = o;
    }
    UNLOCK(lock);
    if (!k)
        return sem;
    munmap(sem, sizeof *sem);
    free(o);
    return k->sem;
}

static sem_t *create(const char *path, mode_t mode, unsigned value)
{
    static unsigned count;
    char tmp[64];
    sem_t new;
    if (value > SEM_VALUE_MAX) {
        errno = EINVAL;
        return SEM_FAILED;
    }
    sem_init(&new, 1, value);
    snprintf(tmp, sizeof tmp, PLACE ".sem-%d-%u", (int)getpid(),
             __atomic_fetch_add(&count, 1, __ATOMIC_RELAXED));
    int fd = open(tmp, FLAGS | O_CREAT | O_EXCL, mode & 0666);
    if (fd == -1)
        return SEM_FAILED;
    int ok = write(fd, &new, sizeof new) == sizeof new &&link(tmp, path) == 0, saved = errno;
    unlink(tmp);
    if (ok)
        return attach(fd);
    close(fd);
    errno = saved;
    return SEM_FAILED;
}

static sem_t *open_or_create(const char *path, int flags, mode_t mode, unsigned value)
{
    for (;;) {
        if (!(flags & O_CREAT) || !(flags & O_EXCL)) {
            int fd = open(path, FLAGS);
            if (fd != -1)
                return attach(fd);
            if (errno != ENOENT || !(flags & O_CREAT))
                return SEM_FAILED;
        }
        sem_t *sem = create(path, mode, value);
        if (sem != SEM_FAILED || errno != EEXIST || (flags & O_EXCL))
            return sem;
    }
}

sem_t *sem_open(const char *name, int flags, ...)
{
    char path[NAME_MAX + sizeof PLACE];
    mode_t mode = 0;
    unsigned value = 0;
    int cs;
    if (object_path(name, path, sizeof path) == -1)
        return SEM_FAILED;
    if (flags & O_CREAT) {
        va_list ap;
        va_start(ap, flags);
        mode = va_arg(ap, mode_t);
        value = va_arg(ap, unsigned);
        va_end(ap);
    }
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cs);
    sem_t *sem = open_or_create(path, flags, mode, value);
    pthread_setcancelstate(cs, 0);
    return sem;
}

int sem_close(sem_t *sem)
{
    struct open_sem **p = &list, *gone = 0;
    LOCK(lock);
    while (*p && (*p)->sem != sem)
        p = &(*p)->next;
    if (!*p) {
        UNLOCK(lock);
        errno = EINVAL;
        return -1;
    }
    if (--(*p)->refs == 0) {
        gone = *p;
        *p = gone->next;
    }
    UNLOCK(lock);
    if (gone) {
        munmap(sem, sizeof *sem);
        free(gone);
    }
    return 0;
}

int sem_unlink(const char *name)
{
    char path[NAME_MAX + sizeof PLACE];
    return object_path(name, path, sizeof path) == -1 ? -1 : unlink(path);
}
