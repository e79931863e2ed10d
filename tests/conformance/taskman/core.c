/* SPDX-License-Identifier: Apache-2.0 */
/* Core files: /proc/dumper (abi/procfs.h), and dumper, which writes them. Pages: QNX Neutrino Utilities Reference "dumper",
 * POSIX.1-2017 wait() (WCOREDUMP is no part of it), getrlimit(). */
#include <elf.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/procfs.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "../interrupt_call.h"
#include "../tap.h"

static volatile int marker;
static int *volatile nowhere;
static int ours = -1; /* /proc/dumper: a victim does not keep it open */

/* A child that a signal ends: signo, or a fault for 0. */
static pid_t start_victim(int signo, rlim_t limit)
{
    pid_t pid = fork();
    if (pid == 0) {
        struct rlimit r = {limit, limit};
        close(ours);
        setrlimit(RLIMIT_CORE, &r);
        marker = 4711;
        if (signo == 0)
            marker = *nowhere;
        raise(signo);
        for (;;)
            pause();
    }
    return pid;
}

#define CRASHES 5
#define CROWD   4

static void *crash(void *arg)
{
    pthread_barrier_wait(arg);
    marker = *nowhere;
    return NULL;
}

/* A child all of whose threads fault together. */
static pid_t start_crowd(void)
{
    static pthread_barrier_t start;
    pthread_t thread;
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    close(ours);
    pthread_barrier_init(&start, NULL, CROWD);
    for (int i = 1; i < CROWD; i++)
        pthread_create(&thread, NULL, crash, &start);
    crash(&start);
    _exit(0);
}

static int end_of(pid_t pid)
{
    int status = -1;
    return waitpid(pid, &status, 0) == pid ? status : -1;
}

static bool is_by(int status, int signo, bool is_dumped)
{
    return status != -1 && WIFSIGNALED(status) && WTERMSIG(status) == signo && !!WCOREDUMP(status) == is_dumped;
}

static int take(int fd, struct qrv_core_request *r)
{
    memset(r, 0, sizeof *r);
    return read(fd, r, sizeof *r) == sizeof *r;
}

static int finish(int fd, pid_t pid, int is_written)
{
    struct qrv_core_done done = {.pid = pid, .is_written = is_written};
    return write(fd, &done, sizeof done) == sizeof done ? 0 : errno;
}

static int read_marker(pid_t pid)
{
    char path[32];
    int value = -1;
    snprintf(path, sizeof path, "/proc/%d/as", (int)pid);
    int fd = open(path, O_RDONLY);
    if (fd == -1 || pread(fd, &value, sizeof value, (off_t)(uintptr_t)&marker) != sizeof value)
        value = -1;
    close(fd);
    return value;
}

static void protocol(int fd)
{
    struct qrv_core_request r, other;
    pid_t pid = start_victim(0, RLIM_INFINITY), second;
    ok(take(fd, &r) && r.pid == pid && r.signo == SIGSEGV && r.limit == RLIM_INFINITY, "a fault: its process is handed over");
    is_int(read_marker(pid), 4711, "its memory is there");
    is_int(waitpid(pid, NULL, WNOHANG), 0, "it has not ended");
    is_int(finish(fd, pid, 1), 0, "it is done with");
    ok(is_by(end_of(pid), SIGSEGV, true), "it ends by its signal, with WCOREDUMP");
    is_int(finish(fd, pid, 1), ESRCH, "only once");

    pid = start_victim(SIGABRT, 12345);
    ok(take(fd, &r) && r.pid == pid && r.signo == SIGABRT && r.limit == 12345, "SIGABRT, and RLIMIT_CORE");
    finish(fd, pid, 0);
    ok(is_by(end_of(pid), SIGABRT, false), "without WCOREDUMP where nothing was written");

    pid = start_victim(SIGTERM, RLIM_INFINITY);
    ok(is_by(end_of(pid), SIGTERM, false), "SIGTERM is no such signal");
    ok(is_by(end_of(start_victim(0, 0)), SIGSEGV, false), "RLIMIT_CORE 0: nobody is asked");

    pid = start_victim(SIGQUIT, RLIM_INFINITY);
    take(fd, &r);
    kill(pid, SIGKILL);
    ok(is_by(end_of(pid), SIGKILL, false), "SIGKILL ends it meanwhile");
    is_int(finish(fd, pid, 1), ESRCH, "then it is unknown");

    pid = start_victim(0, RLIM_INFINITY);
    take(fd, &r);
    kill(pid, SIGQUIT);
    is_int(finish(fd, pid, 1), 0, "another signal of this kind does not end it meanwhile");
    ok(is_by(end_of(pid), SIGSEGV, true), "the first one has ended it");

    int good = 0;
    for (int i = 0; i < CRASHES; i++) {
        pid = start_crowd();
        usleep(take(fd, &r) ? 20000 : 0); /* for the others to crash */
        good += finish(fd, pid, 1) == 0 && is_by(end_of(pid), SIGSEGV, true);
    }
    is_int(good, CRASHES, "threads that crash at once");

    pid = start_victim(0, RLIM_INFINITY);
    second = start_victim(SIGABRT, RLIM_INFINITY);
    ok(take(fd, &r) && take(fd, &other) && r.pid + other.pid == pid + second, "two at once");
    finish(fd, second, 1);
    finish(fd, pid, 0);
    ok(is_by(end_of(pid), SIGSEGV, false) && is_by(end_of(second), SIGABRT, true), "each has its own status");
}

static void wrong(int fd)
{
    struct qrv_core_request r;
    char text[64] = "";
    is_int(open("/proc/dumper", O_RDWR), -1, "a second one");
    is_errno(EBUSY, "EBUSY");
    is_int(read(fd, &r, sizeof r - 1), -1, "too small a buffer");
    is_errno(EINVAL, "EINVAL");
    is_int(write(fd, text, sizeof text), -1, "no such record");
    is_errno(EINVAL, "EINVAL");
    is_int(finish(fd, 1, 1), ESRCH, "a process that has not been handed over");
    is_int(finish(fd, -7, 1), ESRCH, "no process");
    pid_t pid = fork();
    if (pid == 0)
        _exit(setuid(4711) == 0 && open("/proc/dumper", O_RDWR) == -1 ? errno : 0);
    is_int(WEXITSTATUS(end_of(pid)), EACCES, "only root's");
}

static void interrupted(int fd)
{
    struct qrv_core_request r;
    interrupt_soon();
    is_int(read(fd, &r, sizeof r), -1, "a signal while nothing happens");
    is_errno(EINTR, "EINTR");
    interrupt_no_more();
}

/* Whoever was stopped for a dumper that goes away ends without a core file. */
static void gone(int fd)
{
    struct qrv_core_request r;
    pid_t pid = start_victim(0, RLIM_INFINITY), second;
    take(fd, &r);
    second = start_victim(SIGABRT, RLIM_INFINITY);
    usleep(200000);
    close(fd);
    ok(is_by(end_of(pid), SIGSEGV, false), "the file is closed: what it had ends");
    ok(is_by(end_of(second), SIGABRT, false), "and what waited for it");
    fd = open("/proc/dumper", O_RDWR | O_NONBLOCK);
    is_int(read(fd, &r, sizeof r), -1, "nothing there, and O_NONBLOCK");
    is_errno(EAGAIN, "EAGAIN");
    close(fd);
    pid_t dumper = fork();
    if (dumper == 0) {
        fd = open("/proc/dumper", O_RDWR);
        take(fd, &r);
        for (;;)
            pause();
    }
    usleep(200000);
    pid = start_victim(0, RLIM_INFINITY);
    usleep(200000);
    kill(dumper, SIGKILL);
    end_of(dumper);
    ok(is_by(end_of(pid), SIGSEGV, false), "the dumper is killed: so does its process");
    dumper = fork();
    if (dumper == 0) {
        fd = open("/proc/dumper", O_RDWR);
        _exit(*nowhere);
    }
    ok(is_by(end_of(dumper), SIGSEGV, false), "a dumper that crashes is not asked for itself");
}

/* ---- the program */

#define DIRECTORY "/dev/shmem"
#define CORE      DIRECTORY "/taskman_core.core"

static void run_dumper(char *const argv[], pid_t *pid)
{
    extern char **environ;
    *pid = -1;
    if (posix_spawnp(pid, "dumper", NULL, NULL, argv, environ) != 0)
        *pid = -1;
}

/* dumper goes into the background when it is ready. */
static bool with_dumper(char *const argv[])
{
    pid_t pid;
    run_dumper(argv, &pid);
    return pid > 0 && WIFEXITED(end_of(pid));
}

static void stop_dumper(void)
{
    if (system("slay -f dumper >/dev/null") == -1)
        return;
    for (int i = 0; i < 100; i++) { /* until it has let go of the file */
        int fd = open("/proc/dumper", O_RDWR);
        if (fd != -1) {
            close(fd);
            return;
        }
        usleep(20000);
    }
}

/* Threads and loaded bytes of a core file; -1: it is none. */
static int threads_of(const char *file, uint64_t *bytes, int *signo)
{
    static uint8_t data[65536];
    int fd = open(file, O_RDONLY), threads = 0;
    ssize_t n = fd != -1 ? read(fd, data, sizeof data) : -1;
    close(fd);
    const Elf64_Ehdr *head = (const void *)data;
    if (n < (ssize_t)sizeof *head || memcmp(data, ELFMAG, SELFMAG) != 0 || head->e_type != ET_CORE)
        return -1;
    const Elf64_Phdr *p = (const void *)(data + head->e_phoff);
    *bytes = 0;
    for (int i = 1; i < head->e_phnum; i++)
        *bytes += p[i].p_filesz;
    for (size_t at = p[0].p_offset; at < p[0].p_offset + p[0].p_filesz && at < sizeof data;) {
        const Elf64_Nhdr *note = (const void *)(data + at);
        const uint8_t *text = data + at + sizeof *note + ((note->n_namesz + 3) & ~3u);
        threads += note->n_type == NT_PRSTATUS;
        if (note->n_type == NT_PRSTATUS)
            *signo = *(const int32_t *)text;
        at = (size_t)(text - data) + ((note->n_descsz + 3) & ~3u);
    }
    return threads;
}

static void program(void)
{
    uint64_t bytes = 0, few = 0;
    struct stat st;
    int signo = 0;
    pid_t pid;
    unlink(CORE);
    ok(with_dumper((char *[]){"dumper", "-d", DIRECTORY, NULL}), "dumper starts");
    ok(is_by(end_of(start_victim(0, RLIM_INFINITY)), SIGSEGV, true), "a crash: WCOREDUMP");
    ok(threads_of(CORE, &bytes, &signo) == 1 && bytes > 100000 && signo == SIGSEGV, "a core file with its thread, memory and signal");
    ok(stat(CORE, &st) == 0 && (st.st_mode & 0777) == 0600, "for its owner only");
    ok(is_by(end_of(start_victim(SIGABRT, 100000)), SIGABRT, true) && stat(CORE, &st) == 0 && st.st_size <= 100000 &&
           threads_of(CORE, &few, &signo) == 1 && few < bytes, "RLIMIT_CORE cuts off memory");
    ok(is_by(end_of(start_victim(0, 100)), SIGSEGV, false), "and is too small for anything");
    stop_dumper();

    ok(with_dumper((char *[]){"dumper", "-d", "/nowhere", NULL}) && is_by(end_of(start_victim(0, RLIM_INFINITY)), SIGSEGV, false),
       "no directory: no core file");
    stop_dumper();
    unlink(CORE);
    ok(with_dumper((char *[]){"dumper", "-m", "-n", "-d", DIRECTORY, NULL}), "-m -n");
    end_of(start_victim(0, RLIM_INFINITY));
    end_of(start_victim(0, RLIM_INFINITY));
    ok(threads_of(CORE, &few, &signo) == 1 && few == 0, "-m: no memory");
    ok(threads_of(DIRECTORY "/taskman_core.1.core", &few, &signo) == 1, "-n: the older one has a number");
    stop_dumper();
    unlink(DIRECTORY "/taskman_core.1.core");
    unlink(CORE);

    char number[16];
    pid_t live = fork();
    if (live == 0)
        for (;;)
            pause();
    snprintf(number, sizeof number, "%d", (int)live);
    run_dumper((char *[]){"dumper", "-d", DIRECTORY, "-p", number, NULL}, &pid);
    is_int(end_of(pid), 0, "-p");
    is_int(threads_of(CORE, &few, &signo), 1, "writes the core file of a process");
    is_int(waitpid(live, NULL, WNOHANG), 0, "that lives on");
    kill(live, SIGKILL);
    end_of(live);
    run_dumper((char *[]){"dumper", "-p", number, NULL}, &pid);
    is_int(WEXITSTATUS(end_of(pid)), 1, "-p of a process that is gone");
    run_dumper((char *[]){"dumper", "-s", "0", NULL}, &pid);
    is_int(WEXITSTATUS(end_of(pid)), 2, "a bad size");
    unlink(CORE);
}

int main(void)
{
    tap_plan(0);
    ok(is_by(end_of(start_victim(0, RLIM_INFINITY)), SIGSEGV, false), "without a dumper: no core file");
    int fd = ours = open("/proc/dumper", O_RDWR | O_CLOEXEC);
    ok(fd != -1, "/proc/dumper opens");
    protocol(fd);
    wrong(fd);
    interrupted(fd);
    gone(fd);
    program();
    return done();
}
