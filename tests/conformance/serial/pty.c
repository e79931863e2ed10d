/* SPDX-License-Identifier: Apache-2.0 */
/* The devices of devc-pty and the functions that open them.  Documentation: devc-pty; openpty(), posix_openpt(), ptsname(). */
#define _GNU_SOURCE /* ptsname_r() */
#include "pty.h"
#include "../blocked.h"

#include <sys/select.h>
#include <sys/wait.h>

static void test_openpty(void)
{
    struct winsize size = {.ws_row = 33, .ws_col = 101}, got = {0};
    struct termios tio;
    int master, slave;
    char name[32] = "";
    is_int(openpty(&master, &slave, name, NULL, &size), 0, "openpty");
    is_str(ttyname(slave), name, "... gives the slave's name");
    ok(strncmp(name, "/dev/tty", 8) == 0 && strlen(name) == 10, "... as devc-pty has them: %s", name);
    is_str(ptsname(master), name, "ptsname of its master");
    ok(ioctl(slave, TIOCGWINSZ, &got) == 0 && got.ws_row == 33 && got.ws_col == 101, "... the size that was asked for");
    ok(tcgetattr(slave, &tio) == 0 && (tio.c_lflag & ICANON) && (tio.c_lflag & ECHO) && (tio.c_lflag & ISIG) && (tio.c_oflag & OPOST),
       "... an edited terminal");
    ok(cfgetospeed(&tio) != B0, "... whose speed is none that hangs up");
    ok(isatty(master) && isatty(slave), "both ends are terminals");
    close(slave);
    close(master);

    struct termios raw = tio;
    cfmakeraw(&raw);
    is_int(openpty(&master, &slave, NULL, &raw, NULL), 0, "openpty with attributes");
    ok(tcgetattr(slave, &tio) == 0 && tio.c_lflag == raw.c_lflag && tio.c_iflag == raw.c_iflag, "... sets them");
    close(slave);
    close(master);
    is_int(openpty(&master, &slave, NULL, NULL, NULL), 0, "openpty once more");
    ok(tcgetattr(slave, &tio) == 0 && (tio.c_lflag & ICANON), "... has forgotten them");
    close(slave);
    close(master);
}

static void test_posix(void)
{
    char small[4];
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    ok(master != -1, "posix_openpt");
    ok(grantpt(master) == 0 && unlockpt(master) == 0, "grantpt, unlockpt");
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    ok(slave != -1, "its slave opens");
    is_int(ptsname_r(master, small, sizeof small), ERANGE, "ptsname_r: a name that does not fit");
    ok(ptsname(slave) == NULL && errno == ENOTTY, "ptsname of a slave: ENOTTY");
    ok(ptsname(-1) == NULL && errno == EBADF, "ptsname of no descriptor: EBADF");
    int null = open("/dev/null", O_RDWR);
    ok(ptsname(null) == NULL && errno == ENOTTY, "ptsname of what is no terminal: ENOTTY");
    ok(grantpt(slave) == -1 && errno == EINVAL, "grantpt of a slave: EINVAL");
    ok(unlockpt(-1) == -1 && errno == EBADF, "unlockpt of no descriptor: EBADF");
    ok(posix_openpt(O_RDONLY) == -1 && errno == EINVAL, "posix_openpt for reading only: EINVAL");
    ok(ioctl(master, TIOCSCTTY, 0) == -1 && errno == ENOTTY, "a master is nobody's controlling terminal");
    close(null);
    close(slave);
    close(master);
}

static void test_busy(void)
{
    struct pair p = {.master = posix_openpt(O_RDWR | O_NOCTTY)};
    struct stat st;
    char master_name[16];
    ptsname_r(p.master, p.name, sizeof p.name);
    snprintf(master_name, sizeof master_name, "/dev/pty%s", p.name + 8);
    ok(open(master_name, O_RDWR | O_NOCTTY) == -1 && errno == EBUSY, "a master that is open: EBUSY");
    p.slave = open(p.name, O_RDWR | O_NOCTTY);
    ok(stat(master_name, &st) == 0 && S_ISCHR(st.st_mode), "... which can be looked at");
    ok(stat(p.name, &st) == 0 && st.st_uid == geteuid() && (st.st_mode & 0777) == 0600, "the slave is the caller's alone");
    int copy = dup(p.master);
    close(p.master);
    ok(open(master_name, O_RDWR | O_NOCTTY) == -1 && errno == EBUSY, "... as long as there is a descriptor");
    close(copy);
    ok(open(p.name, O_RDWR | O_NOCTTY) == -1 && errno == EIO, "a slave without its master: EIO");
    ok(stat(p.name, &st) == 0, "... which can be looked at");
    ok(open(master_name, O_RDWR | O_NOCTTY) == -1 && errno == EBUSY, "a master whose slave an old program still has: EBUSY");
    close(p.slave);
    int master = open(master_name, O_RDWR | O_NOCTTY);
    ok(master != -1, "... opens when that is closed");
    close(master);
}

static void test_all_taken(void)
{
    struct pair pairs[256];
    int n = 0;
    while (n < 256 && openpty(&pairs[n].master, &pairs[n].slave, NULL, NULL, NULL) == 0)
        n++;
    ok(n >= 1 && n < 256 && errno == ENOENT, "openpty when all are in use: ENOENT (%d pairs)", n);
    ok(posix_openpt(O_RDWR) == -1 && errno == EAGAIN, "posix_openpt: EAGAIN");
    for (int i = 0; i < n; i++)
        pair_close(&pairs[i]);
    struct pair p = pair_open();
    ok(p.master != -1, "and again when they are closed");
    pair_close(&p);
}

static void test_lines(void)
{
    struct pair p = pair_open();
    ok(write_text(p.master, "helo\177lo\n") && reads_text(p.slave, "hello\n"), "a line, edited");
    ok(reads_text(p.master, "helo\b \blo\r\n"), "... and its echo");
    ok(write_text(p.slave, "a\nb\n") && reads_text(p.master, "a\r\nb\r\n"), "output, processed");
    ok(write_text(p.master, "\004") && read(p.slave, &(char){0}, 1) == 0, "an end of file that is typed");
    struct winsize size = {.ws_row = 12, .ws_col = 34}, got = {0};
    ok(ioctl(p.master, TIOCSWINSZ, &size) == 0 && ioctl(p.slave, TIOCGWINSZ, &got) == 0 && got.ws_row == 12 && got.ws_col == 34,
       "the master sets the size");
    struct termios tio;
    tcgetattr(p.master, &tio);
    tio.c_lflag &= ~(tcflag_t)ECHO;
    ok(tcsetattr(p.master, TCSAFLUSH, &tio) == 0 && tcgetattr(p.slave, &tio) == 0 && !(tio.c_lflag & ECHO), "... and the attributes");
    int count = 0;
    write_text(p.slave, "12345");
    ok(ioctl(p.master, FIONREAD, &count) == 0 && count == 5, "FIONREAD at the master");
    ok(tcdrain(p.master) == 0, "tcdrain at the master does not wait for itself");
    tcflush(p.master, TCOFLUSH);
    is_int(poll_now(p.master, POLLIN), 0, "tcflush drops the output");
    pair_close(&p);
}

static void test_ready(void)
{
    struct pair p = pair_open();
    struct timeval now = {0, 0};
    char byte;
    pair_raw(&p);
    is_int(poll_now(p.master, POLLIN | POLLOUT), POLLOUT, "an idle master may be written");
    is_int(poll_now(p.slave, POLLIN | POLLOUT), POLLOUT, "... as may its slave");
    write_text(p.slave, "x");
    is_int(poll_now(p.master, POLLIN | POLLOUT), POLLIN | POLLOUT, "output makes the master readable");
    fd_set set;
    FD_ZERO(&set);
    FD_SET(p.master, &set);
    is_int(select(p.master + 1, &set, NULL, NULL, &now), 1, "... for select, too");
    ok(read(p.master, &byte, 1) == 1 && byte == 'x', "... which reads it");
    fcntl(p.master, F_SETFL, O_NONBLOCK);
    ok(read(p.master, &byte, 1) == -1 && errno == EAGAIN, "O_NONBLOCK: nothing there is EAGAIN");
    long total = 0;
    ssize_t n;
    static const char block[512];
    while ((n = write(p.master, block, sizeof block)) > 0)
        total += n;
    ok(total > 0 && errno == EAGAIN, "O_NONBLOCK: a full terminal is EAGAIN");
    is_int(poll_now(p.master, POLLOUT), 0, "... and not ready");
    is_int(poll_now(p.slave, POLLIN), POLLIN, "... its slave is");
    static char all[8192];
    long got = 0;
    while (got < total && (n = read(p.slave, all, sizeof all)) > 0)
        got += n;
    is_int(got, total, "the slave reads what was accepted");
    is_int(poll_now(p.master, POLLOUT), POLLOUT, "the master is ready again");
    pair_close(&p);
}

struct sleeper {
    int fd;
    short events, got;
};

static long wait_ready(void *arg)
{
    struct sleeper *s = arg;
    struct pollfd p = {.fd = s->fd, .events = s->events};
    long n = poll(&p, 1, -1);
    s->got = p.revents;
    return n;
}

static void test_wakes_pollers(void)
{
    struct pair p = pair_open();
    pair_raw(&p);
    struct sleeper master = {p.master, POLLIN, 0}, slave = {p.slave, POLLIN, 0};
    struct blocked at_master = {.call = wait_ready, .arg = &master}, at_slave = {.call = wait_ready, .arg = &slave};
    blocked_enter(&at_master, STATE_RECEIVE);
    blocked_enter(&at_slave, STATE_RECEIVE);
    write_text(p.master, "m");
    ok(blocked_join(&at_slave) == 1 && slave.got == POLLIN, "the master's write wakes a poll at the slave");
    write_text(p.slave, "s");
    ok(blocked_join(&at_master) == 1 && master.got == POLLIN, "the slave's write wakes a poll at the master");
    pair_close(&p);

    p = pair_open();
    master = (struct sleeper){p.master, POLLIN, 0};
    at_master = (struct blocked){.call = wait_ready, .arg = &master};
    blocked_enter(&at_master, STATE_RECEIVE);
    close(p.slave);
    ok(blocked_join(&at_master) == 1 && (master.got & POLLIN), "the slave's end wakes it, too");
    close(p.master);
}

#define MANY 100000
static uint8_t pattern(size_t i)
{
    return (uint8_t)(i * 7 + i / 251);
}

static void write_pattern(int fd)
{
    uint8_t block[1000];
    for (size_t i = 0; i < MANY; i += sizeof block) {
        for (size_t k = 0; k < sizeof block; k++)
            block[k] = pattern(i + k);
        for (size_t done = 0; done < sizeof block;) {
            ssize_t n = write(fd, block + done, sizeof block - done);
            if (n <= 0)
                _exit(2);
            done += (size_t)n;
        }
    }
}

static bool read_pattern(int fd)
{
    uint8_t block[3000];
    size_t have = 0;
    while (have < MANY) {
        ssize_t n = read(fd, block, MANY - have < sizeof block ? MANY - have : sizeof block);
        if (n <= 0)
            return false;
        for (ssize_t k = 0; k < n; k++)
            if (block[k] != pattern(have++))
                return false;
    }
    return true;
}

/* More than the queues hold, each way, from a process of its own. */
static void test_much(void)
{
    struct pair p = pair_open();
    int status = -1;
    pair_raw(&p);
    pid_t pid = fork();
    if (pid == 0) {
        write_pattern(p.master);
        _exit(read_pattern(p.master) ? 0 : 1);
    }
    ok(read_pattern(p.slave), "%d bytes from the master to the slave, all of them", MANY);
    write_pattern(p.slave);
    waitpid(pid, &status, 0);
    is_int(status, 0, "... and back");
    pair_close(&p);
}

/* Lines that nobody reads yet wait at the master: none is lost, as it would be from a line that cannot wait. */
static void test_many_lines(void)
{
    struct pair p = pair_open();
    struct termios tio;
    int status = -1;
    bool good = true;
    tcgetattr(p.slave, &tio);
    tio.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(p.slave, TCSANOW, &tio);
    pid_t pid = fork();
    if (pid == 0) {
        static char text[40000];
        for (int i = 0; i < 4000; i++)
            snprintf(text + 10 * i, 11, "line %04d\n", i);
        _exit(write(p.master, text, sizeof text) == sizeof text ? 0 : 1);
    }
    blocked_wait_state(pid, 1, STATE_REPLY);
    for (int i = 0; i < 4000 && good; i++) {
        char want[16];
        snprintf(want, sizeof want, "line %04d\n", i);
        good = reads_text(p.slave, want);
    }
    ok(good, "4000 lines in one write, all of them");
    waitpid(pid, &status, 0);
    is_int(status, 0, "... and the write is complete");
    pair_close(&p);
}

static void test_last_output(void)
{
    struct pair p = pair_open();
    char byte;
    write_text(p.master, "stale\n");
    reads_text(p.master, "stale\r\n");
    write_text(p.slave, "last");
    close(p.slave);
    ok(reads_text(p.master, "last"), "what a slave wrote before it was closed is read");
    is_int(read(p.master, &byte, 1), 0, "... then the end of file");
    ok(write(p.master, "x", 1) == -1 && errno == EIO, "writing to nobody: EIO");
    p.slave = open(p.name, O_RDWR | O_NOCTTY);
    is_int(poll_now(p.slave, POLLIN), 0, "a slave that is opened again has nothing of what was typed for the last one");
    ok(p.slave != -1 && write_text(p.master, "again\n") && reads_text(p.slave, "again\n"), "... and works");
    pair_close(&p);
}

static long read_one(void *arg)
{
    char byte;
    return read(*(int *)arg, &byte, 1) == -1 ? -errno : 0;
}

static long write_much(void *arg)
{
    static const char block[10000];
    ssize_t n = write(*(int *)arg, block, sizeof block);
    return n == -1 ? -errno : n < (ssize_t)sizeof block ? 1 : 0;
}

static void test_interrupted(void)
{
    struct pair p = pair_open();
    pair_raw(&p);
    blocked_handle(SIGUSR1);
    struct blocked b = {.call = read_one, .arg = &p.master};
    blocked_enter(&b, STATE_REPLY);
    pthread_kill(b.thread, SIGUSR1);
    is_int(blocked_join(&b), -EINTR, "a signal ends a read at the master");
    b = (struct blocked){.call = write_much, .arg = &p.master};
    blocked_enter(&b, STATE_REPLY);
    pthread_kill(b.thread, SIGUSR1);
    is_int(blocked_join(&b), 1, "a signal ends a write that has moved bytes: a part is written");
    b = (struct blocked){.call = write_much, .arg = &p.master};
    blocked_enter(&b, STATE_REPLY);
    pthread_kill(b.thread, SIGUSR1);
    is_int(blocked_join(&b), -EINTR, "... one that has moved none: EINTR");
    pair_close(&p);
}

static void test_killed(void)
{
    struct pair p = pair_open();
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        read_one(&p.master);
        _exit(0);
    }
    int there = blocked_wait_state(pid, 1, STATE_REPLY);
    kill(pid, SIGKILL);
    pid_t got = waitpid(pid, &status, 0);
    ok(there && got == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "SIGKILL ends a process in a read at the master");
    pair_close(&p);
}

static void test_bad_pointers(void)
{
    struct pair p = pair_open();
    void *nowhere = (void *)8;
    pair_raw(&p);
    write_text(p.slave, "abc");
    ok(read(p.master, nowhere, 3) == -1 && errno == EFAULT, "read at a master into nowhere: EFAULT");
    ok(write(p.master, nowhere, 3) == -1 && errno == EFAULT, "write from nowhere: EFAULT");
    ok(ioctl(p.master, TIOCGWINSZ, nowhere) == -1 && errno == EFAULT, "ioctl into nowhere: EFAULT");
    ok(ioctl(p.master, TIOCSWINSZ, nowhere) == -1 && errno == EFAULT, "ioctl from nowhere: EFAULT");
    tcflush(p.slave, TCIOFLUSH);
    ok(write_text(p.master, "xyz") && reads_text(p.slave, "xyz"), "the terminal works on");
    pair_close(&p);
}

int main(void)
{
    tap_plan(0);
    test_openpty();
    test_posix();
    test_busy();
    test_lines();
    test_ready();
    test_wakes_pollers();
    test_much();
    test_many_lines();
    test_last_output();
    test_interrupted();
    test_killed();
    test_bad_pointers();
    test_all_taken();
    return done();
}
