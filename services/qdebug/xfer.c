/* SPDX-License-Identifier: Apache-2.0 */
/* qXfer: tables that GDB reads in pieces.  Each is made anew for every piece: they are small. */
#include <dirent.h>
#include <devctl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/states.h>
#include <unistd.h>

#include "image.h"
#include "registers.h"
#include "server.h"
#include "siginfo.h"
#include "table.h"

/* ---- threads */

static const char *const state_names[STATE_MAX] = {
    [STATE_RUNNING] = "RUNNING", [STATE_READY] = "READY", [STATE_STOPPED] = "STOPPED", [STATE_SEND] = "SEND",
    [STATE_RECEIVE] = "RECEIVE", [STATE_REPLY] = "REPLY", [STATE_SIGSUSPEND] = "SIGSUSPEND",
    [STATE_SIGWAITINFO] = "SIGWAITINFO", [STATE_NANOSLEEP] = "NANOSLEEP", [STATE_MUTEX] = "MUTEX",
    [STATE_CONDVAR] = "CONDVAR", [STATE_JOIN] = "JOIN", [STATE_INTR] = "INTR", [STATE_SEM] = "SEM",
};

void describe_thread(const procfs_status *s, char *text, size_t room)
{
    const char *name = s->state < STATE_MAX && state_names[s->state] != NULL ? state_names[s->state] : "?";
    switch (s->state) {
    case STATE_SEND:
    case STATE_REPLY:
        snprintf(text, room, "%s-blocked on pid %d chid %d", name, (int)s->blocked_on, (int)(s->blocked_aux >> 32));
        break;
    case STATE_RECEIVE:
        snprintf(text, room, "%s-blocked on chid %d", name, (int)s->blocked_on);
        break;
    case STATE_MUTEX:
    case STATE_CONDVAR:
    case STATE_SEM:
        snprintf(text, room, "%s-blocked on 0x%lx", name, (unsigned long)s->blocked_on);
        break;
    case STATE_JOIN:
        snprintf(text, room, "JOIN-blocked on thread %d", (int)s->blocked_on);
        break;
    case STATE_INTR:
        snprintf(text, room, "INTR-blocked on %d", (int)s->blocked_on);
        break;
    case STATE_NANOSLEEP:
    case STATE_SIGSUSPEND:
    case STATE_SIGWAITINFO:
        snprintf(text, room, "%s-blocked", name);
        break;
    default:
        snprintf(text, room, "%s", name);
    }
}

static int threads(const struct server *s, struct table *x)
{
    procfs_status status;
    char text[96];
    (void)s;
    table_add(x, "<?xml version=\"1.0\"?><threads>");
    for (size_t i = 0; i < TARGETS_MAX; i++) {
        const struct target *t = &targets[i];
        for (int tid = 1; t->pid != 0 && !t->is_secret && target_thread(t, tid, &status); tid = status.tid + 1) {
            table_add(x, "<thread id=\"p%x.%x\" core=\"%d\"", (unsigned)t->pid, (unsigned)status.tid, status.hart);
            if (status.name[0] != '\0') {
                table_add(x, " name=\"");
                table_escaped(x, status.name);
                table_add(x, "\"");
            }
            describe_thread(&status, text, sizeof text);
            table_add(x, ">%s</thread>", text);
        }
    }
    table_add(x, "</threads>");
    return EOK;
}

/* ---- processes */

static int open_proc(pid_t pid, const char *file)
{
    char path[40];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    return open(path, O_RDONLY | O_CLOEXEC);
}

static void add_process(struct table *x, pid_t pid)
{
    char text[1024];
    int fd = open_proc(pid, "as");
    procfs_info info;
    if (fd == -1 || devctl(fd, DCMD_PROC_INFO, &info, sizeof info, NULL) != EOK) {
        close(fd);
        return;
    }
    close(fd);
    fd = open_proc(pid, "cmdline");
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    for (ssize_t i = 0; i + 1 < n; i++)
        if (text[i] == '\0')
            text[i] = ' ';
    text[n > 0 ? n : 0] = '\0';
    table_add(x, "<item><column name=\"pid\">%d</column><column name=\"user\">%u</column><column name=\"command\">", (int)pid,
        (unsigned)info.cred.ruid);
    table_escaped(x, text[0] != '\0' ? text : info.name);
    table_add(x, "</column><column name=\"threads\">%u</column></item>", info.num_threads);
}

static int processes(struct table *x)
{
    DIR *dir = opendir("/proc");
    struct dirent *entry;
    if (dir == NULL)
        return errno;
    table_add(x, "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"osdata.dtd\"><osdata type=\"processes\">");
    while ((entry = readdir(dir)) != NULL)
        if (atoi(entry->d_name) > 0)
            add_process(x, atoi(entry->d_name));
    closedir(dir);
    table_add(x, "</osdata>");
    return EOK;
}

static int osdata(const char *annex, struct table *x)
{
    if (strcmp(annex, "processes") == 0)
        return processes(x);
    if (annex[0] != '\0')
        return EINVAL;
    table_add(x, "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"osdata.dtd\"><osdata type=\"types\">"
           "<item><column name=\"Type\">processes</column><column name=\"Description\">Listing of all processes</column></item></osdata>");
    return EOK;
}

ssize_t xfer_exec_file(pid_t pid, char *path, size_t room)
{
    int fd = open_proc(pid, "exefile");
    ssize_t n = fd != -1 ? read(fd, path, room) : -1;
    if (n == 0)
        errno = ENOENT;
    if (fd != -1)
        close(fd);
    return n > 0 ? n : -1;
}

static int exec_file(const struct server *s, const char *annex, struct table *x)
{
    const struct target *t = server_target(s);
    pid_t pid = annex[0] != '\0' ? (pid_t)strtol(annex, NULL, 16) : t != NULL ? t->pid : 0;
    char path[1024];
    ssize_t n = xfer_exec_file(pid, path, sizeof path);
    if (n < 0)
        return errno;
    table_bytes(x, path, (size_t)n);
    return EOK;
}

/* ---- of the program: image.c */

static int auxv(const struct server *s, struct table *x)
{
    const struct target *t = server_target(s);
    return t != NULL ? image_auxv(t, x) : ESRCH;
}

/* GDB would read the link map piece by piece, and every name byte by byte. */
static int libraries(const struct server *s, struct table *x)
{
    const struct target *t = server_target(s);
    struct image_module *all;
    int n;
    if (t == NULL)
        return ESRCH;
    int error = image_modules(t, &all, &n);
    if (error != EOK)
        return error;
    table_add(x, "<library-list-svr4 version=\"1.0\"");
    if (n > 0)
        table_add(x, " main-lm=\"0x%lx\"", (unsigned long)all[0].lm);
    table_add(x, ">");
    for (int i = 1; i < n; i++) {
        table_add(x, "<library name=\"");
        table_escaped(x, all[i].name);
        table_add(x, "\" lm=\"0x%lx\" l_addr=\"0x%lx\" l_ld=\"0x%lx\" lmid=\"0x%lx\"/>", (unsigned long)all[i].lm,
                  (unsigned long)all[i].addr, (unsigned long)all[i].ld, (unsigned long)all[i].debug);
    }
    table_add(x, "</library-list-svr4>");
    free(all);
    return EOK;
}

/* The thread that Hg chose. */
static int chosen_tid(const struct server *s, const struct target *t)
{
    procfs_status status;
    if (t == NULL || !target_thread(t, s->general.tid > 0 ? s->general.tid : 1, &status))
        return 0;
    return status.tid;
}

static int siginfo(const struct server *s, struct table *x)
{
    struct target *t = server_target(s);
    struct _kc_siginfo info;
    int tid = chosen_tid(s, t);
    int error = tid != 0 ? siginfo_read(t, tid, &info) : ESRCH;
    if (error == EOK)
        table_bytes(x, &info, sizeof info);
    return error;
}

/* ---- the packets: OBJECT:read:ANNEX:OFFSET,LENGTH and OBJECT:write:ANNEX:OFFSET:DATA */

static int make(const struct server *s, const char *object, const char *annex, struct table *x)
{
    if (strcmp(object, "features") == 0) {
        if (strcmp(annex, "target.xml") != 0)
            return ENOENT;
        table_bytes(x, target_description, strlen(target_description));
        return EOK;
    }
    if (strcmp(object, "threads") == 0)
        return threads(s, x);
    if (strcmp(object, "exec-file") == 0)
        return exec_file(s, annex, x);
    if (strcmp(object, "auxv") == 0)
        return auxv(s, x);
    if (strcmp(object, "libraries-svr4") == 0)
        return libraries(s, x);
    if (strcmp(object, "osdata") == 0)
        return osdata(annex, x);
    if (strcmp(object, "siginfo") == 0)
        return siginfo(s, x);
    return ENOTSUP;
}

static bool split(const char *at, char parts[3][256], const char **rest)
{
    for (int i = 0; i < 3; i++) {
        const char *end = strchr(at, ':');
        if (end == NULL || end - at >= 256)
            return false;
        memcpy(parts[i], at, (size_t)(end - at));
        parts[i][end - at] = '\0';
        at = end + 1;
    }
    *rest = at;
    return true;
}

static void write_siginfo(struct server *s, const char *annex, const char *at, const char *end)
{
    struct target *t = server_target(s);
    uint64_t offset;
    int tid = chosen_tid(s, t);
    if (annex[0] != '\0' || !rsp_number(&at, &offset) || !rsp_skip(&at, ":")) {
        reply_error(s, EINVAL);
        return;
    }
    int error = tid != 0 ? siginfo_write(t, tid, offset, at, (size_t)(end - at)) : ESRCH;
    if (error == EOK)
        rsp_format(&s->out, "%x", (unsigned)(end - at));
    else
        reply_error(s, error);
}

bool xfer_packet(struct server *s, const char *at, size_t bytes)
{
    char parts[3][256];
    struct table x = {0};
    uint64_t offset, length;
    const char *end = at + bytes;
    if (!split(at, parts, &at))
        return false;
    if (strcmp(parts[0], "siginfo") == 0 && strcmp(parts[1], "write") == 0) {
        write_siginfo(s, parts[2], at, end);
        return true;
    }
    if (strcmp(parts[1], "read") != 0)
        return false;
    if (!rsp_number(&at, &offset) || !rsp_skip(&at, ",") || !rsp_number(&at, &length)) {
        reply_error(s, EINVAL);
        return true;
    }
    int error = make(s, parts[0], parts[2], &x);
    if (error == ENOTSUP)
        return false;
    if (error != EOK) {
        reply_error(s, error);
    } else if (offset >= x.bytes) {
        rsp_text(&s->out, "l");
    } else {
        size_t n = x.bytes - offset < length ? x.bytes - offset : length;
        rsp_text(&s->out, "m");
        size_t put = rsp_binary(&s->out, x.text + offset, n);
        if (offset + put == x.bytes)
            s->out.text[0] = 'l';
    }
    free(x.text);
    return true;
}
