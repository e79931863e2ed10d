/* SPDX-License-Identifier: Apache-2.0 */
/* sysinit: the first program.  Carries out the start script of the boot image, then stays to
 * collect the processes that end.  It never gives up on its own: a line that fails is reported with
 * its number and the next one runs. */
/* clang-format off */
#ifdef __USAGE
%C - carries out the start script, then collects ended processes

%C script

Lines of the script:
 [pri=10r argv0=name +session] NAME=value command arguments &
 NAME=value               for all commands that follow
 display_msg text         writes to the console
 procmgr_symlink path link
 waitfor path [seconds]   until path exists (default 5 seconds)
 reopen [path]            makes path standard input, output and error (default /dev/console)
#endif
/* clang-format on */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/neutrino.h>
#include <sys/pathmgr.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <abi/taskman.h>

#include "script.h"

#define SCRIPT_MAX         (256 * 1024)
#define WAITFOR_DEFAULT_MS 5000
#define POLL_MS            10

extern char **environ;

static const char *script_name;
static unsigned line_number;
static bool has_console; /* standard output goes somewhere */

/* To standard output or, as long as there is none, to the kernel's console. */
static void say(const char *text)
{
    struct {
        struct tmsg_hdr header;
        char text[400];
    } msg = {.header = {.type = TMSG_SYS, .subtype = TMSG_SYS_LOG}};
    size_t len = strlen(text);
    if (has_console) {
        while (len > 0) {
            ssize_t n = write(STDOUT_FILENO, text, len);
            if (n <= 0)
                break;
            text += n;
            len -= (size_t)n;
        }
        return;
    }
    if (len > sizeof msg.text)
        len = sizeof msg.text;
    memcpy(msg.text, text, len);
    MsgSend(SYSMGR_COID, &msg, sizeof msg.header + len, NULL, 0);
}

__attribute__((format(printf, 1, 2))) static void complain(const char *format, ...)
{
    char text[400];
    int n = snprintf(text, sizeof text - 1, "%s:%u: ", script_name, line_number);
    va_list ap;
    va_start(ap, format);
    vsnprintf(text + n, sizeof text - 1 - (size_t)n, format, ap);
    va_end(ap);
    strcat(text, "\n");
    say(text);
}

/* Standard descriptors are never left to chance: the next open() would become one. */
static void reserve_descriptors(void)
{
    bool open_already = fcntl(STDOUT_FILENO, F_GETFD) != -1;
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) == -1)
            open("/dev/null", O_RDWR | O_NOCTTY);
    }
    has_console = open_already;
}

static void do_reopen(const char *path)
{
    int fd = open(path, O_RDWR | O_NOCTTY);
    if (fd == -1) {
        complain("reopen %s: %s", path, strerror(errno));
        return;
    }
    for (int to = 0; to <= 2; to++)
        dup2(fd, to);
    if (fd > 2)
        close(fd);
    has_console = true;
}

static uint64_t now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void do_waitfor(const char *path, long ms)
{
    uint64_t end = now_ms() + (uint64_t)ms;
    struct stat st;
    while (stat(path, &st) == -1) {
        if (now_ms() >= end) {
            complain("waitfor %s: not there after %ld.%ld s", path, ms / 1000, ms % 1000 / 100);
            return;
        }
        nanosleep(&(struct timespec){0, POLL_MS * 1000000}, NULL);
    }
}

static void display(char *const *word)
{
    for (; *word != NULL; word++) {
        say(*word);
        say(word[1] != NULL ? " " : "\n");
    }
}

/* ------------------------------------------------------------------ programs */

static int policy_of(char letter)
{
    return letter == 'f' ? SCHED_FIFO : letter == 'o' ? SCHED_OTHER : SCHED_RR;
}

/* environ with the line's own assignments on top; the strings are shared.  NULL: no memory. */
static char **make_environment(const struct script_line *line)
{
    size_t n = 0;
    while (environ != NULL && environ[n] != NULL)
        n++;
    char **env = calloc(n + line->assigns + 1, sizeof *env);
    if (env == NULL)
        return NULL;
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        size_t name = strcspn(environ[i], "=") + 1;
        bool replaced = false;
        for (unsigned k = 0; k < line->assigns; k++)
            replaced = replaced || strncmp(environ[i], line->assign[k], name) == 0;
        if (!replaced)
            env[used++] = environ[i];
    }
    for (unsigned k = 0; k < line->assigns; k++)
        env[used++] = line->assign[k];
    return env;
}

/* In the child: a session of its own, with the terminal on standard input as controlling terminal.
 */
__attribute__((noreturn)) static void exec_in_session(const struct script_line *line, char **env)
{
    setsid();
    ioctl(STDIN_FILENO, TIOCSCTTY, 0);
    tcsetpgrp(STDIN_FILENO, getpid());
    if (line->priority != 0) {
        struct sched_param param = {.sched_priority = line->priority};
        sched_setscheduler(0, policy_of(line->policy), &param);
    }
    char *file = line->argv[0];
    char *argv[SCRIPT_WORDS_MAX + 1];
    memcpy(argv, line->argv, sizeof argv);
    if (line->argv0 != NULL)
        argv[0] = (char *)line->argv0;
    environ = env;
    execvp(file, argv);
    complain("%s: %s", file, strerror(errno));
    _exit(127);
}

/* The pid, or -1 with errno. */
static pid_t start(struct script_line *line, char **env)
{
    if (line->session) {
        pid_t pid = fork();
        if (pid == 0)
            exec_in_session(line, env);
        return pid;
    }
    posix_spawnattr_t attr;
    int error = posix_spawnattr_init(&attr);
    if (error == 0 && line->priority != 0) {
        struct sched_param param = {.sched_priority = line->priority};
        posix_spawnattr_setschedparam(&attr, &param);
        posix_spawnattr_setschedpolicy(&attr, policy_of(line->policy));
        posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSCHEDPARAM | POSIX_SPAWN_SETSCHEDULER);
    }
    char *file = line->argv[0];
    if (line->argv0 != NULL)
        line->argv[0] = (char *)line->argv0;
    pid_t pid;
    error = posix_spawnp(&pid, file, NULL, &attr, line->argv, env);
    line->argv[0] = file;
    posix_spawnattr_destroy(&attr);
    if (error != 0) {
        errno = error;
        return -1;
    }
    return pid;
}

static void report(const struct script_line *line, int status)
{
    if (WIFSIGNALED(status))
        complain("%s: killed by signal %d", line->argv[0], WTERMSIG(status));
    else if (WIFEXITED(status) && WEXITSTATUS(status) != 0 && !line->session)
        complain("%s: exit status %d", line->argv[0], WEXITSTATUS(status));
}

static void run(struct script_line *line)
{
    char **env = make_environment(line);
    pid_t pid = env == NULL ? -1 : start(line, env);
    if (pid == -1)
        complain("%s: %s", line->argv[0], strerror(errno));
    free(env);
    while (pid != -1 && !line->background) {
        int status;
        pid_t ended = wait(&status); /* whatever ends meanwhile is collected too */
        if (ended == pid) {
            report(line, status);
            break;
        }
        if (ended == -1 && errno != EINTR)
            break;
    }
}

static void carry_out(struct script_line *line)
{
    if (line->argc == 0) {
        for (unsigned i = 0; i < line->assigns; i++) {
            char *eq = strchr(line->assign[i], '=');
            *eq = '\0';
            if (setenv(line->assign[i], eq + 1, 1) == -1)
                complain("%s: %s", line->assign[i], strerror(errno));
        }
        return;
    }
    const char *name = line->argv[0];
    if (strcmp(name, "display_msg") == 0) {
        display(line->argv + 1);
    } else if (strcmp(name, "procmgr_symlink") == 0) {
        if (pathmgr_symlink(line->argv[1], line->argv[2]) == -1)
            complain("procmgr_symlink %s: %s", line->argv[2], strerror(errno));
    } else if (strcmp(name, "waitfor") == 0) {
        do_waitfor(line->argv[1],
                   line->argc == 3 ? script_milliseconds(line->argv[2]) : WAITFOR_DEFAULT_MS);
    } else if (strcmp(name, "reopen") == 0) {
        do_reopen(line->argc == 2 ? line->argv[1] : "/dev/console");
    } else {
        run(line);
    }
}

/* ------------------------------------------------------------------ the script */

/* The whole file, *len bytes.  NULL with errno. */
static char *read_script(const char *path, size_t *len)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd == -1)
        return NULL;
    char *text = NULL;
    size_t size = 0;
    *len = 0;
    for (;;) {
        if (*len == size) {
            char *more = size < SCRIPT_MAX ? realloc(text, size + 4096) : NULL;
            if (more == NULL) {
                errno = size < SCRIPT_MAX ? ENOMEM : EFBIG;
                break;
            }
            text = more;
            size += 4096;
        }
        ssize_t n = read(fd, text + *len, size - *len);
        if (n == 0) {
            close(fd);
            return text;
        }
        if (n == -1)
            break;
        *len += (size_t)n;
    }
    int error = errno;
    free(text);
    close(fd);
    errno = error;
    return NULL;
}

static void run_script(const char *text, size_t len)
{
    static struct script_line line;
    for (size_t at = 0; at < len;) {
        const char *end = memchr(text + at, '\n', len - at);
        size_t n = end != NULL ? (size_t)(end - text) - at : len - at;
        line_number++;
        if (script_parse(text + at, n, &line))
            carry_out(&line);
        else
            complain("%s", line.error);
        at += n + 1;
    }
}

static void on_child(int signo)
{
    (void)signo; /* only there so that SIGCHLD is not ignored */
}

__attribute__((noreturn)) static void collect_for_ever(void)
{
    /* Only from here on: what the script starts has neither the handler nor the mask, and the end
     * of a driver that became a daemon interrupts no open() of the script. */
    signal(SIGCHLD, on_child);
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
    for (;;) {
        while (waitpid(-1, NULL, WNOHANG) > 0)
            ;
        int signo;
        if (sigwait(&child, &signo) != 0)
            sleep(1);
    }
}

int main(int argc, char **argv)
{
    reserve_descriptors();
    setenv("PATH", "/proc/boot", 0);
    if (argc != 2) {
        script_name = argv[0] != NULL ? argv[0] : "sysinit";
        complain("usage: sysinit script");
        if (getppid() > 1)
            return 2; /* somebody tried it out: only the first program has to stay */
    } else {
        size_t len;
        script_name = argv[1];
        char *text = read_script(argv[1], &len);
        if (text == NULL)
            complain("%s", strerror(errno));
        else
            run_script(text, len);
        free(text);
    }
    collect_for_ever();
}
