/* SPDX-License-Identifier: Apache-2.0 */
/* A debugger that stops single threads while the others go on: _DEBUG_FLAG_THREAD, DCMD_PROC_STOPTHREAD.  Both are QRV's own; the rest is
 * the page of debug.c. */
#include "debug.h"

enum order { COUNT, MARK, FORK, MAKE_THREAD };

static volatile int *orders; /* shared: what thread n is to do once */
static volatile uint64_t *late_count; /* shared: of a thread that is made late */

static void *late_thread(void *arg)
{
    while (sh->count[3] == 0)
        ++*late_count;
    return arg;
}

static void obey(int n)
{
    pthread_t t;
    int order = orders[n], status;
    pid_t pid;

    orders[n] = COUNT;
    if (order == MARK)
        mark();
    else if (order == FORK && (pid = fork()) == 0)
        _exit(0);
    else if (order == FORK)
        waitpid(pid, &status, 0);
    else if (order == MAKE_THREAD)
        pthread_create(&t, NULL, late_thread, NULL);
}

static void *work(void *arg)
{
    int n = (int)(intptr_t)arg;
    sh->tid[n] = (int)gettid();
    do {
        sh->count[n]++;
        if (orders[n] != COUNT)
            obey(n);
    } while (sh->count[3] == 0); /* which it stays */
    return NULL;
}

static void on_usr1(int signo)
{
    (void)signo;
    sh->handled++;
}

static int three_workers(void)
{
    pthread_t t;
    signal(SIGUSR1, on_usr1);
    for (intptr_t n = 1; n < 3; n++)
        pthread_create(&t, NULL, work, (void *)n);
    while (sh->count[1] == 0 || sh->count[2] == 0)
        sched_yield();
    work((void *)0);
    return 0;
}

/* ---- the debugger */

static int channel;

/* A process that runs, with a debugger that stops its threads one by one. */
static pid_t begin(int *fd)
{
    int coid = ConnectAttach(0, 0, channel, _NTO_SIDE_CHANNEL, 0);
    uint32_t flag = _DEBUG_FLAG_THREAD;
    struct sigevent event;
    procfs_status st;

    sh->count[0] = sh->count[1] = sh->count[2] = sh->marked = sh->handled = 0;
    orders[0] = orders[1] = orders[2] = COUNT;
    pid_t pid = child(three_workers);
    *fd = open_proc(pid, "as", O_RDWR);
    SIGEV_PULSE_INIT(&event, coid, 10, _PULSE_CODE_MINAVAIL + 3, 5);
    command(*fd, DCMD_PROC_EVENT, &event);
    is_int(command(*fd, DCMD_PROC_SET_FLAG, &flag), EOK, "SET_FLAG: threads stop one by one");
    command(*fd, DCMD_PROC_STOP, &st);
    is_int(run_flags(*fd, 0, 0, 0), EOK, "RUN");
    return pid;
}

static void end(pid_t pid, int fd)
{
    kill(pid, SIGKILL);
    is_int(end_of(pid), SIGKILL, "it ends");
    close(fd);
}

static procfs_status status_of(int fd, int tid)
{
    procfs_status st = {.tid = tid};
    if (command(fd, DCMD_PROC_TIDSTATUS, &st) != EOK || st.tid != tid)
        st.tid = 0;
    return st;
}

static bool is_stopped(int fd, int tid)
{
    return (status_of(fd, tid).debug & TM_TD_STOPPED) != 0;
}

static void await_stopped(int fd, int tid)
{
    while (!is_stopped(fd, tid))
        pause_ms(1);
}

/* Everybody in this set of threads counts on. */
static void await_counting(unsigned set)
{
    uint64_t seen[3] = {sh->count[0], sh->count[1], sh->count[2]};
    for (int n = 0; n < 3; n++)
        while ((set & 1u << n) && sh->count[n] == seen[n])
            pause_ms(1);
}

/* Until a pulse has come for which n threads are stopped by something. */
static void await_stops(int fd, int n)
{
    struct _pulse pulse;
    for (int found = 0; found < n;) {
        MsgReceivePulse(channel, &pulse, sizeof pulse, NULL);
        found = 0;
        for (int i = 0; i < 3; i++) {
            procfs_status st = status_of(fd, sh->tid[i]);
            found += (st.debug & TM_TD_STOPPED) && st.why != 0;
        }
    }
}

/* ---- cases */

static void one_is_stopped(void)
{
    int fd, none = 77, zero = 0;
    pid_t pid = begin(&fd);
    int32_t tid = sh->tid[1];
    int reader = open_proc(pid, "as", O_RDONLY);
    procfs_greg g;

    is_int(command(reader, DCMD_PROC_STOPTHREAD, &tid), EBADF, "STOPTHREAD without the right to write: EBADF");
    is_int(command(fd, DCMD_PROC_STOPTHREAD, &none), ESRCH, "of a thread that is not there: ESRCH");
    is_int(command(fd, DCMD_PROC_STOPTHREAD, &zero), ESRCH, "of thread 0: ESRCH");
    is_int(command(fd, DCMD_PROC_STOPTHREAD, &tid), EOK, "STOPTHREAD");
    await_stopped(fd, tid);
    uint64_t seen = sh->count[1];
    await_counting(1 << 0 | 1 << 2);
    ok(sh->count[1] == seen, "that thread stands still while the others go on");
    command(fd, DCMD_PROC_CURTHREAD, &tid);
    is_int(command(fd, DCMD_PROC_GETGREG, &g), EOK, "its registers are read");
    is_int(command(fd, DCMD_PROC_SETGREG, &g), EOK, "and set");
    command(fd, DCMD_PROC_CURTHREAD, (void *)(uintptr_t)&sh->tid[2]);
    is_int(command(fd, DCMD_PROC_GETGREG, &g), EBUSY, "those of a thread that runs are not");
    is_int(run_flags(fd, _DEBUG_RUN_ONLY, tid, 0), EOK, "RUN of that thread");
    await_counting(7);
    ok(1, "all go on");
    close(reader);
    end(pid, fd);
}

static void two_at_a_breakpoint(void)
{
    int fd;
    pid_t pid = begin(&fd);

    is_int(set_break(fd, (void *)mark, 0), EOK, "a breakpoint is set while all of them run");
    orders[1] = MARK;
    await_stops(fd, 1);
    procfs_status st = status_of(fd, sh->tid[1]);
    ok(st.why == _DEBUG_WHY_FAULTED && st.what == SIGTRAP && st.ip == (uintptr_t)mark, "a thread is stopped there");
    await_counting(1 << 0 | 1 << 2);
    ok(!is_stopped(fd, sh->tid[0]) && !is_stopped(fd, sh->tid[2]), "the others count on");
    orders[2] = MARK;
    await_stops(fd, 2);
    await_counting(1 << 0);
    ok(sh->marked == 0, "another one meets it, too, and the third one counts on");
    set_break(fd, (void *)mark, -1);
    run_flags(fd, _DEBUG_RUN_ONLY | _DEBUG_RUN_CLRFLT, sh->tid[1], 0);
    await_counting(1 << 0 | 1 << 1);
    ok(sh->marked == 1 && is_stopped(fd, sh->tid[2]), "the first one goes on, the second one stays");
    set_break(fd, (void *)mark, 0);
    is_int(close(fd), 0, "close()");
    await_counting(7);
    ok(sh->marked == 2, "all of them go on");
    kill(pid, SIGKILL);
    is_int(end_of(pid), SIGKILL, "it ends");
}

static void signalled(void)
{
    int fd, found = 0, tid = 0;
    pid_t pid = begin(&fd);

    kill(pid, SIGUSR1);
    await_stops(fd, 1);
    for (int n = 0; n < 3; n++)
        if (is_stopped(fd, sh->tid[n])) {
            found++;
            tid = sh->tid[n];
        }
    is_int(found, 1, "a signal stops one thread");
    procfs_status st = status_of(fd, tid);
    ok(st.why == _DEBUG_WHY_SIGNALLED && st.what == SIGUSR1, "which is SIGNALLED");
    is_int(run_flags(fd, _DEBUG_RUN_ONLY | _DEBUG_RUN_SIGNAL, tid, SIGUSR1), EOK, "RUN with it");
    command(fd, DCMD_PROC_STOP, &st); /* perhaps before it has come to the signal */
    is_int(run_flags(fd, _DEBUG_RUN_CLRSIG, 0, 0), EOK, "STOP, and RUN without one");
    while (sh->handled == 0)
        pause_ms(1);
    await_counting(7);
    ok(sh->handled == 1, "it is handled, once, whether the STOP came before or after");
    end(pid, fd);
}

static void thread_made_late(void)
{
    int fd;
    pid_t pid = begin(&fd);
    procfs_status st;

    command(fd, DCMD_PROC_STOP, &st);
    *late_count = 0;
    orders[1] = MAKE_THREAD;
    is_int(run_flags(fd, _DEBUG_RUN_ONLY, sh->tid[1], 0), EOK, "STOP, and RUN of one");
    while (*late_count == 0)
        pause_ms(1);
    ok(is_stopped(fd, sh->tid[0]) && is_stopped(fd, sh->tid[2]), "a thread that it makes runs, the others stand still");
    end(pid, fd);
}

static void forked(void)
{
    int fd, flag = _DEBUG_FLAG_FORK;
    pid_t pid = begin(&fd);
    procfs_status st;
    struct _pulse pulse;

    command(fd, DCMD_PROC_SET_FLAG, &flag);
    orders[1] = FORK;
    do
        MsgReceivePulse(channel, &pulse, sizeof pulse, NULL);
    while (command(fd, DCMD_PROC_STATUS, &st) != EOK || st.why != _DEBUG_WHY_CHILD);
    is_int(st.tid, sh->tid[1], "a fork is told");
    await_counting(1 << 0 | 1 << 2);
    ok(1, "and stops its own thread only");
    int32_t tid = sh->tid[2];
    command(fd, DCMD_PROC_STOPTHREAD, &tid);
    await_stopped(fd, tid);
    is_int(run_flags(fd, _DEBUG_RUN_ONLY, tid, 0), EOK, "STOPTHREAD and RUN of another one");
    command(fd, DCMD_PROC_STATUS, &st);
    ok(st.why == _DEBUG_WHY_CHILD, "the child still waits for its debugger");
    is_int(run_flags(fd, _DEBUG_RUN_ONLY, sh->tid[1], 0), EOK, "RUN of its own thread");
    await_counting(7);
    ok(1, "child and parent go on");
    end(pid, fd);
}

/* A debugger that dies, one thread at a breakpoint, one stopped. */
static int die_with(pid_t target)
{
    int fd = open_proc(target, "as", O_RDWR);
    uint32_t flag = _DEBUG_FLAG_THREAD;
    int32_t tid = sh->tid[2];

    if (command(fd, DCMD_PROC_SET_FLAG, &flag) != EOK || set_break(fd, (void *)mark, 0) != EOK)
        return 1;
    orders[1] = MARK;
    if (command(fd, DCMD_PROC_STOPTHREAD, &tid) != EOK)
        return 2;
    await_stopped(fd, sh->tid[1]);
    await_stopped(fd, tid);
    kill(getpid(), SIGKILL);
    return 3;
}

static void dead_debugger(void)
{
    int fd;
    pid_t pid = begin(&fd);

    close(fd);
    pid_t debugger = fork();
    if (debugger == 0)
        _exit(die_with(pid));
    is_int(end_of(debugger), SIGKILL, "the debugger dies");
    await_counting(7);
    ok(sh->marked == 1, "every thread goes on, without the breakpoint");
    fd = open_proc(pid, "as", O_RDWR);
    end(pid, fd);
}

int main(void)
{
    sh = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    orders = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    late_count = (volatile uint64_t *)(orders + 16);
    channel = ChannelCreate(0);
    tap_plan(0);
    one_is_stopped();
    two_at_a_breakpoint();
    signalled();
    thread_made_late();
    forked();
    dead_debugger();
    return done();
}
