/* SPDX-License-Identifier: Apache-2.0 */
/* Who may signal whom, and how targets are named.  Pages: QNX Neutrino Library Reference,
 * SignalKill(), kill(). */
#include "../rendezvous.h"

static pid_t child(int new_group)
{
    int fds[2];
    char c;
    if (pipe(fds) != 0)
        bail_out("pipe");
    pid_t pid = fork();
    if (pid == 0) {
        if (new_group)
            setpgid(0, 0);
        (void)!write(fds[1], "r", 1);
        for (;;)
            pause();
    }
    (void)!read(fds[0], &c, 1);
    close(fds[0]);
    close(fds[1]);
    return pid;
}

static int died_of(pid_t pid)
{
    int status = 0;
    if (waitpid(pid, &status, 0) != pid)
        return -errno;
    return WIFSIGNALED(status) ? WTERMSIG(status) : -1000;
}

/* In a process without rights: errno of kill(pid, s). */
static int unprivileged(pid_t pid, int s)
{
    pid_t me = fork();
    if (me == 0) {
        if (setuid(1234) != 0)
            _exit(200);
        _exit(kill(pid, s) == 0 ? 0 : errno);
    }
    int status = 0;
    waitpid(me, &status, 0);
    return WEXITSTATUS(status);
}

int main(void)
{
    tap_plan(19);
    is_int(kill(getpid(), 0), 0, "signal 0 to ourselves checks only");
    ok(kill(32000, 0) == -1 && errno == ESRCH, "nobody: ESRCH");
    ok(kill(getpid(), 65) == -1 && errno == EINVAL, "signal 65: EINVAL");
    ok(kill(getpid(), -1) == -1 && errno == EINVAL, "signal -1: EINVAL");
    is_int(SignalKill_r(0, getpid(), 4000, SIGUSR1, SI_USER, 0), ESRCH, "no such thread: ESRCH");
    ok(kill(1, SIGKILL) == -1 && errno == EPERM, "not even root kills process 1: EPERM");
    ok(kill(1, SIGTERM) == -1 && errno == EPERM, "... in any way");
    /* The kernel tells process 1 of deaths by pulses: nobody may say so in its place. */
    is_int(MsgSendPulse_r(SYSMGR_COID, 10, _PULSE_CODE_TM_DEATH, 2), EPERM,
           "a pulse with a code of the system's: EPERM");
    struct sigevent ev;
    SIGEV_PULSE_INIT(&ev, SYSMGR_COID, 10, _PULSE_CODE_TM_DEATH, 2);
    ok(MsgDeliverEvent(0, &ev) == -1, "nor by an event");
    pid_t p = child(0);
    is_int(unprivileged(p, SIGTERM), EPERM, "somebody else's process: EPERM");
    is_int(kill(p, SIGTERM), 0, "our child");
    is_int(died_of(p), SIGTERM, "ends of it");
    pid_t g = child(1);
    is_int(kill(-g, SIGUSR1), 0, "a process group");
    is_int(died_of(g), SIGUSR1, "ends of it");
    ok(kill(-g, SIGUSR1) == -1 && errno == ESRCH, "an empty group: ESRCH");
    pid_t z = fork();
    if (z == 0)
        _exit(0);
    rv_sleep_ms(60);
    is_int(kill(z, SIGTERM), 0, "a zombie can be signalled");
    waitpid(z, NULL, 0);
    p = child(1);
    pid_t q = child(1);
    setpgid(q, p);
    is_int(kill(-p, SIGKILL), 0, "two in a group");
    is_int(died_of(p), SIGKILL, "one ends");
    is_int(died_of(q), SIGKILL, "and the other");
    return done();
}
