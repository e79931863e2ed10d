/* SPDX-License-Identifier: Apache-2.0 */
/* What GDB steps through in tests/debug/run: `steps` with a thread beside it, `steps kill`, which is killed meanwhile,
 * `steps spin`, which does not end. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static _Atomic int wanted, given, beats, joins;
static volatile int total, watched;
static int counter;

/* A second time round, as when another hart has come between. */
static void count_up(int *where)
{
    int old, failed, fails = 1;
    __asm__ __volatile__("1: lr.w.aq %0, (%3)\n\t"
                         "addi %0, %0, 1\n\t"
                         "bltz %0, 2f\n\t"
                         "sc.w.rl %1, %0, (%3)\n\t"
                         "bnez %1, 1b\n\t"
                         "addi %2, %2, -1\n\t"
                         "beqz %2, 1b\n"
                         "2:"
                         : "=&r"(old), "=&r"(failed), "+r"(fails)
                         : "r"(where)
                         : "memory");
}

static void *helper(void *arg)
{
    while (!atomic_load(&wanted)) {
    }
    atomic_store(&given, 1);
    while (arg != NULL)
        if (atomic_load(&beats)) /* main is in its last loop */
            kill(getpid(), SIGKILL);
    return arg;
}

static void last_words(void)
{
    total++;
    pthread_exit(NULL); /* the thread dies here */
}

static void spin(void)
{
    for (;;)
        total++;
}

static void *mortal(void *arg)
{
    while (!atomic_load(&joins)) { /* main has no lock of the library any more, which this thread's end would wait for */
    }
    last_words();
    return arg;
}

int main(int argc, char **argv)
{
    pthread_t thread, other;
    int is_killed = argc > 1 && strcmp(argv[1], "kill") == 0;
    if (argc > 1 && strcmp(argv[1], "spin") == 0)
        spin();
    pthread_create(&thread, NULL, helper, is_killed ? argv : NULL);
    count_up(&counter); /* begin */
    for (int i = 0; i < 500; i++) total += i;
    watched = total;
    atomic_store(&wanted, 1);
    while (!atomic_load(&given)) {}
    while (is_killed) beats++;
    pthread_join(thread, NULL);
    pthread_create(&other, NULL, mortal, NULL);
    atomic_store(&joins, 1);
    pthread_join(other, NULL);
    printf("counter %d total %d\n", counter, total);
    return 7;
}
