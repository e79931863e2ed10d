/* SPDX-License-Identifier: Apache-2.0 */
/* Processes on a pseudo terminal: sessions, signals from its keys and size, and what the end of the master is for them.
 * Documentation: forkpty(), login_tty(); POSIX XBD 11.1. */
#include "pty.h"
#include "../state.h"

#include <signal.h>
#include <sys/wait.h>

static volatile sig_atomic_t caught;

static void on_signal(int signo)
{
    caught = signo;
}

/* forkpty(), and a child that the parent has seen ready: it has written '>'. */
static pid_t start(int *master, void (*child)(void))
{
    char prompt = 0;
    pid_t pid = forkpty(master, NULL, NULL, NULL);
    if (pid == -1)
        bail_out("forkpty: %s", strerror(errno));
    if (pid == 0) {
        child();
        _exit(99);
    }
    if (read(*master, &prompt, 1) != 1 || prompt != '>')
        diag("the child wrote %#x", prompt);
    return pid;
}

static int end_of(pid_t pid)
{
    int status = -1;
    return waitpid(pid, &status, 0) == pid ? status : -1;
}

static void ready(void)
{
    if (write(STDOUT_FILENO, ">", 1) != 1)
        _exit(98);
}

static void leads_session(void)
{
    bool good = getsid(0) == getpid() && tcgetsid(0) == getpid() && tcgetpgrp(0) == getpid() && isatty(1) && isatty(2);
    int tty = open("/dev/tty", O_RDWR);
    ready();
    _exit(good && tty != -1 && strcmp(ttyname(tty), ttyname(0)) == 0 ? 0 : 1);
}

static void sleeps(void)
{
    ready();
    for (;;)
        pause();
}

static void catches_size(void)
{
    struct winsize size = {0};
    sigset_t set, old;
    sigemptyset(&set);
    sigaddset(&set, SIGWINCH);
    sigprocmask(SIG_BLOCK, &set, &old);
    signal(SIGWINCH, on_signal);
    ready();
    while (caught != SIGWINCH)
        sigsuspend(&old);
    ioctl(0, TIOCGWINSZ, &size);
    _exit(size.ws_row == 50 && size.ws_col == 132 ? 0 : 1);
}

static void test_forkpty(void)
{
    int master;
    pid_t pid = start(&master, leads_session);
    is_int(end_of(pid), 0, "forkpty: the child leads a session whose terminal it has");
    close(master);

    pid = start(&master, sleeps);
    pid_t group = 0;
    is_int(ioctl(master, TIOCGPGRP, &group), 0, "the foreground group, from the master");
    is_int(group, pid, "... is the child's");
    write_text(master, "\003");
    int status = end_of(pid);
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT, "Ctrl-C at the master ends the foreground process");
    ok(reads_text(master, "^C"), "... and is shown");
    close(master);

    pid = start(&master, catches_size);
    ioctl(master, TIOCSWINSZ, &(struct winsize){.ws_row = 50, .ws_col = 132});
    is_int(end_of(pid), 0, "a new size: SIGWINCH, and the size is there");
    close(master);
}

/* A shell with a job in the foreground, which its leader does not die of. */
static void has_job(void)
{
    signal(SIGTTOU, SIG_IGN);
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGHUP, SIG_DFL);
        setpgid(0, 0);
        tcsetpgrp(0, getpid());
        sleeps();
    }
    setpgid(pid, pid);
    int status = end_of(pid);
    _exit(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT ? 0 : 1);
}

static void test_job(void)
{
    int master;
    pid_t pid = start(&master, has_job);
    write_text(master, "\003");
    is_int(end_of(pid), 0, "Ctrl-C ends the job in the foreground and not the session's leader");
    close(master);
}

/* ------------------------------------------------------------------ the end of the master */

static void test_hangup(void)
{
    int master;
    pid_t pid = start(&master, sleeps);
    close(master);
    int status = end_of(pid);
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGHUP, "the master is closed: SIGHUP for the session's leader");
}

static int report[2];

/* The leader outlives SIGHUP and sees what its terminal is then. */
static void outlives(void)
{
    char byte, results[7];
    sigset_t set, old;
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, &old);
    signal(SIGHUP, on_signal);
    ready();
    while (caught != SIGHUP)
        sigsuspend(&old);
    struct termios tio;
    results[0] = read(0, &byte, 1) == 0;
    results[1] = write(1, "x", 1) == -1 && errno == EIO;
    results[2] = tcgetattr(0, &tio) == -1 && errno == EIO;
    results[3] = ioctl(0, TIOCSCTTY, 0) == -1 && errno == EIO;
    results[4] = read(0, &byte, 1) == 0;
    results[5] = (poll_now(0, POLLIN) & POLLIN) != 0;
    results[6] = 1;
    if (write(report[1], results, sizeof results) != (ssize_t)sizeof results)
        _exit(1);
    _exit(0);
}

static void test_after_hangup(void)
{
    int master;
    char results[7] = {0};
    if (pipe(report) == -1)
        bail_out("pipe");
    pid_t pid = start(&master, outlives);
    close(master);
    ok(read(report[0], results, sizeof results) == (ssize_t)sizeof results && results[6], "a leader with a handler for SIGHUP goes on");
    ok(results[0] && results[4], "... its terminal reads as an end of file");
    ok(results[1], "... and is EIO for writes");
    ok(results[2], "... and for its attributes");
    ok(results[3], "... and does not come back for a new session");
    ok(results[5], "... poll says that a read would not wait");
    end_of(pid);
    close(report[0]);
    close(report[1]);
}

static void leads_job(void)
{
    signal(SIGHUP, SIG_IGN);
    has_job();
}

/* The job dies though the shell has not. */
static void test_job_hangup(void)
{
    int master;
    pid_t pid = start(&master, leads_job);
    close(master);
    int status = end_of(pid);
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 1, "the master is closed: SIGHUP for the foreground job");
}

/* Waits in a read of its terminal. */
static void reads(void)
{
    char byte;
    signal(SIGHUP, SIG_IGN);
    ready();
    _exit(read(0, &byte, 1) == 0 ? 0 : 1);
}

static void test_blocked_reader(void)
{
    int master;
    pid_t pid = start(&master, reads);
    blocked_wait_state(pid, 1, STATE_REPLY);
    close(master);
    is_int(end_of(pid), 0, "the master is closed: a read that waits gets the end of file");
}

/* Who holds the master is killed, as a crashing server would be. */
static void test_dying_master(void)
{
    pid_t both[2] = {0};
    if (pipe(report) == -1)
        bail_out("pipe");
    pid_t server = fork();
    if (server == 0) {
        int master;
        both[0] = start(&master, sleeps);
        if (write(report[1], both, sizeof both[0]) != (ssize_t)sizeof both[0])
            _exit(1);
        for (;;)
            pause();
    }
    ok(read(report[0], both, sizeof both[0]) == (ssize_t)sizeof both[0] && both[0] > 0, "a server with a terminal's master");
    kill(server, SIGKILL);
    end_of(server);
    int gone = 0;
    for (int i = 0; i < 15000 && !gone; i++) {
        gone = kill(both[0], 0) == -1;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    ok(gone, "... is killed: so is the session on the terminal");
    close(report[0]);
    close(report[1]);
}

static void test_login_tty(void)
{
    static const char *const what[] = {"login_tty of no descriptor: EBADF", "login_tty of what is no terminal: ENOTTY"};
    for (int i = 0; i < 2; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            int fd = i == 0 ? -1 : open("/dev/null", O_RDWR);
            _exit(login_tty(fd) == -1 ? errno : 0);
        }
        is_int(WEXITSTATUS(end_of(pid)), i == 0 ? EBADF : ENOTTY, what[i]);
    }
    struct pair p = pair_open();
    pid_t pid = fork();
    if (pid == 0)
        _exit(login_tty(p.slave) == 0 && tcgetsid(0) == getpid() ? 0 : 1);
    is_int(end_of(pid), 0, "login_tty of a slave");
    pid = fork();
    if (pid == 0) {
        setsid();
        _exit(ioctl(p.slave, TIOCSCTTY, 0) == 0 ? 0 : 1);
    }
    is_int(end_of(pid), 0, "a session that is over leaves its terminal to the next one");
    pair_close(&p);
}

/* The foreground job of takes_over(): takes lines, and none that was typed behind a stop key. */
static _Noreturn void takes_lines(void)
{
    char line[32];
    setpgid(0, 0);
    tcsetpgrp(0, getpid());
    ready();
    for (unsigned turn = 0;; turn++) {
        ssize_t n = read(0, line, sizeof line);
        if (n == 5 && memcmp(line, "late\n", 5) == 0)
            _exit(1);
        for (volatile unsigned spin = turn * 37 % 3000; spin > 0; spin--)
            ;
    }
}

/* A session's leader types for its job: a line, and a stop key with a line behind it while the job is on its way to the next read. Ends
 * with the number of the turn in which that line was not there for the leader. */
static _Noreturn void takes_over(void)
{
    struct pair p = pair_open();
    struct termios tio;
    char line[32], prompt;
    int status;
    signal(SIGTTOU, SIG_IGN);
    tcgetattr(p.slave, &tio);
    tio.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(p.slave, TCSANOW, &tio);
    login_tty(p.slave);
    pid_t job = fork();
    if (job == 0)
        takes_lines();
    bool good = read(p.master, &prompt, 1) == 1;
    int turn = 0;
    for (; good && turn < 100; turn++) {
        good = write_text(p.master, "go\n") && write_text(p.master, "\032late\n");
        good = good && waitpid(job, &status, WUNTRACED) == job && WIFSTOPPED(status);
        tcsetpgrp(0, getpgrp());
        good = good && poll_now(0, POLLIN) == POLLIN && read(0, line, sizeof line) == 5;
        tcsetpgrp(0, job);
        kill(job, SIGCONT);
    }
    kill(job, SIGKILL);
    _exit(good ? 0 : turn + 1);
}

static void test_stop_key(void)
{
    pid_t pid = fork();
    if (pid == 0)
        takes_over();
    is_int(end_of(pid), 0, "a hundred times: what is typed behind Ctrl-Z is for who comes next, not for the job that reads");
}

int main(void)
{
    tap_plan(0);
    test_forkpty();
    test_job();
    test_hangup();
    test_after_hangup();
    test_job_hangup();
    test_blocked_reader();
    test_dying_master();
    test_login_tty();
    test_stop_key();
    return done();
}
