/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of terminals: the console, its attributes saved and given back, and input made with
 * tcinject(). */
#pragma once
#include "../tap.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>

static struct termios tty_saved;
static int tty_fd = -1;

static void tty_restore(void)
{
    if (tty_fd != -1)
        tcsetattr(tty_fd, TCSANOW, &tty_saved);
}

/* -1: there is no terminal here. */
static int tty_open(void)
{
    tty_fd = open("/dev/ser1", O_RDWR | O_NOCTTY);
    if (tty_fd == -1 || tcgetattr(tty_fd, &tty_saved) == -1)
        return -1;
    atexit(tty_restore);
    return tty_fd;
}

/* Input mode without echo: what is injected must not show up in the log. */
static void tty_mode(tcflag_t iflag, tcflag_t lflag, unsigned min, unsigned tenths)
{
    struct termios tio = tty_saved;
    tio.c_iflag = iflag;
    tio.c_lflag = lflag;
    tio.c_cc[VMIN] = (cc_t)min;
    tio.c_cc[VTIME] = (cc_t)tenths;
    if (tcsetattr(tty_fd, TCSAFLUSH, &tio) == -1)
        bail_out("tcsetattr: %s", strerror(errno));
}

static void tty_type(const char *text)
{
    char copy[256];
    size_t n = strlen(text);
    if (n > sizeof copy)
        bail_out("text too long");
    memcpy(copy, text, n);
    tcdrain(tty_fd); /* a signal key drops output, and our results go the same way */
    if (tcinject(tty_fd, copy, (int)n) == -1)
        bail_out("tcinject: %s", strerror(errno));
}

__attribute__((unused)) static long tty_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

__attribute__((unused)) static void tty_nap(long ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}
