/* SPDX-License-Identifier: Apache-2.0 */
/* The order checker: right orders pass, each kind of breach is reported.  A breach panics, so each runs in a process of its own. */
#include "core/lock.h"
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include "test/fake.h"
#include "test/test.h"

static struct spinlock proc = SPINLOCK_INIT(RANK_PROC), rq = SPINLOCK_INIT(RANK_RQ);
static struct spinlock pair[2] = { SPINLOCK_INIT(RANK_WAIT), SPINLOCK_INIT(RANK_WAIT) };

static void twice(void)
{
    spin_lock(&proc);
    spin_lock(&proc);
}

static void downwards(void)
{
    spin_lock(&rq);
    spin_lock(&proc);
}

static void same_rank(void)
{
    spin_lock(&pair[0]);
    spin_lock(&pair[1]);
}

static void not_held(void)
{
    spin_unlock(&rq);
}

static bool panics(void (*fn)(void))
{
    pid_t child = fork();
    if (child == 0) {
        fclose(stderr);
        fn();
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

int main(void)
{
    spin_lock(&proc);
    spin_lock_pair(&pair[1], &pair[0]);
    spin_lock(&rq);
    CHECK(spin_is_held(&rq) && spin_is_held(&pair[0]) && spin_is_held(&pair[1]));
    CHECK(!spin_trylock(&rq));
    spin_unlock(&proc); /* any order of dropping */
    spin_unlock(&rq);
    spin_unlock_pair(&pair[0], &pair[1]);
    CHECK(!spin_is_held(&rq));
    CHECK(spin_trylock(&rq) && spin_is_held(&rq));
    spin_unlock(&rq);
    spin_lock_pair(&pair[0], &pair[0]);
    spin_unlock_pair(&pair[0], &pair[0]);
    CHECK(panics(twice) && panics(downwards) && panics(same_rank) && panics(not_held));
    return test_done("lock");
}
