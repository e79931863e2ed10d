/* SPDX-License-Identifier: Apache-2.0 */
/* What tests/debug/core lets crash: two threads, a variable in floating point, a call into a library. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static volatile double scale = 2.25;
static const char text[] = "kept in the core file";
const char *volatile words = text;

static void *idle(void *arg)
{
    pause();
    return arg;
}

static int first(const int *p, int depth)
{
    return depth > 0 ? first(p, depth - 1) + 1 : *p;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    (void)argv;
    pthread_create(&thread, NULL, idle, NULL);
    usleep(100000);
    scale *= 2;
    if (argc > 1)
        abort();
    return first(NULL, 3);
}
