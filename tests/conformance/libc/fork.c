/* SPDX-License-Identifier: Apache-2.0 */
/* fork() as the C library sees it: locks taken before it, atfork handlers, threads that do not come
 * along, descriptors, a heap that other threads were using.  Pages: POSIX fork(), pthread_atfork().
 */
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include "../rendezvous.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t recursive;
static int order;

static void prepare(void)
{
    pthread_mutex_lock(&mutex);
    order = order * 10 + 1;
}

static void in_parent(void)
{
    order = order * 10 + 2;
    pthread_mutex_unlock(&mutex);
}

static void in_child(void)
{
    order = order * 10 + 3;
    if (pthread_mutex_unlock(&mutex) != 0)
        order = 0;
}

static int wait_status(pid_t pid)
{
    int st = -1;
    if (waitpid(pid, &st, 0) != pid)
        return -1;
    return WIFEXITED(st) ? WEXITSTATUS(st) : 1000 + WTERMSIG(st);
}

static void handlers(void)
{
    pthread_atfork(prepare, in_parent, in_child);
    pid_t pid = fork();
    if (pid == 0)
        _exit(order == 13 && pthread_mutex_lock(&mutex) == 0 && pthread_mutex_unlock(&mutex) == 0
                  ? 21
                  : 1);
    is_int(wait_status(pid), 21, "the child's handler unlocks what the parent's prepare locked");
    is_int(order, 12, "the parent's ran too");
}

static void held_locks(void)
{
    pthread_mutexattr_t at;
    pthread_mutexattr_init(&at);
    pthread_mutexattr_settype(&at, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&recursive, &at);
    pthread_mutex_lock(&recursive);
    pthread_mutex_lock(&recursive);
    pid_t pid = fork();
    if (pid == 0) {
        int bad = pthread_mutex_lock(&recursive); /* a third time */
        for (int i = 0; i < 3; i++)
            bad |= pthread_mutex_unlock(&recursive);
        _exit(!bad && pthread_mutex_unlock(&recursive) == EPERM ? 22 : 1);
    }
    is_int(wait_status(pid), 22,
           "a recursive mutex held over fork() belongs to the child's thread");
    ok(pthread_mutex_unlock(&recursive) == 0 && pthread_mutex_unlock(&recursive) == 0,
       "and to the parent's");
}

static volatile int stop;

static void *churn(void *arg)
{
    unsigned seed = (unsigned)(uintptr_t)arg;
    void *p[16] = {0};
    while (!stop) {
        seed = seed * 1103515245 + 12345;
        free(p[seed >> 16 & 15]);
        p[seed >> 16 & 15] = malloc(seed >> 8 & 2047);
    }
    for (int i = 0; i < 16; i++)
        free(p[i]);
    return NULL;
}

static void with_threads(void)
{
    pthread_t t[3];
    int good = 0;
    for (uintptr_t i = 0; i < 3; i++)
        pthread_create(&t[i], NULL, churn, (void *)(i + 1));
    for (int i = 0; i < 25; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            pthread_t mine;
            char *p = malloc(3000);
            memset(p, 1, 3000);
            free(p);
            stop = 1; /* nobody else is here to see it */
            _exit(pthread_create(&mine, NULL, churn, NULL) == 0 && pthread_join(mine, NULL) == 0
                      ? 23
                      : 1);
        }
        good += wait_status(pid) == 23;
    }
    stop = 1;
    for (int i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
    is_int(good, 25, "children of a busy program have a heap and threads of their own");
}

static void descriptors(void)
{
    int fds[2], other;
    char c = 0;
    if (pipe(fds) != 0)
        bail_out("pipe");
    other = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    struct pollfd p = {fds[0], POLLIN, 0};
    poll(&p, 1, 1); /* gives the parent a channel that the child must not use */
    pid_t pid = fork();
    if (pid == 0) {
        int bad = poll(&p, 1, 20) != 0;
        bad |= (fcntl(other, F_GETFD) != FD_CLOEXEC) << 1;
        bad |= (read(other, &c, 1) != 1) << 2;
        bad |= (write(fds[1], "k", 1) != 1) << 3;
        _exit(bad ? bad : 24);
    }
    is_int(wait_status(pid), 24,
           "the child's descriptors work, close-on-exec ones too, and so does poll()");
    ok(read(fds[0], &c, 1) == 1 && c == 'k', "through the same pipe");
    close(fds[0]);
    close(fds[1]);
    close(other);
}

int main(void)
{
    tap_plan(7);
    handlers();
    held_locks();
    with_threads();
    descriptors();
    return done();
}
