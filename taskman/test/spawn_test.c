/* SPDX-License-Identifier: Apache-2.0 */
/* Spawn requests: a good one, and every way of lying in one. */
#include <errno.h>
#include <string.h>
#include "check.h"
#include "process/spawnmsg.h"

static _Alignas(8) char text[1024];
static struct tmsg_spawn *const req = (struct tmsg_spawn *)text;

static void good(void)
{
    uint32_t at = sizeof(*req);
    struct tmsg_action a = {.op = TMSG_ACT_OPEN, .fd = 1};

    memset(text, 0, sizeof(text));
    req->path_off = at;
    at += (uint32_t)sprintf(text + at, "/bin/ls") + 1;
    req->argv_off = at;
    req->argc = 2;
    memcpy(text + at, "ls\0-l", 6);
    at += 6;
    req->envp_off = at;
    req->envc = 1;
    at += (uint32_t)sprintf(text + at, "A=b") + 1;
    at = (at + 7) & ~7u;
    req->fds_off = at;
    req->nfds = 2;
    ((int32_t *)(text + at))[1] = -1;
    at += 8;
    req->actions_off = at;
    req->nactions = 1;
    a.path_off = req->path_off;
    memcpy(text + at, &a, sizeof(a));
    at += sizeof(a);
    req->total = at;
}

#define gives(error, change)                                                                       \
    do {                                                                                           \
        good();                                                                                    \
        change;                                                                                    \
        check_that(spawn_check(text, req->total) == (error), #change " gives " #error, __FILE__,   \
                   __LINE__);                                                                      \
    } while (0)

int main(void)
{
    struct tmsg_action *a;

    gives(0, (void)0);
    check(spawn_args_bytes(req) == 6);
    check(spawn_check(text, sizeof(*req) - 1) == -EINVAL);
    check(spawn_check(text, req->total - 1) == -EINVAL);
    check(spawn_check(text, TMSG_SPAWN_MAX + 8) == -E2BIG);
    a = (struct tmsg_action *)(text + req->actions_off);
    gives(0, req->argc = 0);
    gives(-EINVAL, req->argc = 200);
    gives(-EINVAL, req->argc = UINT32_MAX);
    gives(-EINVAL, req->envc = UINT32_MAX);
    gives(-EINVAL, req->path_off = 0);
    gives(-EINVAL, req->path_off = UINT32_MAX);
    gives(-EINVAL, req->argv_off = 4);
    gives(-EINVAL, req->envp_off = req->total);
    gives(0, req->nfds = -1);
    gives(-EINVAL, req->nfds = -2);
    gives(-EINVAL, req->nfds = 100);
    gives(-EINVAL, req->nfds = INT32_MAX);
    gives(-EINVAL, req->fds_off += 1);
    gives(-EINVAL, req->fds_off = UINT32_MAX - 3);
    gives(-EBADF, ((int32_t *)(text + req->fds_off))[0] = -2);
    gives(-EBADF, ((int32_t *)(text + req->fds_off))[0] = 100000);
    gives(-EINVAL, req->nactions = 2);
    gives(-EINVAL, req->nactions = UINT32_MAX);
    gives(-EINVAL, req->actions_off = 8);
    gives(-EINVAL, a->op = 0);
    gives(-EINVAL, a->op = 9);
    gives(-EBADF, a->fd = -1);
    gives(-EINVAL, a->path_off = UINT32_MAX);
    gives(0, a->op = TMSG_ACT_DUP2);
    gives(-EBADF, a->op = TMSG_ACT_DUP2; a->fd2 = -1);
    gives(-EINVAL, memset(text + req->envp_off, 'x', req->total - req->envp_off); req->nfds = -1;
          req->nactions = 0);
    gives(-EINVAL, req->flags = TMSG_SPAWN_ASLR_ON | TMSG_SPAWN_ASLR_OFF);
    good();
    check(spawn_is_random(req, true) && !spawn_is_random(req, false));
    req->flags = TMSG_SPAWN_ASLR_INVERT;
    check(!spawn_is_random(req, true) && spawn_is_random(req, false));
    req->flags = TMSG_SPAWN_ASLR_ON | TMSG_SPAWN_ASLR_INVERT;
    check(spawn_is_random(req, true) && spawn_is_random(req, false));
    req->flags = TMSG_SPAWN_ASLR_OFF;
    check(!spawn_is_random(req, true) && !spawn_is_random(req, false));
    return check_done();
}
