/* SPDX-License-Identifier: Apache-2.0 */
#include "own_machine.h"

#include "../common/fs.h"
#include "../common/sdk.h"
#include "../deploy/client.h"
#include "../qrv/companion.h"
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { START_MS = 30000, STEP_MS = 20 };

static const int end_signals[] = {SIGINT, SIGTERM, SIGHUP};
/* What a signal removes; NULL: nothing. */
static const struct own_machine *volatile mine;

static void remove_files(const struct own_machine *m)
{
    unlink(m->line);
    unlink(m->log);
    rmdir(m->directory);
}

/* The children end with us. */
static void on_end(int signo)
{
    if (mine != NULL)
        remove_files(mine);
    signal(signo, SIG_DFL);
    raise(signo);
}

/* What the caller wants ignored (nohup) stays ignored. */
static void catch_ends(void (*handler)(int))
{
    for (size_t i = 0; i < sizeof end_signals / sizeof end_signals[0]; i++)
        if (signal(end_signals[i], handler) == SIG_IGN)
            signal(end_signals[i], SIG_IGN);
}

static void step(void)
{
    nanosleep(&(struct timespec){.tv_nsec = STEP_MS * 1000000L}, NULL);
}

int own_machine_start(struct own_machine *m, char *const *options)
{
    const char *tmp = getenv("TMPDIR");
    const char *words[32] = {"qrv", "run", "--line"};
    size_t n = 3;
    *m = (struct own_machine){.console = -1};
    char *directory = xprintf("%s/qrv-debug-XXXXXX", tmp != NULL && tmp[0] != '\0' ? tmp : "/tmp");
    if (mkdtemp(directory) == NULL) {
        int result = complain(EXIT_FAILED, "%s: %s", directory, strerror(errno));
        free(directory);
        return result;
    }
    m->directory = directory;
    m->line = fs_join(directory, "line");
    m->log = fs_join(directory, "log");
    m->target = (struct target){.name = xstrdup("emulator"), .line = xprintf("unix:%s", m->line)};
    mine = m;
    catch_ends(on_end);
    words[n++] = m->line;
    for (; options != NULL && *options != NULL && n < 31; options++)
        words[n++] = *options;
    m->emulator = companion_machine((char *const *)words, m->log, m->line);
    return m->emulator > 0 ? 0 : EXIT_NOT_STARTED;
}

/* ------------------------------------------------------------------ the keeper of its line */

static void ready(void *arg, const char *why)
{
    (void)arg;
    if (why != NULL)
        complain(0, "the line of the emulator: %s", why);
}

int own_machine_keep(struct own_machine *m, long port)
{
    struct keeper_port ports = {port, AGENT_CHANNEL};
    struct keeper_options options = {.foreground = true, .ports = &ports, .port_count = port != 0};
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return complain(EXIT_FAILED, "pipe: %s", strerror(errno));
    m->keeper = companion_fork();
    if (m->keeper == 0) {
        if (port == 0)
            dup2(ends[1], STDOUT_FILENO);
        _exit(keeper_run(&m->target, &options, ready, NULL) ? 0 : EXIT_NOT_STARTED);
    }
    close(ends[1]);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    m->console = ends[0];
    for (int ms = 0; m->keeper > 0 && ms < START_MS; ms += STEP_MS, step()) {
        char *status = client_ask(&m->target, "status");
        bool is_there = status != NULL;
        free(status);
        if (is_there)
            return 0;
        if (waitpid(m->keeper, NULL, WNOHANG) == m->keeper) /* it has said why */
            return m->keeper = -1, EXIT_NOT_STARTED;
    }
    return complain(EXIT_NOT_STARTED, "the keeper of the emulator's line did not start");
}

static bool has_ended(pid_t *pid)
{
    if (waitpid(*pid, NULL, WNOHANG) != *pid)
        return false;
    *pid = -1;
    return true;
}

int own_machine_wait(struct own_machine *m)
{
    sigset_t set;
    int signo = SIGCHLD;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof end_signals / sizeof end_signals[0]; i++)
        sigaddset(&set, end_signals[i]);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL); /* none is lost between a look and the wait */
    while (signo == SIGCHLD) {
        if (has_ended(&m->emulator))
            return complain(EXIT_FAILED, "the machine has ended");
        if (has_ended(&m->keeper))
            return complain(EXIT_FAILED, "the keeper of the emulator's line has ended");
        if (sigwait(&set, &signo) != 0)
            return complain(EXIT_FAILED, "sigwait");
    }
    return 0;
}

void own_machine_end(struct own_machine *m)
{
    companion_end(m->keeper, SIGTERM);
    companion_end(m->emulator, SIGKILL);
    if (m->console >= 0)
        close(m->console);
    if (m->directory != NULL) {
        remove_files(m);
        mine = NULL;
        catch_ends(SIG_DFL);
    }
    free(m->directory);
    free(m->line);
    free(m->log);
    free(m->target.name);
    free(m->target.line);
    *m = (struct own_machine){.console = -1};
}
