/* SPDX-License-Identifier: Apache-2.0 */
/* /proc: a directory per process.  "as" is its address space: read() and write() at an offset are memory
 * accesses.  devctl()s of it and of "ctl" (abi/procfs.h) report what pidin wants and do what debuggers want.
 * Only the same real user, and root, may open these two and "exefile", the path of the program; "cmdline",
 * its arguments, is everybody's. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <abi/iomsg.h>
#include <abi/procfs.h>
#include "builtin/nodes.h"
#include "main/heap.h"
#include "main/print.h"
#include "path/path.h"
#include "process/debug.h"

/* The pid a name stands for ("self" is the client's), or 0. */
static int32_t parse_pid(const struct message *m, const char *name, size_t n)
{
    int64_t pid = 0;

    if (n == 4 && memcmp(name, "self", 4) == 0)
        return m->proc->pid;
    if (n == 0 || n > 6 || name[0] == '0')
        return 0;
    for (size_t i = 0; i < n; i++) {
        if (name[i] < '0' || name[i] > '9')
            return 0;
        pid = pid * 10 + (name[i] - '0');
    }
    return pid <= QRV_PID_MAX ? (int32_t)pid : 0;
}

static bool proc_entry(struct ocb *o, uint32_t index, char name[NAME_BYTES], uint64_t *ino,
                       uint8_t *type)
{
    enum path_kind kind;
    int32_t pid = 0;

    /* What is attached below /proc (boot, ...) comes first, then the processes in the order of
     * their pids. */
    if (path_child(o->path, index, name, &kind)) {
        *ino = name_ino(name);
        *type = kind == PATH_DIRECTORY ? DT_DIR : DT_UNKNOWN;
        return true;
    }
    for (uint32_t i = 0; path_child(o->path, i, name, &kind); i++)
        index--;
    for (;; index--) {
        pid = proc_next_pid(pid + 1);
        if (pid < 0)
            return false;
        if (index == 0)
            break;
    }
    tm_format(name, NAME_BYTES, "%d", pid);
    *ino = 0x10000u + (uint32_t)pid;
    *type = DT_DIR;
    return true;
}

enum { PID_FILES = 4 };
static const struct pid_file {
    const char *name;
    const struct node_ops *ops;
    uint32_t mode;
} pid_files[PID_FILES];

static uint64_t file_ino(unsigned file, int32_t pid)
{
    return ((uint64_t)file + 2) << 16 | (uint32_t)pid;
}

static bool pid_entry(struct ocb *o, uint32_t index, char name[NAME_BYTES], uint64_t *ino,
                      uint8_t *type)
{
    if (index >= PID_FILES)
        return false;
    strcpy(name, pid_files[index].name);
    *ino = file_ino(index, o->pid);
    *type = DT_REG;
    return true;
}

static void pid_stat(struct ocb *o, struct stat *st)
{
    struct proc *p = proc_get(o->pid);

    if (!p)
        return;
    lock_acquire(&p->lock);
    st->st_uid = p->cred.ruid;
    st->st_gid = p->cred.rgid;
    lock_release(&p->lock);
    proc_put(p);
}

static void as_stat(struct ocb *o, struct stat *st)
{
    struct proc *p = proc_get(o->pid);

    pid_stat(o, st);
    if (!p)
        return;
    lock_acquire(&p->as.lock);
    st->st_size = (off_t)p->as.regions.bytes;
    lock_release(&p->as.lock);
    proc_put(p);
}

#define AS_CHUNK 4096

static int64_t as_read(struct message *m, struct ocb *o, uint64_t offset, uint64_t bytes)
{
    uint64_t done = 0;

    if (bytes > (1u << 20))
        bytes = 1u << 20;
    while (done < bytes) {
        uint64_t va = offset + done, part = AS_CHUNK - va % AS_CHUNK;
        long got, put;

        if (part > bytes - done)
            part = bytes - done;
        got = tmk_copy(o->pid, va, m->buffer, part, TM_COPY_READ);
        if (got <= 0)
            return done ? (int64_t)done : (got == -ESRCH ? -ESRCH : -EIO);
        debug_hide(o->pid, va, m->buffer, (size_t)got);
        put = k_msg_write(m->rcvid, m->buffer, (size_t)got, done);
        if (put < 0)
            return put;
        done += (uint64_t)got;
    }
    return (int64_t)done;
}

static int64_t as_write(struct message *m, struct ocb *o, uint64_t source, uint64_t offset,
                        uint64_t bytes)
{
    uint64_t done = 0;

    if (bytes > (1u << 20))
        bytes = 1u << 20;
    while (done < bytes) {
        uint64_t va = offset + done, part = AS_CHUNK - va % AS_CHUNK;
        long got;

        if (part > bytes - done)
            part = bytes - done;
        got = k_msg_read(m->rcvid, m->buffer, part, source + done);
        if (got > 0)
            got = tmk_copy(o->pid, va, m->buffer, (size_t)got,
                           debug_write_mode(o, va, m->buffer, (size_t)got));
        if (got <= 0)
            return done ? (int64_t)done : (got == -ESRCH ? -ESRCH : -EIO);
        done += (uint64_t)got;
    }
    return (int64_t)done;
}

static int64_t reply_devctl(struct message *m, const void *data, size_t bytes)
{
    struct _io_devctl_reply *r = (void *)m->buffer;

    if (bytes > MESSAGE_BYTES - sizeof(*r))
        bytes = MESSAGE_BYTES - sizeof(*r);
    memset(r, 0, sizeof(*r));
    r->nbytes = (uint32_t)bytes;
    memmove(r + 1, data, bytes);
    return message_answer(m, r, sizeof(*r) + bytes, 0);
}

static const char *region_name(const struct region *r)
{
    if (r->flags & REGION_LOADER)
        return "loader";
    if (r->flags & REGION_STACK)
        return "stack";
    if (r->flags & REGION_PHYS)
        return "physical";
    return r->obj ? "object" : "anonymous";
}

static int64_t map_info(struct message *m, const struct ocb *o, const uint8_t *data, size_t bytes)
{
    struct qrv_proc_map map;
    struct region r;
    struct proc *p = proc_get(o->pid);
    bool is_found;

    if (!p)
        return -ESRCH;
    memset(&map, 0, sizeof(map));
    if (bytes >= 8)
        memcpy(&map.addr, data, 8);
    is_found = aspace_region(&p->as, map.addr, &r);
    proc_put(p);
    if (!is_found)
        return -ENOENT;
    map.addr = r.start;
    map.bytes = r.end - r.start;
    map.offset = r.offset;
    map.prot = r.prot;
    map.flags = r.flags;
    strcpy(map.name, region_name(&r));
    return reply_devctl(m, &map, sizeof(map));
}

static int64_t arguments(struct message *m, const struct ocb *o)
{
    struct proc *p = proc_get(o->pid);
    int64_t rc;

    if (!p)
        return -ESRCH;
    lock_acquire(&p->lock);
    rc =
        reply_devctl(m, p->args ? p->args : p->name, p->args ? p->args_bytes : strlen(p->name) + 1);
    lock_release(&p->lock);
    proc_put(p);
    return rc;
}

static uint64_t initial_stack(int32_t pid)
{
    struct proc *p = proc_get(pid);
    uint64_t at = 0;

    if (p) {
        lock_acquire(&p->lock);
        at = p->initial_stack;
        lock_release(&p->lock);
        proc_put(p);
    }
    return at;
}

static int64_t as_devctl(struct message *m, struct ocb *o, int32_t dcmd, const uint8_t *data,
                         size_t bytes)
{
    union {
        struct tm_proc_info proc;
        struct tm_thread_info thread;
        struct tm_channel_info channel;
    } u;
    int32_t id = 0;
    long rc;

    if (((uint32_t)dcmd >> 8 & 0xff) != QRV_DCMD_PROC_CLASS)
        return -ENOTTY;
    switch (dcmd & 0xff) {
    case QRV_DCMD_PROC_INFO_CMD:
        rc = tmk_proc_info(o->pid, &u.proc);
        u.proc.initial_stack = initial_stack(o->pid);
        return rc < 0 ? rc : reply_devctl(m, &u.proc, sizeof(u.proc));
    case QRV_DCMD_PROC_THREAD_CMD:
        if (bytes >= sizeof(struct tm_thread_info))
            memcpy(&id, data + offsetof(struct tm_thread_info, tid), sizeof(id));
        rc = kcall(TM_THREAD_INFO, o->pid, id > 0 ? id : 1, (long)&u.thread, 0, 0, 0);
        return rc < 0 ? rc : reply_devctl(m, &u.thread, sizeof(u.thread));
    case QRV_DCMD_PROC_CHANNEL_CMD:
        if (bytes >= sizeof(struct tm_channel_info))
            memcpy(&id, data + offsetof(struct tm_channel_info, chid), sizeof(id));
        rc = kcall(TM_CHANNEL_INFO, o->pid, id > 0 ? id : 1, (long)&u.channel, 0, 0, 0);
        return rc < 0 ? rc : reply_devctl(m, &u.channel, sizeof(u.channel));
    case QRV_DCMD_PROC_MAP_CMD:
        return map_info(m, o, data, bytes);
    case QRV_DCMD_PROC_ARGS_CMD:
        return arguments(m, o);
    default:
        return debug_devctl(m, o, (unsigned)dcmd & 0xff, data, bytes);
    }
}

/* What a text file has: 0 or -errno, with *bytes of it in m->buffer. */
static int text_of(struct message *m, const struct ocb *o, bool is_path, uint64_t *bytes)
{
    struct proc *p = proc_get(o->pid);
    const char *text;

    if (!p)
        return -ESRCH;
    lock_acquire(&p->lock);
    text = is_path ? p->exefile : p->args;
    *bytes = text ? (is_path ? strlen(text) : p->args_bytes) : 0;
    if (*bytes > MESSAGE_BYTES)
        *bytes = MESSAGE_BYTES;
    if (text)
        memcpy(m->buffer, text, *bytes);
    lock_release(&p->lock);
    proc_put(p);
    return 0;
}

static int64_t text_read(struct message *m, struct ocb *o, bool is_path, uint64_t offset, uint64_t bytes)
{
    uint64_t have;
    int rc = text_of(m, o, is_path, &have);

    if (rc < 0)
        return rc;
    if (offset >= have)
        return 0;
    if (bytes > have - offset)
        bytes = have - offset;
    return message_answer(m, m->buffer + offset, bytes, (int64_t)bytes);
}

static int64_t exefile_read(struct message *m, struct ocb *o, uint64_t offset, uint64_t bytes)
{
    return text_read(m, o, true, offset, bytes);
}

static int64_t cmdline_read(struct message *m, struct ocb *o, uint64_t offset, uint64_t bytes)
{
    return text_read(m, o, false, offset, bytes);
}

static const struct node_ops proc_ops = {.type = S_IFDIR, .entry = proc_entry};
static const struct node_ops pid_ops = {.type = S_IFDIR, .entry = pid_entry, .stat = pid_stat};
static const struct node_ops as_ops = {
    .type = S_IFREG, .read = as_read, .write = as_write, .stat = as_stat, .devctl = as_devctl, .close = debug_closed};
static const struct node_ops ctl_ops = {
    .type = S_IFREG, .stat = pid_stat, .devctl = as_devctl, .close = debug_closed};
static const struct node_ops exefile_ops = {.type = S_IFREG, .read = exefile_read, .stat = pid_stat};
static const struct node_ops cmdline_ops = {.type = S_IFREG, .read = cmdline_read, .stat = pid_stat};

static const struct pid_file pid_files[PID_FILES] = {
    {"as", &as_ops, 0600},
    {"ctl", &ctl_ops, 0600},
    {"cmdline", &cmdline_ops, 0444},
    {"exefile", &exefile_ops, 0400},
};

static const struct pid_file *find_file(const char *name)
{
    for (unsigned i = 0; i < PID_FILES; i++)
        if (strcmp(name, pid_files[i].name) == 0)
            return &pid_files[i];
    return NULL;
}

static int open_as(const struct lookup *l, int32_t pid)
{
    struct proc *p = proc_get(pid);
    int rc = 0;

    if (!p)
        return -ENOENT;
    lock_acquire(&p->lock);
    /* A program that changed its user may hold secrets of the other one: all three ids have to
     * match. */
    if (l->cred.euid != 0 && (p->cred.ruid != l->cred.euid || p->cred.suid != l->cred.euid ||
                              p->cred.euid != l->cred.euid))
        rc = -EACCES;
    lock_release(&p->lock);
    proc_put(p);
    return rc;
}

int procfs_open(struct lookup *l, struct ocb **out)
{
    const char *at = l->rest;
    size_t n = path_component(&at);
    int32_t pid = 0;
    const struct pid_file *file = NULL;
    const struct node_ops *ops = &proc_ops;
    int rc = 0;

    if (n) {
        pid = parse_pid(l->m, at, n);
        if (!pid)
            return name_open(l, out); /* a directory of the name space, or nothing */
        at += n;
        n = path_component(&at);
        file = n ? find_file(at) : NULL;
        if (n && !file)
            return -ENOENT;
        ops = file ? file->ops : &pid_ops;
        rc = file && !(file->mode & 0004) && (l->ioflag & _IO_FLAG_MASK) ? open_as(l, pid) : 0;
        if (file && !ops->devctl && (l->ioflag & _IO_FLAG_WR))
            rc = -EACCES;
        if (rc == 0) {
            struct proc *p = proc_get(pid);
            if (!p)
                return -ENOENT;
            proc_put(p);
        }
    }
    if (rc < 0)
        return rc;
    if (ops->type == S_IFDIR && (l->ioflag & _IO_FLAG_WR))
        return -EISDIR;
    if (ops->type != S_IFDIR && (l->ioflag & O_DIRECTORY))
        return -ENOTDIR;
    *out = ocb_new(ops, l->path, l->ioflag);
    if (!*out)
        return -ENOMEM;
    (*out)->pid = pid;
    (*out)->mode = file ? file->mode : 0555;
    (*out)->ino = file ? file_ino((unsigned)(file - pid_files), pid) : 0x10000u + (uint32_t)pid;
    return 0;
}
