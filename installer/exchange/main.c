/* SPDX-License-Identifier: Apache-2.0 */
/*
 * qrv-exchange A B: two directories of one file system change places in one step, so that whoever
 * looks, and whatever happens, finds one or the other. For install.sh, whose tools cannot do that.
 * Exit code: 0 done, 1 not done (nothing was changed), 2 bad command line.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    if (argc != 3) {
        fputs("usage: qrv-exchange DIRECTORY DIRECTORY\n", stderr);
        return 2;
    }
    if (renameat2(AT_FDCWD, argv[1], AT_FDCWD, argv[2], RENAME_EXCHANGE) != 0) {
        fprintf(stderr, "qrv-exchange: %s and %s: %s\n", argv[1], argv[2], strerror(errno));
        return 1;
    }
    return 0;
}
