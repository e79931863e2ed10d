/* SPDX-License-Identifier: Apache-2.0 */
/* What GDB knows of threads in non-stop mode: the round of one thread, the queue of several, and any order of it all against a model. */
#include "../stops.h"

#include <stdio.h>
#include <stdlib.h>

static int count, failed;

static void ok(bool is_right, const char *text)
{
    count++;
    failed += !is_right;
    printf("%sok %d - %s\n", is_right ? "" : "not ", count, text);
}

static bool is(const struct stop *e, int pid, int tid, enum stop_state state)
{
    return e != NULL && e->pid == pid && e->tid == tid && e->state == state;
}

static void round_of_one(void)
{
    struct stops s = {0};
    ok(stops_find(&s, 7, 1) == NULL && stops_due(&s) == NULL, "without a record a thread runs");
    ok(is(stops_set(&s, 7, 1, STOP_ASKED, 2), 7, 1, STOP_ASKED) && stops_due(&s) == NULL, "asked to stop, there is nothing to tell");
    ok(!stops_is_still(stops_find(&s, 7, 1)) && !stops_is_still(NULL), "it does not stand still yet");
    stops_set(&s, 7, 1, STOP_DUE, 5);
    ok(is(stops_due(&s), 7, 1, STOP_DUE) && stops_due(&s)->signo == 5 && s.count == 1, "it has stopped: to be told, in the same record");
    stops_due(&s)->state = STOP_SENT;
    ok(stops_due(&s) == NULL && stops_is_still(stops_find(&s, 7, 1)), "told once");
    stops_confirm(&s);
    ok(is(stops_find(&s, 7, 1), 7, 1, STOP_KNOWN), "confirmed");
    stops_repeat(&s);
    ok(is(stops_due(&s), 7, 1, STOP_DUE), "told again to who asks from the beginning");
    stops_remove(&s, stops_find(&s, 7, 1));
    ok(stops_find(&s, 7, 1) == NULL && s.count == 0, "and it runs again");
    stops_forget(&s, 0);
}

static void several(void)
{
    struct stops s = {0};
    for (int tid = 1; tid <= 40; tid++)
        stops_set(&s, 7 + tid % 2, tid, STOP_DUE, 0);
    stops_set(&s, 7, 2, STOP_GOES, 0);
    stops_confirm(&s);
    ok(is(stops_due(&s), 8, 1, STOP_DUE), "what was not sent is not confirmed");
    int order = 0, told = 0;
    for (struct stop *e; (e = stops_due(&s)) != NULL; e->state = STOP_SENT, told++)
        if (e->tid > order)
            order = e->tid;
        else
            order = 1000;
    ok(told == 39 && order == 40, "each is told once, in order");
    stops_repeat(&s);
    ok(is(stops_find(&s, 7, 2), 7, 2, STOP_GOES), "who steps is not told of");
    stops_forget(&s, 8);
    ok(s.count == 20 && stops_find(&s, 8, 1) == NULL && stops_find(&s, 7, 40) != NULL, "a process is forgotten, the other one is not");
    stops_remove(&s, stops_find(&s, 7, 4));
    ok(s.count == 19 && stops_find(&s, 7, 4) == NULL && is(stops_find(&s, 7, 6), 7, 6, STOP_DUE), "one in the middle is removed");
    stops_forget(&s, 0);
    ok(s.count == 0 && s.all == NULL, "all are");
}

enum { THREADS = 12 };

static bool agrees(const struct stops *s, const int *model)
{
    size_t records = 0;
    for (int tid = 0; tid < THREADS; tid++) {
        const struct stop *e = stops_find(s, 1 + tid % 3, tid + 1);
        if ((e == NULL) != (model[tid] < 0) || (e != NULL && (int)e->state != model[tid]))
            return false;
        records += e != NULL;
    }
    return records == s->count;
}

/* model: the state of each, -1 it runs */
static void change(struct stops *s, int *model, unsigned what, int tid)
{
    struct stop *e = stops_find(s, 1 + tid % 3, tid + 1);
    if (what < 5) {
        stops_set(s, 1 + tid % 3, tid + 1, (enum stop_state)what, 0);
        model[tid] = (int)what;
    } else if (what == 5 && e != NULL) {
        stops_remove(s, e);
        model[tid] = -1;
    } else if (what == 6) {
        stops_forget(s, 1 + tid % 3);
        for (int i = tid % 3; i < THREADS; i += 3)
            model[i] = -1;
    } else if (what == 7) {
        stops_confirm(s);
        for (int i = 0; i < THREADS; i++)
            model[i] = model[i] == STOP_SENT ? STOP_KNOWN : model[i];
    } else if (what == 8) {
        stops_repeat(s);
        for (int i = 0; i < THREADS; i++)
            model[i] = model[i] >= STOP_DUE ? STOP_DUE : model[i];
    }
}

static void any_order(void)
{
    struct stops s = {0};
    int model[THREADS];
    bool is_right = true;
    srand(1);
    for (int i = 0; i < THREADS; i++)
        model[i] = -1;
    for (int i = 0; i < 100000 && is_right; i++) {
        change(&s, model, (unsigned)rand() % 9, rand() % THREADS);
        is_right = agrees(&s, model);
    }
    ok(is_right, "100,000 changes in any order, as a model has them");
    stops_forget(&s, 0);
}

int main(void)
{
    round_of_one();
    several();
    any_order();
    printf("1..%d\n", count);
    return failed != 0;
}
