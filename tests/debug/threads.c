/* SPDX-License-Identifier: Apache-2.0 */
/* What GDB debugs in non-stop mode (nonstop.py): a thread that comes by a function again and again, one that counts, and main, which
 * tells the console that all of them live. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <sys/neutrino.h>
#include <unistd.h>

static volatile unsigned long counted, items;

static void item(unsigned long n)
{
    items = n;
}

static void *worker(void *arg)
{
    for (unsigned long n = 1;; n++) {
        item(n);
        usleep(20000);
    }
    return arg;
}

static void *counter(void *arg)
{
    for (;;)
        if (++counted % 1000 == 0)
            usleep(1000);
    return arg;
}

int main(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, worker, NULL);
    pthread_setname_np(thread, "worker");
    pthread_create(&thread, NULL, counter, NULL);
    pthread_setname_np(thread, "counter");
    for (unsigned long old_items = 0, old_counted = 0;; usleep(100000)) {
        if (items < old_items + 5 || counted < old_counted + 1000)
            continue;
        old_items = items;
        old_counted = counted;
        printf("threads alive\n");
        fflush(stdout);
    }
}
