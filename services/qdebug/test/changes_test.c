/* SPDX-License-Identifier: Apache-2.0 */
/* What GDB writes into a siginfo, whole and in pieces, and what does not fit. TAP. */
#include "../changes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int count, failed;

static void ok(bool is_good, const char *text)
{
    printf("%sok %d - %s\n", is_good ? "" : "not ", ++count, text);
    failed += !is_good;
}

static struct change all[CHANGES_MAX];
static const struct _kc_siginfo old = {.signo = 10, .u.f.addr = 0x1000};

static void test_write(void)
{
    struct _kc_siginfo whole = old;
    uint64_t addr = 0x123456789;
    ok(changes_find(all, 1) == NULL && !changes_are_there(all) && !changes_fit(NULL, 10), "nothing is written");
    ok(changes_write(all, 1, &old, 16, &addr, sizeof addr) == 0, "a piece");
    const struct change *c = changes_find(all, 1);
    ok(c != NULL && c->info.u.f.addr == addr && c->info.signo == 10 && c->old.u.f.addr == 0x1000, "... and the rest is as it was");
    ok(changes_fit(c, 10) && !changes_fit(c, 11) && !changes_fit(c, 0), "it is for that signal only");
    whole.code = 77;
    ok(changes_write(all, 1, &old, 0, &whole, sizeof whole) == 0 && c->info.code == 77 && c->info.u.f.addr == 0x1000, "all of it");
    ok(changes_write(all, 1, &old, 0, &old, sizeof old) == 0 && !changes_fit(c, 10), "what it was is no change");
    ok(changes_write(all, 1, &old, 127, "x", 1) == 0 && ((const char *)&c->info)[127] == 'x', "the last byte");
}

static void test_refused(void)
{
    static const char zero[200];
    struct change before = *changes_find(all, 1);
    ok(changes_write(all, 1, &old, 0, zero, 129) == EINVAL, "too much");
    ok(changes_write(all, 1, &old, 127, zero, 2) == EINVAL, "one byte behind the end");
    ok(changes_write(all, 1, &old, 129, zero, 0) == EINVAL, "an offset behind the end");
    ok(changes_write(all, 1, &old, UINT64_MAX, zero, 2) == EINVAL, "an offset that wraps");
    ok(changes_write(all, 1, &old, 1, zero, SIZE_MAX) == EINVAL, "a size that wraps");
    ok(changes_write(all, 0, &old, 0, zero, 1) == EINVAL && changes_write(all, -1, &old, 0, zero, 1) == EINVAL, "no thread");
    ok(changes_write(all, 1, &old, 128, zero, 0) == 0, "nothing, at the end");
    ok(memcmp(&before, changes_find(all, 1), sizeof before) == 0, "none of these has written");
}

static void test_threads(void)
{
    int taken = 1, error = 0;
    for (int tid = 2; tid < 100 && (error = changes_write(all, tid, &old, 0, "", 1)) == 0; tid++)
        taken++;
    ok(taken == CHANGES_MAX && error == EAGAIN, "so many threads");
    changes_forget(all, 3);
    ok(changes_find(all, 3) == NULL && changes_find(all, 2) != NULL, "one goes on");
    ok(changes_write(all, 50, &old, 0, "", 1) == 0 && changes_find(all, 50)->info.u.f.addr == 0x1000, "its place is another one's, with nothing left in it");
    changes_forget(all, 0);
    ok(!changes_are_there(all), "all go on");
}

int main(void)
{
    test_write();
    test_refused();
    test_threads();
    printf("1..%d\n", count);
    return failed != 0;
}
