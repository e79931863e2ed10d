/* SPDX-License-Identifier: Apache-2.0 */
/* A pseudo terminal is a pair of devices.  The slave (pty_slave.c) is a terminal like every other devc-*'s; where others have a chip
 * it has the master (pty_master.c), a resource manager of its own: what a program writes there is what a line would bring, and it reads
 * what would go out.
 *
 * Life of a pair: free; connected while a master is open, when slaves can be opened; free again when the master and all slaves are
 * closed.  A slave that outlives its master is hung up and keeps the pair busy, so that no program of an old session ever reads the
 * next one's keys.  Everything runs in the one thread of chardev_run(). */
#pragma once
#include <stdbool.h>
#include <sys/types.h>

#include <sys/dispatch.h>
#include <sys/iomsg.h>
#include <sys/resmgr.h>

#define PTY_MAX 256u /* names that there are: [p-zP-T][0-9a-f] */

struct chardev;
struct ldisc;
struct pty_master;

/* Both make their end of pair /dev/ptyXY, /dev/ttyXY.  0 or errno. */
int pty_master_attach(dispatch_t *dpp, const char *path, struct chardev *slave, struct pty_master **made);
int pty_slave_new(struct chardev **made);
int pty_slave_attach(struct chardev *slave, const char *path, struct pty_master *master);

/* For the master's side. */
struct ldisc *pty_slave_ldisc(struct chardev *slave);
bool pty_slave_is_open(const struct chardev *slave);
bool pty_slave_is_left(const struct chardev *slave); /* since the master was opened it was open, and it is not now */
void pty_slave_connect(struct chardev *slave, uid_t uid, gid_t gid);
void pty_slave_hangup(struct chardev *slave);
void pty_slave_service(struct chardev *slave); /* after every change of its line discipline */
int pty_slave_devctl(struct chardev *slave, resmgr_context_t *ctp, io_devctl_t *msg);
pid_t pty_slave_group(const struct chardev *slave); /* in the foreground, 0 none */

/* For the slave's side: serves who waits at the master; true when bytes moved. */
bool pty_master_serve(struct pty_master *master);
