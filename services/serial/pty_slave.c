/* SPDX-License-Identifier: Apache-2.0 */
/* The slave of a pseudo terminal: a character device whose line is the master. */
#include "chardev.h"
#include "pty.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

struct end { /* in the place of a chip */
    struct pty_master *master;
    bool is_connected; /* the master is open */
    bool was_open;     /* since then */
    bool is_serving;
};

static bool is_open(const struct chardev *dev)
{
    return dev->attr.rcount + dev->attr.wcount > 0;
}

/* What moves at one end makes room or brings bytes at the other. */
static void changed(struct chardev *dev)
{
    struct end *end = dev->chip;
    if (end->is_serving)
        return;
    end->is_serving = true;
    while (pty_master_serve(end->master))
        chardev_service(dev);
    end->is_serving = false;
}

/* Who opens the terminal next does not read what was typed for the last one. */
static void users(struct chardev *dev)
{
    struct end *end = dev->chip;
    if (is_open(dev)) {
        end->was_open = true;
    } else if (end->was_open) {
        ldisc_flush_input(&dev->ld);
        dev->ld.stopped = false;
        chardev_service(dev);
    }
}

static int may_open(struct chardev *dev)
{
    const struct end *end = dev->chip;
    return end->is_connected ? EOK : EIO;
}

static void transmit(struct chardev *dev)
{
    (void)dev; /* the master takes it: changed() */
}

static int set_line(struct chardev *dev, const struct termios *old, const struct termios *wanted)
{
    (void)dev, (void)old, (void)wanted;
    return EOK; /* there is no line that could be too slow */
}

static bool is_idle(struct chardev *dev)
{
    (void)dev;
    return true;
}

static void ignore(struct chardev *dev, bool on)
{
    (void)dev, (void)on;
}

static const struct chip_ops ops = {
    .transmit = transmit,
    .set_line = set_line,
    .is_idle = is_idle,
    .set_break = ignore,
    .modem = chardev_no_modem,
    .hold = ignore,
    .throttle = chardev_no_throttle,
    .users = users,
    .changed = changed,
    .may_open = may_open,
    .stays_hung_up = true,
};

static void start_values(struct chardev *dev)
{
    ldisc_init(&dev->ld);
    cfsetispeed(&dev->ld.tio, B38400);
    cfsetospeed(&dev->ld.tio, B38400);
    ldisc_preset(&dev->ld, true);
    dev->size = (struct winsize){0};
    dev->sid = 0;
    dev->pgrp = 0;
    dev->aware_count = -1;
    dev->is_held = false;
    dev->was_throttled = false;
}

int pty_slave_new(struct chardev **made)
{
    struct chardev *dev = calloc(1, sizeof *dev);
    struct end *end = calloc(1, sizeof *end);
    if (dev == NULL || end == NULL) {
        free(dev);
        free(end);
        return ENOMEM;
    }
    dev->chip = end;
    start_values(dev);
    dev->hung_up = true;
    *made = dev;
    return EOK;
}

int pty_slave_attach(struct chardev *slave, const char *path, struct pty_master *master)
{
    struct end *end = slave->chip;
    end->master = master;
    int error = chardev_attach(slave, path, &ops, end);
    slave->attr.mode = S_IFCHR | 0600;
    return error;
}

struct ldisc *pty_slave_ldisc(struct chardev *slave)
{
    return &slave->ld;
}

bool pty_slave_is_open(const struct chardev *slave)
{
    return is_open(slave);
}

bool pty_slave_is_left(const struct chardev *slave)
{
    const struct end *end = slave->chip;
    return end->was_open && !is_open(slave);
}

void pty_slave_connect(struct chardev *slave, uid_t uid, gid_t gid)
{
    struct end *end = slave->chip;
    end->is_connected = true;
    end->was_open = false;
    start_values(slave);
    slave->hung_up = false;
    slave->attr.uid = uid;
    slave->attr.gid = gid;
    slave->attr.mode = S_IFCHR | 0600;
}

void pty_slave_hangup(struct chardev *slave)
{
    struct end *end = slave->chip;
    end->is_connected = false;
    chardev_hangup(slave);
    slave->attr.uid = 0;
    slave->attr.gid = 0;
    slave->attr.mode = S_IFCHR | 0600;
}

void pty_slave_service(struct chardev *slave)
{
    chardev_service(slave);
}

int pty_slave_devctl(struct chardev *slave, resmgr_context_t *ctp, io_devctl_t *msg)
{
    return chardev_control(slave, ctp, msg, true);
}

pid_t pty_slave_group(const struct chardev *slave)
{
    return slave->pgrp;
}
