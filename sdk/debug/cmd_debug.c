/* SPDX-License-Identifier: Apache-2.0 */
/* qrv debug, qrv attach: GDB on a process of a running target. */
#include "../common/fs.h"
#include "../common/options.h"
#include "../common/sdk.h"
#include "../deploy/transfer.h"
#include "../qrv/gdb.h"
#include "../qrv/machine.h"
#include "../qrv/verbs.h"
#include "agent.h"
#include "gdb_line.h"
#include "own_machine.h"
#include "processes.h"
#include "symbols.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char debug_help[] =
    "usage: qrv debug [options] PROGRAM [ARGUMENT...]\n"
    "\n"
    "Puts the program, with shared libraries of its build tree, onto a target and starts it there under GDB,\n"
    "stopped at main(). Without a target a machine is started for it in QEMU, which ends with GDB; the\n"
    "program's output then appears here, otherwise on the target's console.\n"
    "\n"
    "      --target T         a name in qrv.targets, or a line; see qrv deploy --help. Without it: the first\n"
    "                         target of qrv.targets, or QEMU when there is no such file\n"
    "      --connect [HOST]:PORT  a qdebug that listens on a TCP port (\"qdebug 8000\" on the target); for a target\n"
    "                         tcp:HOST it is port 8000 of the host, for ssh:HOST one is started there\n"
    "      --emulator         QEMU, although there is a qrv.targets\n"
    "      --smp N            harts of QEMU\n"
    "      --to PATH          where the program goes on the target (default /tmp/NAME)\n"
    "      --no-start         stop before the program is started: run, or start, does it\n"
    "      --batch            for scripts: GDB asks nothing and ends after the last command\n"
    "      -x FILE, -ex COMMAND, --ex COMMAND   for GDB, in this order, when the program stands at main()\n"
    "      --gdb FILE         another GDB\n"
    "      --serve PORT       for an editor: starts QEMU and leads its qdebug to a port of this machine,\n"
    "                         where a GDB of its own can connect; no PROGRAM. Ctrl-C ends it\n"
    "      --dry-run, --print-command   print the command line of GDB; nothing is started or changed\n"
    "\n"
    "Examples:\n"
    "  qrv debug build/mydev -v\n"
    "  qrv debug --target board build/mydev\n"
    "  qrv debug --batch -ex \"break io_read\" -ex continue -ex backtrace build/mydev\n"
    "  qrv debug --serve 8000\n"
    "\n"
    "Exit code: that of GDB; 3 no program for QRV; 4 there is no GDB; 125 the target cannot be reached.\n";

static const char attach_help[] =
    "usage: qrv attach [options] NAME|PID\n"
    "\n"
    "Connects GDB to a process that runs on a target, which stops it; detach, or the end of GDB, lets it go on.\n"
    "Symbols come from a program of that name and build below this directory, or from the SDK.\n"
    "\n"
    "      --target T         a name in qrv.targets, or a line; see qrv deploy --help\n"
    "      --connect [HOST]:PORT  a qdebug that listens on a TCP port (\"qdebug 8000\" on the target); for a target\n"
    "                         tcp:HOST it is port 8000 of the host, for ssh:HOST one is started there\n"
    "      --program FILE     the file with the symbols\n"
    "      --non-stop         a thread at a breakpoint leaves the others running; \"continue -a &\" starts them\n"
    "      --batch            for scripts: GDB asks nothing and ends after the last command\n"
    "      -x FILE, -ex COMMAND, --ex COMMAND   for GDB, in this order, when it is attached\n"
    "      --gdb FILE         another GDB\n"
    "      --dry-run, --print-command   print the command line of GDB; the target is asked, not changed\n"
    "\n"
    "Examples:\n"
    "  qrv attach mydev\n"
    "  qrv attach --connect board.local:8000 --batch -ex \"info threads\" -ex \"thread apply all bt\" 17\n"
    "\n"
    "Exit code: that of GDB; 1 no such process, or several; 4 there is no GDB; 125 the target cannot be\n"
    "reached.\n";

struct request {
    const char *target_name, *connect, *gdb, *program, *to, *smp, *serve;
    const char **commands, **scripts; /* for their names: the order is in `own` */
    bool batch, dry_run, emulator, no_start, non_stop, want_help;
    struct place place;
    struct own_machine machine;
    char **own; /* for GDB */
    char *tcp, *remote_path;
    struct buf libraries;
};

/* clang-format off */
#define OPTIONS_OF_BOTH(r) \
    {"--target", .value = &(r).target_name}, {"--connect", .value = &(r).connect}, {"--gdb", .value = &(r).gdb}, \
    {"--batch", .flag = &(r).batch}, {"-batch", .flag = &(r).batch}, \
    {"-x", .list = &(r).scripts}, {"-ex", .list = &(r).commands}, {"--ex", .list = &(r).commands}, \
    {"--dry-run", .flag = &(r).dry_run}, {"--print-command", .flag = &(r).dry_run}, {"--help", .flag = &(r).want_help}
/* clang-format on */

static int failed(int code, char *why)
{
    complain(0, "%s", why);
    free(why);
    return code;
}

/* ------------------------------------------------------------------ the command line */

/* The words for GDB in the order in which they were given. */
static char **words_for_gdb(int argc, char **argv)
{
    char **own = xmalloc((size_t)(argc + 1) * sizeof *own);
    size_t n = 0;
    for (int i = 1; i + 1 < argc; i++) {
        if (strcmp(argv[i], "-x") != 0 && strcmp(argv[i], "-ex") != 0 && strcmp(argv[i], "--ex") != 0)
            continue;
        own[n++] = (char *)(argv[i][1] == 'x' ? "-x" : "-ex");
        own[n++] = argv[++i];
    }
    own[n] = NULL;
    return own;
}

/* Where the options end: what follows the first word that is none belongs to the program. */
static int first_word(int argc, char **argv, const struct option_spec *specs)
{
    int i = 1;
    while (i < argc && argv[i][0] == '-' && argv[i][1] != '\0' && strcmp(argv[i], "--") != 0) {
        const struct option_spec *spec = specs;
        while (spec->name != NULL && strcmp(spec->name, argv[i]) != 0)
            spec++;
        i += spec->name != NULL && spec->flag == NULL ? 2 : 1;
    }
    return i < argc ? i : argc;
}

/* ":PORT" is one of this machine. */
static int take_connect(struct request *r)
{
    const char *colon = r->connect != NULL ? strrchr(r->connect, ':') : NULL;
    if (r->connect == NULL)
        return 0;
    char *end;
    long port = colon != NULL ? strtol(colon + 1, &end, 10) : 0;
    if (port < 1 || port > 65535 || *end != '\0')
        return complain(EXIT_USAGE, "--connect %s: HOST:PORT is needed", r->connect);
    r->tcp = xprintf("%s%s", colon == r->connect ? "localhost" : "", r->connect);
    r->place.tcp = r->tcp;
    return 0;
}

/* A target on the network: its qdebug listens where such agents do. One behind an SSH server is started for us. */
static int find_target(struct request *r)
{
    int result = target_find(r->target_name, &r->place.target);
    if (result != 0 || r->place.tcp != NULL || !target_is_network(&r->place.target) || target_is_ssh(&r->place.target))
        return result;
    const char *host = r->place.target.line + 4;
    const char *bracket = strchr(host, ']');
    size_t n = strcspn(bracket != NULL ? bracket : host, ":") + (bracket != NULL ? (size_t)(bracket - host) : 0);
    r->tcp = xprintf("%.*s:%d", (int)n, host, AGENT_PORT);
    r->place.tcp = r->tcp;
    return 0;
}

static void release(struct request *r)
{
    if (r->machine.directory == NULL) { /* else it is the machine's */
        free(r->place.target.name);
        free(r->place.target.line);
    }
    own_machine_end(&r->machine);
    buf_free(&r->libraries);
    free(r->own);
    free(r->tcp);
    free(r->remote_path);
    free(r->commands);
    free(r->scripts);
}

static int print_line(char **argv)
{
    struct buf out = {0};
    machine_quote(argv, &out);
    fputs(out.data, stdout);
    buf_free(&out);
    return EXIT_OK;
}

static int go(struct request *r, const struct gdb_session *s)
{
    char **argv = gdb_line(s);
    int result;
    if (argv == NULL)
        return EXIT_MISSING;
    if (r->dry_run)
        result = print_line(argv);
    else if (r->place.is_own)
        result = gdb_run(argv, r->machine.console);
    else
        result = gdb_become(argv);
    machine_argv_free(argv);
    return result;
}

/* ------------------------------------------------------------------ attach */

/* The process that the user means. 0, or an exit code after a message. */
static int find_process(struct agent *a, const char *name, long *pid)
{
    struct buf xml = {0}, found = {0};
    struct process p;
    size_t at = 0;
    unsigned count = 0;
    char *end, *why;
    *pid = strtol(name, &end, 10);
    if (*end == '\0' && *pid > 0)
        return 0;
    if (!agent_processes(a, &xml, &why)) {
        buf_free(&xml);
        return failed(EXIT_NOT_STARTED, why);
    }
    while (process_next(xml.data != NULL ? xml.data : "", xml.len, &at, &p)) {
        if (!process_is_called(&p, name))
            continue;
        *pid = p.pid;
        count++;
        buf_printf(&found, "\n  %ld  %s", p.pid, p.command);
    }
    buf_free(&xml);
    int result = 0;
    if (count == 0)
        result = complain(EXIT_FAILED, "no process on the target is called %s; qrv ps lists them", name);
    else if (count > 1)
        result = complain(EXIT_FAILED, "%u processes are called %s; which one?%s", count, name, found.data);
    buf_free(&found);
    return result;
}

/* The file with the symbols of a process, on the heap; NULL: none, after a note. */
static char *find_symbols(struct agent *a, const struct request *r, long pid, const char *path)
{
    struct buf head = {0};
    char *why = NULL, *other = NULL, *found;
    if (!agent_head(a, path, &head, &why)) /* removed meanwhile: then the name has to do */
        free(why);
    char *id = symbols_id(&head);
    buf_free(&head);
    if (r->program != NULL) {
        char *own = symbols_id_of(r->program);
        if (id[0] != '\0' && strcmp(own, id) != 0)
            fprintf(stderr, "qrv attach: note: %s is another build than %s on the target\n", r->program, path);
        free(own);
        found = xstrdup(r->program);
    } else
        found = symbols_find(fs_basename(path), id, &other);
    if (found == NULL && other != NULL)
        fprintf(stderr, "qrv attach: note: %s is another build than %s on the target, its symbols would be wrong (--program takes them)\n",
                other, path);
    else if (found == NULL)
        fprintf(stderr, "qrv attach: note: no file with the symbols of process %ld (%s) is here; --program names one\n", pid, path);
    free(other);
    free(id);
    return found;
}

static int attach(struct request *r, const char *name)
{
    static char *none[] = {NULL};
    struct gdb_session s = {.gdb = r->gdb, .place = &r->place, .is_batch = r->batch, .is_nonstop = r->non_stop, .own = r->own, .arguments = none,
                            .libraries = &r->libraries};
    struct buf path = {0};
    char *why;
    struct agent *a = agent_open(&r->place, &why);
    if (a == NULL)
        return failed(EXIT_NOT_STARTED, why);
    int result = find_process(a, name, &s.pid);
    if (result == 0 && !agent_program(a, s.pid, &path, &why))
        result = failed(EXIT_FAILED, why);
    char *program = result == 0 ? find_symbols(a, r, s.pid, path.data != NULL ? path.data : "") : NULL;
    agent_close(a);
    if (program != NULL)
        symbols_libraries(program, &r->libraries);
    s.program = program;
    if (result == 0)
        result = go(r, &s);
    free(program);
    buf_free(&path);
    return result;
}

int cmd_attach(int argc, char **argv)
{
    struct request r = {.machine = {.console = -1}};
    const struct option_spec specs[] = {OPTIONS_OF_BOTH(r), {"--program", .value = &r.program}, {"--non-stop", .flag = &r.non_stop}, {NULL}};
    r.own = words_for_gdb(argc, argv);
    int n = options_parse(argc, argv, specs, NULL);
    int result = n < 0 ? EXIT_USAGE : 0;
    if (result == 0 && r.want_help) {
        fputs(attach_help, stdout);
        release(&r);
        return EXIT_OK;
    }
    if (result == 0 && n != 1)
        result = complain(EXIT_USAGE, "which process? Its name or number is needed");
    if (result == 0)
        result = take_connect(&r);
    if (result == 0 && r.program != NULL)
        result = symbols_check(r.program);
    if (result == 0 && (r.place.tcp == NULL || r.target_name != NULL))
        result = find_target(&r);
    if (result == 0)
        result = attach(&r, argv[1]);
    release(&r);
    return result;
}

/* ------------------------------------------------------------------ debug */

static int put_file(struct request *r, const char *file, const char *path)
{
    struct buf content = {0};
    char *why;
    if (r->place.target.line != NULL) {
        struct session s = {.target = &r->place.target, .patience_s = 30, .fd = -1};
        struct transfer t = {.file = file, .path = path, .mode = 0755, .uid = -1, .gid = -1};
        int code = transfer_put(&s, &t);
        session_close(&s);
        return code;
    }
    int error = fs_read(file, &content);
    int result = error != 0 ? complain(EXIT_INPUT, "%s: %s", file, strerror(-error)) : 0;
    if (result == 0) {
        struct agent *a = agent_open(&r->place, &why);
        if (a == NULL)
            result = failed(EXIT_NOT_STARTED, why);
        else if (!agent_put(a, path, &content, &why))
            result = failed(EXIT_FAILED, why);
        agent_close(a);
    }
    buf_free(&content);
    return result;
}

static int put_all(struct request *r, const char *program)
{
    char *dir = fs_dirname(r->remote_path);
    int result = put_file(r, program, r->remote_path);
    for (size_t at = 0; result == 0 && at < r->libraries.len; at += strlen(r->libraries.data + at) + 1) {
        const char *library = r->libraries.data + at;
        char *path = fs_join(dir, fs_basename(library));
        result = put_file(r, library, path);
        free(path);
    }
    free(dir);
    return result;
}

/* So that what is missing is said in our words, not in those of GDB. */
static int look_for_agent(struct request *r)
{
    char *why;
    struct agent *a = agent_open(&r->place, &why);
    if (a == NULL)
        return failed(EXIT_NOT_STARTED, why);
    agent_close(a);
    return 0;
}

static int start_own(struct request *r)
{
    char *options[] = {(char *)"--smp", (char *)r->smp, NULL};
    r->place.is_own = true;
    if (r->dry_run) {
        r->place.target = (struct target){.name = xstrdup("emulator"), .line = xstrdup("unix:LINE")};
        return 0;
    }
    int result = own_machine_start(&r->machine, r->smp != NULL ? options : NULL);
    r->place.target = r->machine.target;
    return result;
}

static int serve(struct request *r, int operands)
{
    long port;
    if (operands != 0 || r->place.tcp != NULL || r->target_name != NULL || r->dry_run)
        return complain(EXIT_USAGE, "--serve PORT starts QEMU and goes with --smp only");
    if (!option_number("--serve", r->serve, 1, 65535, &port))
        return EXIT_USAGE;
    int result = start_own(r);
    if (result == 0)
        result = own_machine_keep(&r->machine, port);
    if (result == 0) /* who connects before the target answers takes its patience for an error */
        result = look_for_agent(r);
    if (result != 0)
        return result;
    printf("qrv debug: GDB can connect to localhost:%ld\n", port);
    fflush(stdout);
    return own_machine_wait(&r->machine);
}

/* The target is reached, the program is there. 0, or an exit code after a message. */
static int prepare(struct request *r, const char *program)
{
    int result = symbols_check(program);
    if (result == 0 && r->to != NULL && r->to[0] != '/')
        result = complain(EXIT_USAGE, "--to %s: the path on the target begins with /", r->to);
    if (result != 0)
        return result;
    r->remote_path = r->to != NULL ? xstrdup(r->to) : xprintf("/tmp/%s", fs_basename(program));
    symbols_libraries(program, &r->libraries);
    if (r->target_name != NULL)
        result = find_target(r);
    else if (r->place.tcp == NULL)
        result = r->emulator || !targets_are_known() ? start_own(r) : find_target(r);
    if (result == 0 && r->place.is_own && !r->dry_run)
        result = own_machine_keep(&r->machine, 0);
    if (result == 0 && !r->dry_run)
        result = look_for_agent(r);
    return result == 0 && !r->dry_run ? put_all(r, program) : result;
}

static int debug(struct request *r, int count, char **words)
{
    if (r->serve != NULL)
        return serve(r, count);
    if (count == 0)
        return complain(EXIT_USAGE, "which program? The file that is to be debugged is needed");
    if (r->emulator && (r->target_name != NULL || r->place.tcp != NULL))
        return complain(EXIT_USAGE, "--emulator goes with neither --target nor --connect");
    int result = prepare(r, words[0]);
    if (result != 0)
        return result;
    const struct gdb_session s = {.gdb = r->gdb, .place = &r->place, .program = words[0], .libraries = &r->libraries,
                                  .remote_path = r->remote_path, .is_started = !r->no_start, .is_batch = r->batch,
                                  .own = r->own, .arguments = words + 1};
    return go(r, &s);
}

int cmd_debug(int argc, char **argv)
{
    struct request r = {.machine = {.console = -1}};
    const struct option_spec specs[] = {OPTIONS_OF_BOTH(r),
                                        {"--emulator", .flag = &r.emulator},
                                        {"--smp", .value = &r.smp},
                                        {"--to", .value = &r.to},
                                        {"--no-start", .flag = &r.no_start},
                                        {"--serve", .value = &r.serve},
                                        {NULL}};
    int own = first_word(argc, argv, specs);
    r.own = words_for_gdb(own, argv);
    int n = options_parse(own, argv, specs, NULL);
    int result = n < 0 ? EXIT_USAGE : 0;
    if (own < argc && strcmp(argv[own], "--") == 0)
        own++;
    if (result == 0 && r.want_help)
        fputs(debug_help, stdout);
    else if (result == 0) {
        result = take_connect(&r);
        if (result == 0)
            result = debug(&r, argc - own, argv + own);
    }
    release(&r);
    return result;
}
