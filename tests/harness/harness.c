/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Boots a conformance image in QEMU, judges what its programs say, and adds "passed failed" to a
 * results file. The emulator is our child: it is ended by its process id, and dies with us.
 */
#include "common/fs.h"
#include "common/options.h"
#include "common/sdk.h"
#include "qrv/console.h"
#include "qrv/machine.h"
#include "tap.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "usage: qrv-harness --kernel IMAGE --elf KERNEL.ELF --image CPIO --list TESTS.LIST --log FILE\n"
    "                   [--results FILE] [--coverage FILE] [--machine NAME] [--smp N] [--mem SIZE]\n"
    "                   [--timeout SECONDS] [--append TEXT]\n"
    "                   [-- QEMU-ARGUMENT...]\n"
    "Exit code: 0 all passed, 1 something failed, 2 bad command line.\n";

enum { SHUTDOWN_MS = 20000, PANIC_MS = 3000, QUIET_MS = 90000 };

struct harness {
    const char *kernel;
    const char *elf;
    const char *image;
    const char *list;
    const char *log;
    const char *results;
    const char *coverage;
    const char *machine;
    const char *smp;
    const char *mem;
    const char *timeout;
    const char *append;
    char label[32];
    int passed;
    int failed;
};

static void fail(struct harness *h, const char *what, const char *why)
{
    printf("  FAIL %s %s: %s\n", h->label, what, why);
    h->failed++;
}

/* Prints where the addresses of the kernel's backtrace line are, as addr2line tells. */
static void symbolise(const struct harness *h, const char *line)
{
    struct buf command = {0};
    char text[400];
    buf_printf(&command, "riscv64-linux-gnu-addr2line -f -p -i -e '%s'", h->elf);
    if (strchr(h->elf, '\'') != NULL)
        return;
    for (const char *p = line; (p = strstr(p, "0x")) != NULL;) {
        size_t n = 2;
        while (isxdigit((unsigned char)p[n]))
            n++;
        buf_printf(&command, " %.*s", (int)n, p);
        p += n;
    }
    FILE *pipe = popen(command.data, "r");
    while (pipe != NULL && fgets(text, sizeof text, pipe) != NULL)
        printf("      at %s", text);
    if (pipe != NULL)
        pclose(pipe);
    buf_free(&command);
}

/* Shows the panic report, which begins with the given line, with names for the addresses. */
static void report_panic(const struct harness *h, struct console *c, const char *first)
{
    struct buf line = {0};
    printf("  %s\n", first);
    console_pump(c, console_now_ms() + PANIC_MS);
    for (int i = 0; i < 40 && console_line(c, &line); i++) {
        printf("      %s\n", line.data);
        if (strncmp(line.data, "backtrace:", 10) == 0)
            symbolise(h, line.data);
    }
    buf_free(&line);
}

/* Reads the console until the runner is done, or it cannot be any more. NULL, or what went wrong.
 */
static const char *follow(const struct harness *h, struct console *c, struct tap *tap,
                          long long deadline)
{
    struct buf line = {0};
    const char *why = NULL;
    long long heard = console_now_ms();
    while (why == NULL && !tap->done) {
        size_t before = c->seen.len;
        enum console_result r = console_pump(c, console_now_ms() + 50);
        if (c->seen.len > before)
            heard = console_now_ms();
        while (why == NULL && !tap->done && console_line(c, &line)) {
            if (strstr(line.data, "KERNEL PANIC") != NULL) {
                report_panic(h, c, line.data);
                why = "kernel panic";
            } else
                tap_line(tap, line.data);
        }
        if (why == NULL && !tap->done && r == CONSOLE_END)
            why = "the machine ended before the tests did";
        else if (why == NULL && console_now_ms() > deadline)
            why = "not within the time";
        else if (why == NULL && console_now_ms() - heard > QUIET_MS)
            why = "the console went silent";
    }
    buf_free(&line);
    return why;
}

static void judge(struct harness *h, const struct tap_test *test)
{
    const char *verdict = tap_verdict(test);
    h->passed += test->ok;
    h->failed += test->not_ok;
    if (verdict != NULL) {
        fail(h, test->name, verdict);
        fputs(test->trail.len ? test->trail.data : "", stdout);
    } else if (test->not_ok > 0) {
        printf("  FAIL %s %s: %d of %d\n", h->label, test->name, test->not_ok,
               test->ok + test->not_ok);
        fputs(test->trail.data, stdout);
    } else {
        printf("  ok   %s %s: %d\n", h->label, test->name, test->ok);
        if (test->skipped > 0)
            printf("       %d skipped:\n%s", test->skipped, test->trail.data);
    }
}

/* One line a test for the coverage table: "smp4 msg_errors MsgSend:EBADF ...". A test with a bad verdict proves nothing. */
static void note_coverage(const struct harness *h, const struct tap *tap)
{
    FILE *out = h->coverage != NULL ? fopen(h->coverage, "a") : NULL;
    if (out == NULL) {
        if (h->coverage != NULL)
            fprintf(stderr, "cannot write %s\n", h->coverage);
        return;
    }
    for (size_t i = 0; i < tap->count; i++)
        if (tap->tests[i].cells.len > 0 && tap_verdict(&tap->tests[i]) == NULL)
            fprintf(out, "%s %s%s\n", h->label, tap->tests[i].name, tap->tests[i].cells.data);
    fclose(out);
}

/* Every program of the list has to have run; nothing is skipped in silence. */
static void judge_missing(struct harness *h, const struct tap *tap)
{
    char line[200];
    char name[100];
    int seconds;
    FILE *list = fopen(h->list, "r");
    if (list == NULL) {
        fail(h, h->list, "cannot be read");
        return;
    }
    while (fgets(line, sizeof line, list) != NULL) {
        bool ran = false;
        if (sscanf(line, "%99s %d", name, &seconds) != 2)
            continue;
        for (size_t i = 0; i < tap->count && !ran; i++)
            ran = strcmp(tap->tests[i].name, name) == 0;
        if (!ran)
            fail(h, name, "it did not run");
    }
    fclose(list);
}

/* The tests are done: the machine has to end by itself. sifive_u cannot: it has to say so, and QEMU is told by its escape key. */
static bool machine_ends(struct console *c, enum machine_kind kind)
{
    long long limit = console_now_ms() + SHUTDOWN_MS;
    if (kind == MACHINE_SIFIVE_U &&
        (console_expect(c, "switch off by hand", limit) != CONSOLE_OK || !console_send(c, "\x01x", 2, limit)))
        return false;
    return console_wait(c, limit) == CONSOLE_END;
}

static void show_end_of_console(const struct console *c)
{
    size_t from = c->seen.len > 1500 ? c->seen.len - 1500 : 0;
    printf("      --- end of the console\n%s\n      ---\n", c->seen.data + from);
}

static int run(struct harness *h, const struct machine *m, double seconds)
{
    struct console c;
    struct tap tap = {0};
    FILE *log = fopen(h->log, "w");
    char **argv = machine_argv(m);
    long long start = console_now_ms();
    int error = log != NULL ? console_start(&c, argv, log) : -1;
    machine_argv_free(argv);
    if (error != 0)
        return complain(EXIT_USAGE, "cannot start %s, or write %s", m->qemu, h->log);
    const char *why = follow(h, &c, &tap, start + (long long)(seconds * 1000));
    for (size_t i = 0; i < tap.count; i++)
        judge(h, &tap.tests[i]);
    judge_missing(h, &tap);
    note_coverage(h, &tap);
    if (why != NULL) {
        fail(h, "image", why);
        show_end_of_console(&c);
        console_stop(&c);
    } else if (!machine_ends(&c, m->kind)) {
        fail(h, "shutdown", "the machine did not end");
        show_end_of_console(&c);
        console_stop(&c);
    } else if (console_exit_code(&c) != 0) {
        fail(h, "shutdown", "the exit code of the machine is not 0");
        show_end_of_console(&c);
    } else {
        h->passed++;
        printf("  ok   %s boot, tests, shutdown: %.1f s\n", h->label,
               (double)(console_now_ms() - start) / 1000);
    }
    console_free(&c);
    tap_free(&tap);
    fclose(log);
    return h->failed ? 1 : 0;
}

int main(int argc, char **argv)
{
    struct harness h = {.machine = "virt", .smp = "4", .mem = "512M", .timeout = "600"};
    struct machine m = {0};
    bool want_help = false;
    char *end;
    int rest;
    const struct option_spec specs[] = {
        {"--kernel", .value = &h.kernel},   {"--elf", .value = &h.elf},
        {"--image", .value = &h.image},     {"--list", .value = &h.list},
        {"--log", .value = &h.log},         {"--results", .value = &h.results},
        {"--smp", .value = &h.smp},         {"--mem", .value = &h.mem},
        {"--timeout", .value = &h.timeout}, {"--append", .value = &h.append},
        {"--coverage", .value = &h.coverage}, {"--machine", .value = &h.machine}, {"--help", .flag = &want_help}, {NULL}};
    int n = options_parse(argc, argv, specs, &rest);
    double seconds = strtod(h.timeout, &end);
    if (want_help || n != 0 || !h.kernel || !h.elf || !h.image || !h.list || !h.log ||
        *end != '\0' || !machine_find(h.machine, &m.kind) || !option_number("--smp", h.smp, 1, 8, &m.harts) ||
        !machine_parse_memory(h.mem, &m.memory)) {
        fputs(help, want_help ? stdout : stderr);
        return want_help ? 0 : 2;
    }
    char *qemu = machine_find_qemu();
    char *bios = machine_find_bios();
    m.qemu = qemu;
    m.bios = bios;
    m.kernel = h.kernel;
    m.image = h.image;
    m.append = h.append;
    m.extra = argv + rest;
    if (qemu == NULL || bios == NULL)
        return complain(2, "QEMU or OpenSBI is missing; qrv doctor says how to get them");
    snprintf(h.label, sizeof h.label, "smp%ld", m.harts);
    int result = run(&h, &m, seconds);
    FILE *results = h.results ? fopen(h.results, "a") : NULL;
    if (results != NULL) {
        fprintf(results, "%d %d\n", h.passed, h.failed);
        fclose(results);
    }
    free(qemu);
    free(bios);
    return result;
}
