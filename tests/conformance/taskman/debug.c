/* SPDX-License-Identifier: Apache-2.0 */
/* A debugger's view of a process: /proc/<pid>/as and ctl.  Page: QNX Neutrino Programmer's Guide,
 * "Controlling processes via the /proc filesystem", DCMD_PROC_*. */
#include "debug.h"
#include "../interrupt_call.h"

/* ---- what children do */

static int spin(void)
{
    do
        sh->count[0]++;
    while (sh->count[3] == 0); /* which it stays */
    return 0;
}

static int call_mark(void)
{
    wait_for_go();
    mark();
    return 21;
}

static int touch_null(void)
{
    wait_for_go();
    return *(volatile int *)0;
}

static void escape(void)
{
    _exit(42);
}

/* fs0 is 1.5; when told, gives twice what it is then. */
static int hold_float(void)
{
    double got;
    sh->count[0]++;
    __asm__ volatile("fmv.d.x fs0, %1\n1: lw t0, 0(%2)\n beqz t0, 1b\n fmv.d %0, fs0"
                     : "=f"(got)
                     : "r"(0x3ff8000000000000L), "r"(&sh->go)
                     : "t0", "fs0", "memory");
    return (int)(got * 2);
}

static void on_usr1(int signo)
{
    (void)signo;
    sh->handled++;
}

static int catch_usr1(void)
{
    signal(SIGUSR1, on_usr1);
    return spin();
}

static int channel;

static int send_message(void)
{
    char reply = 0;
    int coid = ConnectAttach(0, getppid(), channel, _NTO_SIDE_CHANNEL, 0);
    sh->count[0]++;
    return MsgSend(coid, "?", 1, &reply, 1) == 5 && reply == '!' ? 33 : 34;
}

static void *count_thread(void *arg)
{
    int n = (int)(intptr_t)arg;
    sh->tid[n] = (int)gettid();
    do
        sh->count[n]++;
    while (sh->count[3] == 0);
    return NULL;
}

static int three_threads(void)
{
    pthread_t t;
    for (intptr_t n = 1; n < 3; n++)
        pthread_create(&t, NULL, count_thread, (void *)n);
    while (sh->count[1] == 0 || sh->count[2] == 0)
        sched_yield();
    count_thread((void *)0);
    return 0;
}

/* ---- cases */

static void stopped_and_changed(void)
{
    pid_t pid = child(spin);
    int fd = open_proc(pid, "as", O_RDWR);
    procfs_status st;
    procfs_greg g;

    ok(fd >= 0, "the owner opens as");
    is_int(command(fd, DCMD_PROC_GETGREG, &g), EBUSY, "no registers of a thread that runs");
    is_int(command(fd, DCMD_PROC_STOP, &st), EOK, "STOP");
    is_int((int)st.debug, TM_TD_HELD | TM_TD_STOPPED, "the thread stands still");
    is_int(st.why, _DEBUG_WHY_REQUESTED, "because it was asked for");
    uint64_t seen = sh->count[0];
    pause_ms(30);
    ok(sh->count[0] == seen, "it does nothing any more");
    is_int(command(fd, DCMD_PROC_STATUS, &st), EOK, "STATUS");
    is_int(command(fd, DCMD_PROC_GETGREG, &g), EOK, "GETGREG");
    ok(g.x[0] == st.ip && g.x[2] == st.sp && g.x[4] == st.tls, "pc, sp and tp are those of STATUS");
    is_int(run_flags(fd, 0, 0, 0), EOK, "RUN");
    while (sh->count[0] == seen)
        pause_ms(1);
    ok(1, "it goes on");
    is_int(command(fd, DCMD_PROC_SETGREG, &g), EBUSY, "registers of a running thread are not set");
    is_int(command(fd, DCMD_PROC_STOP, &st), EOK, "STOP again");
    g.x[0] = (uintptr_t)escape;
    is_int(command(fd, DCMD_PROC_SETGREG, &g), EOK, "SETGREG");
    is_int(run_flags(fd, 0, 0, 0), EOK, "RUN");
    is_int(end_of(pid), 42 << 8, "it went on where the register said");
    close(fd);
}

static void floating_point(void)
{
    pid_t pid = child(hold_float);
    int fd = open_proc(pid, "ctl", O_RDWR);
    procfs_status st;
    procfs_fpreg f;

    is_int(command(fd, DCMD_PROC_STOP, &st), EOK, "STOP through ctl");
    is_int(command(fd, DCMD_PROC_GETFPREG, &f), EOK, "GETFPREG");
    ok(f.f[8] == 0x3ff8000000000000, "fs0 is what the program put there");
    f.f[8] = 0x4004000000000000; /* 2.5 */
    is_int(command(fd, DCMD_PROC_SETFPREG, &f), EOK, "SETFPREG");
    sh->go = 1;
    run_flags(fd, 0, 0, 0);
    is_int(end_of(pid), 5 << 8, "the program goes on with it");
    sh->go = 0;
    close(fd);
}

static volatile int variable = 1;

static void memory(void)
{
    pid_t pid = child(spin);
    int fd = open_proc(pid, "as", O_RDWR), value = 0, two = 2;
    procfs_status st;
    uint32_t code, other = 0x00000013;

    is_int((int)pwrite(fd, &other, 4, (off_t)(uintptr_t)mark), -1, "code is not written by who is no debugger");
    command(fd, DCMD_PROC_STOP, &st);
    is_int((int)pwrite(fd, &two, sizeof two, (off_t)(uintptr_t)&variable), sizeof two, "a variable is written");
    is_int((int)pread(fd, &value, sizeof value, (off_t)(uintptr_t)&variable), sizeof value, "and read");
    ok(value == 2 && variable == 1, "its, not ours");
    is_int((int)pread(fd, &code, 4, (off_t)(uintptr_t)mark), 4, "code is read");
    is_int((int)pwrite(fd, &other, 4, (off_t)(uintptr_t)mark), 4, "a debugger writes code");
    ok(memcmp((void *)mark, &code, 4) == 0, "our own is as it was");
    ok(pread(fd, &value, 4, 0) == -1 && pwrite(fd, &value, 4, 0) == -1, "nothing is mapped at 0");
    ok(pread(fd, &value, 4, (off_t)0x4000000000) == -1, "nor beyond the end");
    kill(pid, SIGKILL);
    end_of(pid);
    close(fd);
}

static void breakpoints(void)
{
    pid_t pid = child(call_mark);
    int fd = open_proc(pid, "as", O_RDWR);
    procfs_status st;
    uint16_t code;

    command(fd, DCMD_PROC_STOP, &st);
    is_int(set_break(fd, (void *)mark, 0), EOK, "a breakpoint");
    pread(fd, &code, 2, (off_t)(uintptr_t)mark);
    ok(memcmp((void *)mark, &code, 2) == 0, "memory is read as without it");
    is_int(set_break(fd, (char *)mark + 1, 0), EINVAL, "at an odd address: EINVAL");
    is_int(set_break(fd, NULL, 0), EFAULT, "at an address without memory: EFAULT");
    is_int(set_break(fd, (char *)mark + 8, -1), ESRCH, "removed where there is none: ESRCH");
    procfs_break watch = {.type = 2, .size = 4, .addr = (uintptr_t)&variable};
    is_int(command(fd, DCMD_PROC_BREAK, &watch), ENOTSUP, "watchpoints: ENOTSUP");
    sh->go = 1;
    run_flags(fd, _DEBUG_RUN_ARM, 0, 0);
    is_int(command(fd, DCMD_PROC_WAITSTOP, &st), EOK, "WAITSTOP");
    ok(st.why == _DEBUG_WHY_FAULTED && st.what == SIGTRAP, "it is there, FAULTED with SIGTRAP");
    ok(st.ip == (uintptr_t)mark && sh->marked == 0, "before the instruction");
    is_int(set_break(fd, (void *)mark, -1), EOK, "removed");
    run_flags(fd, _DEBUG_RUN_CLRFLT, 0, 0);
    is_int(end_of(pid), 21 << 8, "the program goes on and ends by itself");
    ok(sh->marked == 1, "the instruction was executed once");
    is_int(command(fd, DCMD_PROC_WAITSTOP, &st), EOK, "WAITSTOP of what has ended");
    ok(st.why == _DEBUG_WHY_TERMINATED && st.what == 21 << 8, "TERMINATED, with its status");
    is_int(command(fd, DCMD_PROC_STOP, &st), ESRCH, "STOP: ESRCH");
    close(fd);
}

/* Its handler ran n times.  Once, on a busy machine, it never did: then this tells where the child was. */
static bool is_handled(unsigned n, pid_t pid, int fd)
{
    procfs_status st = {0};
    int status = 0;
    for (int ms = 0; ms < 20000 && sh->handled < n; ms++)
        pause_ms(1);
    if (sh->handled >= n)
        return true;
    uint64_t count = sh->count[0];
    pause_ms(100);
    pid_t ended = waitpid(pid, &status, WNOHANG);
    int err = command(fd, DCMD_PROC_STATUS, &st);
    diag("waitpid %d status %#x, STATUS %d: flags %#x why %d what %d state %d pc %#lx, %lu turns in 100 ms", (int)ended, status,
         err, st.flags, st.why, st.what, st.state, (unsigned long)st.ip, (unsigned long)(sh->count[0] - count));
    kill(pid, SIGKILL);
    return false;
}

static void faults_and_signals(void)
{
    pid_t pid = child(touch_null);
    int fd = open_proc(pid, "as", O_RDWR);
    procfs_status st;

    command(fd, DCMD_PROC_STOP, &st);
    run_flags(fd, 0, 0, 0);
    sh->go = 1;
    is_int(command(fd, DCMD_PROC_WAITSTOP, &st), EOK, "a fault stops it");
    ok(st.why == _DEBUG_WHY_FAULTED && st.what == SIGSEGV && st.info.u.f.addr == 0, "FAULTED, SIGSEGV, address 0");
    run_flags(fd, 0, 0, 0);
    is_int(end_of(pid), SIGSEGV, "let go with it, it dies of it");
    close(fd);

    pid = child(catch_usr1);
    fd = open_proc(pid, "as", O_RDWR);
    command(fd, DCMD_PROC_STOP, &st);
    run_flags(fd, 0, 0, 0);
    kill(pid, SIGUSR1);
    command(fd, DCMD_PROC_WAITSTOP, &st);
    ok(st.why == _DEBUG_WHY_SIGNALLED && st.what == SIGUSR1, "a signal stops it: SIGNALLED");
    run_flags(fd, _DEBUG_RUN_CLRSIG, 0, 0);
    kill(pid, SIGUSR2);
    command(fd, DCMD_PROC_WAITSTOP, &st);
    ok(st.what == SIGUSR2 && sh->handled == 0, "CLRSIG forgets it");
    is_int(run_flags(fd, _DEBUG_RUN_SIGNAL, 1, SIGUSR1), EOK, "RUN with another one");
    ok(is_handled(1, pid, fd), "another one is delivered in its place");
    procfs_run run = {.flags = _DEBUG_RUN_TRACE, .trace = 0};
    command(fd, DCMD_PROC_STOP, &st);
    is_int(command(fd, DCMD_PROC_RUN, &run), EOK, "RUN with no signal of interest");
    kill(pid, SIGUSR1);
    ok(is_handled(2, pid, fd), "then it is delivered at once");
    kill(pid, SIGTERM);
    is_int(end_of(pid), SIGTERM, "and one that ends the process ends it");
    close(fd);
}

static void blocked(void)
{
    channel = ChannelCreate(0);
    pid_t pid = child(send_message);
    char text;
    int rcvid = MsgReceive(channel, &text, 1, NULL);
    int fd = open_proc(pid, "as", O_RDWR);
    procfs_status st;
    procfs_greg g;

    is_int(command(fd, DCMD_PROC_STOP, &st), EOK, "STOP of a process that waits");
    ok(st.state == STATE_REPLY && st.blocked_on == (uint64_t)getpid() && st.blocked_aux >> 32 == (uint64_t)channel,
       "its thread is REPLY-blocked on us");
    is_int(command(fd, DCMD_PROC_GETGREG, &g), EOK, "its registers are read");
    is_int(command(fd, DCMD_PROC_SETGREG, &g), EBUSY, "but not set");
    is_int(MsgReply(rcvid, 5, "!", 1), 0, "the reply reaches it nevertheless");
    do
        command(fd, DCMD_PROC_STATUS, &st);
    while (st.state != STATE_STOPPED);
    ok(1, "then it is STOPPED");
    run_flags(fd, 0, 0, 0);
    is_int(end_of(pid), 33 << 8, "it has the reply");
    close(fd);
    ChannelDestroy(channel);
}

static void refused(void)
{
    pid_t pid = child(spin);
    int fd = open_proc(pid, "as", O_RDWR), second = open_proc(pid, "as", O_RDWR);
    int reader = open_proc(pid, "as", O_RDONLY), first = open_proc(1, "as", O_RDWR), own = open_proc(getpid(), "as", O_RDWR);
    procfs_status st;
    int32_t tid = 77;
    uint32_t flag = 0x80;

    is_int(command(reader, DCMD_PROC_STOP, &st), EBADF, "STOP without the right to write: EBADF");
    is_int(command(fd, DCMD_PROC_STOP, &st), EOK, "STOP");
    is_int(command(second, DCMD_PROC_STOP, &st), EBUSY, "a second debugger: EBUSY");
    is_int(command(second, DCMD_PROC_STATUS, &st), EOK, "who may look");
    is_int(command(first, DCMD_PROC_STOP, &st), EPERM, "process 1: EPERM");
    is_int(command(own, DCMD_PROC_STOP, &st), EPERM, "the caller itself: EPERM");
    is_int(command(fd, DCMD_PROC_CURTHREAD, &tid), ESRCH, "a thread that is not there: ESRCH");
    is_int(run_flags(fd, _DEBUG_RUN_ONLY, 77, 0), ESRCH, "RUN of it: ESRCH");
    is_int(run_flags(fd, 0x40000000, 0, 0), EINVAL, "unknown flags: EINVAL");
    is_int(run_flags(fd, _DEBUG_RUN_SIGNAL, 1, 64), EINVAL, "a signal that nobody may send: EINVAL");
    is_int(command(fd, DCMD_PROC_SET_FLAG, &flag), EINVAL, "unknown debug flags: EINVAL");
    is_int(devctl(fd, DCMD_PROC_RUN, &flag, sizeof flag, NULL), EINVAL, "half a record: EINVAL");
    ok(open_proc(30000, "ctl", O_RDWR) == -1 && errno == ENOENT, "no such process: ENOENT");
    pid_t other = fork();
    if (other == 0) {
        setuid(1000);
        _exit(open_proc(pid, "ctl", O_RDWR) == -1 && errno == EACCES ? 0 : 1);
    }
    is_int(end_of(other), 0, "another user: EACCES");
    kill(pid, SIGKILL);
    is_int(end_of(pid), SIGKILL, "what is stopped can be killed");
    is_int(command(fd, DCMD_PROC_WAITSTOP, &st), EOK, "WAITSTOP says so");
    ok(st.why == _DEBUG_WHY_TERMINATED && st.what == SIGKILL, "TERMINATED by SIGKILL");
    close(fd), close(second), close(reader), close(first), close(own);
}

/* A debugger that dies with its target stopped, and a breakpoint in its way. */
static int die_with(pid_t target, uint32_t flags)
{
    int fd = open_proc(target, "as", O_RDWR);
    procfs_status st;

    if (command(fd, DCMD_PROC_STOP, &st) != EOK || set_break(fd, (void *)mark, 0) != EOK)
        return 1;
    if (flags && command(fd, DCMD_PROC_SET_FLAG, &flags) != EOK)
        return 2;
    sh->go = 1;
    kill(getpid(), SIGKILL);
    return 3;
}

static void dead_debugger(void)
{
    for (int kills = 0; kills < 2; kills++) {
        pid_t target = child(call_mark), debugger = fork();
        if (debugger == 0)
            _exit(die_with(target, kills ? _DEBUG_FLAG_KLC : 0));
        is_int(end_of(debugger), SIGKILL, "the debugger dies");
        is_int(end_of(target), kills ? SIGKILL : 21 << 8,
               kills ? "kill on last close: its process too" : "its process goes on, without the breakpoint");
        sh->go = 0;
    }
}

static void one_thread(void)
{
    sh->count[1] = sh->count[2] = 0;
    pid_t pid = child(three_threads);
    int fd = open_proc(pid, "as", O_RDWR);
    procfs_status st;
    uint64_t seen[3];

    command(fd, DCMD_PROC_STOP, &st);
    for (int i = 0; i < 3; i++)
        seen[i] = sh->count[i];
    is_int(run_flags(fd, _DEBUG_RUN_ONLY, sh->tid[1], 0), EOK, "RUN of one thread");
    while (sh->count[1] == seen[1])
        pause_ms(1);
    ok(sh->count[0] == seen[0] && sh->count[2] == seen[2], "only that one runs");
    is_int(command(fd, DCMD_PROC_STOP, &st), EOK, "STOP");
    is_int(run_flags(fd, 0, 0, 0), EOK, "RUN");
    while (sh->count[0] == seen[0] || sh->count[2] == seen[2])
        pause_ms(1);
    ok(1, "all of them");
    kill(pid, SIGKILL);
    command(fd, DCMD_PROC_WAITSTOP, &st);
    ok(st.why == _DEBUG_WHY_SIGNALLED || st.why == _DEBUG_WHY_TERMINATED || st.why == 0, "SIGKILL is not held up");
    is_int(end_of(pid), SIGKILL, "it is dead");
    close(fd);
}

static void told_by_pulse(void)
{
    int chid = ChannelCreate(0), coid = ConnectAttach(0, 0, chid, _NTO_SIDE_CHANNEL, 0);
    pid_t pid = child(call_mark);
    int fd = open_proc(pid, "as", O_RDWR);
    struct sigevent event;
    struct _pulse pulse;
    procfs_status st;

    SIGEV_PULSE_INIT(&event, coid, 10, _PULSE_CODE_MINAVAIL + 3, 5);
    is_int(command(fd, DCMD_PROC_EVENT, &event), EOK, "EVENT");
    command(fd, DCMD_PROC_STOP, &st);
    set_break(fd, (void *)mark, 0);
    run_flags(fd, _DEBUG_RUN_ARM, 0, 0);
    sh->go = 1;
    ok(MsgReceivePulse(chid, &pulse, sizeof pulse, NULL) == 0 && pulse.code == _PULSE_CODE_MINAVAIL + 3, "a pulse says that it has stopped");
    command(fd, DCMD_PROC_STATUS, &st);
    ok(st.why == _DEBUG_WHY_FAULTED && st.ip == (uintptr_t)mark, "at the breakpoint");
    close(fd);
    is_int(end_of(pid), 21 << 8, "close() lets it go on");
    ChannelDestroy(chid);
}

static void interrupted(void)
{
    pid_t pid = child(spin);
    int fd = open_proc(pid, "as", O_RDWR);
    procfs_status st;

    command(fd, DCMD_PROC_STOP, &st);
    run_flags(fd, 0, 0, 0);
    interrupt_soon();
    is_int(command(fd, DCMD_PROC_WAITSTOP, &st), EINTR, "a signal ends WAITSTOP: EINTR");
    interrupt_no_more();
    kill(pid, SIGKILL);
    is_int(end_of(pid), SIGKILL, "the process ran on");
    close(fd);
}

int main(void)
{
    sh = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    tap_plan(0);
    stopped_and_changed();
    floating_point();
    memory();
    breakpoints();
    faults_and_signals();
    blocked();
    refused();
    dead_debugger();
    one_thread();
    told_by_pulse();
    interrupted();
    return done();
}
