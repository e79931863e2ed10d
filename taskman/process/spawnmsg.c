/* SPDX-License-Identifier: Apache-2.0 */
/* Spawn request checks: offsets, counts and strings.  No state. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include "process/spawnmsg.h"

#define FDS_MAX     1024
#define ACTIONS_MAX 4096

/* `count` strings from offset `at` on, one behind the other; where they end, or 0. */
static size_t skip_strings(const char *text, size_t total, size_t at, uint32_t count)
{
    for (; count; count--) {
        const char *end = at < total ? memchr(text + at, '\0', total - at) : NULL;
        if (!end)
            return 0;
        at = (size_t)(end - text) + 1;
    }
    return at;
}

static bool array_fits(size_t total, size_t at, size_t count, size_t each)
{
    return at % 4 == 0 && at >= sizeof(struct tmsg_spawn) && at <= total &&
           count <= (total - at) / each;
}

static int check_fds(const char *text, size_t total, const struct tmsg_spawn *req)
{
    const int32_t *map;

    if (req->nfds == -1)
        return 0;
    if (req->nfds < 0 || req->nfds > FDS_MAX ||
        !array_fits(total, req->fds_off, (size_t)req->nfds, 4))
        return -EINVAL;
    map = (const int32_t *)(text + req->fds_off);
    for (int32_t i = 0; i < req->nfds; i++)
        if (map[i] < -1 || map[i] > QRV_COID_MAX)
            return -EBADF;
    return 0;
}

static int check_actions(const char *text, size_t total, const struct tmsg_spawn *req)
{
    if (req->nactions == 0)
        return 0;
    if (req->nactions > ACTIONS_MAX ||
        !array_fits(total, req->actions_off, req->nactions, sizeof(struct tmsg_action)))
        return -EINVAL;
    for (uint32_t i = 0; i < req->nactions; i++) {
        struct tmsg_action a;

        memcpy(&a, text + req->actions_off + i * sizeof(a), sizeof(a));
        if (a.op < TMSG_ACT_CLOSE || a.op > TMSG_ACT_FCHDIR)
            return -EINVAL;
        if (a.op != TMSG_ACT_CHDIR && (a.fd < 0 || a.fd > QRV_COID_MAX))
            return -EBADF;
        if (a.op == TMSG_ACT_DUP2 && (a.fd2 < 0 || a.fd2 > QRV_COID_MAX))
            return -EBADF;
        if ((a.op == TMSG_ACT_OPEN || a.op == TMSG_ACT_CHDIR) &&
            !skip_strings(text, total, a.path_off, 1))
            return -EINVAL;
    }
    return 0;
}

int spawn_check(const void *start, size_t total)
{
    const char *text = start;
    const struct tmsg_spawn *req = start;
    int rc;

    if (total < sizeof(*req))
        return -EINVAL;
    if (total > TMSG_SPAWN_MAX)
        return -E2BIG;
    if ((req->flags & TMSG_SPAWN_ASLR_ON) && (req->flags & TMSG_SPAWN_ASLR_OFF))
        return -EINVAL;
    if (req->total != total || req->argc > total || req->envc > total)
        return -EINVAL;
    if (req->path_off < sizeof(*req) || !skip_strings(text, total, req->path_off, 1))
        return -EINVAL;
    if (req->argc &&
        (req->argv_off < sizeof(*req) || !skip_strings(text, total, req->argv_off, req->argc)))
        return -EINVAL;
    if (req->envc &&
        (req->envp_off < sizeof(*req) || !skip_strings(text, total, req->envp_off, req->envc)))
        return -EINVAL;
    rc = check_fds(text, total, req);
    return rc < 0 ? rc : check_actions(text, total, req);
}

bool spawn_is_random(const struct tmsg_spawn *req, bool is_parent_random)
{
    if (req->flags & (TMSG_SPAWN_ASLR_ON | TMSG_SPAWN_ASLR_OFF))
        return (req->flags & TMSG_SPAWN_ASLR_ON) != 0;
    return is_parent_random != ((req->flags & TMSG_SPAWN_ASLR_INVERT) != 0);
}

size_t spawn_args_bytes(const struct tmsg_spawn *req)
{
    if (req->argc == 0)
        return 0;
    return skip_strings((const char *)req, req->total, req->argv_off, req->argc) - req->argv_off;
}
