/* SPDX-License-Identifier: Apache-2.0 */
/* mmap() beyond the common case: hints, MAP_FIXED_NOREPLACE, contiguous and device memory, lazy
 * memory, mapped files, mem_offset(), rights, fork.  Page: QNX Neutrino Library Reference mmap(),
 * mmap_device_memory(), mem_offset(), shm_ctl(). */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "in_child.h"

#define PAGE 4096ul

static void *anonymous(void *hint, size_t bytes, int flags)
{
    return mmap(hint, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
}

static void placement(void)
{
    char *a = anonymous(NULL, 4 * PAGE, 0), *b;

    munmap(a, 4 * PAGE);
    ok(anonymous(a, 4 * PAGE, 0) == a, "a hint at a free place is taken");
    b = anonymous(a, PAGE, 0);
    ok(b != MAP_FAILED && b != a, "one at a used place is not");
    ok(anonymous(a + PAGE, PAGE, 0x100000) == MAP_FAILED && errno == EEXIST,
       "MAP_FIXED_NOREPLACE: EEXIST");
    ok(anonymous(a + 1, PAGE, MAP_FIXED) == MAP_FAILED && errno == EINVAL,
       "MAP_FIXED off a page: EINVAL");
    ok(anonymous((void *)0x3ffffff000, PAGE, MAP_FIXED) == MAP_FAILED,
       "the end of the address space is refused");
    ok(anonymous(NULL, 0, 0) == MAP_FAILED && errno == EINVAL, "no bytes: EINVAL");
    ok(mmap(NULL, PAGE, PROT_READ, MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == EINVAL,
       "neither shared nor private: EINVAL");
    ok(mprotect(a, PAGE, PROT_WRITE | PROT_EXEC) == -1 && errno == EACCES,
       "writable and executable: EACCES");
    ok(mprotect(a + 1, PAGE, PROT_READ) == -1 && errno == EINVAL, "mprotect off a page: EINVAL");
    ok(munmap(a + 1, PAGE) == -1 && errno == EINVAL, "munmap off a page: EINVAL");
    munmap(a, 4 * PAGE);
    munmap(b, PAGE);
}

static void reserve_and_use(void)
{
    char *p = mmap(NULL, 1ul << 30, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    ok(p != MAP_FAILED, "a gigabyte reserved with PROT_NONE");
    is_int(mprotect(p + (64ul << 20), 4 * PAGE, PROT_READ | PROT_WRITE), 0,
           "some of it made usable");
    p[(64ul << 20) + PAGE] = 3;
    is_int(p[64ul << 20] + p[(64ul << 20) + PAGE], 3, "is zero until written");
    is_int(munmap(p, 1ul << 30), 0, "and unmapped");
    p = anonymous(NULL, 512ul << 20, MAP_LAZY);
    ok(p != MAP_FAILED, "512 MiB with MAP_LAZY");
    p[100ul << 20] = 1;
    is_int(munmap(p, 512ul << 20), 0, "touched in one place");
}

static void physical(void)
{
    off_t where = 0, next = 0;
    size_t bytes = 0;
    char *p = mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_PHYS,
                   NOFD, 0);

    ok(p != MAP_FAILED, "MAP_PHYS|MAP_ANON gives contiguous memory");
    is_int(mem_offset(p + 16, NOFD, 64 * PAGE - 16, &where, &bytes), 0, "mem_offset");
    is_int(bytes, 64 * PAGE - 16, "all of it in one piece");
    is_int(where % PAGE, 16, "with the offset in the page");
    is_int(mem_offset(p + PAGE, NOFD, 1, &next, &bytes), 0, "mem_offset of the next page");
    is_int(next - where, PAGE - 16, "lies behind");
    ok(mem_offset((void *)8, NOFD, 1, &next, &bytes) == -1, "of nothing: fails");
    ok(mmap_device_memory(NULL, PAGE, PROT_READ, 0, (uint64_t)where & ~(PAGE - 1)) == MAP_FAILED,
       "RAM is no device");
    munmap(p, 64 * PAGE);
}

static int no_rights(void)
{
    if (setuid(12) != 0)
        return 1;
    return mmap_device_memory(NULL, PAGE, PROT_READ, 0, 0x10000000) == MAP_FAILED && errno == EPERM
               ? 0
               : 2;
}

static void files(void)
{
    int fd = open("/proc/boot/tests/taskman_memory", O_RDONLY), shm;
    char *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0), *q;

    ok(p != MAP_FAILED && memcmp(p, "\177ELF", 4) == 0, "a boot file mapped");
    p[0] = 'x';
    q = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
    ok(q != MAP_FAILED && q[0] == 0x7f, "a private store stays private");
    ok(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED && errno == EACCES,
       "shared and writable: EACCES");
    ok(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 1) == MAP_FAILED && errno == EINVAL,
       "offset off a page: EINVAL");
    munmap(p, 2 * PAGE);
    munmap(q, PAGE);
    close(fd);
    ok(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, 900, 0) == MAP_FAILED && errno == EBADF,
       "no such descriptor: EBADF");
    shm = shm_open("/tmmem", O_CREAT | O_RDWR, 0600);
    ftruncate(shm, (off_t)PAGE);
    close(shm);
    shm = shm_open("/tmmem", O_RDONLY, 0);
    ok(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, shm, 0) == MAP_FAILED &&
           errno == EACCES,
       "object opened for reading: EACCES");
    p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, shm, 0);
    ok(p != MAP_FAILED && mprotect(p, PAGE, PROT_READ | PROT_WRITE) == -1 && errno == EACCES,
       "nor can mprotect help: EACCES");
    munmap(p, PAGE);
    close(shm);
    shm_unlink("/tmmem");
}

static int *shared;

static int change(void)
{
    shared[0]++;
    shared[1024] = 9;
    return 0;
}

static void across_fork(void)
{
    int shm = shm_open("/tmfork", O_CREAT | O_RDWR, 0600), *private, *whole;

    ftruncate(shm, (off_t)(2 * PAGE));
    whole = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, shm, 0);
    private = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, shm, 0);
    whole[0] = 1;
    shared = whole;
    is_int(in_child(change), 0, "a child changes shared memory");
    ok(whole[0] == 2 && whole[1024] == 9, "its parent sees it");
    private[0] = 50;
    shared = private;
    is_int(in_child(change), 0, "a child changes private memory");
    ok(private[0] == 50 && whole[0] == 2, "nobody else sees it");
    close(shm);
    shm_unlink("/tmfork");
    munmap(whole, 2 * PAGE);
    munmap(private, 2 * PAGE);
}

int main(void)
{
    placement();
    reserve_and_use();
    physical();
    is_int(in_child(no_rights), 0, "device memory without rights: EPERM");
    files();
    across_fork();
    return done();
}
