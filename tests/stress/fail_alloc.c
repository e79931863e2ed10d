/* SPDX-License-Identifier: Apache-2.0 */
/* Every allocation of a call fails in turn: in the kernel (KC_DEBUG_FAIL), in the kernel's calls that taskman makes for it, and in
 * taskman's own heap (TMSG_SYS_FAIL).  The call does its work all the same or says ENOMEM or EAGAIN, and nothing is lost.
 * Only the kernel that checks its locks can do this.  Pages: Library Reference, the errors of each call named below. */
#include <abi/ecall.h>
#include <abi/kercall.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include "stress.h"

extern char **environ;

enum where { KERNEL, TASKMAN_KERNEL, TASKMAN_HEAP };
static const char *const where_names[] = { "the kernel", "the kernel, for taskman", "taskman's heap" };

/* Allocations since the last time, or -1. */
static long arm(enum where where, int n)
{
    struct tmsg_id m = { .type = TMSG_SYS, .subtype = TMSG_SYS_FAIL, .value = n };
    if (where == KERNEL)
        return _kc_call6(KC_DEBUG_FAIL, n, 0, 0, 0, 0, 0);
    m.pid = where == TASKMAN_HEAP ? TMSG_FAIL_HEAP : TMSG_FAIL_KERNEL;
    return MsgSend(SYSMGR_COID, &m, sizeof(m), NULL, 0);
}

static int chid, coid;
static char small_stack[8192] __attribute__((aligned(16)));

/* ---- the calls: 0 or errno; what they made is undone again */

static int channel(void)
{
    int id = ChannelCreate(0);
    return id == -1 ? errno : (ChannelDestroy(id), 0);
}

static int connection(void)
{
    int id = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    return id == -1 ? errno : (ConnectDetach(id), 0);
}

static int pulse(void)
{
    struct _pulse p;
    if (MsgSendPulse(coid, 10, 1, 0) == -1)
        return errno;
    MsgReceivePulse(chid, &p, sizeof(p), NULL);
    return 0;
}

static int timer(void)
{
    struct sigevent ev;
    struct _itimer at = { .nsec = 1000000000 };
    SIGEV_PULSE_INIT(&ev, coid, 10, 1, 0);
    int id = TimerCreate(CLOCK_MONOTONIC, &ev);
    if (id == -1)
        return errno;
    int error = TimerSettime(id, 0, &at, NULL) == -1 ? errno : 0;
    TimerDestroy(id);
    return error;
}

static void ends(void) /* without a thread pointer: nothing of libc */
{
    for (;;)
        _kc_call6(KC_THREAD_EXIT, 0, 0, 0, 0, 0, 0);
}

static int thread(void)
{
    struct _kc_thread_create tc = { .entry = (uint64_t)ends, .sp = (uint64_t)(small_stack + sizeof(small_stack)) };
    long tid = _kc_call6(KC_THREAD_CREATE, (long)&tc, 0, 0, 0, 0, 0);
    if (tid < 0)
        return (int)-tid;
    ThreadJoin((int)tid, NULL);
    return 0;
}

static int queued_signal(void)
{
    sigset_t set;
    siginfo_t info;
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN + 2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    if (sigqueue(getpid(), SIGRTMIN + 2, (union sigval){ .sival_int = 4 }) == -1)
        return errno;
    sigwaitinfo(&set, &info);
    return 0;
}

/* Also when the failure hits the wait. */
static void reap(pid_t pid)
{
    int status;
    while (waitpid(pid, &status, 0) == -1 && errno != ECHILD)
        ;
}

static int fork_it(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    return pid == -1 ? errno : (reap(pid), 0);
}

/* A fork that works has copied every descriptor. */
static int fork_copies(void)
{
    int status = 0, fds[8], n = 0;
    while (n < 8 && (fds[n] = open("/dev/null", O_RDWR)) != -1)
        n++;
    pid_t pid = n == 8 ? fork() : -1;
    if (pid == 0) {
        for (int i = 0; i < n; i++)
            if (write(fds[i], "x", 1) != 1)
                _exit(1);
        _exit(0);
    }
    int error = pid == -1 ? errno : 0;
    while (n > 0)
        close(fds[--n]);
    if (pid == -1)
        return error;
    while (waitpid(pid, &status, 0) == -1 && errno != ECHILD)
        ;
    return status ? EBADF : 0;
}

static int event(void)
{
    struct sigevent ev;
    SIGEV_PULSE_INIT(&ev, coid, 10, 1, 0);
    return MsgRegisterEvent(&ev, coid) == -1 ? errno : (MsgUnregisterEvent(&ev), 0);
}

static int spawn_it(void)
{
    char *argv[] = { "true", NULL };
    pid_t pid;
    int error = posix_spawn(&pid, "/proc/boot/true", NULL, NULL, argv, environ);
    if (error == 0)
        reap(pid);
    return error;
}

static int map_it(void)
{
    void *p = mmap(NULL, 20 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
    if (p == MAP_FAILED)
        return errno;
    int error = mprotect((char *)p + 4096, 4096, PROT_READ) == -1 ? errno : 0;
    return munmap(p, 20 * 4096) == -1 ? errno : error;
}

static int open_it(void)
{
    int fd = open("/dev/null", O_RDWR);
    return fd == -1 ? errno : (close(fd), 0);
}

static int shared_object(void)
{
    int error = 0, fd = shm_open("/fail", O_RDWR | O_CREAT, 0600);
    if (fd == -1)
        return errno;
    if (ftruncate(fd, 5 * 4096) == -1)
        error = errno;
    close(fd);
    shm_unlink("/fail");
    return error;
}

static int wait_nobody(void)
{
    return waitpid(-1, NULL, WNOHANG) == -1 && errno != ECHILD ? errno : 0;
}

static const struct {
    const char *name;
    int (*run)(void);
    int is_taskmans;
} calls[] = {
    { "ChannelCreate", channel, 0 }, { "ConnectAttach", connection, 0 }, { "MsgSendPulse", pulse, 0 },
    { "TimerCreate", timer, 0 },     { "ThreadCreate", thread, 0 },      { "sigqueue", queued_signal, 0 },
    { "MsgRegisterEvent", event, 0 },
    { "fork", fork_it, 1 }, { "fork with descriptors", fork_copies, 1 },          { "posix_spawn", spawn_it, 1 },     { "mmap, mprotect, munmap", map_it, 1 },
    { "open", open_it, 1 },          { "shm_open, ftruncate", shared_object, 1 }, { "waitpid", wait_nobody, 1 },
};

/* Lets allocation after allocation fail until the call makes fewer; how many failed, or -1 for a wrong answer. */
static int fail_in_turn(unsigned i, enum where where)
{
    for (int n = 1; n < 400; n++) {
        arm(where, n);
        int error = calls[i].run();
        long made = arm(where, 0);
        if (made < n) { /* none failed */
            if (error)
                diag("%s fails by itself: %s", calls[i].name, strerror(error));
            return error ? -1 : n - 1;
        }
        if (error && error != ENOMEM && error != EAGAIN) {
            diag("%s, allocation %d in %s: %s", calls[i].name, n, where_names[where], strerror(error));
            return -1;
        }
    }
    return -1;
}

static void one(unsigned i, enum where where)
{
    fail_in_turn(i, where);
    struct holdings before = holdings_now();
    int failed = fail_in_turn(i, where);
    struct holdings after = holdings_settled(&before);
    ok(failed >= 0, "%s: each of %d allocations in %s may fail", calls[i].name, failed, where_names[where]);
    ok(same_objects(&before, &after) && pages_more(&before, &after) <= PAGES_SLACK,
       "... and nothing is lost: %d processes, %d threads, %d channels, %d connections, %d regions, %ld pages more",
       (int)(after.k.processes - before.k.processes), (int)(after.k.threads - before.k.threads),
       (int)(after.k.channels - before.k.channels), (int)(after.k.connections - before.k.connections),
       (int)(after.t.regions - before.t.regions), (long)pages_more(&before, &after));
}

int main(void)
{
    if (arm(KERNEL, 0) < 0) {
        tap_plan(1);
        skip("the kernel that ships lets nothing fail on request");
        return done();
    }
    chid = ChannelCreate(0);
    coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        if (!calls[i].is_taskmans) {
            one(i, KERNEL);
            continue;
        }
        one(i, TASKMAN_KERNEL);
        one(i, TASKMAN_HEAP);
    }
    return done();
}
