/* SPDX-License-Identifier: Apache-2.0 */
#include "changes.h"

#include <errno.h>
#include <string.h>

struct change *changes_find(struct change all[CHANGES_MAX], int tid)
{
    for (int i = 0; i < CHANGES_MAX; i++)
        if (all[i].tid == tid)
            return &all[i];
    return NULL;
}

int changes_write(struct change all[CHANGES_MAX], int tid, const struct _kc_siginfo *old, uint64_t offset, const void *data, size_t bytes)
{
    struct change *c = changes_find(all, tid);
    if (tid <= 0 || offset > sizeof c->info || bytes > sizeof c->info - offset)
        return EINVAL;
    if (c == NULL) {
        c = changes_find(all, 0);
        if (c == NULL)
            return EAGAIN;
        *c = (struct change){.tid = tid, .old = *old, .info = *old};
    }
    memcpy((char *)&c->info + offset, data, bytes);
    return 0;
}

void changes_forget(struct change all[CHANGES_MAX], int tid)
{
    for (int i = 0; i < CHANGES_MAX; i++)
        if (tid == 0 || all[i].tid == tid)
            all[i].tid = 0;
}

bool changes_are_there(const struct change all[CHANGES_MAX])
{
    for (int i = 0; i < CHANGES_MAX; i++)
        if (all[i].tid != 0)
            return true;
    return false;
}

bool changes_fit(const struct change *c, int signo)
{
    return c != NULL && signo > 0 && c->info.signo == signo && memcmp(&c->info, &c->old, sizeof c->info) != 0;
}
