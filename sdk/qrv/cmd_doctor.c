/* SPDX-License-Identifier: Apache-2.0 */
/* qrv doctor: looks at the machine and the SDK; every finding comes with a line that says how to
 * mend it. The report and the checks of the SDK are here, those of the machine in doctor_host.c. */
#include "../common/fs.h"
#include "../common/options.h"
#include "../common/sdk.h"
#include "../common/term.h"
#include "console.h"
#include "doctor.h"
#include "manifest.h"
#include "verbs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PROBE_MS = 10000 };

static const char help[] =
    "usage: qrv doctor [--full] [--json]\n"
    "\n"
    "Checks this machine (processor, C library, temporary files, CMake, a build program, QEMU 10 "
    "or "
    "later,\n"
    "serial adapters, variables that get in the way) and the SDK (OpenSBI, compilers, debugger, "
    "boot "
    "files,\n"
    "no file missing or of another size). A problem or a note has a line \"fix:\" that says how to "
    "mend it; a note "
    "does "
    "not stand\n"
    "in the way of working with the SDK in QEMU.\n"
    "\n"
    "      --full    compare every byte of the SDK with its manifest, as qrv verify does\n"
    "      --json    {\"checks\": [{\"check\", \"status\": \"ok\"|\"note\"|\"problem\", "
    "\"detail\", "
    "\"fix\"}...],\n"
    "                \"problems\": N, \"notes\": N}\n"
    "\n"
    "Examples:\n"
    "  qrv doctor\n"
    "  qrv doctor --full --json\n"
    "\n"
    "Exit code: 0 no problem (there may be notes), 1 problems.\n";

static void tell(struct report *r, const char *status, enum term_style style, const char *what,
                 const char *detail, const char *fix)
{
    if (r->as_json) {
        json_object(&r->json, NULL);
        json_string(&r->json, "check", what);
        json_string(&r->json, "status", status);
        json_string(&r->json, "detail", detail);
        if (fix != NULL)
            json_string(&r->json, "fix", fix);
        json_end(&r->json);
        return;
    }
    printf("%s%-8s%s %-20s %s\n", term_style(stdout, style), status, term_style(stdout, TERM_PLAIN),
           what, detail);
    if (fix != NULL)
        printf("         fix: %s\n", fix);
    fflush(stdout);
}

void tell_ok(struct report *r, const char *what, const char *detail)
{
    tell(r, "ok", TERM_GOOD, what, detail, NULL);
}

void tell_note(struct report *r, const char *what, const char *detail, const char *fix)
{
    tell(r, "note", TERM_WARN, what, detail, fix);
    r->notes++;
}

void tell_problem(struct report *r, const char *what, const char *detail, const char *fix)
{
    tell(r, "problem", TERM_BAD, what, detail, fix);
    r->problems++;
}

bool probe_version(char *const argv[], const char *marker, int *major, int *minor)
{
    struct console c;
    bool found = false;
    long long deadline = console_now_ms() + PROBE_MS;
    if (console_start(&c, argv, NULL) != 0)
        return false;
    if (console_expect(&c, marker, deadline) == CONSOLE_OK) {
        size_t at = c.matched;
        if (console_expect(&c, "\n", deadline) == CONSOLE_OK || c.seen.len > at)
            found = sscanf(c.seen.data + at, "%d.%d", major, minor) == 2;
    }
    console_stop(&c);
    console_free(&c);
    return found;
}

/* One of the SDK's tools. Without it: a problem, or a note when absent_fix says how to live on.
 * behind is the host's package that a stand-in of the tool calls. */
static void check_tool(struct report *r, const char *what, const char *name, const char *option,
                       const char *marker, const char *absent_fix, enum host_package behind)
{
    const struct sdk *sdk = sdk_locate();
    char *dir = fs_join(sdk->root, sdk->installed ? "bin" : "toolchain/bin");
    char *path = fs_join(dir, name);
    int major = 0;
    int minor = 0;
    char *detail;
    if (!fs_is_file(path)) {
        detail = xprintf("%s is not in this SDK", name);
        if (absent_fix != NULL)
            tell_note(r, what, detail, absent_fix);
        else
            tell_problem(r, what, detail, "unpack or build the SDK again");
    } else if (!probe_version((char *[]){path, (char *)option, NULL}, marker, &major, &minor)) {
        /* A script stands for a tool of the host; a program of our own just has to run. */
        struct buf file = {0};
        bool is_script =
            fs_read(path, &file) == 0 && file.len > 2 && memcmp(file.data, "#!", 2) == 0;
        char *fix = is_script ? release_fix(&r->release, behind)
                              : xstrdup("mend the problems above, or unpack the SDK again");
        buf_free(&file);
        detail = xprintf("%s does not run", path);
        (is_script && absent_fix != NULL ? tell_note : tell_problem)(r, what, detail, fix);
        free(fix);
    } else {
        detail = xprintf("%s, version %d.%d", path, major, minor);
        tell_ok(r, what, detail);
    }
    free(detail);
    free(path);
    free(dir);
}

static void check_boot_files(struct report *r)
{
    const struct sdk *sdk = sdk_locate();
    char *kernel = fs_join(sdk->images, "Image");
    char *image = fs_join(sdk->images, "boot.cpio");
    if (fs_is_file(kernel) && fs_is_file(image))
        tell_ok(r, "boot files", sdk->images);
    else
        tell_problem(r, "boot files", "images/Image or images/boot.cpio is missing",
                     sdk->installed ? "unpack the SDK again" : "build it: ./sdk/quickstart");
    free(kernel);
    free(image);
}

/* Is every file there, with its size? Quick enough for every day. As manifest_verify(). */
static long check_present(const char *root, struct buf *findings)
{
    struct buf text = {0};
    struct manifest m = {0};
    size_t line;
    char *file = fs_join(root, MANIFEST_NAME);
    long count = fs_read(file, &text);
    if (count == 0 && manifest_parse(&m, text.data, text.len, &line) != NULL)
        count = -EBADMSG;
    for (size_t i = 0; count >= 0 && i < m.count; i++, count++) {
        const struct manifest_entry *e = &m.entries[i];
        struct stat st;
        char *path = fs_join(root, e->path);
        bool there = lstat(path, &st) == 0 && S_ISREG(st.st_mode) == (e->type == 'f');
        if (!there || (e->type == 'f' && (uint64_t)st.st_size != e->size))
            buf_printf(findings, "%s %s\n", there ? "altered" : "missing", e->path);
        free(path);
    }
    manifest_free(&m);
    buf_free(&text);
    free(file);
    return count;
}

static void check_integrity(struct report *r)
{
    const struct sdk *sdk = sdk_locate();
    struct buf findings = {0};
    if (!sdk->installed) {
        tell_ok(r, "SDK", "this is a build tree, there is no manifest to compare with");
        return;
    }
    long count =
        r->full ? manifest_verify(sdk->root, &findings) : check_present(sdk->root, &findings);
    char *detail;
    if (count < 0) {
        detail = xprintf("its manifest: %s", count == -EBADMSG ? "damaged" : strerror((int)-count));
        tell_problem(r, "SDK", detail, "unpack the SDK again");
    } else if (findings.len > 0) {
        detail = xprintf("%.*s, and maybe more", (int)strcspn(findings.data, "\n"), findings.data);
        tell_problem(r, "SDK", detail, "qrv verify lists the differences; unpack the SDK again");
    } else {
        detail = xprintf("%s, version %s, %ld files, %s", sdk->root, QRV_VERSION, count,
                         r->full ? "all as packed" : "none missing");
        tell_ok(r, "SDK", detail);
    }
    free(detail);
    buf_free(&findings);
}

static void finish(struct report *r)
{
    if (r->as_json) {
        json_end(&r->json);
        json_number(&r->json, "problems", r->problems);
        json_number(&r->json, "notes", r->notes);
        json_end(&r->json);
        json_print(&r->json);
    } else if (r->problems == 0 && r->notes == 0)
        puts("all is well");
    else
        printf("%d problem%s, %d note%s\n", r->problems, r->problems == 1 ? "" : "s", r->notes,
               r->notes == 1 ? "" : "s");
}

int cmd_doctor(int argc, char **argv)
{
    static const char real_toolchain[] =
        "use a release of the SDK, or make the whole toolchain from the sources: ./toolchain/build";
    struct report r = {0};
    struct buf text = {0};
    bool want_help = false;
    const struct option_spec specs[] = {{"--full", .flag = &r.full},
                                        {"--json", .flag = &r.as_json},
                                        {"--help", .flag = &want_help},
                                        {NULL}};
    int n = options_parse(argc, argv, specs, NULL);
    if (want_help) {
        fputs(help, stdout);
        return EXIT_OK;
    }
    if (n != 0)
        return n < 0 ? EXIT_USAGE : complain(EXIT_USAGE, "usage: qrv doctor [--full] [--json]");
    if (fs_read("/etc/os-release", &text) != 0)
        text.len = 0;
    release_parse(text.data, text.len, &r.release);
    buf_free(&text);
    if (r.as_json) {
        json_object(&r.json, NULL);
        json_array(&r.json, "checks");
    }
    doctor_check_host(&r);
    doctor_check_tools(&r);
    check_tool(&r, "C compiler", "riscv64-unknown-qrv-gcc", "-dumpfullversion", "", NULL,
               HOST_CROSS_GCC);
    check_tool(&r, "C++ compiler", "riscv64-unknown-qrv-g++", "-dumpfullversion", "",
               real_toolchain, HOST_CROSS_GCC);
    check_tool(&r, "debugger", "riscv64-unknown-qrv-gdb", "--version", ") ", real_toolchain,
               HOST_GDB);
    check_boot_files(&r);
    check_integrity(&r);
    doctor_check_environment(&r);
    doctor_check_serial(&r);
    finish(&r);
    return r.problems ? EXIT_FAILED : EXIT_OK;
}
