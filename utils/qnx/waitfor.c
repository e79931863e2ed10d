/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
#ifdef __USAGE
%C - waits until a path exists

%C path [seconds]

Exit status 0: it exists; 1: it did not in that time (default 5 seconds, fractions allowed).
#endif
/* clang-format on */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#define POLL_NS 10000000

static double now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    char *end = NULL;
    double seconds = argc == 3 ? strtod(argv[2], &end) : 5;
    if (argc < 2 || argc > 3 || (end != NULL && (*end != '\0' || end == argv[2])) ||
        !(seconds >= 0 && seconds < 1e9)) {
        fprintf(stderr, "usage: waitfor path [seconds]\n");
        return 2;
    }
    double limit = now() + seconds;
    struct stat st;
    while (stat(argv[1], &st) == -1) {
        if (now() >= limit) {
            fprintf(stderr, "waitfor: %s: not there after %g s\n", argv[1], seconds);
            return 1;
        }
        nanosleep(&(struct timespec){0, POLL_NS}, NULL);
    }
    return 0;
}
