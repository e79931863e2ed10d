/* SPDX-License-Identifier: Apache-2.0 */
#include "line.h"

#include <devctl.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/dcmd_chr.h>
#include <sys/iomsg.h>
#include <termios.h>
#include <unistd.h>

#include "../serial/chardev.h"
#include "../serial/speed.h"

/* Two descriptors: what a thread waits for on one replaces what it waited for there before. */
static int fd, out_fd;
static struct sigevent wake;
static void (*on_ready)(void);

static int on_pulse(message_context_t *ctp, int code, unsigned flags, void *handle)
{
    (void)ctp, (void)code, (void)flags, (void)handle;
    on_ready();
    return 0;
}

static int set_raw(unsigned baud)
{
    struct termios tio;
    if (tcgetattr(fd, &tio) == -1)
        return errno;
    tio.c_iflag = 0;
    tio.c_oflag = 0;
    tio.c_lflag = 0;
    tio.c_cflag = (tio.c_cflag & ~(tcflag_t)(CSIZE | CSTOPB | PARENB)) | CS8 | CREAD | CLOCAL;
    tio.c_cc[VMIN] = 1;
    tio.c_cc[VTIME] = 0;
    if (baud != 0) {
        speed_t speed = speed_from_bps(baud);
        if (speed == B0)
            return EINVAL;
        cfsetispeed(&tio, speed);
        cfsetospeed(&tio, speed);
    }
    return tcsetattr(fd, TCSANOW, &tio) == -1 ? errno : EOK;
}

int line_open(const char *path, unsigned baud, void (*ready)(void))
{
    on_ready = ready;
    fd = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd == -1)
        return errno;
    out_fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (out_fd == -1)
        return errno;
    int error = set_raw(baud);
    return error != EOK ? error : chardev_pulse(on_pulse, NULL, &wake);
}

/* Arms the condition; true: it holds already. */
static bool holds(int of, int condition)
{
    return ionotify(of, _NOTIFY_ACTION_POLLARM, condition, &wake) > 0;
}

size_t line_read(uint8_t *to, size_t max)
{
    ssize_t n = read(fd, to, max);
    return n > 0 ? (size_t)n : 0;
}

bool line_watch(void)
{
    return holds(fd, _NOTIFY_COND_INPUT);
}

size_t line_write(const uint8_t *bytes, size_t n)
{
    size_t done = 0;
    while (done < n) {
        ssize_t part = write(out_fd, bytes + done, n - done);
        if (part > 0)
            done += (size_t)part;
        else if (!holds(out_fd, _NOTIFY_COND_OUTPUT))
            break;
    }
    return done;
}

bool line_is_drained(void)
{
    int waiting = 0;
    return devctl(fd, DCMD_CHR_OSCHARS, &waiting, sizeof waiting, NULL) != EOK || waiting == 0;
}
