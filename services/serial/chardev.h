/* SPDX-License-Identifier: Apache-2.0 */
/* Class core of character devices: what every devc-* has in common.
 *
 * A devc-* program gives each port a struct chardev and a table of chip functions, calls
 * chardev_attach(), and answers its interrupt by feeding ldisc_input() and then chardev_service().
 * Everything runs in the one thread that calls chardev_run(): interrupts and timers arrive as
 * pulses, so there is no lock.  A handler never waits: a read, write or drain that cannot finish
 * goes to a queue of the device, and the client stays REPLY-blocked. */
#pragma once

struct chardev;
#define IOFUNC_ATTR_T   struct chardev
#define RESMGR_HANDLE_T struct chardev

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <sys/iofunc.h>
#include <sys/dispatch.h>
#include <sys/ioctl.h>
#include <sys/neutrino.h>
#include <time.h>

#include "../lib/waitq.h"
#include "ldisc.h"

/* Modem lines, as TIOCM_* of <sys/ioctl.h>. */
struct chip_ops {
    void (*transmit)(
        struct chardev *dev); /* start or continue output: takes bytes with ldisc_out_get() */
    void (*interrupt)(struct chardev *dev);
    /* New c_cflag and speeds; 0 or errno (EINVAL: the chip cannot).  `old` is what is set now. */
    int (*set_line)(struct chardev *dev, const struct termios *old, const struct termios *wanted);
    bool (*is_idle)(struct chardev *dev); /* the last bit has left */
    void (*set_break)(struct chardev *dev, bool on);
    unsigned (*modem)(struct chardev *dev, unsigned set,
                      unsigned clear);              /* returns the lines as they are now */
    void (*hold)(struct chardev *dev, bool on);     /* does not, does read the line */
    void (*throttle)(struct chardev *dev, bool on); /* hardware flow control of input */
    /* These may be NULL. */
    void (*users)(struct chardev *dev);   /* a descriptor was opened or closed: attr.count */
    void (*changed)(struct chardev *dev); /* end of chardev_service(): queues may have changed */
    int (*may_open)(struct chardev *dev); /* for reading or writing; 0 or errno.  NULL: always */
    bool stays_hung_up; /* a new session does not bring the line back */
};

/* A client that waits for a reply. */
struct waiter {
    struct wait_node node;
    size_t nbytes, done;
    size_t offset;        /* of the data in the client's message (writes) */
    struct ld_cond cond;  /* reads */
    uint64_t deadline_ns; /* 0 none; reads: TIME or the timeout of readcond() */
    uint64_t limit_ns;    /* 0 none; reads: total timeout of readcond() */
    uint32_t seen;        /* reads: queue position when the inter-byte timer was armed */
    struct termios tio;   /* tcsetattr() that waits for output to drain */
    uint8_t after;        /* DRAIN_* */
    bool own_cond;        /* readcond(): MIN and TIME do not follow the terminal's */
};
enum { DRAIN_ONLY, DRAIN_SETATTR, DRAIN_SETATTR_FLUSH, DRAIN_BREAK };

struct chardev {
    iofunc_attr_t attr; /* first: the framework's handle */
    struct ldisc ld;
    iofunc_notify_t notify[3];
    const struct chip_ops *ops;
    void *chip;
    int irq, irq_id;
    pid_t sid, pgrp; /* controlling session and foreground group, 0 none */
    struct winsize size;
    struct waitq readers, writers, drainers; /* of struct waiter */
    timer_t timer;
    uint64_t timer_at_ns;  /* when the timer is set for, 0 not set */
    uint64_t break_end_ns; /* 0: no break is being sent */
    int break_rcvid;       /* who waits for its end, 0 nobody */
    struct {
        pid_t pid;
        int tid;
    } aware[16];    /* readers that have been on their way out of the kernel since the last signal key */
    int aware_count; /* -1: no signal key since the foreground group changed */
    bool was_throttled, hung_up;
    bool is_held; /* the line is not read: the input queue is full */
    char name[32];
    struct chardev *next;
};

/* One dispatch handle for all ports of the program.  0 or errno. */
int chardev_setup(void);
dispatch_t *chardev_dispatch(void);
/* Takes the interrupt, before the chip is touched: EBUSY when another driver has the port.  0 or
 * errno. It is first looked at in chardev_run(). */
int chardev_claim(struct chardev *dev, int irq);
/* The device gets its path.  0 or errno. */
int chardev_attach(struct chardev *dev, const char *path, const struct chip_ops *ops, void *chip);
/* For what has no interrupt: the handler runs in chardev_run() for each such pulse. 0 or errno. */
int chardev_pulse(int (*handler)(message_context_t *ctp, int code, unsigned flags, void *handle),
                  void *handle, struct sigevent *event);
/* Serves for ever; returns an errno when the dispatch layer fails. */
int chardev_run(void);

/* Does what ldisc.events ask for, starts output and serves the waiting clients.  After every change
 * of the ldisc. */
void chardev_service(struct chardev *dev);
/* The line was lost (no carrier): SIGHUP to the session's leader and the foreground group, end of file for readers. */
void chardev_hangup(struct chardev *dev);

/* For chips without modem lines: all of them look set, and nothing stops the other end. */
unsigned chardev_no_modem(struct chardev *dev, unsigned set, unsigned clear);
void chardev_no_throttle(struct chardev *dev, bool on);

/* Between the files of the core. */
int chardev_devctl(resmgr_context_t *ctp, io_devctl_t *msg, iofunc_ocb_t *ocb);
/* A terminal's devctl(), from a client that may or may not write. */
int chardev_control(struct chardev *dev, resmgr_context_t *ctp, io_devctl_t *msg, bool may_write);
int chardev_apply(struct chardev *dev, const struct termios *tio); /* tcsetattr() now; 0 or errno */
uint64_t chardev_now_ns(void);
void chardev_update_timer(struct chardev *dev);
void chardev_break(struct chardev *dev, unsigned ms, int rcvid);
int chardev_read(resmgr_context_t *ctp, io_read_t *msg, iofunc_ocb_t *ocb);
void chardev_serve_readers(struct chardev *dev);
void chardev_restart_readers(struct chardev *dev);
static inline struct waiter *waiter_first(const struct waitq *q)
{
    return (struct waiter *)q->head;
}
static inline struct waiter *waiter_next(const struct waiter *w)
{
    return (struct waiter *)w->node.next;
}

/* Job control.  chardev_may_*: 0 to go on, otherwise the errno to reply (ERESTART: the group was
 * sent sig). */
int chardev_may_access(struct chardev *dev, resmgr_context_t *ctp, int sig);
void chardev_signal(struct chardev *dev, int sig);
void chardev_process_ended(struct chardev *dev); /* somebody has: the session's leader? */
int chardev_set_session(struct chardev *dev, resmgr_context_t *ctp);
int chardev_set_group(struct chardev *dev, resmgr_context_t *ctp, pid_t pgrp);
