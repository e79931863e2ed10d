/* @NAME@: shows how many lines, words and bytes are in files. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "counter.h"

/* False after a message when the file cannot be read. */
static bool count_file(int fd, const char *name)
{
    struct counter counter = {0};
    char piece[4096];
    ssize_t got;
    while ((got = read(fd, piece, sizeof piece)) > 0)
        counter_add(&counter, piece, (size_t)got);
    if (got < 0) {
        fprintf(stderr, "@NAME@: %s: %s\n", name, strerror(errno));
        return false;
    }
    printf("%7lu %7lu %7lu %s\n", counter.lines, counter.words, counter.bytes, name);
    return true;
}

int main(int argc, char **argv)
{
    int status = EXIT_SUCCESS;
    int option;

    while ((option = getopt(argc, argv, "")) != -1) {
        fprintf(stderr, "@NAME@: see: use @NAME@\n");
        return EXIT_FAILURE;
    }
    if (optind == argc)
        return count_file(STDIN_FILENO, "") ? EXIT_SUCCESS : EXIT_FAILURE;

    for (int i = optind; i < argc; i++) {
        int fd = open(argv[i], O_RDONLY);
        if (fd == -1) {
            fprintf(stderr, "@NAME@: %s: %s\n", argv[i], strerror(errno));
            status = EXIT_FAILURE;
            continue;
        }
        if (!count_file(fd, argv[i]))
            status = EXIT_FAILURE;
        close(fd);
    }
    return status;
}
