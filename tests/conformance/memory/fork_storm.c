/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fork() while other threads of the parent write: copy-on-write must not lose a store, show one process another's stores, or
 * let a hart go on reading a page that has been copied. Also anonymous shared memory, mapped again and again.
 * Documentation followed: Library Reference fork(), mmap().
 */
#include "../tap.h"

#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define WRITERS 3
#define PAGES 32
#define WORDS 512 /* of a page */
#define FORKS 60

static uint64_t pages[PAGES][WORDS] __attribute__((aligned(4096)));
static uint64_t counters[WRITERS][WORDS] __attribute__((aligned(4096)));
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t guarded[2];
static atomic_int stop;
static uint64_t done_by[WRITERS];

/* Each store is read back at once, and all words of a writer's page stay equal or one behind. */
static void *writer(void *arg)
{
    long me = (long)arg;
    uint64_t n = 0;
    while (!atomic_load(&stop)) {
        n++;
        for (int i = 0; i < WORDS; i += 8) {
            volatile uint64_t *w = &counters[me][i];
            *w = n;
            if (*w != n)
                return (void *)1;
        }
        pthread_mutex_lock(&lock);
        guarded[0]++;
        guarded[1]++;
        pthread_mutex_unlock(&lock);
        done_by[me] = n;
        for (int i = 0; i < WORDS; i += 8)
            if (counters[me][i] != n)
                return (void *)2;
    }
    return NULL;
}

static int child(int round, uint64_t *shared)
{
    for (int p = 0; p < PAGES; p++)
        for (int i = 0; i < WORDS; i += 64)
            if (pages[p][i] != (uint64_t)p * 1000 + 7)
                return 2;
    for (int p = 0; p < PAGES; p++)
        pages[p][0] = (uint64_t)round; /* ours alone */
    for (int p = 0; p < PAGES; p++)
        if (pages[p][0] != (uint64_t)round || pages[p][64] != (uint64_t)p * 1000 + 7)
            return 3;
    uint64_t seen[WRITERS];
    for (int w = 0; w < WRITERS; w++)
        seen[w] = counters[w][0];
    for (int k = 0; k < 50; k++) {
        sched_yield();
        for (int w = 0; w < WRITERS; w++)
            if (counters[w][0] != seen[w])
                return 4; /* the parent's writers go on, but not in our memory */
    }
    __atomic_fetch_add(shared, 1, __ATOMIC_SEQ_CST);
    return 0;
}

int main(void)
{
    pthread_t t[WRITERS];
    for (int p = 0; p < PAGES; p++)
        for (int i = 0; i < WORDS; i++)
            pages[p][i] = (uint64_t)p * 1000 + 7;
    uint64_t *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANON, -1, 0);
    ok(shared != MAP_FAILED, "shared anonymous memory");
    for (long i = 0; i < WRITERS; i++)
        pthread_create(&t[i], NULL, writer, (void *)i);
    int failed = 0, bad = 0;
    for (int round = 1; round <= FORKS; round++) {
        char *scratch = mmap(NULL, 16 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
        scratch[0] = scratch[4096 * 15] = 1;
        pid_t pid = fork();
        if (pid == 0)
            _exit(child(round, shared));
        int status;
        if (pid < 0 || waitpid(pid, &status, 0) != pid)
            failed++;
        else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
            diag("child %d: status 0x%x", round, status);
            bad++;
        }
        munmap(scratch, 16 * 4096);
    }
    atomic_store(&stop, 1);
    uint64_t sum = 0;
    int lost = 0;
    for (int i = 0; i < WRITERS; i++) {
        void *r;
        pthread_join(t[i], &r);
        lost += r != NULL;
        sum += done_by[i];
    }
    is_int(failed, 0, "every fork and wait works");
    is_int(bad, 0, "every child sees its own memory only");
    is_int(lost, 0, "no writer of the parent loses a store");
    ok(guarded[0] == sum && guarded[1] == sum, "what a mutex guards adds up");
    is_int((int)*shared, FORKS, "shared memory has every child's store");
    int mine = 0;
    for (int p = 0; p < PAGES; p++)
        mine += pages[p][0] == (uint64_t)p * 1000 + 7;
    is_int(mine, PAGES, "the children's stores are not ours");
    return done();
}
