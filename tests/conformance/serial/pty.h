/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of pseudo terminals: a pair, and what its ends say. */
#pragma once
#include "../tap.h"

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unix.h>

struct pair {
    int master, slave;
    char name[16];
};

static inline struct pair pair_open(void)
{
    struct pair p;
    if (openpty(&p.master, &p.slave, p.name, NULL, NULL) == -1)
        bail_out("openpty: %s", strerror(errno));
    return p;
}

static inline void pair_close(struct pair *p)
{
    close(p->slave);
    close(p->master);
}

/* Bytes as they are, both ways. */
static inline void pair_raw(struct pair *p)
{
    struct termios tio;
    tcgetattr(p->slave, &tio);
    cfmakeraw(&tio);
    if (tcsetattr(p->slave, TCSANOW, &tio) == -1)
        bail_out("tcsetattr: %s", strerror(errno));
}

static inline bool write_text(int fd, const char *text)
{
    return write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

/* Reads until that much is there; is it the text? */
static inline bool reads_text(int fd, const char *text)
{
    char got[256] = "";
    size_t want = strlen(text), have = 0;
    ssize_t n = 1;
    while (have < want && (n = read(fd, got + have, want - have)) > 0)
        have += (size_t)n;
    if (have != want || memcmp(got, text, want) != 0)
        diag("read %zu bytes, wanted %zu: \"%.100s\"", have, want, got);
    return have == want && memcmp(got, text, want) == 0;
}

static inline int poll_now(int fd, short events)
{
    struct pollfd p = {.fd = fd, .events = events};
    return poll(&p, 1, 0) == -1 ? -errno : p.revents;
}
