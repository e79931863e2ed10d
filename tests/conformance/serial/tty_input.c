/* SPDX-License-Identifier: Apache-2.0 */
/* Input of a terminal through the real driver: canonical lines, raw mode with MIN and TIME,
 * polling. Documentation: POSIX XBD chapter 11; Library Reference tcinject(), tcischars(),
 * readcond(). */
#include "tty.h"
#include "../interrupt_call.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

static char buffer[64];

static void test_canonical(void)
{
    tty_mode(ICRNL, ICANON, 1, 0);
    tty_type("hello\n");
    is_int(read(tty_fd, buffer, sizeof buffer), 6, "a line is read with its newline");
    ok(memcmp(buffer, "hello\n", 6) == 0, "... as it was typed");
    tty_type("one\rtwo\n");
    is_int(read(tty_fd, buffer, sizeof buffer), 4, "CR ends a line with ICRNL; one line per read");
    is_int(read(tty_fd, buffer, sizeof buffer), 4, "the second line");
    tty_type("ab\177c\n");
    ok(read(tty_fd, buffer, sizeof buffer) == 3 && memcmp(buffer, "ac\n", 3) == 0, "ERASE works");
    tty_type("gone\025kept\n");
    ok(read(tty_fd, buffer, sizeof buffer) == 5 && memcmp(buffer, "kept\n", 5) == 0, "KILL works");
    tty_type("\004");
    is_int(read(tty_fd, buffer, sizeof buffer), 0, "EOF reads nothing");
    tty_type("unfinished");
    int n = -1;
    ok(ioctl(tty_fd, FIONREAD, &n) == 0 && n == 0, "an unfinished line cannot be read");
    is_int(tcflush(tty_fd, TCIFLUSH), 0, "tcflush");
}

static void test_raw(void)
{
    long start;
    tty_mode(0, 0, 1, 0);
    tty_type("\003x\r");
    is_int(tcischars(tty_fd), 3, "tcischars counts");
    ok(read(tty_fd, buffer, sizeof buffer) == 3 && memcmp(buffer, "\003x\r", 3) == 0,
       "raw input is not interpreted");
    tty_mode(0, 0, 0, 0);
    is_int(read(tty_fd, buffer, sizeof buffer), 0, "MIN 0 TIME 0 does not wait");
    tty_mode(0, 0, 0, 3);
    start = tty_ms();
    is_int(read(tty_fd, buffer, sizeof buffer), 0, "MIN 0 TIME 3 gives up");
    long took = tty_ms() - start;
    ok(took >= 290 && took < 2000, "... after 0.3 s (%ld ms)", took);
    tty_mode(0, 0, 10, 2);
    tty_type("abc");
    start = tty_ms();
    is_int(read(tty_fd, buffer, sizeof buffer), 3, "MIN 10 TIME 2 ends 0.2 s after the last byte");
    took = tty_ms() - start;
    ok(took >= 190 && took < 2000, "... (%ld ms)", took);
    tty_mode(0, 0, 1, 0);
    start = tty_ms();
    is_int(readcond(tty_fd, buffer, sizeof buffer, 5, 0, 2), 0, "readcond() has a total timeout");
    took = tty_ms() - start;
    ok(took >= 190 && took < 2000, "... (%ld ms)", took);
}

static void test_waiting(void)
{
    struct pollfd p = {.fd = tty_fd, .events = POLLIN};
    tty_mode(0, 0, 1, 0);
    is_int(poll(&p, 1, 50), 0, "poll times out without input");
    pid_t pid = fork();
    if (pid == 0) {
        tty_nap(100);
        tty_type("q");
        _exit(0);
    }
    ok(poll(&p, 1, 5000) == 1 && (p.revents & POLLIN), "poll waits for input");
    is_int(read(tty_fd, buffer, sizeof buffer), 1, "... which is there");
    waitpid(pid, NULL, 0);

    interrupt_soon();
    ok(read(tty_fd, buffer, 1) == -1, "a signal ends a waiting read");
    is_errno(EINTR, "... EINTR");
    interrupt_no_more();

    int flags = fcntl(tty_fd, F_GETFL);
    fcntl(tty_fd, F_SETFL, flags | O_NONBLOCK);
    errno = 0;
    ok(read(tty_fd, buffer, 1) == -1, "non-blocking without input");
    is_errno(EAGAIN, "... EAGAIN");
    tty_type("n");
    is_int(read(tty_fd, buffer, 9), 1, "non-blocking with input");
    fcntl(tty_fd, F_SETFL, flags);
}

static void test_attributes(void)
{
    struct winsize before, size = {.ws_row = 51, .ws_col = 132}, after;
    struct termios tio;
    ok(isatty(tty_fd), "isatty");
    is_str(ttyname(tty_fd), "/dev/ser1", "ttyname");
    ok(ioctl(tty_fd, TIOCGWINSZ, &before) == 0 && ioctl(tty_fd, TIOCSWINSZ, &size) == 0 &&
           ioctl(tty_fd, TIOCGWINSZ, &after) == 0 && after.ws_row == 51 && after.ws_col == 132,
       "the window size is kept");
    ioctl(tty_fd, TIOCSWINSZ, &before);
    ok(tcgetattr(tty_fd, &tio) == 0 && cfgetospeed(&tio) != B0, "there is a speed");
    errno = 0;
    ok(tcflush(tty_fd, 99) == -1 && errno == EINVAL, "tcflush checks its argument");
    ok(tcdrain(tty_fd) == 0, "tcdrain returns");
}

int main(void)
{
    tap_plan(0);
    if (tty_open() == -1) {
        skip("there is no /dev/ser1");
        return done();
    }
    test_attributes();
    test_canonical();
    test_raw();
    test_waiting();
    return done();
}
