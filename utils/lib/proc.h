/* SPDX-License-Identifier: Apache-2.0 */
/* Processes as /proc shows them: the list of pids, and what /proc/<pid>/as answers. */
#pragma once
#include <stddef.h>
#include <sys/procfs.h>
#include <sys/types.h>

/* All pids, ascending, in allocated memory that the caller frees.  Their number, or -1 with errno.
 */
int proc_list(pid_t **pids);

/* A descriptor of /proc/<pid>/as, or -1 with errno.  A process may end at any time: then the calls
 * below fail. */
int proc_open(pid_t pid);
/* 0 or errno. */
int proc_info(int fd, procfs_info *info);
/* The thread with the lowest tid >= tid; ESRCH or EINVAL: there is none. */
int proc_thread(int fd, int tid, procfs_status *status);
int proc_channel(int fd, int chid, procfs_channel *channel);
int proc_map(int fd, uint64_t addr, procfs_mapinfo *map);
/* The argument strings, each with its NUL, one behind the other; size bytes or less, always
 * terminated. */
int proc_args(int fd, char *buffer, size_t size);

/* The last component of a path. */
const char *proc_base(const char *path);
/* "10", "21r", "5f", "5o": true and the values (policy -1: not said). */
int proc_parse_priority(const char *text, int *priority, int *policy);
