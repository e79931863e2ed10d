/* SPDX-License-Identifier: Apache-2.0 */
/* What GDB changes the siginfo of (siginfo.py): signals of the program's own, then a fault, and what their handlers were given; another
 * thread runs all the time.  With "die" nobody handles the first one. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static volatile int code, value, handled;

static void on_signal(int signo, siginfo_t *info, void *context)
{
    (void)signo, (void)context;
    code = info->si_code;
    value = info->si_value.sival_int;
    handled++;
}

static void on_fault(int signo, siginfo_t *info, void *context)
{
    (void)context;
    printf("siginfo: fault %d at %p code %d\n", signo, info->si_addr, info->si_code);
    fflush(stdout);
    _exit(21);
}

static void *counter(void *arg)
{
    for (volatile unsigned long n = 0;; n++)
        if (n % 100000 == 0)
            usleep(1000);
    return arg;
}

static void handle(int signo, void (*handler)(int, siginfo_t *, void *))
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigfillset(&action.sa_mask);
    sigaction(signo, &action, NULL);
}

int main(int argc, char **argv)
{
    pthread_t thread;
    if (argc < 2 || strcmp(argv[1], "die") != 0)
        handle(SIGUSR1, on_signal);
    handle(SIGSEGV, on_fault);
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    pthread_create(&thread, NULL, counter, NULL); /* signals are for the first thread */
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    for (int i = 1; i <= 4; i++) {
        sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 1000 * i});
        printf("siginfo: %d handled, code %d value %d\n", handled, code, value);
        fflush(stdout);
    }
    return *(volatile int *)argv[argc]; /* NULL */
}
