/* SPDX-License-Identifier: Apache-2.0 */
#include "proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int by_value(const void *a, const void *b)
{
    pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;
    return (x > y) - (x < y);
}

int proc_list(pid_t **pids)
{
    DIR *dir = opendir("/proc");
    if (dir == NULL)
        return -1;
    size_t n = 0, room = 0;
    pid_t *list = NULL;
    struct dirent *entry;
    while ((entry = readdir(dir)) != NULL) {
        char *end;
        long pid = strtol(entry->d_name, &end, 10);
        if (pid <= 0 || *end != '\0')
            continue;
        if (n == room) {
            room = room * 2 + 64;
            pid_t *more = realloc(list, room * sizeof *list);
            if (more == NULL) {
                free(list);
                closedir(dir);
                errno = ENOMEM;
                return -1;
            }
            list = more;
        }
        list[n++] = (pid_t)pid;
    }
    closedir(dir);
    if (n > 1)
        qsort(list, n, sizeof *list, by_value);
    *pids = list;
    return (int)n;
}

int proc_open(pid_t pid)
{
    char path[32];
    snprintf(path, sizeof path, "/proc/%d/as", (int)pid);
    return open(path, O_RDONLY | O_CLOEXEC);
}

int proc_info(int fd, procfs_info *info)
{
    return devctl(fd, (int)DCMD_PROC_INFO, info, sizeof *info, NULL);
}

int proc_thread(int fd, int tid, procfs_status *status)
{
    memset(status, 0, sizeof *status);
    status->tid = tid;
    return devctl(fd, (int)DCMD_PROC_TIDSTATUS, status, sizeof *status, NULL);
}

int proc_channel(int fd, int chid, procfs_channel *channel)
{
    memset(channel, 0, sizeof *channel);
    channel->chid = chid;
    return devctl(fd, (int)DCMD_PROC_CHANNELS, channel, sizeof *channel, NULL);
}

int proc_map(int fd, uint64_t addr, procfs_mapinfo *map)
{
    memset(map, 0, sizeof *map);
    map->addr = addr;
    return devctl(fd, (int)DCMD_PROC_MAPINFO, map, sizeof *map, NULL);
}

int proc_args(int fd, char *buffer, size_t size)
{
    static char all[4096];
    memset(all, 0, sizeof all);
    int error = devctl(fd, (int)DCMD_PROC_ARGS, all, sizeof all, NULL);
    if (size > sizeof all)
        size = sizeof all;
    memcpy(buffer, all, size);
    buffer[size - 1] = '\0';
    return error;
}

const char *proc_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL && slash[1] != '\0' ? slash + 1 : path;
}

int proc_parse_priority(const char *text, int *priority, int *policy)
{
    char *end;
    long n = strtol(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || n < 1 || n > 255)
        return 0;
    if (*end != '\0' && (strchr("rfo", *end) == NULL || end[1] != '\0'))
        return 0;
    *priority = (int)n;
    *policy = *end == 'r' ? SCHED_RR : *end == 'f' ? SCHED_FIFO : *end == 'o' ? SCHED_OTHER : -1;
    return 1;
}
