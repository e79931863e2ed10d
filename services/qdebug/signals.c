/* SPDX-License-Identifier: Apache-2.0 */
/* GDB has signal numbers of its own, the same for every target. */
#include <signal.h>
#include <stddef.h>

#include "server.h"

static const unsigned char numbers[] = {
    [SIGHUP] = 1,   [SIGINT] = 2,   [SIGQUIT] = 3,  [SIGILL] = 4,   [SIGTRAP] = 5,    [SIGABRT] = 6,  [SIGFPE] = 8,
    [SIGKILL] = 9,  [SIGBUS] = 10,  [SIGSEGV] = 11, [SIGSYS] = 12,  [SIGPIPE] = 13,   [SIGALRM] = 14, [SIGTERM] = 15,
    [SIGURG] = 16,  [SIGSTOP] = 17, [SIGTSTP] = 18, [SIGCONT] = 19, [SIGCHLD] = 20,   [SIGTTIN] = 21, [SIGTTOU] = 22,
    [SIGIO] = 23,   [SIGXCPU] = 24, [SIGXFSZ] = 25, [SIGVTALRM] = 26, [SIGPROF] = 27, [SIGWINCH] = 28, [SIGUSR1] = 30,
    [SIGUSR2] = 31, [SIGPWR] = 32,
};

int signal_to_gdb(int signo)
{
    if (signo > 0 && (size_t)signo < sizeof numbers && numbers[signo] != 0)
        return numbers[signo];
    return signo >= 33 && signo <= 63 ? signo + 12 : 143; /* real-time, else unknown */
}

int signal_from_gdb(int number)
{
    for (size_t i = 1; i < sizeof numbers; i++)
        if (numbers[i] == number)
            return (int)i;
    return number >= 45 && number <= 75 ? number - 12 : 0;
}
