/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of qrv doctor that look at the machine. */
#include "../common/fs.h"
#include "../common/sdk.h"
#include "doctor.h"
#include "machine.h"

#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { MIN_FREE_MIB = 256 };

/* The newest C library that a program of the SDK asks for: "2.x", as x, or -1 when none does. */
static int newest_glibc(const struct sdk *sdk, char **file)
{
    static const char *const patterns[] = {"bin/riscv64-unknown-qrv-*",
                                           "libexec/gcc/riscv64-unknown-qrv/*/cc1*"};
    int newest = -1;
    for (size_t p = 0; p < sizeof patterns / sizeof patterns[0]; p++) {
        char *pattern = fs_join(sdk->root, patterns[p]);
        glob_t found;
        if (glob(pattern, 0, NULL, &found) == 0) {
            for (size_t i = 0; i < found.gl_pathc; i++) {
                struct buf bytes = {0};
                struct stat st;
                if (lstat(found.gl_pathv[i], &st) != 0 || !S_ISREG(st.st_mode) ||
                    fs_read(found.gl_pathv[i], &bytes) != 0)
                    continue;
                int needed = glibc_needed(bytes.data, bytes.len);
                if (needed > newest) {
                    newest = needed;
                    free(*file);
                    *file = xstrdup(fs_basename(found.gl_pathv[i]));
                }
                buf_free(&bytes);
            }
            globfree(&found);
        }
        free(pattern);
    }
    return newest;
}

static void check_libc(struct report *r)
{
    char *file = NULL;
    int needed = newest_glibc(sdk_locate(), &file);
    int major = 0;
    int minor = 0;
    char *getconf = fs_which("getconf");
    bool known =
        getconf != NULL && probe_version((char *[]){getconf, (char *)"GNU_LIBC_VERSION", NULL},
                                         "glibc ", &major, &minor);
    char *detail;
    if (needed < 0)
        tell_ok(r, "C library", "the SDK's programs ask for none in particular");
    else if (!known) {
        detail = xprintf("%s needs glibc 2.%d, and this machine does not seem to have glibc", file,
                         needed);
        tell_problem(r, "C library", detail,
                     "use a distribution with glibc, or a container of one");
        free(detail);
    } else {
        bool good = major > 2 || (major == 2 && minor >= needed);
        detail = xprintf("glibc %d.%d; the SDK's programs need 2.%d", major, minor, needed);
        if (good)
            tell_ok(r, "C library", detail);
        else
            tell_problem(
                r, "C library", detail,
                "use a newer distribution: Debian 12, Ubuntu 22.10 or later, or a container");
        free(detail);
    }
    free(getconf);
    free(file);
}

static void check_temporary(struct report *r)
{
    const char *dir = getenv("TMPDIR");
    const char *name = dir != NULL && *dir != '\0' ? dir : "/tmp";
    const char *fix = dir != NULL ? "unset TMPDIR, or set it to a directory that you may write to"
                                  : "set TMPDIR to a directory that you may write to";
    struct statvfs vfs;
    char *detail;
    if (!fs_is_dir(name) || access(name, W_OK | X_OK) != 0) {
        detail = xprintf("%s: no directory that can be written to", name);
        tell_problem(r, "temporary files", detail, fix);
    } else if (statvfs(name, &vfs) == 0 &&
               (unsigned long long)vfs.f_bavail * vfs.f_frsize >> 20 < MIN_FREE_MIB) {
        detail = xprintf("%s has less than %d MiB free", name, MIN_FREE_MIB);
        tell_note(r, "temporary files", detail,
                  "make room there, or set TMPDIR to a directory with more");
    } else {
        detail = xstrdup(name);
        tell_ok(r, "temporary files", detail);
    }
    free(detail);
}

void doctor_check_host(struct report *r)
{
    struct utsname u;
    char *detail;
    if (uname(&u) != 0)
        memset(&u, 0, sizeof u);
    detail = xprintf("%s, %s %s", r->release.name, u.sysname, u.machine);
    if (strcmp(u.sysname, "Linux") == 0 && strcmp(u.machine, "x86_64") == 0)
        tell_ok(r, "host", detail);
    else
        tell_problem(r, "host", detail, "this SDK is made for Linux on x86_64; use such a machine");
    free(detail);
    check_libc(r);
    check_temporary(r);
}

/* A tool that tells its version behind marker. */
static void check_version(struct report *r, const char *tool, const char *marker, int want_major,
                          int want_minor, enum host_package package)
{
    char *path = fs_which(tool);
    int major = 0;
    int minor = 0;
    bool good = false;
    char *detail;
    if (path == NULL)
        detail = xprintf("%s is not installed", tool);
    else if (!probe_version((char *[]){path, (char *)"--version", NULL}, marker, &major, &minor))
        detail = xprintf("%s does not tell its version", path);
    else {
        good = major > want_major || (major == want_major && minor >= want_minor);
        detail = good ? xprintf("%s, version %d.%d", path, major, minor)
                      : xprintf("%s, version %d.%d: too old, %d.%d is needed", path, major, minor,
                                want_major, want_minor);
    }
    if (good)
        tell_ok(r, tool, detail);
    else {
        char *fix = release_fix(&r->release, package);
        tell_problem(r, tool, detail, fix);
        free(fix);
    }
    free(detail);
    free(path);
}

static void check_build_program(struct report *r)
{
    char *ninja = fs_which("ninja");
    char *make = fs_which("make");
    if (ninja == NULL && make == NULL) {
        char *fix = release_fix(&r->release, HOST_NINJA);
        tell_problem(r, "build program", "neither ninja nor make is installed", fix);
        free(fix);
    } else
        tell_ok(r, "build program", ninja ? ninja : make);
    free(ninja);
    free(make);
}

static void check_opensbi(struct report *r)
{
    char *bios = machine_find_bios();
    char *qemu = machine_find_qemu();
    int major = 0;
    int minor = 0;
    const char *fix = "unpack the SDK again: firmware/fw_dynamic.bin is part of it";
    if (bios == NULL)
        tell_problem(r, "OpenSBI", "fw_dynamic.bin is not there", fix);
    else if (qemu == NULL)
        tell_note(r, "OpenSBI", "not checked, for want of QEMU", "install QEMU first");
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
        char *detail = known ? xprintf("%s, version %d.%d%s", bios, major, minor,
                                       good ? "" : ": too old, 1.6 is needed")
                             : xprintf("%s does not start in QEMU", bios);
        if (good)
            tell_ok(r, "OpenSBI", detail);
        else
            tell_problem(r, "OpenSBI", detail, fix);
        free(detail);
    }
    free(bios);
    free(qemu);
}

void doctor_check_tools(struct report *r)
{
    check_version(r, "cmake", "version ", 3, 22, HOST_CMAKE);
    check_build_program(r);
    check_version(r, "qemu-system-riscv64", "version ", 10, 0, HOST_QEMU);
    check_opensbi(r);
}

/* Variables that change what a cross build does; the user hardly means them to. */
static const struct {
    const char *name;
    bool harmful; /* host files get into target programs */
    const char *effect;
} variables[] = {
    {"CPATH", true, "GCC searches it for headers, also for the target"},
    {"C_INCLUDE_PATH", true, "GCC searches it for headers, also for the target"},
    {"CPLUS_INCLUDE_PATH", true, "GCC searches it for headers, also for the target"},
    {"COMPILER_PATH", true, "GCC looks for its parts there"},
    {"GCC_EXEC_PREFIX", true, "GCC looks for its parts there"},
    {"CMAKE_TOOLCHAIN_FILE", false, "CMake uses it where no toolchain file is given"},
    {"CROSS_COMPILE", false, "makefiles take it for the prefix of the compiler"},
    {"CFLAGS", false, "CMake and configure scripts add it to every C compilation"},
    {"CXXFLAGS", false, "CMake and configure scripts add it to every C++ compilation"},
    {"LDFLAGS", false, "CMake and configure scripts add it to every link"},
    {"QNX_HOST", false, "build files made for QNX look for QNX's tools there"},
    {"QNX_TARGET", false, "build files made for QNX look for QNX's headers there"},
};

void doctor_check_environment(struct report *r)
{
    int found = 0;
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        const char *value = getenv(variables[i].name);
        if (value == NULL || *value == '\0')
            continue;
        char *detail =
            xprintf("%s is set to %s: %s", variables[i].name, value, variables[i].effect);
        char *fix = xprintf("unset %s", variables[i].name);
        if (variables[i].harmful)
            tell_problem(r, "environment", detail, fix);
        else
            tell_note(r, "environment", detail, fix);
        free(detail);
        free(fix);
        found++;
    }
    char *other = fs_which("qrv");
    char *mine = fs_join(sdk_locate()->root, "bin/qrv");
    char real_other[PATH_MAX];
    char real_mine[PATH_MAX];
    if (other != NULL && sdk_locate()->installed && realpath(other, real_other) != NULL &&
        realpath(mine, real_mine) != NULL && strcmp(real_other, real_mine) != 0) {
        char *detail = xprintf("the qrv in PATH is another one: %s", other);
        tell_note(r, "environment", detail, "call this one by its path, or change PATH");
        free(detail);
        found++;
    }
    free(other);
    free(mine);
    if (found == 0)
        tell_ok(r, "environment", "no variable gets in the way of a cross build");
}

static void tell_refused(struct report *r, const char *device, const char *user)
{
    struct buf groups = {0};
    struct stat st;
    char name[40] = "dialout";
    bool is_member = false;
    char *detail;
    char *fix;
    if (stat(device, &st) != 0)
        return;
    if (fs_read("/etc/group", &groups) == 0)
        group_find(groups.data, groups.len, st.st_gid, user, name, sizeof name, &is_member);
    buf_free(&groups);
    detail = xprintf("%s: you may not open it", device);
    fix = is_member ? xprintf("you are in group %s since your last login: log in again", name)
                    : xprintf("sudo usermod -a -G %s %s, then log in again", name,
                              *user ? user : "\"$USER\"");
    tell_note(r, "serial port", detail, fix);
    free(detail);
    free(fix);
}

void doctor_check_serial(struct report *r)
{
    const char *user = getenv("USER");
    glob_t found;
    if (glob("/dev/tty{USB,ACM}*", GLOB_BRACE, NULL, &found) != 0) {
        tell_ok(r, "serial port", "no adapter is connected (needed for boards only)");
        return;
    }
    for (size_t i = 0; i < found.gl_pathc; i++) {
        if (access(found.gl_pathv[i], R_OK | W_OK) != 0)
            tell_refused(r, found.gl_pathv[i], user != NULL ? user : "");
        else
            tell_ok(r, "serial port", found.gl_pathv[i]);
    }
    globfree(&found);
}
