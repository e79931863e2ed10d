/* SPDX-License-Identifier: Apache-2.0 */
#include "wire.h"

#include "network.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

static int fail(int fd, const char **why)
{
    *why = strerror(errno);
    if (fd >= 0)
        close(fd);
    return -1;
}

static speed_t speed_constant(long bps)
{
    static const struct {
        long bps;
        speed_t constant;
    } speeds[] = {{9600, B9600},       {19200, B19200},     {38400, B38400},     {57600, B57600},
                  {115200, B115200},   {230400, B230400},   {460800, B460800},   {921600, B921600},
                  {1000000, B1000000}, {1500000, B1500000}, {2000000, B2000000}, {3000000, B3000000}};
    for (size_t i = 0; i < sizeof speeds / sizeof speeds[0]; i++)
        if (speeds[i].bps == bps)
            return speeds[i].constant;
    return B0;
}

/* No flow control by characters: frames hold every byte. */
static int open_device(const struct target *t, const char **why)
{
    struct termios tio;
    int fd = open(t->line, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return fail(fd, why);
    if (tcgetattr(fd, &tio) != 0)
        return fail(fd, why);
    cfmakeraw(&tio);
    tio.c_cflag = (tio.c_cflag & ~(tcflag_t)(CSTOPB | CRTSCTS)) | CLOCAL | CREAD;
    tio.c_cc[VMIN] = 1;
    tio.c_cc[VTIME] = 0;
    if (t->speed != 0) {
        speed_t speed = speed_constant(t->speed);
        errno = EINVAL;
        if (speed == B0)
            return fail(fd, why);
        cfsetspeed(&tio, speed);
    }
    if (tcsetattr(fd, TCSANOW, &tio) != 0)
        return fail(fd, why);
    ioctl(fd, TIOCEXCL); /* no second program takes bytes away */
    return fd;
}

static int open_unix(const char *path, const char **why)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    errno = ENAMETOOLONG;
    if (strlen(path) >= sizeof a.sun_path)
        return fail(-1, why);
    strcpy(a.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a) != 0)
        return fail(fd, why);
    return fd;
}

static int open_network(const char *where, const char **why)
{
    static char text[300];
    char *reason;
    int fd = network_connect(where, 0, &reason);
    if (fd < 0) {
        snprintf(text, sizeof text, "%s", reason);
        free(reason);
        *why = text;
    }
    return fd;
}

int wire_open(const struct target *t, const char **why)
{
    int fd;
    if (strncmp(t->line, "unix:", 5) == 0)
        fd = open_unix(t->line + 5, why);
    else if (strncmp(t->line, "serial:", 7) == 0)
        fd = open_network(t->line + 7, why);
    else
        return open_device(t, why);
    if (fd >= 0)
        fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}
