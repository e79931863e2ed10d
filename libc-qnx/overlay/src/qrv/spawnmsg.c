/* SPDX-License-Identifier: Apache-2.0 */
/* Lays out the message that starts a program.  It is put together in pages of its own: neither the
 * stack nor malloc() may be trusted to hold it (signal handlers and the child of a fork() in a
 * threaded program call execve() too). */
#include <sys/mman.h>
#include <sys/syscall.h>
#include "spawnmsg.h"
#include "syscall_arch.h"
#include "../process/fdop.h"

long __qrv_may_exec(const char *path, int script)
{
    struct stat st;
    unsigned char head[4] = {0};
    long fd = __qrv_open(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NOCTTY, 0, KC_SEND_NC);
    if (fd < 0)
        return fd;
    long rc = __qrv_fstat((int)fd, &st);
    if (rc == 0 && !S_ISREG(st.st_mode))
        rc = -EACCES;
    if (rc == 0)
        rc = __qrv_access_st(&st, 1, 1);
    if (rc == 0) {
        rc = __qrv_read((int)fd, head, sizeof head, KC_SEND_NC);
        if (rc >= 0) {
            int elf =
                rc == 4 && head[0] == 0x7f && head[1] == 'E' && head[2] == 'L' && head[3] == 'F';
            int hashbang = rc >= 2 && head[0] == '#' && head[1] == '!';
            rc = elf || hashbang || script ? 0 : -ENOEXEC;
        }
    }
    __qrv_close((int)fd);
    return rc;
}

struct layout {
    size_t argc, envc, strings; /* bytes of argv and envp */
    size_t nactions, action_strings;
};

static int measure(const struct qrv_spawn *s, struct layout *l)
{
    *l = (struct layout){0};
    for (; s->argv && s->argv[l->argc]; l->argc++)
        if ((l->strings += __builtin_strlen(s->argv[l->argc]) + 1) > TMSG_SPAWN_MAX)
            return -E2BIG;
    for (; s->envp && s->envp[l->envc]; l->envc++)
        if ((l->strings += __builtin_strlen(s->envp[l->envc]) + 1) > TMSG_SPAWN_MAX)
            return -E2BIG;
    for (const struct fdop *op = s->fa ? s->fa->__actions : 0; op; op = op->next) {
        l->nactions++;
        if (op->cmd == FDOP_OPEN || op->cmd == FDOP_CHDIR)
            l->action_strings += __builtin_strlen(op->path) + 1;
    }
    return 0;
}

static char *add(char *at, const char *s)
{
    size_t n = __builtin_strlen(s) + 1;
    __qrv_copy(at, s, n);
    return at + n;
}

static char *add_actions(struct tmsg_spawn *m, char *at, const struct qrv_spawn *s)
{
    struct tmsg_action *act = (struct tmsg_action *)((char *)m + m->actions_off);
    const struct fdop *op = s->fa ? s->fa->__actions : 0;
    while (op && op->next) /* the list is kept newest first */
        op = op->next;
    for (; op; op = op->prev, act++) {
        *act = (struct tmsg_action){.fd = op->fd, .oflag = op->oflag, .mode = op->mode};
        switch (op->cmd) {
        case FDOP_CLOSE:
            act->op = TMSG_ACT_CLOSE;
            break;
        case FDOP_DUP2:
            act->op = TMSG_ACT_DUP2;
            act->fd = op->srcfd;
            act->fd2 = op->fd;
            break;
        case FDOP_OPEN:
            act->op = TMSG_ACT_OPEN;
            break;
        case FDOP_CHDIR:
            act->op = TMSG_ACT_CHDIR;
            break;
        case FDOP_FCHDIR:
            act->op = TMSG_ACT_FCHDIR;
            break;
        }
        if (op->cmd == FDOP_OPEN || op->cmd == FDOP_CHDIR) {
            act->path_off = (uint32_t)(at - (char *)m);
            at = add(at, op->path);
        }
    }
    return at;
}

static void fill(struct tmsg_spawn *m, const struct qrv_spawn *s, const struct layout *l,
                 uint16_t sub)
{
    char *at = (char *)(m + 1), *base = (char *)m;
    *m = s->h;
    m->type = TMSG_PROC;
    m->subtype = sub;
    m->argc = (uint32_t)l->argc;
    m->envc = (uint32_t)l->envc;
    m->nactions = (uint32_t)l->nactions;
    m->path_off = (uint32_t)(at - base);
    at = add(at, s->path);
    m->argv_off = (uint32_t)(at - base);
    for (size_t i = 0; i < l->argc; i++)
        at = add(at, s->argv[i]);
    m->envp_off = (uint32_t)(at - base);
    for (size_t i = 0; i < l->envc; i++)
        at = add(at, s->envp[i]);
    at = base + QRV_ALIGN8(at - base);
    m->fds_off = (uint32_t)(at - base);
    if (m->nfds > 0) {
        __qrv_copy(at, s->fds, (size_t)m->nfds * sizeof *s->fds);
        at += (size_t)m->nfds * sizeof *s->fds;
    }
    at = base + QRV_ALIGN8(at - base);
    m->actions_off = (uint32_t)(at - base);
    at += l->nactions * sizeof(struct tmsg_action);
    at = add_actions(m, at, s);
    m->total = (uint32_t)(at - base);
}

long __qrv_spawn(const struct qrv_spawn *s, uint16_t sub)
{
    struct layout l;
    long rc = measure(s, &l);
    if (rc < 0)
        return rc;
    size_t path = __builtin_strlen(s->path) + 1;
    if (path > QRV_PATH_MAX)
        return -ENAMETOOLONG;
    size_t size = sizeof(struct tmsg_spawn) + path + l.strings + 16 +
                  (s->h.nfds > 0 ? (size_t)s->h.nfds * 4 : 0) +
                  l.nactions * sizeof(struct tmsg_action) + l.action_strings;
    if (size > TMSG_SPAWN_MAX)
        return -E2BIG;
    long mem = __qrv_memory(SYS_mmap, 0, (long)size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON,
                            -1, 0);
    if (mem < 0)
        return mem;
    struct tmsg_spawn *m = (struct tmsg_spawn *)mem;
    fill(m, s, &l, sub);
    rc = __qrv_tm(m, m->total, 0, 0);
    __qrv_memory(SYS_munmap, mem, (long)size, 0, 0, 0, 0);
    return rc;
}
