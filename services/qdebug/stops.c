/* SPDX-License-Identifier: Apache-2.0 */
#include "stops.h"

#include <stdlib.h>
#include <string.h>

struct stop *stops_find(const struct stops *s, int32_t pid, int32_t tid)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->all[i].pid == pid && s->all[i].tid == tid)
            return &s->all[i];
    return NULL;
}

static struct stop *add(struct stops *s)
{
    if (s->count == s->room) {
        size_t room = s->room != 0 ? s->room * 2 : 16;
        struct stop *all = realloc(s->all, room * sizeof *all);
        if (all == NULL)
            return NULL;
        s->all = all;
        s->room = room;
    }
    return &s->all[s->count++];
}

struct stop *stops_set(struct stops *s, int32_t pid, int32_t tid, enum stop_state state, int signo)
{
    struct stop *e = stops_find(s, pid, tid);
    if (e == NULL)
        e = add(s);
    if (e != NULL)
        *e = (struct stop){.pid = pid, .tid = tid, .state = state, .signo = signo};
    return e;
}

void stops_remove(struct stops *s, struct stop *e)
{
    size_t behind = s->count - (size_t)(e - s->all) - 1;
    memmove(e, e + 1, behind * sizeof *e);
    s->count--;
}

void stops_forget(struct stops *s, int32_t pid)
{
    size_t kept = 0;
    for (size_t i = 0; pid != 0 && i < s->count; i++)
        if (s->all[i].pid != pid)
            s->all[kept++] = s->all[i];
    s->count = kept;
    if (pid == 0) {
        free(s->all);
        *s = (struct stops){0};
    }
}

struct stop *stops_due(const struct stops *s)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->all[i].state == STOP_DUE)
            return &s->all[i];
    return NULL;
}

void stops_confirm(struct stops *s)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->all[i].state == STOP_SENT)
            s->all[i].state = STOP_KNOWN;
}

void stops_repeat(struct stops *s)
{
    for (size_t i = 0; i < s->count; i++)
        if (stops_is_still(&s->all[i]))
            s->all[i].state = STOP_DUE;
}

bool stops_is_still(const struct stop *e)
{
    return e != NULL && e->state >= STOP_DUE;
}
