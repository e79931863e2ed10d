/* SPDX-License-Identifier: Apache-2.0 */
/* Small ways to lose an object, each many times (-n): waits on what goes away, starts that fail half way, ids that run out. */
#include <pthread.h>
#include <spawn.h>
#include <sys/resource.h>
#include "stress.h"

extern char **environ;

static int chid;

static void *receive(void *arg)
{
    char b[16];
    int error = MsgReceive_r(chid, b, sizeof(b), NULL);
    return error == -ESRCH ? arg : NULL;
}

static int receiver_of_destroyed_channel(void)
{
    pthread_t t;
    void *result = NULL;
    chid = ChannelCreate(0);
    if (chid == -1 || pthread_create(&t, NULL, receive, &chid) != 0)
        return 1;
    sleep_ms(1);
    ChannelDestroy(chid);
    pthread_join(t, &result);
    return result != &chid;
}

/* The arguments do not fit the stack: taskman ends a process that never had a thread. */
static int spawn_too_large(void)
{
    static char text[400 * 1024];
    char *argv[] = { "kstat", text, NULL };
    struct rlimit was, small;
    pid_t pid = -1;
    getrlimit(RLIMIT_STACK, &was);
    small = was;
    small.rlim_cur = 65536;
    memset(text, 'x', sizeof(text) - 1);
    setrlimit(RLIMIT_STACK, &small);
    int rc = posix_spawn(&pid, "/proc/boot/kstat", NULL, NULL, argv, environ);
    setrlimit(RLIMIT_STACK, &was);
    return rc != E2BIG;
}

/* The same by exec: the process is empty when it fails, its descriptors have to close before anybody waits for it. */
static int exec_too_large(void)
{
    static char text[400 * 1024];
    char *argv[] = { "kstat", text, NULL }, byte;
    struct rlimit small = { 65536, 65536 };
    int fd[2], status = 0;
    memset(text, 'x', sizeof(text) - 1);
    if (pipe(fd) == -1)
        return 1;
    pid_t pid = fork();
    if (pid == 0) {
        setrlimit(RLIMIT_STACK, &small);
        execve("/proc/boot/kstat", argv, environ);
        _exit(1);
    }
    close(fd[1]);
    ssize_t n = read(fd[0], &byte, 1); /* the end, when the child is gone */
    close(fd[0]);
    return n != 0 || waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status);
}

/* Stopped and killed in one go: two pulses to taskman, and the second ends the owner of the first. */
static int stopped_and_killed(void)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0)
        for (;;)
            sched_yield();
    kill(pid, SIGSTOP);
    kill(pid, SIGCONT);
    kill(pid, SIGSTOP);
    kill(pid, SIGKILL);
    return waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status);
}

static const struct {
    const char *name;
    int (*run)(void);
} ways[] = {
    { "a receiver whose channel is destroyed", receiver_of_destroyed_channel },
    { "a spawn whose arguments are too large", spawn_too_large },
    { "an exec whose arguments are too large", exec_too_large },
    { "a process stopped and killed at once", stopped_and_killed },
};

int main(int argc, char **argv)
{
    struct options o = options_parse(argc, argv, 40);
    for (unsigned i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        int bad = 0;
        for (uint64_t n = 0; n < 8; n++) /* the pipe server's heap, too, reaches its size */
            bad += ways[i].run();
        struct holdings before = holdings_now();
        for (uint64_t n = 0; n < o.amount; n++)
            bad += ways[i].run();
        struct holdings after = holdings_settled(&before);
        is_int(bad, 0, ways[i].name);
        ok(same_objects(&before, &after), "... leaves nothing: %d processes, %d channels, %d connections, %d regions more",
           (int)(after.k.processes - before.k.processes), (int)(after.k.channels - before.k.channels),
           (int)(after.k.connections - before.k.connections), (int)(after.t.regions - before.t.regions));
        ok(pages_more(&before, &after) <= PAGES_SLACK, "... and no page (%ld)", (long)pages_more(&before, &after));
    }
    return done();
}
