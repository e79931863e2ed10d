/* SPDX-License-Identifier: Apache-2.0 */
/* qrv doctor: looks at the machine and the SDK; every finding comes with a line that says how to
 * mend it. */
#include "../common/fs.h"
#include "../common/options.h"
#include "../common/sdk.h"
#include "console.h"
#include "machine.h"
#include "manifest.h"
#include "verbs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PROBE_MS = 10000 };

static const char help[] =
    "usage: qrv doctor [--json]\n"
    "\n"
    "Checks the tools on this machine (CMake, a build program, QEMU 10 or later, OpenSBI 1.6 or "
    "later, the\n"
    "cross compiler) and the SDK (complete and unaltered, kernel and boot image there).\n"
    "Examples:\n"
    "  qrv doctor\n"
    "  qrv doctor --json\n"
    "\n"
    "Each finding has a line \"fix:\". Exit code: 0 nothing to mend, 1 something to mend.\n";

struct report {
    bool json;
    int bad;
    int lines;
};

/* fix is NULL when all is well. */
static void tell(struct report *r, const char *what, const char *detail, const char *fix)
{
    if (r->json) {
        struct buf out = {0};
        buf_printf(&out, "%s{\"check\": ", r->lines ? ",\n " : "[");
        buf_json(&out, what);
        buf_printf(&out, ", \"ok\": %s, \"detail\": ", fix ? "false" : "true");
        buf_json(&out, detail);
        if (fix != NULL) {
            buf_puts(&out, ", \"fix\": ");
            buf_json(&out, fix);
        }
        printf("%s}", out.data);
        buf_free(&out);
    } else {
        printf("%-5s %-16s %s\n", fix ? "BAD" : "ok", what, detail);
        if (fix != NULL)
            printf("      fix: %s\n", fix);
    }
    r->lines++;
    r->bad += fix != NULL;
}

/* Runs a command and gives the first version number (digits, dot, digits) that follows marker in
 * its output. */
static bool probe_version(char *const argv[], const char *marker, int *major, int *minor)
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

static void check_version(struct report *r, const char *tool, const char *marker, int want_major,
                          int want_minor, const char *fix)
{
    char *path = fs_which(tool);
    int major = 0;
    int minor = 0;
    char *detail;
    bool good = false;
    if (path == NULL)
        detail = xprintf("%s is not installed", tool);
    else if (!probe_version((char *[]){path, (char *)"--version", NULL}, marker, &major, &minor))
        detail = xprintf("%s does not tell its version", path);
    else {
        good = major > want_major || (major == want_major && minor >= want_minor);
        detail = xprintf("%s, version %d.%d%s", path, major, minor, good ? "" : ": too old");
    }
    tell(r, tool, detail, good ? NULL : fix);
    free(detail);
    free(path);
}

static void check_opensbi(struct report *r)
{
    static const char fix[] = "apt-get install opensbi from Debian 13 (1.6), or reinstall the SDK";
    char *bios = machine_find_bios();
    char *qemu = machine_find_qemu();
    int major = 0;
    int minor = 0;
    if (bios == NULL || qemu == NULL)
        tell(r, "OpenSBI",
             bios ? "not checked, for want of QEMU" : "fw_dynamic.bin is not installed",
             bios ? "install QEMU first" : fix);
    else {
        char *const argv[] = {qemu,
                              (char *)"-machine",
                              (char *)"virt",
                              (char *)"-nographic",
                              (char *)"-nodefaults",
                              (char *)"-serial",
                              (char *)"stdio",
                              (char *)"-bios",
                              bios,
                              NULL};
        bool known = probe_version(argv, "OpenSBI v", &major, &minor);
        bool good = known && (major > 1 || (major == 1 && minor >= 6));
        char *detail =
            known ? xprintf("%s, version %d.%d%s", bios, major, minor, good ? "" : ": too old")
                  : xprintf("%s does not start in QEMU", bios);
        tell(r, "OpenSBI", detail, good ? NULL : fix);
        free(detail);
    }
    free(bios);
    free(qemu);
}

static void check_compiler(struct report *r)
{
    const struct sdk *sdk = sdk_locate();
    char *gcc = fs_join(sdk->root, sdk->installed ? "bin/riscv64-unknown-qrv-gcc"
                                                  : "toolchain/bin/riscv64-unknown-qrv-gcc");
    int major = 0;
    int minor = 0;
    if (!fs_is_file(gcc))
        tell(r, "compiler", "riscv64-unknown-qrv-gcc is not in the SDK", "reinstall the SDK");
    else if (!probe_version((char *[]){gcc, (char *)"-dumpfullversion", NULL}, "", &major, &minor))
        tell(r, "compiler", "riscv64-unknown-qrv-gcc does not run",
             "apt-get install gcc-riscv64-linux-gnu");
    else {
        char *detail = xprintf("%s, GCC %d.%d", gcc, major, minor);
        tell(r, "compiler", detail, NULL);
        free(detail);
    }
    free(gcc);
}

static void check_build_program(struct report *r)
{
    char *ninja = fs_which("ninja");
    char *make = fs_which("make");
    tell(r, "build program",
         ninja  ? ninja
         : make ? make
                : "neither ninja nor make is installed",
         ninja || make ? NULL : "apt-get install ninja-build, or make");
    free(ninja);
    free(make);
}

static void check_sdk(struct report *r)
{
    const struct sdk *sdk = sdk_locate();
    struct buf findings = {0};
    char *kernel = fs_join(sdk->images, "Image");
    char *image = fs_join(sdk->images, "boot.cpio");
    bool there = fs_is_file(kernel) && fs_is_file(image);
    tell(r, "boot files", there ? sdk->images : "Image or boot.cpio is missing",
         there            ? NULL
         : sdk->installed ? "reinstall the SDK"
                          : "build it: ./sdk/quickstart");
    free(kernel);
    free(image);
    if (!sdk->installed) {
        tell(r, "SDK", "this is a build tree, there is no manifest to compare with", NULL);
        return;
    }
    long count = manifest_verify(sdk->root, &findings);
    if (count < 0)
        tell(r, "SDK", count == -EBADMSG ? "its MANIFEST is damaged" : "its MANIFEST is missing",
             "reinstall the SDK");
    else if (findings.len > 0) {
        char *detail =
            xprintf("%.*s, and maybe more", (int)strcspn(findings.data, "\n"), findings.data);
        tell(r, "SDK", detail, "qrv verify lists the differences; reinstall the SDK");
        free(detail);
    } else {
        char *detail =
            xprintf("%s, version %s, %ld files, all as packed", sdk->root, QRV_VERSION, count);
        tell(r, "SDK", detail, NULL);
        free(detail);
    }
    buf_free(&findings);
}

int cmd_doctor(int argc, char **argv)
{
    struct report r = {0};
    bool want_help = false;
    const struct option_spec specs[] = {
        {"--json", .flag = &r.json}, {"--help", .flag = &want_help}, {NULL}};
    int n = options_parse(argc, argv, specs, NULL);
    if (want_help) {
        fputs(help, stdout);
        return EXIT_OK;
    }
    if (n != 0)
        return n < 0 ? EXIT_USAGE : complain(EXIT_USAGE, "usage: qrv doctor [--json]");
    check_version(&r, "cmake", "version ", 3, 22, "apt-get install cmake");
    check_build_program(&r);
    check_version(&r, "qemu-system-riscv64", "version ", 10, 0,
                  "apt-get install qemu-system-riscv (Debian 12: from bookworm-backports)");
    check_opensbi(&r);
    check_compiler(&r);
    check_sdk(&r);
    if (r.json)
        puts("]");
    else if (r.bad == 0)
        puts("all is well");
    return r.bad ? EXIT_FAILED : EXIT_OK;
}
