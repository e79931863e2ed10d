/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
#ifdef __USAGE
%C - sends a signal to processes by name, or changes their priority

%C [-signal | -s signal] [-fhpqQu] [-P prio[r|f|o]] [-T tid] [-m name|pid] name|pid...

 -signal    name or number: -9, -KILL, -SIGKILL (default SIGTERM)
 -s signal  the same
 -f         no question when several processes match
 -h         hold (SIGSTOP);  -u  let go on (SIGCONT)
 -p         only print the process ids
 -P prio    set priority, and policy, instead of sending a signal
 -T tid     only this thread (with -P; default 1)
 -m what    match names only ("name") or process ids only ("pid")
 -q  -Q     quiet, do not even say that nothing matched
Exit status: the number of processes that matched.
#endif
/* clang-format on */
#include <ctype.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/neutrino.h>
#include <unistd.h>

#include "../lib/proc.h"

struct settings {
    int signo;
    bool force, only_print, quiet, no_names, no_pids;
    int priority, policy; /* priority 0: send the signal */
    int tid;
};

static const struct {
    const char *name;
    int signo;
} signals[] = {
    {"HUP", SIGHUP},   {"INT", SIGINT},     {"QUIT", SIGQUIT}, {"ILL", SIGILL},   {"TRAP", SIGTRAP},
    {"ABRT", SIGABRT}, {"BUS", SIGBUS},     {"FPE", SIGFPE},   {"KILL", SIGKILL}, {"USR1", SIGUSR1},
    {"SEGV", SIGSEGV}, {"USR2", SIGUSR2},   {"PIPE", SIGPIPE}, {"ALRM", SIGALRM}, {"TERM", SIGTERM},
    {"CHLD", SIGCHLD}, {"CONT", SIGCONT},   {"STOP", SIGSTOP}, {"TSTP", SIGTSTP}, {"TTIN", SIGTTIN},
    {"TTOU", SIGTTOU}, {"WINCH", SIGWINCH},
};

/* The number, or -1. */
static int parse_signal(const char *text)
{
    char *end;
    long n = strtol(text, &end, 10);
    if (isdigit((unsigned char)text[0]))
        return *end == '\0' && n >= 0 && n <= 64 ? (int)n : -1;
    if (strncasecmp(text, "SIG", 3) == 0)
        text += 3;
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        if (strcasecmp(text, signals[i].name) == 0)
            return signals[i].signo;
    }
    return -1;
}

static bool matches(const procfs_info *info, const char *what, const struct settings *settings)
{
    char *end;
    long pid = strtol(what, &end, 10);
    if (*end == '\0' && end != what)
        return !settings->no_pids && pid == info->pid;
    return !settings->no_names && strcmp(proc_base(info->name), proc_base(what)) == 0;
}

/* Asks on the terminal; anything but y is no. */
static bool agrees(const procfs_info *info)
{
    char answer[16];
    fprintf(stderr, "%s (pid %d)? (y/N) ", proc_base(info->name), (int)info->pid);
    fflush(stderr);
    return fgets(answer, sizeof answer, stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y');
}

static bool set_priority(const procfs_info *info, const struct settings *settings)
{
    struct sched_param param;
    int policy = settings->policy;
    int tid = settings->tid != 0 ? settings->tid : 1;
    int current = SchedGet(info->pid, tid, &param);
    if (current == -1)
        return false;
    param.sched_priority = settings->priority;
    return SchedSet(info->pid, tid, policy >= 0 ? policy : current, &param) != -1;
}

static void act(const procfs_info *info, const struct settings *settings)
{
    bool done = settings->priority != 0 ? set_priority(info, settings)
                                        : kill(info->pid, settings->signo) == 0;
    if (!done)
        fprintf(stderr, "slay: %s (pid %d): %s\n", proc_base(info->name), (int)info->pid,
                strerror(errno));
}

/* Everything that matches one operand; how many that are. */
static int slay(const char *what, const struct settings *settings)
{
    pid_t *pids = NULL;
    int n = proc_list(&pids);
    int matched = 0;
    if (n == -1) {
        fprintf(stderr, "slay: /proc: %s\n", strerror(errno));
        return 0;
    }
    procfs_info *found = calloc((size_t)n + 1, sizeof *found);
    for (int i = 0; found != NULL && i < n; i++) {
        int fd = pids[i] == getpid() ? -1 : proc_open(pids[i]);
        if (fd == -1)
            continue;
        if (proc_info(fd, &found[matched]) == 0 && matches(&found[matched], what, settings))
            matched++;
        close(fd);
    }
    bool ask = matched > 1 && !settings->force && !settings->only_print && isatty(STDIN_FILENO);
    for (int i = 0; i < matched; i++) {
        if (settings->only_print)
            printf("%d\n", (int)found[i].pid);
        else if (!ask || agrees(&found[i]))
            act(&found[i], settings);
    }
    if (matched == 0 && !settings->quiet)
        fprintf(stderr, "slay: no process is called or has the id %s\n", what);
    free(found);
    free(pids);
    return matched;
}

/* Options, "-signal" among them.  The index of the first operand, or -1. */
static int parse_options(int argc, char **argv, struct settings *settings)
{
    int at = 1;
    for (; at < argc && argv[at][0] == '-' && argv[at][1] != '\0'; at++) {
        const char *option = argv[at] + 1;
        if (strcmp(option, "-") == 0)
            return at + 1;
        int signo = parse_signal(option);
        if (signo >= 0 && (isdigit((unsigned char)*option) || isupper((unsigned char)option[1]))) {
            settings->signo = signo;
            continue;
        }
        for (; *option != '\0'; option++) {
            const char *value = NULL;
            if (strchr("smPT", *option) != NULL) {
                value = option[1] != '\0' ? option + 1 : at + 1 < argc ? argv[++at] : NULL;
                if (value == NULL)
                    return -1;
            }
            switch (*option) {
            case 'f':
                settings->force = true;
                break;
            case 'h':
                settings->signo = SIGSTOP;
                break;
            case 'u':
                settings->signo = SIGCONT;
                break;
            case 'p':
                settings->only_print = true;
                break;
            case 'q':
            case 'Q':
                settings->quiet = true;
                break;
            case 's':
                settings->signo = parse_signal(value);
                if (settings->signo < 0)
                    return -1;
                break;
            case 'm':
                settings->no_pids = strcmp(value, "name") == 0;
                settings->no_names = strcmp(value, "pid") == 0;
                if (!settings->no_pids && !settings->no_names)
                    return -1;
                break;
            case 'T':
                settings->tid = atoi(value);
                if (settings->tid <= 0)
                    return -1;
                break;
            case 'P':
                if (!proc_parse_priority(value, &settings->priority, &settings->policy))
                    return -1;
                break;
            default:
                return -1;
            }
            if (value != NULL)
                break;
        }
    }
    return at;
}

int main(int argc, char **argv)
{
    struct settings settings = {.signo = SIGTERM, .policy = -1};
    int matched = 0;
    int at = parse_options(argc, argv, &settings);
    if (at < 0 || at >= argc) {
        fprintf(
            stderr,
            "usage: slay [-signal] [-fhpqQu] [-s signal] [-P prio[r|f|o]] [-T tid] [-m name|pid] "
            "name|pid...\n");
        return 0; /* nothing matched */
    }
    for (; at < argc; at++)
        matched += slay(argv[at], &settings);
    return matched < 255 ? matched : 255;
}
