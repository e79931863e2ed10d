/* SPDX-License-Identifier: Apache-2.0 */
/* fork(): copy-on-write memory, shared descriptors, pending things not inherited; execve() and its errors.
 * Page: QNX Neutrino Library Reference, fork(), execve(); POSIX.1-2017. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/neutrino.h>
#include <sys/wait.h>
#include "../tap.h"

static int reap(pid_t pid)
{
    int st = -1;
    return waitpid(pid, &st, 0) == pid && WIFEXITED(st) ? WEXITSTATUS(st) : -1;
}

static void memory(void)
{
    static int data = 1;
    int stack = 2, *heap = malloc(sizeof(int) * 5000);
    heap[4999] = 3;
    int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    *shared = 0;
    pid_t pid = fork();
    if (pid == 0) {
        int good = data == 1 && stack == 2 && heap[4999] == 3 && getppid() != getpid();
        data = stack = heap[4999] = 50;
        *shared = 77;
        _exit(good ? 5 : 1);
    }
    ok(pid > 0, "fork");
    is_int(reap(pid), 5, "the child sees the parent's memory");
    ok(data == 1 && stack == 2 && heap[4999] == 3, "the child's stores stay its own");
    is_int(*shared, 77, "MAP_SHARED memory is shared");
    pid = fork();
    if (pid == 0) {
        while (__atomic_load_n(shared, __ATOMIC_ACQUIRE) == 77)
            sched_yield();
        _exit(data == 1 ? 6 : 1);
    }
    data = 99;
    __atomic_store_n(shared, 78, __ATOMIC_RELEASE);
    is_int(reap(pid), 6, "the parent's later stores are not seen by the child");
    munmap(shared, 4096);
    free(heap);
}

static void identity(void)
{
    int fd[2];
    pid_t me = getpid();
    if (pipe(fd) == -1)
        bail_out("pipe");
    pid_t pid = fork();
    if (pid == 0) {
        pid_t v[2] = { getpid(), getppid() };
        _exit(write(fd[1], v, sizeof(v)) == sizeof(v) && pthread_self() ? 0 : 1);
    }
    pid_t v[2] = { 0, 0 };
    is_int(read(fd[0], v, sizeof(v)), sizeof(v), "the child writes to the inherited pipe");
    ok(v[0] == pid && v[1] == me, "its pid and parent");
    is_int(reap(pid), 0, "it ends well");
    close(fd[1]);
    char c;
    is_int(read(fd[0], &c, 1), 0, "with all writers closed the pipe ends");
    close(fd[0]);
}

static void not_inherited(void)
{
    int chid = ChannelCreate(0), coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    pid_t pid = fork();
    if (pid == 0) {
        char b[1];
        _exit(MsgSend(coid, "x", 1, b, 1) == -1 && errno == EBADF && ChannelDestroy(chid) == -1 ? 0 : 1);
    }
    is_int(reap(pid), 0, "channels and side-channel connections are not inherited");
    alarm(100);
    pid = fork();
    if (pid == 0)
        _exit(alarm(0) == 0 ? 0 : 1);
    is_int(reap(pid), 0, "an alarm is not inherited");
    alarm(0);
}

static int try_exec(const char *path, char *const argv[])
{
    pid_t pid = fork();
    if (pid == 0) {
        execv(path, argv);
        _exit(errno);
    }
    return reap(pid);
}

static void exec(const char *self)
{
    char *av[] = { (char *)self, "child", NULL };
    is_int(try_exec(self, av), 123, "exec runs the new program");
    is_int(try_exec("/no/such", av), ENOENT, "no such file: ENOENT, the caller goes on");
    is_int(try_exec("/proc/boot/no/such", av), ENOENT, "below a missing folder: ENOENT");
    int err = try_exec("/dev/zero", av);
    ok(err == EACCES || err == ENOEXEC, "a device: EACCES or ENOEXEC (%d)", err);
}

static void *spin(void *arg)
{
    (void)arg;
    for (;;)
        pause();
    return NULL;
}

static void exec_threads(const char *self)
{
    char *av[] = { (char *)self, "child", NULL };
    pid_t pid = fork();
    if (pid == 0) {
        pthread_t t;
        for (int i = 0; i < 3; i++)
            pthread_create(&t, NULL, spin, NULL);
        execv(self, av);
        _exit(1);
    }
    is_int(reap(pid), 123, "exec ends the other threads");
}

int main(int argc, char **argv)
{
    const char *self = "/proc/boot/tests/process_fork_exec";
    (void)argv;
    if (argc > 1)
        return 123;
    memory();
    identity();
    not_inherited();
    exec(self);
    exec_threads(self);
    return done();
}
