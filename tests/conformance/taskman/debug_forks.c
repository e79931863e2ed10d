/* SPDX-License-Identifier: Apache-2.0 */
/* A debugger's view of a process that forks and execs.  Page: QNX Neutrino Programmer's Guide,
 * "Controlling processes via the /proc filesystem", DCMD_PROC_*. */
#include "debug.h"

static int fork_and_mark(void)
{
    wait_for_go();
    pid_t pid = fork();
    if (pid == 0) {
        mark();
        _exit(7);
    }
    return end_of(pid) >> 8;
}

static char own_path[1024];

static int exec_self(void)
{
    wait_for_go();
    execl(own_path, "taskman_debug", "exit", NULL);
    return 99;
}

static int fork_and_count(void)
{
    int status = 0;
    do
        sh->count[0]++;
    while (!sh->go);
    pid_t pid = fork();
    if (pid == 0) {
        sh->count[1]++;
        _exit(5);
    }
    return pid > 0 && waitpid(pid, &status, 0) == pid ? (status >> 8) + 1 : 1;
}

/* A process that has forked under a debugger who wants to know: how it stopped. */
static pid_t forked(int *fd, procfs_status *st)
{
    uint32_t flags = _DEBUG_FLAG_FORK;
    sh->go = 0;
    sh->count[1] = 0;
    pid_t pid = child(fork_and_count);
    *fd = open_proc(pid, "as", O_RDWR);
    command(*fd, DCMD_PROC_STOP, st);
    is_int(command(*fd, DCMD_PROC_SET_FLAG, &flags), EOK, "SET_FLAG FORK");
    run_flags(*fd, 0, 0, 0);
    sh->go = 1;
    is_int(command(*fd, DCMD_PROC_WAITSTOP, st), EOK, "fork stops it");
    is_int(st->why, _DEBUG_WHY_CHILD, "CHILD");
    return pid;
}

static void followed_forks(void)
{
    procfs_status st, of_child;
    int fd, other;
    pid_t pid = forked(&fd, &st);

    other = open_proc(st.info.u.k.pid, "as", O_RDWR);
    is_int(command(other, DCMD_PROC_STOP, &of_child), EOK, "the child can be taken");
    is_int(of_child.pid, st.info.u.k.pid, "by the pid that was told");
    command(fd, DCMD_PROC_STATUS, &st);
    is_int(st.why, 0, "it is told once");
    is_int(run_flags(fd, 0, 0, 0), EOK, "the parent goes on");
    pause_ms(50);
    is_int(sh->count[1], 0, "without it");
    close(other);
    is_int(end_of(pid), 6 << 8, "it goes on when its own debugger is gone");
    close(fd);

    pid = forked(&fd, &st);
    is_int(sh->count[1], 0, "the child stands still");
    is_int(run_flags(fd, 0, 0, 0), EOK, "RUN");
    is_int(end_of(pid), 6 << 8, "a child that nobody takes goes on with its parent");
    close(fd);

    pid = forked(&fd, &st);
    close(fd);
    is_int(end_of(pid), 6 << 8, "both go on when the debugger is gone");

    pid = forked(&fd, &st);
    kill(st.info.u.k.pid, SIGKILL);
    run_flags(fd, _DEBUG_RUN_CLRSIG, 0, 0);
    is_int(end_of(pid), 1 << 8, "a child killed meanwhile is no longer waited for");
    close(fd);
    sh->go = 0;
}

static void forked_and_execed(void)
{
    pid_t pid = child(fork_and_mark);
    int fd = open_proc(pid, "as", O_RDWR);
    procfs_status st;
    procfs_run run = {.flags = _DEBUG_RUN_TRACE | _DEBUG_RUN_ARM, .trace = 1u << (SIGTRAP - 1)};
    char path[1024] = "";

    command(fd, DCMD_PROC_STOP, &st);
    set_break(fd, (void *)mark, 0);
    sh->go = 1;
    command(fd, DCMD_PROC_RUN, &run);
    is_int(end_of(pid), 7 << 8, "a forked child has no breakpoint");
    close(fd);

    pid = child(exec_self);
    fd = open_proc(pid, "as", O_RDWR);
    command(fd, DCMD_PROC_STOP, &st);
    run_flags(fd, 0, 0, 0);
    sh->go = 1;
    is_int(command(fd, DCMD_PROC_WAITSTOP, &st), EOK, "exec stops it");
    is_int(st.why, _DEBUG_WHY_EXEC, "EXEC");
    int exefile = open_proc(pid, "exefile", O_RDONLY);
    ok(read(exefile, path, sizeof path - 1) > 0 && strcmp(path, own_path) == 0, "exefile is its program");
    close(exefile);
    run_flags(fd, 0, 0, 0);
    is_int(end_of(pid), 11 << 8, "and runs when let go");
    close(fd);
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        return 11;
    sh = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    tap_plan(0);
    int exefile = open("/proc/self/exefile", O_RDONLY);
    ok(read(exefile, own_path, sizeof own_path - 1) > 0 && own_path[0] == '/' && strstr(own_path, "taskman_debug_forks"), "our own program's path");
    close(exefile);
    forked_and_execed();
    followed_forks();
    return done();
}
