/* SPDX-License-Identifier: Apache-2.0 */
/* qrv run: boots QRV in QEMU. Without --timeout, --script and --log this process becomes the emulator. */
#include "../common/fs.h"
#include "../common/json.h"
#include "../common/options.h"
#include "../common/sdk.h"
#include "../image/collect.h"
#include "dialog.h"
#include "kernel_file.h"
#include "run_log.h"
#include "run_machine.h"
#include "verbs.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static const char help[] =
    "usage: qrv run [options] [-- QEMU-ARGUMENT...]\n"
    "\n"
    "Boots QRV in QEMU. The console is this terminal; Ctrl-A x ends the emulator.\n"
    "\n"
    "      --machine NAME        virt (the default), or sifive_u: a HiFive Unleashed\n"
    "      --smp N               harts, 1 to 8 (default 4); sifive_u: 2 to 5 (default 5)\n"
    "      --mem SIZE            memory, as 512M or 2G (default 512M)\n"
    "      --disk FILE           boot from that disk, made by qrv image, through U-Boot\n"
    "      --kernel FILE         kernel Image instead of the one in the SDK\n"
    "      --debug-kernel        the kernel that checks the order of its locks\n"
    "      --image FILE          boot image instead of the one in the SDK\n"
    "      --add FILE[=NAME]     put FILE into the boot image as /proc/boot/NAME (may be "
    "repeated)\n"
    "      --append \"WORD...\"    arguments for the kernel\n"
    "      --net                 a network device on QEMU's user network: the target gets 10.0.2.15 and\n"
    "                            reaches this machine as 10.0.2.2\n"
    "      --forward [udp:]PORT:PORT  --net, and PORT of this machine's loopback leads to PORT of the "
    "target\n"
    "      --line FILE           the serial line becomes the socket FILE, for qrv deploy, shell and "
    "link\n"
    "                            with --target unix:FILE; the image is then images/link.cpio\n"
    "      --log FILE            the console goes into FILE, too (with --line all that passes on the line); when\n"
    "                            the kernel panics, its last words with source lines into FILE.panic\n"
    "      --gdb                 GDB server on port 1234: target remote :1234\n"
    "      --gdb-port PORT       GDB server on another port\n"
    "      --wait                with --gdb: do not start before GDB says so\n"
    "      --timeout SECONDS     end the emulator after that time (exit code 124)\n"
    "      --script FILE         play a console script (below); - is standard input\n"
    "      --bios FILE, --qemu FILE   firmware and emulator instead of those found\n"
    "      --dry-run [--json]    print the command line of QEMU instead of running it\n"
    "\n"
    "Examples:\n"
    "  qrv run --add build/mydev                        a shell, with the program in /proc/boot\n"
    "  qrv run --smp 1 --mem 256M --append \"WORD\"       a small machine\n"
    "  qrv run --script test.script --timeout 60        from a test\n"
    "  qrv run --net --forward 8022:22                  with a network\n"
    "  qrv run --gdb --wait                             halted until GDB says continue\n"
    "  qrv run --disk sd.img                            as a board does: U-Boot, extlinux, kernel\n"
    "\n"
    "Exit code: what the target gave to shutdown; 124 time over; 125 not started; 126 console "
    "script failed.\n"
    "\n"
    "A console script has one statement per line:\n"
    "  expect TEXT    wait until it appears      send TEXT   type it, with Enter\n"
    "  forbid TEXT    fail if it appears         type TEXT   type it, without Enter\n"
    "  timeout SECS   for the following expects  sleep SECS\n"
    "  wait           until the machine is off   quit [CODE] end the emulator\n"
    "TEXT may have \\r \\n \\t \\s (blank) \\\\ \\xNN; # begins a comment line.\n";

struct run {
    struct machine_request target;
    const char *kernel;
    const char *image;
    const char **add;
    const char **forward;
    const char *append;
    const char *line;
    const char *log;
    const char *gdb_port;
    const char *timeout;
    const char *script;
    const char *bios;
    const char *qemu;
    bool debug_kernel;
    bool gdb;
    bool wait;
    bool net;
    bool dry_run;
    bool json;
    bool want_help;
    double seconds; /* 0: no limit */
    struct dialog dialog;
};

/* Puts one --add into the archive. 0, or an exit code after a message. */
static int add_file(struct archive *a, const char *spec)
{
    const char *eq = strchr(spec, '=');
    char *host = eq ? xstrndup(spec, (size_t)(eq - spec)) : xstrdup(spec);
    const char *name = eq ? eq + 1 : fs_basename(host);
    unsigned host_mode = 0;
    struct member read = {0};
    int result = 0;
    if (strncmp(name, "/proc/boot/", 11) == 0)
        name += 11;
    if (name[0] == '\0' || name[0] == '/' || strstr(name, "..") != NULL || strlen(name) > 255 ||
        strcmp(name, "TRAILER!!!") == 0)
        result = complain(EXIT_NOT_STARTED, "--add %s: the target must be a name below /proc/boot",
                          spec);
    else {
        int error = collect_read(host, true, &read, &host_mode);
        if (error != 0)
            result = complain(EXIT_NOT_STARTED, "--add %s: %s", host, strerror(-error));
    }
    if (result == 0) {
        struct member *old = archive_find(a, name);
        if (old != NULL)
            archive_remove(a, old);
        struct member *m = archive_add(a, name);
        m->mode = CPIO_FILE | (host_mode & 0111 ? 0755 : 0644);
        m->data = read.data;
        m->len = read.len;
        read.data = NULL;
    }
    free(read.data);
    free(host);
    return result;
}

/* Writes the image with the added files into a memory file and returns its descriptor, or -exit
 * code. */
static int merged_image(const struct run *r, const struct buf *image, size_t *size)
{
    struct archive a = {0};
    struct buf out = {0};
    size_t where;
    int result = 0;
    const char *why = cpio_read(image->data, image->len, &a, &where);
    if (why != NULL)
        result = complain(EXIT_NOT_STARTED, "%s: byte %zu: %s", r->image, where, why);
    for (size_t i = 0; result == 0 && r->add[i] != NULL; i++)
        result = add_file(&a, r->add[i]);
    int fd = -1;
    if (result == 0) {
        cpio_write(&a, &out);
        *size = out.len;
        fd = memfd_create("boot-image", 0);
        for (size_t at = 0; fd >= 0 && at < out.len;) {
            ssize_t n = write(fd, out.data + at, out.len - at);
            if (n > 0)
                at += (size_t)n;
            else if (errno != EINTR)
                break;
        }
        if (fd < 0 || lseek(fd, 0, SEEK_END) != (off_t)out.len)
            result = complain(EXIT_NOT_STARTED, "cannot hold the boot image in memory: %s",
                              strerror(errno));
    }
    archive_free(&a);
    buf_free(&out);
    return result ? -result : fd;
}

static int print_command(const struct machine *m, char *const *argv, bool json)
{
    if (json) {
        struct json j = {0};
        json_object(&j, NULL);
        if (m->disk != NULL) {
            json_string(&j, "disk", m->disk);
            json_string(&j, "loader", m->loader);
        } else {
            json_string(&j, "kernel", m->kernel);
            json_string(&j, "image", m->image);
        }
        json_string(&j, "bios", m->bios);
        json_number(&j, "harts", m->harts);
        json_number(&j, "memory", (int64_t)m->memory);
        json_array(&j, "argv");
        for (size_t i = 0; argv[i] != NULL; i++)
            json_string(&j, NULL, argv[i]);
        json_end(&j);
        json_end(&j);
        json_print(&j);
    } else {
        struct buf out = {0};
        machine_quote(argv, &out);
        fputs(out.data, stdout);
        buf_free(&out);
    }
    return EXIT_OK;
}

/* The emulator on our own terminal, ended after r->seconds, if there are any. */
static int run_limited(const struct run *r, char *const *argv)
{
    struct termios saved;
    bool is_tty = tcgetattr(STDIN_FILENO, &saved) == 0;
    long long deadline = console_now_ms() + (long long)(r->seconds * 1000);
    bool over = false;
    int status;
    pid_t self = getpid();
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* however this process ends */
        if (getppid() != self)
            _exit(EXIT_NOT_STARTED);
        execvp(argv[0], argv);
        _exit(EXIT_NOT_STARTED);
    }
    if (pid < 0)
        return complain(EXIT_NOT_STARTED, "fork: %s", strerror(errno));
    while (waitpid(pid, &status, WNOHANG) == 0) {
        long long late = console_now_ms() - deadline;
        if (r->seconds > 0 && late >= 0) {
            kill(pid, late > 2000 ? SIGKILL : SIGTERM);
            over = true;
        }
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
    if (is_tty)
        tcsetattr(STDIN_FILENO, TCSANOW, &saved);
    if (over)
        return complain(EXIT_TIMEOUT, "the machine did not end within %g seconds", r->seconds);
    return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_NOT_STARTED;
}

static int run_script(const struct run *r, char *const *argv)
{
    struct console c;
    long long limit = r->seconds > 0 ? (long long)(r->seconds * 1000) : 24LL * 3600 * 1000;
    int error = console_start(&c, argv, stdout);
    if (error != 0)
        return complain(EXIT_NOT_STARTED, "%s: %s", argv[0], strerror(-error));
    int result = dialog_play(&r->dialog, r->script, &c, console_now_ms() + limit);
    console_free(&c);
    return result;
}

static int start(const struct run *r, char *const *argv)
{
    if (r->script != NULL)
        return run_script(r, argv);
    if (r->seconds > 0 || r->log != NULL)
        return run_limited(r, argv);
    if (!isatty(STDIN_FILENO) && !r->gdb && r->gdb_port == NULL)
        fputs(
            "qrv run: note: standard input is no terminal; without --timeout or --script only the "
            "target ends the emulator\n",
            stderr);
    fflush(NULL);
    execvp(argv[0], argv);
    return complain(EXIT_NOT_STARTED, "%s: %s", argv[0], strerror(errno));
}

static int load_script(struct run *r)
{
    struct buf text = {0};
    unsigned line;
    const char *why;
    const char *path = strcmp(r->script, "-") == 0 ? "/dev/stdin" : r->script;
    int error = fs_read(path, &text);
    int result = 0;
    if (error != 0)
        result = complain(EXIT_NOT_STARTED, "%s: %s", r->script, strerror(-error));
    else if (dialog_parse(&r->dialog, text.data, text.len, &line, &why) != 0) {
        fprintf(stderr, "%s:%u: error: %s\n", r->script, line, why);
        result = EXIT_NOT_STARTED;
    }
    buf_free(&text);
    return result;
}

static int start_or_print(const struct run *r, const struct machine *m)
{
    char **argv;
    int error = r->log != NULL && !r->dry_run ? fs_write(r->log, "", 0, 0644) : 0;
    if (error != 0)
        return complain(EXIT_NOT_STARTED, "%s: %s", r->log, strerror(-error));
    argv = machine_argv(m);
    int result = r->dry_run ? print_command(m, argv, r->json) : start(r, argv);
    if (r->log != NULL && !r->dry_run)
        run_log_look(r->log, r->kernel);
    machine_argv_free(argv);
    return result;
}

/* Reads kernel and image, refuses what cannot work, and starts the machine. */
static int boot(const struct run *r, struct machine *m)
{
    struct buf kernel = {0};
    struct buf image = {0};
    char fd_path[40];
    size_t image_size = 0;
    int result = 0;
    int fd = -1;
    if (m->disk != NULL)
        return start_or_print(r, m);
    int error = fs_read(r->kernel, &kernel);
    if (error != 0)
        result = complain(EXIT_NOT_STARTED, "%s: %s", r->kernel, strerror(-error));
    else if ((error = fs_read(r->image, &image)) != 0)
        result = complain(EXIT_NOT_STARTED, "%s: %s", r->image, strerror(-error));
    else if (r->add != NULL) {
        fd = merged_image(r, &image, &image_size);
        result = fd < 0 ? -fd : 0;
        snprintf(fd_path, sizeof fd_path, "/proc/self/fd/%d", fd);
        m->image = fd_path;
    } else
        image_size = image.len;
    if (result == 0) {
        const char *why = kernel_refuse(kernel.data, kernel.len, m->memory, image_size);
        if (why != NULL)
            result = complain(EXIT_NOT_STARTED, "%s cannot boot: %s", r->kernel, why);
    }
    buf_free(&kernel);
    buf_free(&image);
    if (result == 0) {
        if (r->dry_run && r->add != NULL)
            fprintf(stderr, "qrv run: note: %s stands for the boot image with the added files\n",
                    fd_path);
        result = start_or_print(r, m);
    }
    if (fd >= 0)
        close(fd);
    return result;
}

static int check_net(const struct run *r, struct machine *m)
{
    m->net = r->net || r->forward != NULL;
    m->forwards = r->forward;
    for (const char **f = r->forward; f != NULL && *f != NULL; f++) {
        char *word = machine_forward(*f);
        if (word == NULL)
            return complain(EXIT_USAGE, "--forward %s: [udp:]PORT:PORT is needed", *f);
        free(word);
    }
    return 0;
}

/* Everything that can be wrong on the command line. 0 or an exit code after a message. */
static int check_options(struct run *r, struct machine *m)
{
    char *end;
    if (r->target.disk != NULL && (r->kernel != NULL || r->image != NULL || r->add != NULL ||
                                   r->append != NULL || r->debug_kernel))
        return complain(
            EXIT_USAGE,
            "--kernel, --debug-kernel, --image, --add and --append are on the disk already: give "
            "them to qrv image");
    if (r->debug_kernel && r->kernel != NULL)
        return complain(EXIT_USAGE, "--debug-kernel and --kernel exclude each other");
    int result = machine_decide(&r->target, m);
    if (result != 0)
        return result;
    if (r->gdb)
        m->gdb_port = 1234;
    if (r->gdb_port != NULL && !option_number("--gdb-port", r->gdb_port, 1, 65535, &m->gdb_port))
        return EXIT_USAGE;
    if (r->json && !r->dry_run)
        return complain(EXIT_USAGE, "--json goes with --dry-run");
    if (r->line != NULL && r->script != NULL)
        return complain(EXIT_USAGE, "--line and --script exclude each other: both want the console");
    if (r->wait && m->gdb_port == 0)
        return complain(EXIT_USAGE, "--wait needs --gdb");
    m->wait = r->wait;
    result = check_net(r, m);
    if (result != 0)
        return result;
    if (r->timeout != NULL) {
        r->seconds = strtod(r->timeout, &end);
        if (end == r->timeout || *end != '\0' || !(r->seconds > 0 && r->seconds <= 86400))
            return complain(EXIT_USAGE, "--timeout %s: seconds are needed", r->timeout);
    }
    return r->script != NULL ? load_script(r) : 0;
}

/* Fills in what the user did not name. The strings live until the process ends or becomes QEMU. */
static int find_parts(struct run *r, struct machine *m, char **found)
{
    const struct sdk *sdk = sdk_locate();
    found[0] = machine_find_qemu();
    found[1] = machine_find_bios();
    found[2] = fs_join(sdk->images, r->debug_kernel ? "debug/Image" : "Image");
    found[3] = fs_join(sdk->images, r->line != NULL ? "link.cpio" : "boot.cpio");
    m->qemu = r->qemu != NULL ? r->qemu : found[0];
    m->bios = r->bios != NULL ? r->bios : found[1];
    m->kernel = r->kernel = r->kernel != NULL ? r->kernel : found[2];
    m->image = r->image = r->image != NULL ? r->image : found[3];
    m->append = r->append;
    m->line = r->line;
    m->log = r->log;
    return machine_check(m, &found[4]);
}

int cmd_run(int argc, char **argv)
{
    struct run r = {0};
    struct machine m = {0};
    char *found[5] = {NULL};
    int rest;
    const struct option_spec specs[] = {{"--smp", .value = &r.target.smp},
                                        {"--mem", .value = &r.target.mem},
                                        {"--disk", .value = &r.target.disk},
                                        {"--debug-kernel", .flag = &r.debug_kernel},
                                        {"--kernel", .value = &r.kernel},
                                        {"--image", .value = &r.image},
                                        {"--add", .list = &r.add},
                                        {"--net", .flag = &r.net},
                                        {"--forward", .list = &r.forward},
                                        {"--append", .value = &r.append},
                                        {"--line", .value = &r.line},
                                        {"--log", .value = &r.log},
                                        {"--gdb", .flag = &r.gdb},
                                        {"--gdb-port", .value = &r.gdb_port},
                                        {"--wait", .flag = &r.wait},
                                        {"--timeout", .value = &r.timeout},
                                        {"--script", .value = &r.script},
                                        {"--bios", .value = &r.bios},
                                        {"--qemu", .value = &r.qemu},
                                        {"--machine", .value = &r.target.machine},
                                        {"--dry-run", .flag = &r.dry_run},
                                        {"--json", .flag = &r.json},
                                        {"--help", .flag = &r.want_help},
                                        {"-h", .flag = &r.want_help},
                                        {NULL}};
    int n = options_parse(argc, argv, specs, &rest);
    int result;
    if (r.want_help) {
        fputs(help, stdout);
        result = EXIT_OK;
    } else if (n != 0)
        result = n < 0 ? EXIT_USAGE
                       : complain(EXIT_USAGE, "unexpected %s; QEMU's own arguments go behind --",
                                  argv[1]);
    else
        result = check_options(&r, &m);
    m.extra = argv + rest;
    if (result == EXIT_OK && !r.want_help)
        result = find_parts(&r, &m, found);
    if (result == EXIT_OK && !r.want_help)
        result = boot(&r, &m);
    for (int i = 0; i < 5; i++)
        free(found[i]);
    free(r.add);
    free(r.forward);
    dialog_free(&r.dialog);
    return result;
}
