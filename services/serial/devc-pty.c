/* SPDX-License-Identifier: Apache-2.0 */
/* devc-pty: pseudo terminals. */
/* clang-format off */
#ifdef __USAGE
%C - pseudo terminals

%C [-n number] [-o nodaemon]

Makes pairs of devices: masters /dev/ptyp0 to /dev/ptypf, /dev/ptyq0 and so on ([p-zP-T][0-9a-f]), each with its slave /dev/ttyp0
and so on, a terminal for whoever has the master open.  openpty() and posix_openpt() find a pair that is free.
 -n number    pairs, at most 256 (8)
 -o nodaemon  stay in the foreground
#endif
/* clang-format on */
#include "chardev.h"
#include "pty.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/procmgr.h>
#include <sys/stat.h>
#include <unistd.h>

static int complain(const char *what, const char *why)
{
    fprintf(stderr, "devc-pty: %s: %s\n", what, why);
    return EXIT_FAILURE;
}

static int make_pair(unsigned number)
{
    static const char letters[] = "pqrstuvwxyzPQRST", digits[] = "0123456789abcdef";
    char slave_path[] = "/dev/ttyXY", master_path[] = "/dev/ptyXY";
    struct chardev *slave;
    struct pty_master *master;
    struct stat st;
    slave_path[8] = master_path[8] = letters[number / 16];
    slave_path[9] = master_path[9] = digits[number % 16];
    if (stat(master_path, &st) == 0)
        return complain(master_path, "is there already");
    int error = pty_slave_new(&slave);
    if (error == EOK)
        error = pty_master_attach(chardev_dispatch(), master_path, slave, &master);
    if (error == EOK)
        error = pty_slave_attach(slave, slave_path, master);
    return error == EOK ? EXIT_SUCCESS : complain(master_path, strerror(error));
}

static bool parse_number(const char *text, unsigned *number)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    *number = (unsigned)value;
    return errno == 0 && text[0] >= '0' && text[0] <= '9' && *end == '\0' && value >= 1 && value <= PTY_MAX;
}

int main(int argc, char **argv)
{
    unsigned pairs = 8;
    bool stays = false;
    int option;
    while ((option = getopt(argc, argv, "n:o:")) != -1) {
        if (option == 'n' && !parse_number(optarg, &pairs))
            return complain(optarg, "not a number of pairs, 1 to 256");
        if (option == 'o' && strcmp(optarg, "nodaemon") != 0)
            return complain(optarg, "not an option that I know");
        if (option == '?')
            return EXIT_FAILURE;
        stays = stays || option == 'o';
    }
    if (optind != argc)
        return complain(argv[optind], "not understood");
    int error = chardev_setup();
    if (error != EOK)
        return complain("dispatch", strerror(error));
    for (unsigned i = 0; i < pairs; i++)
        if (make_pair(i) != EXIT_SUCCESS)
            return EXIT_FAILURE;
    if (!stays && procmgr_daemon(EXIT_SUCCESS, 0) == -1)
        return complain("daemon", strerror(errno));
    chardev_run();
    return EXIT_FAILURE;
}
