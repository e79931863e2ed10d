/* SPDX-License-Identifier: Apache-2.0 */
/* Named semaphores and their life; process-shared ones.  Pages: POSIX sem_open(), sem_unlink();
 * Library Reference sem_open(). */
#include <fcntl.h>
#include <limits.h>
#include <semaphore.h>
#include <sys/mman.h>
#include "../rendezvous.h"

static void named(void)
{
    int v = -1;
    sem_unlink("/libc_sem");
    ok(sem_open("/libc_sem", 0) == SEM_FAILED && errno == ENOENT, "not there: ENOENT");
    sem_t *s = sem_open("/libc_sem", O_CREAT | O_EXCL, 0600, 2);
    if (!ok(s != SEM_FAILED, "created with 2"))
        return;
    ok(sem_getvalue(s, &v) == 0 && v == 2, "its value");
    ok(sem_open("/libc_sem", O_CREAT | O_EXCL, 0600, 1) == SEM_FAILED && errno == EEXIST,
       "O_EXCL again: EEXIST");
    ok(sem_open("/libc_sem", 0) == s, "opened again, it is the same address");
    pid_t pid = fork();
    if (pid == 0) {
        sem_t *mine = sem_open("/libc_sem", 0);
        _exit(mine != SEM_FAILED && sem_wait(mine) == 0 && sem_wait(mine) == 0 &&
                      sem_wait(mine) == 0
                  ? 31
                  : 1);
    }
    rv_sleep_ms(100);
    is_int(sem_post(s), 0, "post for a child that waits");
    int st = 0;
    ok(waitpid(pid, &st, 0) == pid && WEXITSTATUS(st) == 31, "it took all three");
    ok(sem_trywait(s) == -1 && errno == EAGAIN, "none is left: EAGAIN");
    is_int(sem_close(s), 0, "closed");
    is_int(sem_close(s), 0, "twice, as it was opened");
    ok(sem_close(s) == -1 && errno == EINVAL, "not three times: EINVAL");
    is_int(sem_unlink("/libc_sem"), 0, "unlinked");
    ok(sem_unlink("/libc_sem") == -1 && errno == ENOENT, "again: ENOENT");
    ok(sem_open("/a/b", O_CREAT, 0600, 0) == SEM_FAILED && errno == EINVAL,
       "a slash inside: EINVAL");
    ok(sem_open("/x", O_CREAT, 0600, UINT_MAX) == SEM_FAILED && errno == EINVAL,
       "value too large: EINVAL");
}

static void shared(void)
{
    sem_t *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANON, -1, 0);
    if (s == MAP_FAILED)
        bail_out("mmap");
    sem_init(s, 1, 0);
    pid_t pid = fork();
    if (pid == 0)
        _exit(sem_wait(s) == 0 ? 32 : 1);
    rv_sleep_ms(50);
    sem_post(s);
    int st = 0;
    ok(waitpid(pid, &st, 0) == pid && WEXITSTATUS(st) == 32, "an unnamed one in shared memory");
    munmap(s, sizeof(*s));
}

/* Library Reference, sem_timedwait_monotonic(). */
static void monotonic(void)
{
    sem_t s;
    uint64_t now;
    struct timespec at;
    sem_init(&s, 0, 1);
    ClockTime(CLOCK_MONOTONIC, NULL, &now);
    nsec2timespec(&at, now + 10000000);
    is_int(sem_timedwait_monotonic(&s, &at), 0, "sem_timedwait_monotonic() takes it");
    ok(sem_timedwait_monotonic(&s, &at) == -1 && errno == ETIMEDOUT, "waits for the monotonic clock: ETIMEDOUT");
    ClockTime(CLOCK_MONOTONIC, NULL, &now);
    ok(now >= timespec2nsec(&at), "not earlier");
    at.tv_nsec = 1000000000;
    ok(sem_timedwait_monotonic(&s, &at) == -1 && errno == EINVAL, "too many nanoseconds: EINVAL");
    sem_destroy(&s);
}

int main(void)
{
    tap_plan(20);
    monotonic();
    named();
    shared();
    return done();
}
