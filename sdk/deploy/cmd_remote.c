/* SPDX-License-Identifier: Apache-2.0 */
/* qrv shell, ps, log, reset, link: what else goes over the line to a target. */
#include "../common/buf.h"
#include "../common/fs.h"
#include "../common/options.h"
#include "../common/sdk.h"
#include "../qrv/verbs.h"
#include "client.h"
#include "keeper.h"
#include "panic_log.h"
#include "ssh.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define LEAVE 0x1d /* Ctrl-] */

static const char shell_help[] =
    "usage: qrv shell [--target T] [--console] [COMMAND...]\n"
    "\n"
    "A shell on a running target; with COMMAND its input, output, errors and exit code. What COMMAND leaves\n"
    "running does not keep qrv waiting. Ctrl-] leaves the shell and ends it. Over TCP the shell has no terminal on the\n"
    "target: no job control, and programs see a pipe. Over SSH it has one when qrv has one; ssh's own ~. leaves it.\n"
    "\n"
    "      --target T     a name in qrv.targets, or a line; see qrv deploy --help\n"
    "  -n, --no-input     COMMAND gets no input\n"
    "      --console      the console instead of a shell of its own\n"
    "\n"
    "Examples:\n"
    "  qrv shell\n"
    "  qrv shell --target board ls -l /tmp\n"
    "  qrv shell tar -xf - -C /tmp <files.tar\n"
    "\n"
    "Exit code: that of COMMAND (128 plus the number of the signal that ended it); 125 not started.\n";

static const char ps_help[] = "usage: qrv ps [--target T] [OPTION-OF-PIDIN...]\n"
                              "\n"
                              "The processes and threads of a running target, as its pidin shows them.\n"
                              "\n"
                              "      --target T     a name in qrv.targets, or a line\n"
                              "\n"
                              "Examples:\n"
                              "  qrv ps\n"
                              "  qrv ps --target board -- mem\n";

static const char log_help[] =
    "usage: qrv log [--target T] [--console | --panic]\n"
    "\n"
    "The system log of a running target, as its sloginfo shows it. With --console what the target wrote\n"
    "to the line outside of all channels since the link began: the console's text, the kernel's messages.\n"
    "\n"
    "      --target T     a name in qrv.targets, or a line\n"
    "      --console      the text of the line; asks nothing of the target, which may be dead\n"
    "      --panic        the last words of its kernel, when that panicked last while a qrv held the line,\n"
    "                     with source lines; they are kept in ~/.local/state/qrv\n"
    "\n"
    "Examples:\n"
    "  qrv log\n"
    "  qrv log --console\n"
    "  qrv log --panic\n";

static const char reset_help[] = "usage: qrv reset [--target T]\n"
                                 "\n"
                                 "Makes a running target start again (its shutdown -r).\n"
                                 "\n"
                                 "      --target T     a name in qrv.targets, or a line\n"
                                 "\n"
                                 "Examples:\n"
                                 "  qrv reset --target board\n";

static const char link_help[] =
    "usage: qrv link [--target T] [--tcp PORT=CHANNEL]... | --pipe CHANNEL | --status | --stop\n"
    "\n"
    "Holds the line to a target and shows its console's text, until Ctrl-C. The other verbs do this for\n"
    "themselves; while it runs they share it.\n"
    "\n"
    "      --target T          a name in qrv.targets, or a line\n"
    "      --tcp PORT=CHANNEL  makes a channel a TCP port of this machine (for GDB: --tcp 8000=gdb)\n"
    "      --pipe CHANNEL      joins standard input and output with a channel, until one of them ends\n"
    "      --status            state and counters of the link that runs now\n"
    "      --stop              ends it\n"
    "\n"
    "Examples:\n"
    "  qrv link --target board\n"
    "  qrv link --tcp 8000=gdb\n"
    "  (gdb) target extended-remote | qrv link --pipe gdb\n";

struct remote {
    const char *target_name, *pipe;
    const char **tcp;
    bool console, panic, no_input, status, stop, want_help;
    struct target target;
};

static struct message m;

/* Options of all these verbs. The number of operands, or -exit code; argv[*first] is what follows. */
static int parse(int argc, char **argv, struct remote *r, const struct option_spec *more, int *rest)
{
    struct option_spec specs[8] = {{"--target", .value = &r->target_name},
                                   {"--help", .flag = &r->want_help}};
    size_t n = 2;
    for (; more != NULL && more->name != NULL; more++)
        specs[n++] = *more;
    return options_parse(argc, argv, specs, rest);
}

static int not_connected(char *why)
{
    int code = complain(EXIT_NOT_STARTED, "%s", why);
    free(why);
    return code;
}

/* ------------------------------------------------------------------ commands */

static int exit_code(uint32_t status)
{
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int refused(void)
{
    return complain(EXIT_NOT_STARTED, "the target: %s", m.bytes > 4 ? (const char *)m.data + 4 : "error");
}

enum { GOES_ON = -1, NOT_KNOWN = -2 };

/* One message of the target: the exit code, or GOES_ON; NOT_KNOWN: its deployd is too old for the request. */
static int take_message(bool *started)
{
    uint32_t status;
    switch (m.type) {
    case DEPLOY_STARTED:
        *started = true;
        return GOES_ON;
    case DEPLOY_BYTES:
    case DEPLOY_ERROR_BYTES:
        fwrite(m.data, 1, m.bytes, m.type == DEPLOY_BYTES ? stdout : stderr);
        fflush(stdout);
        return GOES_ON;
    case DEPLOY_EXIT:
        if (m.bytes != sizeof status)
            break;
        memcpy(&status, m.data, sizeof status);
        return exit_code(status);
    case DEPLOY_ERROR:
        memcpy(&status, m.data, m.bytes >= sizeof status ? sizeof status : 0);
        return !*started && m.bytes >= sizeof status && status == ENOSYS ? NOT_KNOWN : refused();
    }
    return complain(EXIT_FAILED, "the target answers in a language that qrv does not know");
}

struct input { /* of the command: one message, as far as it is not sent */
    uint8_t bytes[sizeof(struct deploy_head) + DEPLOY_PIECE];
    size_t have, at;
    bool at_end;
};

static void read_input(struct input *in)
{
    struct deploy_head head = {DEPLOY_MAGIC, DEPLOY_INPUT, 0};
    ssize_t n = read(STDIN_FILENO, in->bytes + sizeof head, DEPLOY_PIECE);
    if (n < 0 && errno == EINTR)
        return;
    in->at_end = n <= 0;
    head.bytes = n > 0 ? (uint16_t)n : 0;
    memcpy(in->bytes, &head, sizeof head);
    in->have = sizeof head + head.bytes;
    in->at = 0;
}

static bool send_input(struct input *in, int fd)
{
    ssize_t n = send(fd, in->bytes + in->at, in->have - in->at, MSG_NOSIGNAL | MSG_DONTWAIT);
    in->at += n > 0 ? (size_t)n : 0;
    return n > 0 || errno == EAGAIN || errno == EINTR;
}

/* Input and output until the command ends, or is not understood. */
static int follow(const struct target *t, int fd, bool has_input, bool started)
{
    static struct input in;
    int code = GOES_ON;
    bool good = true;
    in.at_end = !has_input;
    while (good && code == GOES_ON) {
        bool waiting = in.at < in.have;
        struct pollfd p[2] = {{.fd = fd, .events = (short)(POLLIN | (waiting ? POLLOUT : 0))},
                              {.fd = waiting || in.at_end || !started ? -1 : STDIN_FILENO, .events = POLLIN}};
        if (poll(p, 2, -1) < 0 && errno != EINTR)
            return complain(EXIT_FAILED, "%s", strerror(errno));
        if (p[1].revents != 0)
            read_input(&in);
        if (p[0].revents & POLLOUT)
            good = send_input(&in, fd);
        if (p[0].revents & ~POLLOUT) {
            good = client_receive(fd, &m);
            code = good ? take_message(&started) : GOES_ON;
        }
    }
    if (code != GOES_ON)
        return code;
    char *why = client_reason(t);
    complain(0, "%s", why);
    free(why);
    return EXIT_FAILED;
}

/* apart: its standard error is ours. A deployd that does not know that gives both in one. */
static int run_on(const struct target *t, int fd, const struct buf *words, bool has_input, bool apart)
{
    int code = NOT_KNOWN;
    if (apart) {
        client_send(fd, has_input ? DEPLOY_RUN_APART_INPUT : DEPLOY_RUN_APART, words->data, words->len);
        code = follow(t, fd, has_input, false);
    }
    if (code == NOT_KNOWN) {
        client_send(fd, has_input ? DEPLOY_RUN_INPUT : DEPLOY_RUN, words->data, words->len);
        code = follow(t, fd, has_input, true);
    }
    return code;
}

static int run_command(const struct target *t, char *const *words, int count, bool has_input, bool apart)
{
    struct buf all = {0};
    char *why;
    for (int i = 0; i < count; i++)
        buf_append(&all, words[i], strlen(words[i]) + 1);
    if (all.len > DEPLOY_DATA_MAX) {
        buf_free(&all);
        return complain(EXIT_USAGE, "the command is too long: %u bytes at most", DEPLOY_DATA_MAX);
    }
    int fd = client_open(t, "deploy", &why);
    if (fd < 0) {
        buf_free(&all);
        return not_connected(why);
    }
    int code = run_on(t, fd, &all, has_input, apart);
    buf_free(&all);
    close(fd);
    return code;
}

/* ------------------------------------------------------------------ terminals */

/* Both directions until the channel ends, or the input when that is to end it. */
static void talk(int fd, bool ends_with_input)
{
    char bytes[2048];
    bool input = true;
    for (;;) {
        struct pollfd p[2] = {{.fd = fd, .events = POLLIN},
                              {.fd = input ? STDIN_FILENO : -1, .events = POLLIN}};
        if (poll(p, 2, -1) < 0 && errno != EINTR)
            return;
        if (p[1].revents != 0) {
            ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);
            input = n > 0;
            if (!input && ends_with_input)
                return;
            char *leave = n > 0 && isatty(STDIN_FILENO) ? memchr(bytes, LEAVE, (size_t)n) : NULL;
            if (leave != NULL || (n > 0 && send(fd, bytes, (size_t)n, MSG_NOSIGNAL) != n))
                return;
        }
        if (p[0].revents != 0) {
            ssize_t n = read(fd, bytes, sizeof bytes);
            if (n <= 0 || write(STDOUT_FILENO, bytes, (size_t)n) != n)
                return;
        }
    }
}

/* For GDB: whatever comes, as it is. Ctrl-C on its terminal is not for us. */
static int join(const struct target *t, const char *channel)
{
    char *why;
    signal(SIGINT, SIG_IGN); /* it is meant for GDB; an ssh that is started for the channel ignores it, too */
    int fd = client_open(t, channel, &why);
    if (fd < 0)
        return not_connected(why);
    talk(fd, true);
    close(fd);
    return EXIT_OK;
}

static int terminal(const struct target *t, const char *channel)
{
    struct termios saved, raw;
    char *why;
    bool is_tty = tcgetattr(STDIN_FILENO, &saved) == 0;
    int fd = client_open(t, channel, &why);
    if (fd < 0)
        return not_connected(why);
    if (is_tty) {
        fprintf(stderr, "(Ctrl-] leaves)\n");
        raw = saved;
        cfmakeraw(&raw);
        tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    }
    talk(fd, false);
    if (is_tty)
        tcsetattr(STDIN_FILENO, TCSANOW, &saved);
    close(fd);
    return EXIT_OK;
}

/* Has deployd start a shell on the channel, and answers 0 when it runs. */
static int start_shell(const struct target *t, const char *channel)
{
    struct winsize w = {.ws_row = 24, .ws_col = 80};
    uint8_t request[64];
    char *why;
    ioctl(STDIN_FILENO, TIOCGWINSZ, &w);
    int fd = client_open(t, "deploy", &why);
    if (fd < 0)
        return not_connected(why);
    memcpy(request, &w.ws_row, 2);
    memcpy(request + 2, &w.ws_col, 2);
    size_t n = strlen(channel) + 1;
    memcpy(request + 4, channel, n);
    bool good = client_send(fd, DEPLOY_SHELL, request, 4 + n) && client_receive(fd, &m);
    close(fd);
    if (!good)
        return not_connected(client_reason(t));
    return m.type == DEPLOY_ERROR ? refused() : 0;
}

int cmd_shell(int argc, char **argv)
{
    struct remote r = {0};
    const struct option_spec more[] = {{"--console", .flag = &r.console},
                                       {"--no-input", .flag = &r.no_input},
                                       {"-n", .flag = &r.no_input},
                                       {NULL}};
    static char *network_shell[] = {(char *)"sh", (char *)"-i"};
    int rest;
    /* Options behind the first word are the command's. */
    int own = 1;
    while (own < argc && argv[own][0] == '-' && strcmp(argv[own], "--") != 0)
        own += strcmp(argv[own], "--target") == 0 ? 2 : 1;
    own = own < argc ? own : argc;
    int n = parse(own, argv, &r, more, &rest);
    if (n < 0)
        return EXIT_USAGE;
    if (r.want_help) {
        fputs(shell_help, stdout);
        return EXIT_OK;
    }
    if (own < argc && strcmp(argv[own], "--") == 0)
        own++;
    int result = target_find(r.target_name, &r.target);
    if (result != 0)
        return result;
    if (own < argc)
        return run_command(&r.target, argv + own, argc - own, !r.no_input, true);
    if (r.console)
        return terminal(&r.target, "con1");
    if (target_is_ssh(&r.target) && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
        return not_connected(ssh_terminal(r.target.line + 4));
    bool is_typed = isatty(STDIN_FILENO); /* what the shell says and what its prompt is keep their order */
    if (target_is_network(&r.target))
        return run_command(&r.target, network_shell, is_typed ? 2 : 1, true, !is_typed);
    result = start_shell(&r.target, "shell");
    return result != 0 ? result : terminal(&r.target, "shell");
}

/* A verb that is one command of the target. */
static int one_command(int argc, char **argv, const char *help, const char *command,
                       const struct option_spec *more, struct remote *r)
{
    int rest;
    int n = parse(argc, argv, r, more, &rest);
    if (n < 0)
        return EXIT_USAGE;
    if (r->want_help) {
        fputs(help, stdout);
        return EXIT_OK;
    }
    int result = target_find(r->target_name, &r->target);
    if (result != 0 || command == NULL)
        return result;
    char **words = xmalloc((size_t)(argc + 2) * sizeof *words);
    int count = 0;
    words[count++] = (char *)command;
    for (int i = 1; i <= n; i++)
        words[count++] = argv[i];
    for (int i = rest; i < argc; i++)
        words[count++] = argv[i];
    result = run_command(&r->target, words, count, false, true);
    free(words);
    return result;
}

int cmd_ps(int argc, char **argv)
{
    struct remote r = {0};
    return one_command(argc, argv, ps_help, "pidin", NULL, &r);
}

static int show_panic(const struct target *t)
{
    struct buf text = {0};
    char *path = panic_newest(t);
    int error = path != NULL ? fs_read(path, &text) : 0;
    int result = EXIT_OK;
    if (path == NULL)
        result = complain(EXIT_FAILED, "%s: no panic of its kernel was seen", t->line);
    else if (error != 0)
        result = complain(EXIT_FAILED, "%s: %s", path, strerror(-error));
    else
        printf("%s:\n%s", path, text.len > 0 ? text.data : "");
    buf_free(&text);
    free(path);
    return result;
}

int cmd_log(int argc, char **argv)
{
    struct remote r = {0};
    const struct option_spec more[] = {{"--console", .flag = &r.console}, {"--panic", .flag = &r.panic}, {NULL}};
    bool kept = false;
    for (int i = 1; i < argc; i++)
        kept |= strcmp(argv[i], "--console") == 0 || strcmp(argv[i], "--panic") == 0;
    int result = one_command(argc, argv, log_help, kept ? NULL : "sloginfo", more, &r);
    if (!kept || r.want_help || result != 0)
        return result;
    if (r.panic)
        return show_panic(&r.target);
    char *text = target_is_network(&r.target) ? NULL : client_ask(&r.target, "text");
    if (text == NULL)
        return complain(EXIT_FAILED, "%s: no link runs that could have seen anything; qrv link starts one",
                        r.target.line);
    fputs(text, stdout);
    free(text);
    return EXIT_OK;
}

/* It answers before it starts the shutdown, of which only a failure is heard afterwards. */
static bool has_more(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, 1000) > 0;
}

int cmd_reset(int argc, char **argv)
{
    struct remote r = {0};
    char *why;
    int result = one_command(argc, argv, reset_help, NULL, NULL, &r);
    if (result != 0 || r.want_help)
        return result;
    int fd = client_open(&r.target, "deploy", &why);
    if (fd < 0)
        return not_connected(why);
    bool good = client_send(fd, DEPLOY_REBOOT, NULL, 0) && client_receive(fd, &m);
    if (!good)
        result = not_connected(client_reason(&r.target));
    else if (m.type == DEPLOY_ERROR || (has_more(fd) && client_receive(fd, &m) && m.type == DEPLOY_ERROR))
        result = refused();
    close(fd);
    return result;
}

/* ------------------------------------------------------------------ link */

static void started(void *arg, const char *why)
{
    const struct target *t = arg;
    if (why != NULL)
        complain(0, "%s: %s", t->line, why);
}

static int parse_ports(const char **tcp, struct keeper_port *ports, size_t max, size_t *count)
{
    for (*count = 0; tcp != NULL && tcp[*count] != NULL; ++*count) {
        const char *text = tcp[*count];
        char *end;
        long port = strtol(text, &end, 10);
        if (*count == max || port < 1 || port > 65535 || *end != '=' || end[1] == '\0')
            return complain(EXIT_USAGE, "--tcp %s: PORT=CHANNEL is needed, %zu at most", text, max);
        ports[*count] = (struct keeper_port){port, end + 1};
    }
    return 0;
}

int cmd_link(int argc, char **argv)
{
    struct remote r = {0};
    struct keeper_port ports[8];
    struct keeper_options options = {.foreground = true, .ports = ports};
    const struct option_spec more[] = {{"--tcp", .list = &r.tcp},
                                       {"--pipe", .value = &r.pipe},
                                       {"--status", .flag = &r.status},
                                       {"--stop", .flag = &r.stop},
                                       {NULL}};
    int result = one_command(argc, argv, link_help, NULL, more, &r);
    if (result != 0 || r.want_help)
        return result;
    if (target_is_network(&r.target) && r.pipe == NULL)
        return complain(EXIT_USAGE, "%s: there is no line to hold", r.target.line);
    if (r.status || r.stop) {
        char *text = client_ask(&r.target, r.stop ? "stop" : "status");
        if (text == NULL)
            return complain(EXIT_FAILED, "%s: no link runs", r.target.line);
        fputs(text, stdout);
        free(text);
        return EXIT_OK;
    }
    if (r.pipe != NULL)
        return join(&r.target, r.pipe);
    result = parse_ports(r.tcp, ports, sizeof ports / sizeof ports[0], &options.port_count);
    if (result != 0)
        return result;
    return keeper_run(&r.target, &options, started, &r.target) ? EXIT_OK : EXIT_NOT_STARTED;
}
