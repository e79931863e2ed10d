/* SPDX-License-Identifier: Apache-2.0 */
/* openpty(): both ends of a free pair; documentation: unix.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int openpty(int *amaster, int *aslave, char *name, const struct termios *termp, const struct winsize *winp)
{
    char path[16];
    int cancel, slave = -1;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel); /* or descriptors would be lost */
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master == -1 && errno == EAGAIN)
        errno = ENOENT;
    if (master != -1 && ptsname_r(master, path, sizeof path) == 0)
        slave = open(path, O_RDWR | O_NOCTTY);
    if (slave != -1 && ((termp && tcsetattr(slave, TCSANOW, termp) == -1) || (winp && ioctl(slave, TIOCSWINSZ, winp) == -1))) {
        int error = errno;
        close(slave);
        errno = error;
        slave = -1;
    }
    if (slave == -1 && master != -1) {
        int error = errno;
        close(master);
        errno = error;
    }
    if (slave != -1) {
        *amaster = master;
        *aslave = slave;
        if (name)
            strcpy(name, path);
    }
    pthread_setcancelstate(cancel, NULL);
    return slave == -1 ? -1 : 0;
}
