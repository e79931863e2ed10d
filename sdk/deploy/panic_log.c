/* SPDX-License-Identifier: Apache-2.0 */
#include "panic_log.h"

#include "../common/fs.h"
#include "../common/sdk.h"
#include "../common/sha256.h"
#include "../qrv/exec_module.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { FRAMES = 64, KEPT = 20, ID = 8 };

/* ------------------------------------------------------------------ source lines */

/* The addresses of the line "backtrace: 0x... 0x...", innermost first, and what follows it. */
static size_t read_backtrace(const char *report, uint64_t *at, const char **names)
{
    const char *p = strstr(report, "\nbacktrace: ");
    const char *end = p != NULL ? strchr(p + 1, '\n') : NULL;
    size_t n = 0;
    if (end == NULL)
        return 0;
    while (n < FRAMES && (p = strstr(p, "0x")) != NULL && p < end) {
        char *behind;
        at[n++] = strtoull(p, &behind, 16);
        p = behind;
    }
    *names = end + 1;
    return n;
}

/* Does the kernel of that file call the first addresses what the report calls them? What is written in assembly has no name there. */
static bool fits(const struct module *m, const uint64_t *at, size_t n, const char *names)
{
    size_t same = 0;
    for (size_t i = 0; i < n && i < 4; i++) {
        char said[200];
        uint64_t start;
        const char *name = module_symbol(m, at[i] - (i > 0), &start);
        if (sscanf(names, " %199[^+ \n]", said) != 1 || (name != NULL && strcmp(name, said) != 0))
            return false;
        const char *next = strchr(names, '\n');
        same += name != NULL;
        if (next == NULL)
            break;
        names = next + 1;
    }
    return same > 0;
}

static void print_lines(const struct module *m, const uint64_t *at, size_t n, struct buf *out)
{
    buf_printf(out, "\nsource lines, from %s:\n", m->path);
    for (size_t i = 0; i < n; i++) {
        char *function = NULL;
        char *line = module_line(m, at[i] - (i > 0), &function); /* behind a call: the call's */
        buf_printf(out, "#%-2zu 0x%016llx %s at %s\n", i, (unsigned long long)at[i],
                   function != NULL ? function : "?", line != NULL ? line : "?");
        free(function);
        free(line);
    }
}

void panic_lines(const char *report, const char *const *elfs, struct buf *out)
{
    uint64_t at[FRAMES];
    const char *names = NULL;
    size_t n = read_backtrace(report, at, &names);
    bool found = false;
    for (; n > 0 && *elfs != NULL && !found; elfs++) {
        struct modules all = {0};
        if (fs_is_file(*elfs))
            modules_of(*elfs, &all);
        found = all.count > 0 && fits(&all.list[0], at, n, names);
        if (found)
            print_lines(&all.list[0], at, n, out);
        modules_free(&all);
    }
    if (!found)
        buf_puts(out, n == 0 ? "\nno source lines: the report has no backtrace\n"
                             : "\nno source lines: this kernel is none of the SDK's\n");
}

/* ------------------------------------------------------------------ files */

static char *state_directory(void)
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    if (state != NULL && state[0] == '/')
        return fs_join(state, "qrv");
    return fs_join(home != NULL && home[0] == '/' ? home : "/tmp", ".local/state/qrv");
}

/* "-NAME-ID.log": the name is for people, ID is of the line. */
static char *ending(const struct target *t)
{
    char hex[65], name[41];
    size_t n = 0;
    sha256_hex(t->line, strlen(t->line), hex);
    for (const char *c = t->name; *c != '\0' && n < sizeof name - 1; c++)
        if (isalnum((unsigned char)*c) || *c == '.' || *c == '_' || (*c == '-' && n > 0))
            name[n++] = *c;
    name[n] = '\0';
    return xprintf("-%s-%.*s.log", name, ID, hex);
}

/* Is it a report of that target, whatever the target was called? */
static bool is_of(const char *name, const char *end)
{
    size_t n = strlen(name), tail = ID + 5;
    return strncmp(name, "panic-", 6) == 0 && n > tail && strcmp(name + n - tail, end + strlen(end) - tail) == 0;
}

/* The names begin with the time. The oldest or the newest one; count: how many there are. */
static char *search(const char *dir, const char *end, bool newest, size_t *count)
{
    char *found = NULL;
    const struct dirent *e;
    DIR *d = opendir(dir);
    for (*count = 0; d != NULL && (e = readdir(d)) != NULL;) {
        if (!is_of(e->d_name, end))
            continue;
        ++*count;
        if (found != NULL && (strcmp(e->d_name, found) > 0) != newest)
            continue;
        free(found);
        found = xstrdup(e->d_name);
    }
    if (d != NULL)
        closedir(d);
    return found;
}

static void forget_old(const char *dir, const char *end)
{
    size_t count = KEPT + 1;
    while (count > KEPT) {
        char *name = search(dir, end, false, &count);
        char *path = count > KEPT ? fs_join(dir, name) : NULL;
        if (path != NULL && unlink(path) != 0)
            count = 0;
        free(path);
        free(name);
    }
}

char *panic_keep(const struct target *t, const char *report)
{
    char when[40];
    struct buf text = {0};
    char *dir = state_directory();
    char *end = ending(t);
    char *debug = fs_join(sdk_locate()->images, "debug/kernel.elf");
    char *plain = fs_join(sdk_locate()->images, "kernel.elf");
    const char *elfs[] = {plain, debug, NULL};
    time_t now = time(NULL);
    strftime(when, sizeof when, "%Y%m%dT%H%M%SZ", gmtime(&now));
    char *path = xprintf("%s/panic-%s%s", dir, when, end);
    buf_puts(&text, report);
    panic_lines(report, elfs, &text);
    int error = fs_mkdirs(dir);
    error = error == 0 ? fs_write(path, text.data, text.len, 0600) : error;
    if (error != 0) {
        complain(0, "%s: %s", path, strerror(-error));
        free(path);
        path = NULL;
    } else
        forget_old(dir, end);
    buf_free(&text);
    free(plain);
    free(debug);
    free(end);
    free(dir);
    return path;
}

char *panic_newest(const struct target *t)
{
    size_t count;
    char *dir = state_directory();
    char *end = ending(t);
    char *name = search(dir, end, true, &count);
    char *path = name != NULL ? fs_join(dir, name) : NULL;
    free(name);
    free(end);
    free(dir);
    return path;
}
