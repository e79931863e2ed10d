/* SPDX-License-Identifier: Apache-2.0 */
/* pidin, slay, use, waitfor, on, kstat: what they print and how they exit.
 * Documentation: Utilities Reference, the page of each command. */
#include "../tap.h"
#include "../state.h"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;
static char output[16384];

/* Runs a shell line; its output lands in `output`.  The exit status, or -1. */
static int run(const char *line)
{
    FILE *pipe = popen(line, "r");
    if (pipe == NULL)
        bail_out("popen: %s", strerror(errno));
    size_t n = fread(output, 1, sizeof output - 1, pipe);
    output[n] = '\0';
    int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int has(const char *text)
{
    int found = strstr(output, text) != NULL;
    if (!found)
        diag("\"%s\" is not in: %.300s", text, output);
    return found;
}

static pid_t start_sleep(void)
{
    pid_t pid;
    char *argv[] = {"sleep", "60", NULL};
    if (posix_spawnp(&pid, "sleep", NULL, NULL, argv, environ) != 0)
        bail_out("cannot start sleep");
    blocked_wait_state(pid, 1, STATE_NANOSLEEP);
    return pid;
}

static int wait_signal(pid_t pid)
{
    int status;
    return waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) ? WTERMSIG(status) : -1;
}

static void test_pidin(void)
{
    char line[80];
    is_int(run("pidin"), 0, "pidin");
    ok(strncmp(output, "     pid tid name               prio STATE       Blocked\n", 56) == 0,
       "its header is the documented one");
    ok(has("       1   1 taskman"), "the first process is there");
    pid_t pid = start_sleep();
    snprintf(line, sizeof line, "pidin -p %d", (int)pid);
    ok(run(line) == 0 && has("sleep") && has("NANOSLEEP") && !strstr(output, "taskman"),
       "pidin -p shows one process and its state");
    snprintf(line, sizeof line, "pidin -p %d ar", (int)pid);
    ok(run(line) == 0 && has("sleep 60"), "a shorthand may be abbreviated");
    ok(run("pidin info") == 0 && has("FreeMem:") && has("Processor1:"), "pidin info");
    ok(run("pidin -f a! 2>&1") != 0, "an unknown format is refused");
    ok(run("pidin nothing 2>&1") != 0 && has("no such"), "an unknown shorthand is refused");
    snprintf(line, sizeof line, "slay -f sleep");
    is_int(run(line), 1, "slay returns how many matched");
    is_int(wait_signal(pid), SIGTERM, "... and sends SIGTERM");
}

static void test_slay(void)
{
    char line[80];
    pid_t a = start_sleep(), b = start_sleep();
    is_int(run("slay -p sleep"), 2, "slay -p counts two");
    is_int(run("slay -P 12f sleep </dev/null"), 2, "slay -P");
    snprintf(line, sizeof line, "pidin -p %d", (int)a);
    ok(run(line) == 0 && has(" 12f "), "... sets priority and policy");
    snprintf(line, sizeof line, "slay -9 %d", (int)a);
    is_int(run(line), 1, "slay by process id");
    is_int(wait_signal(a), SIGKILL, "... with the given signal");
    is_int(run("slay -s HUP sleep"), 1, "slay -s NAME");
    is_int(wait_signal(b), SIGHUP, "... sends it");
    is_int(run("slay nobody-has-this-name 2>&1"), 0, "nothing matches: status 0");
    ok(has("nobody-has-this-name"), "... and a message");
    ok(run("slay -m bad x 2>&1") == 0 && has("usage"), "bad options: usage, nothing is sent");
}

static void test_others(void)
{
    ok(run("use slay") == 0 && has("slay - sends a signal"), "use prints the message of a program");
    ok(run("use nothing 2>&1") != 0 && has("nothing"), "... or says which is missing");
    ok(run("use /proc/boot/.script 2>&1") != 0, "... and takes no file that is no program");
    is_int(run("waitfor /dev/null 1"), 0, "waitfor what is there");
    is_int(run("waitfor /dev/not-there 0.2 2>&1"), 1, "waitfor what does not come");
    is_int(run("waitfor 2>&1"), 2, "waitfor without a path");
    ok(run("on -p 11r pidin -p pidin") == 0 && has(" 11r "), "on -p");
    is_int(run("on sh -c 'exit 7'"), 7, "on returns the command's status");
    is_int(run("on /not/there 2>&1"), 127, "on without such a command");
    ok(run("on -s sh -c 'pidin -f aNZ -p $$'") == 0, "on -s");
    ok(run("kstat") == 0 && has("threads "), "kstat");
    /* Twice: the file's own memory is counted from then on. */
    run("kstat >/dev/shmem/kstat.1; kstat >/dev/shmem/kstat.1");
    ok(run("kstat -c /dev/shmem/kstat.1 -i free_pages,kernel_heap_bytes,slab_pages,taskman_heap_bytes,taskman_heap_pages") == 0,
       "kstat finds nothing that grew");
    if (output[0] != '\0')
        diag("%s", output);
    ok(run("sed 's/^processes .*/processes 1/' /dev/shmem/kstat.1 >/dev/shmem/kstat.2; "
           "kstat -c /dev/shmem/kstat.2") == 1 &&
           has("processes 1 ->"),
       "... and finds what did");
    ok(run("kstat -c /dev/null 2>&1") == 2, "... and knows its own output");
    unlink("/dev/shmem/kstat.1");
    unlink("/dev/shmem/kstat.2");
    is_int(run("shutdown -x 999 2>&1"), 2, "shutdown checks its arguments");
}

int main(void)
{
    tap_plan(0);
    test_pidin();
    test_slay();
    test_others();
    return done();
}
