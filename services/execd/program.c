/* SPDX-License-Identifier: Apache-2.0 */
/* execd: runs one program for "qrv exec" of the build machine. */
/* clang-format off */
#ifdef __USAGE
%C - runs one program for "qrv exec" on the build machine

%C

Takes program, arguments, environment and directories from a virtio console port, mounts the
directories with fs-9p, runs the program and reports its end.  The exec boot image starts it.
#endif
/* clang-format on */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/neutrino.h>
#include <sys/stat.h>
#include <sys/syspage.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "execd.h"

#define FS_9P  "/proc/boot/fs-9p"
#define IO_NET "/proc/boot/io-net"

static pthread_cond_t started = PTHREAD_COND_INITIALIZER;
static struct qrv_exec_start *request; /* under execd_lock until the program's thread has it */
static uint32_t request_bytes;
static pid_t pid; /* of the program, 0: none; execd_lock */
static uint64_t mounted_ns;

struct plan { /* the request, taken apart */
    char *program, *cwd;
    char **argv, **envp, **mounts;
};

uint64_t machine_ns(void)
{
    const struct qrv_syspage *page = (const void *)QRV_SYSPAGE_ADDR;
    uint64_t t;
    __asm__ volatile("rdtime %0" : "=r"(t));
    return (uint64_t)((unsigned __int128)t * 1000000000u / page->cycles_per_sec);
}

static struct qrv_exec_hello hello(void)
{
    const struct qrv_syspage *page = (const void *)QRV_SYSPAGE_ADDR;
    return (struct qrv_exec_hello){
        .magic = QRV_EXEC_MAGIC,
        .pid = (uint32_t)pid,
        .entry_ns =
            (uint64_t)((unsigned __int128)page->entry_time * 1000000000u / page->cycles_per_sec),
        .now_ns = machine_ns(),
        .mounted_ns = mounted_ns,
    };
}

static void forward_signal(const struct qrv_exec_signal *s)
{
    if (pid > 0)
        kill(s->whole_group ? -pid : pid, (int)s->signo);
}

void program_frame(uint32_t type, const void *payload, uint32_t bytes)
{
    switch (type) {
    case QRV_EXEC_START:
        if (request == NULL && bytes > sizeof *request && (request = malloc(bytes)) != NULL) {
            memcpy(request, payload, bytes);
            request_bytes = bytes;
            pthread_cond_signal(&started);
        }
        break;
    case QRV_EXEC_STDIN:
        stdio_input(payload, bytes);
        break;
    case QRV_EXEC_STDIN_EOF:
        stdio_eof();
        break;
    case QRV_EXEC_SIGNAL:
        if (bytes == sizeof(struct qrv_exec_signal))
            forward_signal(payload);
        break;
    case QRV_EXEC_WINSIZE:
        if (bytes == sizeof(struct qrv_exec_winsize))
            stdio_winsize(*(const struct qrv_exec_winsize *)payload);
        break;
    case QRV_EXEC_CLOSED:
        if (bytes == sizeof(uint32_t))
            stdio_closed(*(const uint32_t *)payload);
        break;
    default:
        break; /* of a newer host */
    }
}

/* ------------------------------------------------------------------ the plan */

/* Pointers to `count` strings at *at; NULL: they are not all there, or no memory. */
static char **take_strings(char **at, const char *end, uint32_t count)
{
    char **list = count < QRV_EXEC_START_MAX ? calloc((size_t)count + 1, sizeof *list) : NULL;
    for (uint32_t i = 0; list != NULL && i < count; i++) {
        char *nul = *at < end ? memchr(*at, 0, (size_t)(end - *at)) : NULL;
        if (nul == NULL) {
            free(list);
            return NULL;
        }
        list[i] = *at;
        *at = nul + 1;
    }
    return list;
}

static bool make_plan(struct plan *p)
{
    char *at = (char *)(request + 1), *end = (char *)request + request_bytes;
    char **two;
    if (request->magic != QRV_EXEC_MAGIC)
        return false;
    two = take_strings(&at, end, 2);
    p->argv = two != NULL ? take_strings(&at, end, request->argc) : NULL;
    p->envp = p->argv != NULL ? take_strings(&at, end, request->envc) : NULL;
    p->mounts = p->envp != NULL ? take_strings(&at, end, request->mounts) : NULL;
    if (p->mounts == NULL)
        return false;
    p->program = two[0];
    p->cwd = two[1];
    return true;
}

/* ------------------------------------------------------------------ running */

_Noreturn static void end_here(void)
{
    for (;;) /* the host switches the machine off */
        pause();
}

__attribute__((format(printf, 2, 3))) _Noreturn static void fail(int error, const char *format, ...)
{
    struct {
        struct qrv_exec_failed head;
        char text[512];
    } f = {.head.error = (uint32_t)error};
    va_list ap;
    va_start(ap, format);
    int n = vsnprintf(f.text, sizeof f.text, format, ap);
    va_end(ap);
    if (n > (int)sizeof f.text - 1)
        n = (int)sizeof f.text - 1;
    pthread_mutex_lock(&execd_lock);
    link_put(QRV_EXEC_FAILED, &f, (uint32_t)(sizeof f.head + (size_t)n));
    pthread_mutex_unlock(&execd_lock);
    end_here();
}

static void set_clock(uint64_t realtime_ns)
{
    struct timespec ts = {.tv_sec = (time_t)(realtime_ns / 1000000000u),
                          .tv_nsec = (long)(realtime_ns % 1000000000u)};
    if (realtime_ns != 0)
        clock_settime(CLOCK_REALTIME, &ts);
}

static int run_and_wait(char **argv)
{
    char *env[] = {NULL};
    pid_t child;
    int status, error = posix_spawn(&child, argv[0], NULL, NULL, argv, env);
    if (error != 0)
        return error;
    while (waitpid(child, &status, 0) == -1)
        if (errno != EINTR)
            return errno;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : EIO;
}

static void mount_all(const struct plan *p)
{
    char ids[32];
    char **argv = calloc((size_t)request->mounts + 4, sizeof *argv);
    if (argv == NULL)
        fail(ENOMEM, "no memory for the mounts");
    snprintf(ids, sizeof ids, "-u%u:%u", request->uid, request->gid);
    argv[0] = FS_9P;
    argv[1] = ids;
    for (uint32_t i = 0; i < request->mounts; i++)
        argv[2 + i] = p->mounts[i];
    int error = run_and_wait(argv);
    if (error != 0)
        fail(error, "fs-9p did not start: the console (--console) says why");
    free(argv);
    mounted_ns = machine_ns();
}

static void start_network(void)
{
    char *argv[] = {IO_NET, "-w10", NULL};
    if (!(request->flags & QRV_EXEC_NET))
        return;
    int error = run_and_wait(argv);
    if (error != 0)
        fail(error, "io-net did not start: the console (--console) says why");
}

/* pipe() works from the first instruction on. */
static void wait_for_pipes(void)
{
    struct stat st;
    for (int i = 0; i < 500 && stat("/dev/pipe", &st) == -1; i++)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

static int open_stdio(posix_spawn_file_actions_t *actions)
{
    int error = 0;
    for (int fd = 0; error == 0 && fd < 3; fd++) {
        char path[16];
        snprintf(path, sizeof path, "/dev/exec/%d", fd);
        bool tty = request->fd_kind[fd] == QRV_EXEC_FD_TTY;
        error = posix_spawn_file_actions_addopen(
            actions, fd, request->fd_kind[fd] == QRV_EXEC_FD_NULL ? "/dev/null" : path,
            O_NOCTTY | (tty       ? O_RDWR
                        : fd == 0 ? O_RDONLY
                                  : O_WRONLY),
            0);
    }
    return error;
}

static int start_program(const struct plan *p, pid_t *child)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSID);
    int error = posix_spawn_file_actions_addchdir_np(&actions, p->cwd);
    if (error == 0)
        error = open_stdio(&actions);
    if (error == 0)
        error = strchr(p->program, '/') != NULL
                    ? posix_spawn(child, p->program, &actions, &attr, p->argv, p->envp)
                    : posix_spawnp(child, p->program, &actions, &attr, p->argv, p->envp);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attr);
    return error;
}

static void report_exit(int status)
{
    struct qrv_exec_exit e = {
        .is_signal = WIFSIGNALED(status),
        .code = (uint32_t)(WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status)),
        .now_ns = machine_ns(),
    };
    pthread_mutex_lock(&execd_lock);
    stdio_end();
    link_put(QRV_EXEC_EXIT, &e, sizeof e);
    pthread_mutex_unlock(&execd_lock);
}

/* Waits for the program alone; whatever else ends (fs-9p does not) is collected too. */
static int wait_for(pid_t child)
{
    int status;
    for (;;) {
        pid_t got = waitpid(-1, &status, 0);
        if (got == child)
            return status;
        if (got == -1 && errno != EINTR)
            fail(errno, "waiting for the program");
    }
}

void *program_thread(void *unused)
{
    struct plan p;
    pid_t child;
    (void)unused;
    pthread_mutex_lock(&execd_lock);
    while (request == NULL)
        pthread_cond_wait(&started, &execd_lock);
    bool good = make_plan(&p) && stdio_attach(request) == EOK;
    pthread_mutex_unlock(&execd_lock);
    if (!good)
        fail(EINVAL, "the request of qrv exec is of another version or damaged");
    set_clock(request->realtime_ns);
    mount_all(&p);
    wait_for_pipes();
    start_network();
    setenv("PATH", "/bin:/usr/bin:/sbin:/proc/boot", 1); /* for posix_spawnp() */
    umask((mode_t)request->umask);
    int error = start_program(&p, &child);
    if (error != 0)
        fail(error, "%s: %s", p.program, strerror(error));
    pthread_mutex_lock(&execd_lock);
    pid = child;
    struct qrv_exec_hello h = hello();
    link_put(QRV_EXEC_STARTED, &h, sizeof h);
    pthread_mutex_unlock(&execd_lock);
    int status = wait_for(child);
    report_exit(status);
    end_here();
}

int main(void)
{
    pthread_t thread;
    if (ThreadCtl(_NTO_TCTL_IO, 0) == -1) {
        fprintf(stderr, "execd: I/O privilege: %s\n", strerror(errno));
        return EXIT_FAILURE;
    }
    int error = stdio_serve();
    if (error == EOK)
        error = pthread_create(&thread, NULL, program_thread, NULL);
    if (error != EOK) {
        fprintf(stderr, "execd: the virtio console of qrv exec: %s\n", strerror(error));
        return EXIT_FAILURE;
    }
    pthread_mutex_lock(&execd_lock);
    struct qrv_exec_hello h = hello();
    link_put(QRV_EXEC_HELLO, &h, sizeof h);
    pthread_mutex_unlock(&execd_lock);
    stdio_loop();
}
