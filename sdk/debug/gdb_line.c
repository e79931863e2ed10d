/* SPDX-License-Identifier: Apache-2.0 */
#include "gdb_line.h"

#include "../common/fs.h"
#include "../common/sdk.h"
#include "../qrv/gdb.h"
#include "../qrv/machine.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Patience with an answer over a slow line on which a deployment may be under way, too. */
#define ANSWER_S "60"

struct words {
    char **argv;
    size_t count;
};

static void push(struct words *w, char *word) /* takes it */
{
    w->argv = xrealloc(w->argv, (w->count + 2) * sizeof *w->argv);
    w->argv[w->count++] = word;
    w->argv[w->count] = NULL;
}

static void push_command(struct words *w, const char *option, char *command)
{
    push(w, xstrdup(option));
    push(w, command);
}

static bool has_directory(const char *path, const char *dir)
{
    size_t n = strlen(dir);
    for (const char *at = path; (at = strchr(at, ':')) != NULL;)
        if (strncmp(++at, dir, n) == 0 && (at[n] == ':' || at[n] == '\0'))
            return true;
    return false;
}

/* Where GDB looks for libraries whose path on the target is not one of the sysroot. */
static char *library_path(const struct gdb_session *s)
{
    struct buf path = {0};
    buf_printf(&path, "set solib-search-path %s/usr/lib", sdk_locate()->sysroot);
    for (size_t at = 0; at < s->libraries->len; at += strlen(s->libraries->data + at) + 1) {
        char *dir = fs_dirname(s->libraries->data + at);
        if (!has_directory(path.data, dir))
            buf_printf(&path, ":%s", dir);
        free(dir);
    }
    return path.data;
}

/* GDB gives what stands behind | to a shell. */
static char *connect_command(const struct place *place)
{
    struct buf line = {0};
    char self[4096];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (place->tcp != NULL) {
        buf_printf(&line, "target extended-remote %s", place->tcp);
        return line.data;
    }
    self[n > 0 ? n : 0] = '\0';
    /* By its name a target has its speed, too. */
    char *target = strpbrk(place->target.name, "/:") == NULL ? place->target.name : place->target.line;
    if (place->is_own)
        target = place->target.line;
    char *const words[] = {self,           (char *)"link", (char *)"--pipe", (char *)AGENT_CHANNEL, (char *)"--target", target, NULL};
    buf_puts(&line, "target extended-remote | exec ");
    machine_quote(words, &line);
    line.data[--line.len] = '\0'; /* the end of the line */
    return line.data;
}

/* Libraries of the build tree lie beside the program on the target. */
static void add_start(struct words *w, const struct gdb_session *s)
{
    char *dir = fs_dirname(s->remote_path);
    push_command(w, "-ex", xprintf("set remote exec-file %s", s->remote_path));
    if (s->libraries->len > 0)
        push_command(w, "-ex", xprintf("set environment LD_LIBRARY_PATH %s:/proc/boot:/usr/lib", dir));
    if (s->is_started)
        push_command(w, "-ex", xstrdup("start"));
    free(dir);
}

char **gdb_line(const struct gdb_session *s)
{
    struct words w = {0};
    char *gdb = s->gdb != NULL ? xstrdup(s->gdb) : gdb_find();
    if (gdb == NULL) {
        complain(0, "this SDK has no GDB (riscv64-unknown-qrv-gdb); qrv doctor says more");
        return NULL;
    }
    push(&w, gdb);
    push(&w, xstrdup("-q"));
    if (s->is_batch)
        push(&w, xstrdup("-batch"));
    push_command(&w, "-iex", xprintf("set sysroot %s", sdk_locate()->sysroot));
    push_command(&w, "-iex", library_path(s));
    push_command(&w, "-iex", xstrdup("set remotetimeout " ANSWER_S));
    push_command(&w, "-iex", xstrdup("set remote hardware-watchpoint-limit 0")); /* GDB steps for them */
    if (s->is_nonstop)
        push_command(&w, "-iex", xstrdup("set non-stop on")); /* cannot be changed once it is connected */
    /* The build ID has been looked at: GDB would read the file over the line for it. */
    push_command(&w, "-iex", xstrdup("set exec-file-mismatch off"));
    push_command(&w, "-ex", connect_command(s->place));
    if (s->pid != 0)
        push_command(&w, "-ex", xprintf("attach %ld", s->pid));
    else
        add_start(&w, s);
    for (char *const *word = s->own; *word != NULL; word++)
        push(&w, xstrdup(*word));
    if (s->program != NULL)
        push(&w, xstrdup("--args"));
    if (s->program != NULL)
        push(&w, xstrdup(s->program));
    for (char *const *word = s->arguments; s->program != NULL && *word != NULL; word++)
        push(&w, xstrdup(*word));
    return w.argv;
}
