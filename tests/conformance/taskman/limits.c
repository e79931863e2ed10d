/* SPDX-License-Identifier: Apache-2.0 */
/* setrlimit(): address space, processes, descriptors; umask().
 * Page: POSIX.1-2017 getrlimit(), umask(). */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "in_child.h"

static int set(int resource, rlim_t value)
{
    struct rlimit r = {value, value};

    return setrlimit(resource, &r);
}

static int address_space(void)
{
    char *p;

    if (set(RLIMIT_AS, 64u << 20) != 0)
        return 1;
    p = mmap(NULL, 16u << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return 2;
    if (mmap(NULL, 64u << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED ||
        errno != ENOMEM)
        return 3;
    /* What replaces a mapping counts only once. */
    if (mmap(p, 16u << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != p)
        return 4;
    return munmap(p, 16u << 20) ? 5 : 0;
}

static int processes(void)
{
    pid_t pid[4];
    int n = 0;

    if (set(RLIMIT_NPROC, 3) != 0 || setuid(4242) != 0)
        return 1;
    while (n < 4 && (pid[n] = fork()) > 0)
        n++;
    if (n < 4 && pid[n] == 0)
        for (;;)
            pause();
    for (int i = 0; i < n; i++) {
        kill(pid[i], 9);
        waitpid(pid[i], NULL, 0);
    }
    return n == 2 ? 0 : 10 + n; /* this one and two more */
}

static int descriptors(void)
{
    int fd = -1, n = 0;

    if (set(RLIMIT_NOFILE, 20) != 0)
        return 1;
    while (n < 40 && (fd = open("/dev/null", O_RDONLY)) != -1)
        n++;
    if (fd != -1 || errno != EMFILE)
        return 2;
    return n > 5 && n < 20 ? 0 : 3;
}

static int hard_limit(void)
{
    struct rlimit r;

    if (setuid(4243) != 0 || set(RLIMIT_CORE, 100) != 0)
        return 1;
    if (set(RLIMIT_CORE, 101) != -1 || errno != EPERM)
        return 2;
    r = (struct rlimit){2, 1};
    if (setrlimit(RLIMIT_CORE, &r) != -1 || errno != EINVAL)
        return 3;
    if (setrlimit(99, &r) != -1 || errno != EINVAL)
        return 4;
    return getrlimit(RLIMIT_CORE, &r) == 0 && r.rlim_cur == 100 ? 0 : 5;
}

static int masks(void)
{
    struct stat st;
    int fd;

    umask(027);
    if (umask(077) != 027)
        return 1;
    fd = open("/dev/shmem/masked", O_CREAT | O_RDWR | O_EXCL, 0666);
    unlink("/dev/shmem/masked");
    return fd >= 0 && fstat(fd, &st) == 0 && (st.st_mode & 0777) == 0600 ? 0 : 2;
}

static int huge(void)
{
    if (mmap(NULL, 1ul << 40, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED ||
        errno != ENOMEM)
        return 1;
    if (mmap(NULL, SIZE_MAX, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED ||
        errno != ENOMEM)
        return 2;
    /* More than the machine has, at once. */
    if (mmap(NULL, 64ul << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
            MAP_FAILED ||
        errno != ENOMEM)
        return 3;
    return 0;
}

int main(void)
{
    is_int(in_child(address_space), 0, "RLIMIT_AS bounds what is mapped: ENOMEM");
    is_int(in_child(processes), 0, "RLIMIT_NPROC bounds a user's processes: EAGAIN");
    is_int(in_child(descriptors), 0, "RLIMIT_NOFILE bounds descriptors: EMFILE");
    is_int(in_child(hard_limit), 0, "a hard limit only goes down; EPERM, EINVAL");
    is_int(in_child(masks), 0, "umask is inherited and applied");
    is_int(in_child(huge), 0, "absurd sizes: ENOMEM");
    return done();
}
