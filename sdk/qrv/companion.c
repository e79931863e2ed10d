/* SPDX-License-Identifier: Apache-2.0 */
#include "companion.h"

#include "../common/buf.h"
#include "../common/fs.h"
#include "../common/sdk.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { START_MS = 30000, STEP_MS = 20 };

static const int end_signals[] = {SIGINT, SIGTERM, SIGHUP};

pid_t companion_fork(void)
{
    pid_t parent = getpid();
    fflush(NULL);
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (size_t i = 0; i < sizeof end_signals / sizeof end_signals[0]; i++)
        if (signal(end_signals[i], SIG_DFL) == SIG_IGN)
            signal(end_signals[i], SIG_IGN);
    setpgid(0, 0);
    if (getppid() != parent)
        _exit(EXIT_NOT_STARTED);
    return 0;
}

_Noreturn static void be_machine(char *const *words, const char *log)
{
    int null = open("/dev/null", O_RDONLY);
    int out = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (out < 0)
        dprintf(STDERR_FILENO, "%s: %s\n", log, strerror(errno));
    if (null >= 0 && out >= 0) {
        dup2(null, STDIN_FILENO);
        dup2(out, STDOUT_FILENO);
        dup2(out, STDERR_FILENO);
        execv("/proc/self/exe", words);
    }
    _exit(EXIT_NOT_STARTED);
}

static pid_t not_started(const char *log)
{
    struct buf said = {0};
    if (fs_read(log, &said) == 0)
        fprintf(stderr, "%.*s", (int)said.len, said.data != NULL ? said.data : "");
    buf_free(&said);
    return complain(-1, "the machine did not start");
}

pid_t companion_machine(char *const *words, const char *log, const char *socket)
{
    struct stat st;
    pid_t pid = companion_fork();
    if (pid == 0)
        be_machine(words, log);
    if (pid < 0)
        return complain(-1, "fork: %s", strerror(errno));
    for (int ms = 0; ms < START_MS; ms += STEP_MS) {
        if (stat(socket, &st) == 0)
            return pid;
        if (waitpid(pid, NULL, WNOHANG) == pid)
            return not_started(log);
        nanosleep(&(struct timespec){.tv_nsec = STEP_MS * 1000000L}, NULL);
    }
    companion_end(pid, SIGKILL);
    return complain(-1, "the emulator gives no sign of life; its console: %s", log);
}

void companion_end(pid_t pid, int signo)
{
    if (pid <= 0)
        return;
    kill(pid, signo);
    while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
        ;
}
