/* SPDX-License-Identifier: Apache-2.0 */
/* shm_open() objects: naming, size, sharing between processes, life after unlink.
 * Page: QNX Neutrino Library Reference, shm_open(), ftruncate(), shm_unlink(). */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "../tap.h"

int main(void)
{
    const char *name = "/qrv-test-shm";
    shm_unlink(name);
    ok(shm_open(name, O_RDWR, 0600) == -1 && errno == ENOENT, "does not exist: ENOENT");
    int fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
    ok(fd >= 0, "shm_open creates it");
    ok(shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600) == -1 && errno == EEXIST, "O_EXCL again: EEXIST");
    struct stat st;
    ok(fstat(fd, &st) == 0 && st.st_size == 0, "it starts empty");
    is_int(ftruncate(fd, 10000), 0, "ftruncate gives it a size");
    ok(fstat(fd, &st) == 0 && st.st_size == 10000, "which fstat shows");
    char *p = mmap(NULL, 10000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ok(p != MAP_FAILED, "map it");
    char *q = mmap(NULL, 10000, PROT_READ, MAP_SHARED, fd, 0);
    p[9000] = 'x';
    ok(q != MAP_FAILED && q != p && q[9000] == 'x', "two mappings show the same memory");
    pid_t pid = fork();
    if (pid == 0) {
        int cfd = shm_open(name, O_RDWR, 0);
        char *c = mmap(NULL, 10000, PROT_READ | PROT_WRITE, MAP_SHARED, cfd, 0);
        if (c == MAP_FAILED || c[9000] != 'x')
            _exit(1);
        c[1] = 'c';
        p[2] = 'd';
        _exit(0);
    }
    int status;
    waitpid(pid, &status, 0);
    is_int(status, 0, "another process opens it by name");
    ok(p[1] == 'c' && p[2] == 'd', "its stores are seen here, through the name and through the inherited mapping");
    char *priv = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    if (priv != MAP_FAILED)
        priv[1] = 'P';
    ok(priv != MAP_FAILED && p[1] == 'c', "a private mapping keeps its stores");
    is_int(shm_unlink(name), 0, "shm_unlink");
    ok(shm_open(name, O_RDWR, 0) == -1 && errno == ENOENT, "the name is gone");
    p[5] = 'z';
    is_int(q[5], 'z', "the memory lives while it is mapped");
    close(fd);
    munmap(p, 10000);
    is_int(q[5], 'z', "and after the descriptor is closed");
    munmap(q, 10000);
    return done();
}
