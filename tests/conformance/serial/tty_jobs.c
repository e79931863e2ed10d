/* SPDX-License-Identifier: Apache-2.0 */
/* Job control of a terminal: signals from the keyboard go to the foreground group, a background
 * read stops. Documentation: POSIX XBD 11.1; tcsetpgrp(), tcgetpgrp(), tcgetsid(). */
#define _GNU_SOURCE /* gettid() */
#include "tty.h"
#include "../blocked.h"

#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

static volatile sig_atomic_t caught;

static void on_signal(int signo)
{
    caught = signo;
}

/* Waits until the handler ran; gives up after many seconds. */
static int wait_for_signal(void)
{
    for (int i = 0; i < 2000 && caught == 0; i++)
        tty_nap(10);
    int signo = caught;
    caught = 0;
    return signo;
}

static void test_keyboard_signals(void)
{
    tty_mode(0, ICANON | ISIG, 1, 0);
    signal(SIGINT, on_signal);
    signal(SIGQUIT, on_signal);
    signal(SIGTSTP, on_signal);
    tty_type("\003");
    is_int(wait_for_signal(), SIGINT, "INTR sends SIGINT to the foreground group");
    tty_type("\034");
    is_int(wait_for_signal(), SIGQUIT, "QUIT sends SIGQUIT");
    tty_type("\032");
    is_int(wait_for_signal(), SIGTSTP, "SUSP sends SIGTSTP");
    tty_type("dropped\003kept\n");
    char line[32];
    wait_for_signal();
    ok(read(tty_fd, line, sizeof line) == 5 && memcmp(line, "kept\n", 5) == 0,
       "INTR flushes the line before it");
    signal(SIGINT, SIG_DFL);
    signal(SIGQUIT, SIG_DFL);
    signal(SIGTSTP, SIG_DFL);
}

static void test_background_read(pid_t own)
{
    char line[32];
    int status;
    tty_mode(0, ICANON | ISIG, 1, 0);
    pid_t pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        signal(SIGTTIN, SIG_DFL);
        ssize_t n = read(tty_fd, line, sizeof line);
        _exit(n == 5 && memcmp(line, "data\n", 5) == 0 ? 0 : 1);
    }
    setpgid(pid, pid);
    ok(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status) && WSTOPSIG(status) == SIGTTIN,
       "a background read stops the process with SIGTTIN");
    tty_type("data\n"); /* now: later this group is in the background itself */
    is_int(tcsetpgrp(tty_fd, pid), 0, "tcsetpgrp to the child's group");
    is_int(tcgetpgrp(tty_fd), pid, "... which is the foreground group now");
    kill(-pid, SIGCONT);
    ok(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0,
       "continued in the foreground it reads");
    is_int(tcsetpgrp(tty_fd, own), 0, "back to this group");

    pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        signal(SIGTTIN, SIG_IGN);
        errno = 0;
        _exit(read(tty_fd, line, sizeof line) == -1 && errno == EIO ? 0 : 1);
    }
    ok(waitpid(pid, &status, 0) == pid && status == 0,
       "with SIGTTIN ignored a background read is EIO");
}

/* A foreground group of its own, blocked in read() of the terminal; it ends well when it reads what it expects. */
static pid_t start_reader(const char *expected)
{
    volatile int *reads = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANON, -1, 0);
    if (reads == MAP_FAILED)
        bail_out("mmap");
    pid_t pid = fork();
    if (pid == 0) {
        char line[32] = "";
        setpgid(0, 0);
        while (tcgetpgrp(tty_fd) != getpid())
            tty_nap(1);
        *reads = 1;
        _exit(read(tty_fd, line, sizeof line) > 0 && strcmp(line, expected) == 0 ? 0 : 1);
    }
    setpgid(pid, pid);
    tcsetpgrp(tty_fd, pid);
    while (!*reads)
        tty_nap(1);
    munmap((void *)reads, 4096);
    blocked_wait_state(pid, 1, STATE_REPLY);
    return pid;
}

/* The keys come from the reader's group: from another one they would not be taken. */
static void type_for(pid_t group, const char *keys)
{
    pid_t pid = fork();
    if (pid == 0) {
        setpgid(0, group);
        signal(SIGTSTP, SIG_IGN);
        signal(SIGINT, SIG_IGN);
        tty_type(keys);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
}

static int line_is(const char *expected)
{
    char line[32] = "";
    struct pollfd ready = { .fd = tty_fd, .events = POLLIN };
    return poll(&ready, 1, 5000) == 1 && read(tty_fd, line, sizeof line) > 0 && strcmp(line, expected) == 0;
}

/* The line after a key that stops or ends a reader is not that reader's. */
static void test_line_after_key(pid_t own)
{
    int status;
    tty_mode(0, ICANON | ISIG, 1, 0);
    pid_t pid = start_reader("mine\n");
    type_for(pid, "\032next\n");
    ok(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status), "SUSP stops a reader");
    tcsetpgrp(tty_fd, own);
    ok(line_is("next\n"), "the line that follows is for whoever reads then");
    tcsetpgrp(tty_fd, pid);
    kill(pid, SIGCONT);
    type_for(pid, "mine\n");
    ok(waitpid(pid, &status, 0) == pid && status == 0, "continued, it reads on");
    pid = start_reader("");
    type_for(pid, "\003after\n");
    ok(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGINT, "INTR ends a reader");
    tcsetpgrp(tty_fd, own);
    ok(line_is("after\n"), "... which does not take the next line along");
}

/* A group whose members' parents are all elsewhere: nobody could continue it. */
static void test_orphaned_read(void)
{
    char result = '?', line[32];
    int fd[2];
    if (pipe(fd) != 0)
        bail_out("pipe");
    pid_t pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        if (fork() != 0)
            _exit(0);
        while (getppid() != 1)
            tty_nap(1);
        signal(SIGTTIN, SIG_DFL);
        errno = 0;
        result = read(tty_fd, line, sizeof line) == -1 && errno == EIO ? 'y' : 'n';
        (void)!write(fd[1], &result, 1);
        _exit(0);
    }
    close(fd[1]);
    waitpid(pid, NULL, 0);
    (void)!read(fd[0], &result, 1);
    close(fd[0]);
    is_int(result, 'y', "a background read in an orphaned group is EIO");
}

static void test_limits(void)
{
    errno = 0;
    ok(tcsetpgrp(tty_fd, 0) == -1 && errno == EINVAL, "group 0 is refused");
    errno = 0;
    ok(tcsetpgrp(tty_fd, 31999) == -1 && errno == EPERM, "a group that does not exist is refused");
    pid_t pid = fork();
    int status;
    if (pid == 0) {
        setsid();
        errno = 0;
        _exit(tcgetpgrp(tty_fd) == -1 && errno == ENOTTY ? 0 : 1);
    }
    ok(waitpid(pid, &status, 0) == pid && status == 0,
       "another session does not learn the foreground group");
}

struct hangup {
    volatile int ready, hung_up;
};
static struct hangup *hangup;

static void on_hangup(int signo)
{
    (void)signo;
    hangup->hung_up = 1;
}

/* A leader with the terminal; a job of its in the foreground, which it leaves behind. */
static void lead_and_end(void)
{
    setsid();
    if (ioctl(tty_fd, TIOCSCTTY, 0) == -1)
        _exit(1);
    pid_t job = fork();
    if (job == 0) {
        setpgid(0, 0);
        signal(SIGHUP, on_hangup);
        hangup->ready = 1;
        for (int i = 0; i < 500 && !hangup->hung_up; i++)
            tty_nap(10);
        _exit(0);
    }
    setpgid(job, job);
    while (!hangup->ready)
        tty_nap(1);
    _exit(tcsetpgrp(tty_fd, job) == 0 ? 0 : 2);
}

/* POSIX _exit(): the foreground group gets SIGHUP when the session's leader ends. The leader's status is not fetched before it has come. */
static void test_leader_ends(void)
{
    int status = -1;
    hangup = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANON, -1, 0);
    if (hangup == MAP_FAILED)
        bail_out("mmap");
    pid_t pid = fork();
    if (pid == 0)
        lead_and_end();
    for (int i = 0; i < 500 && !hangup->hung_up; i++)
        tty_nap(10);
    ok(hangup->hung_up, "the leader ends: SIGHUP for the foreground group");
    waitpid(pid, &status, 0);
    is_int(status, 0, "... of the leader's session");
}

int main(void)
{
    tap_plan(0);
    if (tty_open() == -1) {
        skip("there is no /dev/ser1");
        return done();
    }
    signal(SIGTTOU, SIG_IGN);
    /* Without a controlling terminal this becomes one's session: what the harness runs may have
     * none. */
    if (tcgetsid(tty_fd) != getsid(0)) {
        test_leader_ends();
        setsid();
        if (ioctl(tty_fd, TIOCSCTTY, 0) == -1) {
            skip("the terminal belongs to another session");
            return done();
        }
    }
    pid_t own = getpgrp(), before = tcgetpgrp(tty_fd);
    if (own != before)
        tcsetpgrp(tty_fd, own);
    is_int(tcgetpgrp(tty_fd), own, "this is the foreground group");
    is_int(tcgetsid(tty_fd), getsid(0), "tcgetsid");
    test_keyboard_signals();
    test_background_read(own);
    test_line_after_key(own);
    test_orphaned_read();
    test_limits();
    if (before > 0 && before != own)
        tcsetpgrp(tty_fd, before);
    return done();
}
