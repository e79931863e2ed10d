/* SPDX-License-Identifier: Apache-2.0 */
/* popen(), system(), spawnl() and friends, posix_spawnp(), waitid().
 * Pages: Library Reference spawnl(), spawnvp(); POSIX popen(), system(), posix_spawnp(), waitid().
 */
#include <fcntl.h>
#include <process.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "../rendezvous.h"

extern char **environ;

static void shell(void)
{
    char line[64] = "";
    FILE *f = popen("echo hello; exit 3", "r");
    ok(f && fgets(line, sizeof(line), f) && strcmp(line, "hello\n") == 0,
       "popen() reads from a command");
    int st = f ? pclose(f) : -1;
    ok(WIFEXITED(st) && WEXITSTATUS(st) == 3, "pclose() gives its status");
    f = popen("read x; test \"$x\" = word", "w");
    if (f)
        fputs("word\n", f);
    st = f ? pclose(f) : -1;
    ok(WIFEXITED(st) && WEXITSTATUS(st) == 0, "popen() writes to one");
    st = system("exit 7");
    ok(WIFEXITED(st) && WEXITSTATUS(st) == 7, "system()");
    st = system("kill -9 $$");
    ok(WIFSIGNALED(st) && WTERMSIG(st) == SIGKILL, "and how it died");
    ok(system(NULL) != 0, "there is a shell");
}

static void family(void)
{
    char *argv[] = {"sh", "-c", "exit 5", NULL},
         *env[] = {"ONLY=this", "PATH=/proc/boot", "LD_LIBRARY_PATH=/proc/boot", NULL};
    int st = spawnl(P_WAIT, "/bin/sh", "sh", "-c", "exit 4", NULL);
    ok(WIFEXITED(st) && WEXITSTATUS(st) == 4, "spawnl(P_WAIT)");
    st = spawnlp(P_WAIT, "sh", "sh", "-c", "exit 6", NULL);
    ok(WIFEXITED(st) && WEXITSTATUS(st) == 6, "spawnlp() searches PATH");
    st = spawnv(P_WAIT, "/bin/sh", argv);
    ok(WIFEXITED(st) && WEXITSTATUS(st) == 5, "spawnv()");
    st = spawnle(P_WAIT, "/bin/sh", "sh", "-c", "test \"$ONLY\" = this", NULL, env);
    ok(WIFEXITED(st) && WEXITSTATUS(st) == 0, "spawnle() passes its environment");
    pid_t pid = spawnl(P_NOWAIT, "/bin/sh", "sh", "-c", "exit 8", NULL);
    ok(pid > 0 && waitpid(pid, &st, 0) == pid && WEXITSTATUS(st) == 8, "spawnl(P_NOWAIT)");
    pid = spawnl(P_NOWAITO, "/bin/sh", "sh", "-c", "exit 0", NULL);
    rv_sleep_ms(200);
    ok(pid > 0 && waitpid(pid, &st, 0) == -1 && errno == ECHILD,
       "P_NOWAITO leaves nothing to wait for");
    ok(spawnl(P_WAIT, "/no/such", "x", NULL) == -1 && errno == ENOENT, "no such program: ENOENT");
    ok(spawnlp(P_WAIT, "nosuch", "x", NULL) == -1 && errno == ENOENT, "nor along PATH");
    ok(spawnl(99, "/bin/sh", "sh", NULL) == -1 && errno == EINVAL, "no such mode: EINVAL");
    ok(spawnl(P_WAIT, "/dev", "x", NULL) == -1 && (errno == EACCES || errno == EISDIR),
       "a directory: EACCES");
}

static void posix(void)
{
    char *argv[] = {"sh", "-c", "read a; read b; test \"$a$b\" = onetwo || exit 1; exit 9", NULL};
    posix_spawn_file_actions_t fa;
    posix_spawnattr_t at;
    siginfo_t si;
    pid_t pid = 0;
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0)
        bail_out("pipe2");
    posix_spawn_file_actions_init(&fa);
    posix_spawn_file_actions_adddup2(&fa, fds[0], 0);
    is_int(posix_spawnp(&pid, "sh", &fa, NULL, argv, environ), 0,
           "posix_spawnp() with a close-on-exec pipe as input");
    (void)!write(fds[1], "one\ntwo\n", 8);
    memset(&si, 0, sizeof(si));
    ok(waitid(P_PID, pid, &si, WEXITED) == 0 && si.si_pid == pid && si.si_status == 9 &&
           si.si_code == CLD_EXITED,
       "waitid() tells pid, code and status (%d %d)", si.si_code, si.si_status);
    posix_spawn_file_actions_destroy(&fa);
    close(fds[0]);
    close(fds[1]);
    is_int(posix_spawnp(&pid, "nosuch", NULL, NULL, argv, environ), ENOENT,
           "no such program: ENOENT");
    posix_spawnattr_init(&at);
    posix_spawnattr_setflags(&at, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSCHEDULER |
                                      POSIX_SPAWN_SETSCHEDPARAM);
    struct sched_param sp = {.sched_priority = 9};
    posix_spawnattr_setschedpolicy(&at, SCHED_FIFO);
    posix_spawnattr_setschedparam(&at, &sp);
    char *pause_argv[] = {"sh", "-c", "read x", NULL};
    is_int(posix_spawn(&pid, "/bin/sh", NULL, &at, pause_argv, environ), 0,
           "posix_spawn() with attributes");
    is_int(getpgid(pid), pid, "in a group of its own");
    memset(&sp, 0, sizeof(sp));
    ok(SchedGet(pid, 1, &sp) == SCHED_FIFO && sp.sched_priority == 9, "FIFO at 9 (%d)",
       sp.sched_priority);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void scripts(void)
{
    int fd = open("/dev/shmem/libc_script", O_WRONLY | O_CREAT | O_TRUNC, 0755), st;
    (void)!write(fd, "#!/bin/sh\nexit 12\n", 18);
    close(fd);
    st = spawnl(P_WAIT, "/dev/shmem/libc_script", "x", NULL);
    ok(WIFEXITED(st) && WEXITSTATUS(st) == 12, "a script with #!");
    chmod("/dev/shmem/libc_script", 0644);
    ok(spawnl(P_WAIT, "/dev/shmem/libc_script", "x", NULL) == -1 && errno == EACCES,
       "not executable: EACCES");
    chmod("/dev/shmem/libc_script", 0755);
    fd = open("/dev/shmem/libc_script", O_WRONLY | O_TRUNC);
    (void)!write(fd, "rubbish", 7);
    close(fd);
    ok(execl("/dev/shmem/libc_script", "x", NULL) == -1 && errno == ENOEXEC,
       "no known format: ENOEXEC, and we are still here");
    unlink("/dev/shmem/libc_script");
}

int main(void)
{
    tap_plan(25);
    shell();
    family();
    posix();
    scripts();
    return done();
}
