/* SPDX-License-Identifier: Apache-2.0 */
/* A request that passes spawn_check() can be walked as taskman and the loader walk it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "process/spawnmsg.h"

size_t fuzz_seed(uint8_t *data, size_t room);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile size_t sum;

static void walk(const char *text, const struct tmsg_spawn *req)
{
    const char *at = text + req->argv_off;

    sum += strlen(text + req->path_off);
    for (uint32_t i = 0; i < req->argc; i++, at += strlen(at) + 1)
        ;
    at = text + req->envp_off;
    for (uint32_t i = 0; i < req->envc; i++, at += strlen(at) + 1)
        ;
    for (int32_t i = 0; i < req->nfds; i++)
        sum += (size_t)((const int32_t *)(text + req->fds_off))[i];
    for (uint32_t i = 0; i < req->nactions; i++) {
        struct tmsg_action a;
        memcpy(&a, text + req->actions_off + i * sizeof(a), sizeof(a));
        if (a.op == TMSG_ACT_OPEN || a.op == TMSG_ACT_CHDIR)
            sum += strlen(text + a.path_off);
    }
    sum += spawn_args_bytes(req);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = aligned_alloc(8, (size + 8) & ~(size_t)7);

    memcpy(text, data, size);
    if (size >= sizeof(struct tmsg_spawn))
        ((struct tmsg_spawn *)text)->total =
            (uint32_t)size; /* the length alone would reject nearly everything */
    if (spawn_check(text, size) == 0)
        walk(text, (const struct tmsg_spawn *)text);
    free(text);
    return 0;
}

size_t fuzz_seed(uint8_t *data, size_t room)
{
    struct tmsg_spawn req = {.argc = 2, .envc = 1, .nfds = 2, .nactions = 1};
    struct tmsg_action a = {.op = TMSG_ACT_OPEN};
    uint32_t at = sizeof(req);

    (void)room;
    memset(data, 0, 512);
    memcpy(data + at, "/bin/ls\0ls\0-l\0A=b", 18);
    req.path_off = at;
    req.argv_off = at + 8;
    req.envp_off = at + 14;
    req.fds_off = (at + 18 + 7) & ~7u;
    req.actions_off = req.fds_off + 8;
    a.path_off = req.path_off;
    memcpy(data + req.actions_off, &a, sizeof(a));
    req.total = req.actions_off + (uint32_t)sizeof(a);
    memcpy(data, &req, sizeof(req));
    return req.total;
}
