/* SPDX-License-Identifier: Apache-2.0 */
/* spawn(), posix_spawn(), waitpid(): arguments, environment, descriptors, exit status, errors.
 * Page: QNX Neutrino Library Reference, spawn(), posix_spawn(), waitpid(); POSIX.1-2017 wait(). */
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/neutrino.h>
#include <sys/wait.h>
#include <time.h>
#include "../tap.h"

extern char **environ;
static const char *self;

/* What the test does when it is started as a child: argv[1] names it. */
static int child(int argc, char **argv)
{
    if (strcmp(argv[1], "exit") == 0)
        return atoi(argv[2]);
    if (strcmp(argv[1], "env") == 0)
        return getenv("QRV_TEST") && strcmp(getenv("QRV_TEST"), "value") == 0 && argc == 3 && !*argv[2] ? 7 : 1;
    if (strcmp(argv[1], "fds") == 0) /* fd 3 open, fd 4 closed, fd 5 open */
        return fcntl(3, F_GETFD) != -1 && fcntl(4, F_GETFD) == -1 && fcntl(5, F_GETFD) != -1 ? 7 : 1;
    if (strcmp(argv[1], "signal") == 0) {
        raise(atoi(argv[2]));
        return 1;
    }
    if (strcmp(argv[1], "nap") == 0) {
        nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
        return 7;
    }
    if (strcmp(argv[1], "pause") == 0)
        for (;;)
            pause();
    return 99;
}

static int run(char *const argv[], char *const envp[])
{
    int status = -1;
    pid_t pid = spawn(self, 0, NULL, NULL, argv, envp);
    if (pid == -1 || waitpid(pid, &status, 0) != pid)
        return -1;
    return status;
}

static void results(void)
{
    char *ex[] = { (char *)self, "exit", "42", NULL };
    int st = run(ex, environ);
    ok(WIFEXITED(st) && WEXITSTATUS(st) == 42, "exit status 42");
    char *sig[] = { (char *)self, "signal", "15", NULL };
    st = run(sig, environ);
    ok(WIFSIGNALED(st) && WTERMSIG(st) == SIGTERM, "ended by SIGTERM");
    char *env[] = { (char *)self, "env", "", NULL };
    char *vars[] = { "A=b", "QRV_TEST=value", NULL };
    st = run(env, vars);
    ok(WIFEXITED(st) && WEXITSTATUS(st) == 7, "environment and an empty argument arrive");
}

static void descriptors(void)
{
    int a = open("/dev/null", O_RDWR), b = open("/dev/null", O_RDWR | O_CLOEXEC);
    int keep = dup2(a, 3);
    dup2(b, 4);
    fcntl(4, F_SETFD, FD_CLOEXEC);
    dup2(a, 5);
    char *av[] = { (char *)self, "fds", NULL };
    int st = run(av, environ);
    ok(keep == 3 && WIFEXITED(st) && WEXITSTATUS(st) == 7, "descriptors are inherited, FD_CLOEXEC ones are not");
    int map[] = { 0, 1, 2, a, SPAWN_FDCLOSED, a };
    pid_t pid = spawn(self, 6, map, NULL, av, environ);
    ok(pid > 0 && waitpid(pid, &st, 0) == pid && WEXITSTATUS(st) == 7, "an fd map places and closes descriptors");

    posix_spawn_file_actions_t fa;
    posix_spawn_file_actions_init(&fa);
    posix_spawn_file_actions_addopen(&fa, 3, "/dev/zero", O_RDONLY, 0);
    posix_spawn_file_actions_addclose(&fa, 4);
    posix_spawn_file_actions_adddup2(&fa, 3, 5);
    ok(posix_spawn(&pid, self, &fa, NULL, av, environ) == 0 && waitpid(pid, &st, 0) == pid && WEXITSTATUS(st) == 7,
       "posix_spawn file actions");
    posix_spawn_file_actions_destroy(&fa);
    for (int fd = 3; fd <= 5; fd++)
        close(fd);
}

static void errors(void)
{
    char *av[] = { (char *)self, "exit", "0", NULL };
    ok(spawn("/no/such/file", 0, NULL, NULL, av, environ) == -1 && errno == ENOENT, "no such file: ENOENT");
    ok(spawn("/dev/null", 0, NULL, NULL, av, environ) == -1 && (errno == EACCES || errno == ENOEXEC),
       "not executable: EACCES or ENOEXEC (%d)", errno);
    pid_t pid = 1234;
    is_int(posix_spawn(&pid, "/no/such/file", NULL, NULL, av, environ), ENOENT, "posix_spawn returns the error");
    int map[] = { 900 };
    ok(spawn(self, 1, map, NULL, av, environ) == -1 && errno == EBADF, "bad descriptor in the map: EBADF");
    ok(waitpid(-1, NULL, 0) == -1 && errno == ECHILD, "no children: ECHILD");
    ok(waitpid(getpid(), NULL, 0) == -1 && errno == ECHILD, "not a child: ECHILD");
}

static void no_hang(void)
{
    char *av[] = { (char *)self, "pause", NULL };
    int st;
    pid_t pid = spawn(self, 0, NULL, NULL, av, environ);
    if (!ok(pid > 0, "a child that stays"))
        return;
    is_int(waitpid(pid, &st, WNOHANG), 0, "WNOHANG gives 0 while it runs");
    is_int(kill(pid, SIGSTOP), 0, "stop it");
    is_int(waitpid(pid, &st, WUNTRACED), pid, "WUNTRACED reports the stop");
    ok(WIFSTOPPED(st) && WSTOPSIG(st) == SIGSTOP, "as stopped");
    kill(pid, SIGCONT);
    is_int(waitpid(pid, &st, WCONTINUED), pid, "WCONTINUED reports the continue");
    ok(WIFCONTINUED(st), "as continued");
    kill(pid, SIGKILL);
    is_int(waitpid(pid, &st, 0), pid, "and its end");
    ok(WIFSIGNALED(st) && WTERMSIG(st) == SIGKILL, "by SIGKILL");
    ok(kill(pid, 0) == -1 && errno == ESRCH, "then the pid is gone: ESRCH");
}

/* On one hart it is loaded, and naps, before what serves the parent's request runs on. */
static void more_urgent_than_its_parent(void)
{
    char *av[] = { (char *)self, "nap", NULL };
    struct inheritance i = { .flags = SPAWN_EXPLICIT_SCHED, .policy = SCHED_RR, .param = { .sched_priority = 30 } };
    struct sched_param low = { .sched_priority = 5 };
    int st = -1, good = 0;
    SchedSet(0, 0, SCHED_RR, &low);
    for (int n = 0; n < 5; n++) {
        pid_t pid = spawn(self, 0, NULL, &i, av, environ);
        good += pid > 0 && waitpid(pid, &st, 0) == pid && WIFEXITED(st) && WEXITSTATUS(st) == 7;
    }
    is_int(good, 5, "a child with a higher priority runs to its end");
}

int main(int argc, char **argv)
{
    self = "/proc/boot/tests/process_spawn_wait";
    if (argc > 1)
        return child(argc, argv);
    results();
    descriptors();
    errors();
    no_hang();
    more_urgent_than_its_parent();
    return done();
}
