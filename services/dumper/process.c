/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of a process, through /proc/<pid>. */
#include "dumper.h"

#include <devctl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/states.h>
#include <unistd.h>

static int command(const struct victim *v, int dcmd, void *data)
{
    return devctl(v->fd, dcmd, data, (size_t)((unsigned)dcmd >> 16 & 0x3fff), NULL);
}

static void read_text(pid_t pid, const char *name, char *text, size_t room)
{
    char path[40];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd != -1 ? read(fd, text, room - 1) : -1;
    if (fd != -1)
        close(fd);
    text[n > 0 ? n : 0] = '\0';
    for (ssize_t i = 0; i + 1 < n; i++)
        if (text[i] == '\0')
            text[i] = ' ';
}

static int find_regions(struct victim *v)
{
    procfs_mapinfo map = {.addr = 0};
    v->regions = malloc(REGIONS_MAX * sizeof *v->regions);
    if (v->regions == NULL)
        return ENOMEM;
    while (v->num_regions < REGIONS_MAX && command(v, DCMD_PROC_MAPINFO, &map) == EOK && map.bytes != 0) {
        v->regions[v->num_regions++] = map;
        map.addr += map.bytes;
    }
    return EOK;
}

/* GDB takes the first thread of the file for the one that matters. */
static int find_threads(struct victim *v)
{
    procfs_status status;
    size_t chief = 0;
    v->threads = malloc(THREADS_MAX * sizeof *v->threads);
    if (v->threads == NULL)
        return ENOMEM;
    for (int tid = 1; v->num_threads < THREADS_MAX; tid = status.tid + 1) {
        memset(&status, 0, sizeof status);
        status.tid = tid;
        if (command(v, DCMD_PROC_TIDSTATUS, &status) != EOK || status.tid < tid)
            break;
        if (status.state == STATE_DEAD)
            continue;
        if (status.why == _DEBUG_WHY_FAULTED || status.why == _DEBUG_WHY_SIGNALLED)
            chief = v->num_threads;
        v->threads[v->num_threads++] = status;
    }
    if (chief != 0) {
        status = v->threads[chief];
        memmove(v->threads + 1, v->threads, chief * sizeof status);
        v->threads[0] = status;
    }
    return v->num_threads != 0 ? EOK : ESRCH;
}

int victim_open(struct victim *v, pid_t pid, int signo)
{
    char path[32];
    procfs_status status;
    int error;
    memset(v, 0, sizeof *v);
    v->pid = pid;
    v->signo = signo;
    snprintf(path, sizeof path, "/proc/%d/as", (int)pid);
    v->fd = open(path, O_RDWR | O_CLOEXEC);
    if (v->fd == -1)
        return errno;
    do
        error = command(v, DCMD_PROC_STOP, &status);
    while (error == EINTR);
    if (error == EOK)
        error = command(v, DCMD_PROC_INFO, &v->info);
    if (error == EOK)
        error = find_regions(v);
    if (error == EOK)
        error = find_threads(v);
    if (error != EOK) {
        victim_close(v);
        return error;
    }
    read_text(pid, "exefile", v->path, sizeof v->path);
    read_text(pid, "cmdline", v->arguments, sizeof v->arguments);
    return EOK;
}

void victim_close(struct victim *v)
{
    free(v->regions);
    free(v->threads);
    if (v->fd != -1)
        close(v->fd);
    memset(v, 0, sizeof *v);
    v->fd = -1;
}

ssize_t victim_read(const struct victim *v, uint64_t addr, void *data, size_t bytes)
{
    return addr > INT64_MAX ? -1 : pread(v->fd, data, bytes, (off_t)addr);
}

int victim_registers(const struct victim *v, int tid, procfs_greg *g, procfs_fpreg *f)
{
    int32_t id = tid;
    int error = command(v, DCMD_PROC_CURTHREAD, &id);
    if (error == EOK)
        error = command(v, DCMD_PROC_GETGREG, g);
    return error == EOK ? command(v, DCMD_PROC_GETFPREG, f) : error;
}
