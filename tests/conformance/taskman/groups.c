/* SPDX-License-Identifier: Apache-2.0 */
/* Process groups, sessions, credentials, orphans.
 * Page: POSIX.1-2017 setpgid(), setsid(), getsid(), setuid(), seteuid(), setregid(), _exit()
 * (orphaned groups). */
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/neutrino.h>
#include <sys/wait.h>
#include "in_child.h"

static int leader(void)
{
    if (setsid() != getpid() || getsid(0) != getpid() || getpgrp() != getpid())
        return 1;
    if (setsid() != -1 || errno != EPERM)
        return 2;
    if (setpgid(0, 0) != -1 || errno != EPERM)
        return 3; /* a session leader keeps its group */
    return 0;
}

static int group_rules(void)
{
    int fds[2], status;
    pid_t pid;

    if (setpgid(0, -1) != -1 || errno != EINVAL)
        return 1;
    if (setpgid(getppid(), 0) != -1 || errno != ESRCH)
        return 2; /* neither the caller nor its child */
    if (setpgid(0, 30000) != -1 || errno != EPERM)
        return 3; /* no such group */
    if (setpgid(0, 0) != 0 || getpgrp() != getpid())
        return 4;
    if (pipe(fds) != 0) {
        /* no pipe manager in this image: a stopped child will do */
    }
    pid = fork();
    if (pid == 0)
        for (;;)
            pause();
    if (getpgid(pid) != getpgrp())
        return 5;
    if (setpgid(pid, pid) != 0 || getpgid(pid) != pid)
        return 6;
    if (setpgid(pid, getpgrp()) != 0 || getpgid(pid) != getpgrp())
        return 7;
    if (setpgid(pid, 0) != 0 || kill(-pid, SIGKILL) != 0)
        return 8;
    if (waitpid(-pid, &status, 0) != pid || WTERMSIG(status) != SIGKILL)
        return 9;
    return getpgid(30000) == -1 && errno == ESRCH ? 0 : 10;
}

static int after_exec(void)
{
    char *argv[] = {"sleeper", "sleep", NULL};
    pid_t pid = fork();
    int rc = 0, status;

    if (pid == 0) {
        execv("/proc/boot/tests/taskman_groups", argv);
        _exit(77);
    }
    for (int i = 0; i < 200; i++) {
        rc = setpgid(pid, pid);
        if (rc == -1)
            break;
        delay(10);
    }
    status = rc == -1 && errno == EACCES ? 0 : 1;
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return status;
}

static int credentials(void)
{
    gid_t groups[2] = {5, 6}, got[4];

    if (setgroups(2, groups) != 0 || getgroups(4, got) != 2 || got[1] != 6)
        return 1;
    if (setregid(20, 21) != 0 || getgid() != 20 || getegid() != 21)
        return 2;
    if (seteuid(9) != 0 || geteuid() != 9 || getuid() != 0)
        return 3;
    if (setgroups(1, groups) != -1 || errno != EPERM)
        return 4;
    if (seteuid(8) != -1 || errno != EPERM)
        return 5;
    if (seteuid(0) != 0)
        return 6; /* the saved id */
    if (setuid(9) != 0 || getuid() != 9 || setuid(0) != -1 || errno != EPERM)
        return 7; /* from root all three change */
    if (setegid(20) != 0 || setegid(0) != -1 || errno != EPERM)
        return 8;
    if (kill(1, SIGTERM) != -1 || errno != EPERM)
        return 9;
    return open("/proc/1/as", O_RDONLY) == -1 && errno == EACCES ? 0 : 10;
}

static volatile sig_atomic_t hup, cont;

static void on_signal(int signo)
{
    hup += signo == SIGHUP;
    cont += signo == SIGCONT;
}

/* Parent of a stopped group in the same session dies: the group gets SIGHUP and SIGCONT. */
static int orphaned_group(void)
{
    pid_t middle = fork(), grandchild;
    int report, status;

    if (middle == 0) {
        setpgid(0, 0);
        grandchild = fork();
        if (grandchild == 0) {
            setpgid(0, 0);
            signal(SIGHUP, on_signal);
            signal(SIGCONT, on_signal);
            raise(SIGSTOP);
            for (int i = 0; i < 100 && !(hup && cont); i++)
                delay(10);
            report = open("/dev/shmem/orphan", O_CREAT | O_RDWR, 0600);
            if (hup == 1 && cont == 1 && write(report, "yes", 3) != 3)
                _exit(1);
            _exit(0);
        }
        waitpid(grandchild, &status, WUNTRACED);
        _exit(WIFSTOPPED(status) ? 0 : 1);
    }
    if (waitpid(middle, &status, 0) != middle || status)
        return 1;
    for (int i = 0; i < 200; i++) {
        char text[3];
        report = open("/dev/shmem/orphan", O_RDONLY);
        if (report >= 0 && read(report, text, 3) == 3) {
            unlink("/dev/shmem/orphan");
            return memcmp(text, "yes", 3) != 0;
        }
        if (report >= 0)
            close(report);
        delay(10);
    }
    return 2;
}

static int orphan_parent(void)
{
    pid_t pid = fork();
    int status, fd;
    char text[16] = "";

    if (pid == 0) {
        if (fork() == 0) {
            delay(100);
            fd = open("/dev/shmem/ppid", O_CREAT | O_RDWR, 0600);
            snprintf(text, sizeof(text), "%d", getppid());
            _exit(write(fd, text, 2) != 2);
        }
        _exit(0);
    }
    waitpid(pid, &status, 0);
    if (waitpid(-1, &status, WNOHANG) != -1 || errno != ECHILD)
        return 1; /* the grandchild is not ours */
    for (int i = 0; i < 200 && text[0] == '\0'; i++) {
        fd = open("/dev/shmem/ppid", O_RDONLY);
        if (fd >= 0 && read(fd, text, 2) < 0)
            return 2;
        if (fd >= 0)
            close(fd);
        delay(10);
    }
    unlink("/dev/shmem/ppid");
    return strcmp(text, "1") != 0;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "sleep") == 0)
        for (;;)
            pause();
    is_int(in_child(leader), 0, "setsid makes a leader; a leader stays what it is");
    is_int(in_child(group_rules), 0, "setpgid: EINVAL, ESRCH, EPERM; moving oneself and a child");
    is_int(in_child(after_exec), 0, "a child that has called exec: EACCES");
    is_int(in_child(credentials), 0, "set*id and setgroups follow POSIX");
    is_int(in_child(orphaned_group), 0,
           "a stopped group that becomes orphaned gets SIGHUP and SIGCONT");
    is_int(in_child(orphan_parent), 0, "orphans go to process 1");
    return done();
}
