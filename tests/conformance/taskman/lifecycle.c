/* SPDX-License-Identifier: Apache-2.0 */
/* Less common ways to start, wait and end: SPAWN_EXEC with a descriptor map, SPAWN_HOLD,
 * SPAWN_NOZOMBIE, procmgr_daemon(), procmgr_event_notify(), waitid(), ignored SIGCHLD. Page: QNX
 * Neutrino Library Reference spawn(), procmgr_daemon(), procmgr_event_notify(); POSIX.1-2017
 * waitid(). */
#include <fcntl.h>
#include <process.h>
#include <signal.h>
#include <spawn.h>
#include <sys/neutrino.h>
#include <sys/procmgr.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "../interrupt_call.h"
#include "../tap.h"

extern char **environ;
static const char self[] = "/proc/boot/tests/taskman_lifecycle";

/* What the map {2, 1, 0, closed, 3} has to leave. */
static int check_descriptors(void)
{
    struct stat st;

    if (fstat(0, &st) || fstat(1, &st) || fstat(2, &st))
        return 1;
    if (fcntl(3, F_GETFD) != -1 || fcntl(5, F_GETFD) != -1)
        return 2;
    return fstat(4, &st) == 0 && S_ISCHR(st.st_mode) ? 0 : 3;
}

static pid_t start(unsigned flags, const char *what)
{
    struct inheritance in;
    char *argv[] = {(char *)self, (char *)what, NULL};

    memset(&in, 0, sizeof(in));
    in.flags = flags;
    return spawn(self, 0, NULL, &in, argv, environ);
}

static void exec_with_map(void)
{
    int status = -1;
    pid_t pid = fork();

    if (pid == 0) {
        int map[5] = {2, 1, 0, SPAWN_FDCLOSED, 3};
        char *argv[] = {(char *)self, "descriptors", NULL};
        struct inheritance in;

        for (int fd = 3; fd < 10; fd++)
            close(fd); /* the runner's own may be there */
        while (open("/dev/null", O_RDWR) < 6)
            ;
        memset(&in, 0, sizeof(in));
        in.flags = SPAWN_EXEC;
        spawn(self, 5, map, &in, argv, environ);
        _exit(99);
    }
    ok(waitpid(pid, &status, 0) == pid && status == 0,
       "SPAWN_EXEC with a map keeps what the map says");
    if (status)
        diag("status 0x%x", (unsigned)status);
}

static void held(void)
{
    siginfo_t si;
    int status = -1;
    pid_t pid = start(SPAWN_HOLD, "exit");

    ok(pid > 0, "SPAWN_HOLD");
    delay(50);
    ok(waitid(P_PID, (id_t)pid, &si, WEXITED | WNOHANG) == 0 && si.si_pid == 0,
       "the program waits");
    is_int(kill(pid, SIGCONT), 0, "until it is continued");
    ok(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 3,
       "then it runs");
}

static void without_zombie(void)
{
    int status;
    pid_t pid = start(SPAWN_NOZOMBIE, "exit");

    ok(pid > 0 && waitpid(pid, &status, 0) == -1 && errno == ECHILD,
       "SPAWN_NOZOMBIE: wait ends with ECHILD");
    signal(SIGCHLD, SIG_IGN);
    pid = fork();
    if (pid == 0)
        _exit(3);
    ok(waitpid(pid, &status, 0) == -1 && errno == ECHILD, "SIGCHLD ignored: wait ends with ECHILD");
    signal(SIGCHLD, SIG_DFL);
}

static void peeking(void)
{
    siginfo_t si;
    int status;
    pid_t pid = fork();

    if (pid == 0)
        _exit(3);
    ok(waitid(P_PID, (id_t)pid, &si, WEXITED | WNOWAIT) == 0 && si.si_pid == pid &&
           si.si_status == 3,
       "waitid with WNOWAIT");
    ok(waitid(P_PID, (id_t)pid, &si, WSTOPPED | WNOHANG) == 0 && si.si_pid == 0,
       "an exit is no stop");
    ok(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 3,
       "and the zombie is still there to be reaped");
    ok(waitpid(pid, &status, 0) == -1 && errno == ECHILD, "once");
}

static void daemons(void)
{
    int status = -1, fd = -1;
    pid_t pid = fork();
    char text[16] = "";

    if (pid == 0) {
        procmgr_daemon(6, PROCMGR_DAEMON_NOCLOSE | PROCMGR_DAEMON_NODEVNULL);
        delay(100);
        fd = open("/dev/shmem/daemon", O_CREAT | O_RDWR, 0600);
        snprintf(text, sizeof(text), "%d %d %c", getppid(), getsid(0),
                 getpgrp() == getpid() ? 'y' : 'n');
        _exit(write(fd, text, strlen(text)) < 0);
    }
    covers("semantic:30");
    ok(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 6,
       "procmgr_daemon: the parent sees its status");
    for (int i = 0; i < 100 && text[0] == '\0'; i++) {
        delay(10);
        fd = open("/dev/shmem/daemon", O_RDONLY);
        if (fd >= 0 && read(fd, text, sizeof(text) - 1) < 0)
            diag("read: %s", strerror(errno));
        close(fd);
    }
    is_str(text, "1 1 y", "the daemon lives on in session 1, child of process 1, in its own group");
    unlink("/dev/shmem/daemon");
}

static void events(void)
{
    int chid = ChannelCreate(0), coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    uint64_t timeout = 1000000000;
    struct sigevent event;
    struct _pulse pulse;
    pid_t pid;

    SIGEV_PULSE_INIT(&event, coid, 10, 5, 77);
    is_int(procmgr_event_notify(PROCMGR_EVENT_PROCESS_DEATH, &event), 0, "procmgr_event_notify");
    pid = fork();
    if (pid == 0)
        _exit(0);
    waitpid(pid, NULL, 0);
    TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, NULL, &timeout, NULL);
    ok(MsgReceivePulse(chid, &pulse, sizeof(pulse), NULL) == 0 && pulse.code == 5 &&
           pulse.value.sival_int == 77,
       "a death makes a pulse");
    ok(procmgr_event_notify(0x8000, &event) == -1 && errno == EINVAL,
       "an unknown condition: EINVAL");
    is_int(procmgr_event_notify(0, NULL), 0, "no more of them");
    do { /* those of other processes that have died until then: the daemon's parent, say */
        timeout = 50000000;
        TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, NULL, &timeout, NULL);
    } while (MsgReceivePulse(chid, &pulse, sizeof(pulse), NULL) == 0);
    pid = fork();
    if (pid == 0)
        _exit(0);
    waitpid(pid, NULL, 0);
    timeout = 100000000;
    TimerTimeout(CLOCK_MONOTONIC, _NTO_TIMEOUT_RECEIVE, NULL, &timeout, NULL);
    ok(MsgReceivePulse(chid, &pulse, sizeof(pulse), NULL) == -1 && errno == ETIMEDOUT, "is obeyed");
}

static void interrupted(void)
{
    int status;
    pid_t pid = fork();

    if (pid == 0)
        for (;;)
            pause();
    interrupt_soon();
    ok(waitpid(pid, &status, 0) == -1 && errno == EINTR, "a caught signal ends wait with EINTR");
    interrupt_no_more();
    kill(pid, SIGKILL);
    ok(waitpid(pid, &status, 0) == pid && WTERMSIG(status) == SIGKILL, "and the next one works");
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "descriptors") == 0)
        return check_descriptors();
    if (argc > 1)
        return 3;
    exec_with_map();
    held();
    without_zombie();
    peeking();
    daemons();
    events();
    interrupted();
    return done();
}
