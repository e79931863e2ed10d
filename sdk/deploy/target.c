/* SPDX-License-Identifier: Apache-2.0 */
#include "target.h"

#include "../common/buf.h"
#include "../common/fs.h"
#include "../common/sdk.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_NAME "qrv.targets"

/* The part of [*at, *at + *len) without blanks around it. */
static void trim(const char **at, size_t *len)
{
    while (*len > 0 && isspace((unsigned char)**at)) {
        ++*at;
        --*len;
    }
    while (*len > 0 && isspace((unsigned char)(*at)[*len - 1]))
        --*len;
}

static const char *begin_target(struct targets *t, const char *at, size_t len)
{
    if (at[len - 1] != ']')
        return "a target is written [NAME]";
    at++;
    len -= 2;
    trim(&at, &len);
    if (len == 0 || memchr(at, '/', len) != NULL || memchr(at, ':', len) != NULL ||
        memchr(at, '\0', len) != NULL)
        return "a name is needed, without / and :";
    for (size_t i = 0; i < t->count; i++)
        if (strlen(t->list[i].name) == len && memcmp(t->list[i].name, at, len) == 0)
            return "this target is there already";
    t->list = xrealloc(t->list, (t->count + 1) * sizeof *t->list);
    t->list[t->count++] = (struct target){.name = xstrndup(at, len)};
    return NULL;
}

static const char *set(struct target *target, const char *key, size_t key_len, const char *value,
                       size_t len)
{
    if (len == 0 || memchr(value, '\0', len) != NULL)
        return "a value is needed behind =";
    if (key_len == 4 && memcmp(key, "line", 4) == 0) {
        free(target->line);
        target->line = xstrndup(value, len);
        return NULL;
    }
    if (key_len == 5 && memcmp(key, "speed", 5) == 0) {
        char *text = xstrndup(value, len);
        char *end;
        target->speed = strtol(text, &end, 10);
        bool good = *end == '\0' && target->speed >= 300 && target->speed <= 4000000;
        free(text);
        return good ? NULL : "speed is a number from 300 to 4000000";
    }
    return "not a setting: line or speed";
}

static const char *parse_line(struct targets *t, const char *at, size_t len)
{
    trim(&at, &len);
    if (len == 0 || *at == '#')
        return NULL;
    if (*at == '[')
        return len > 1 ? begin_target(t, at, len) : "a target is written [NAME]";
    const char *equals = memchr(at, '=', len);
    if (equals == NULL)
        return "neither [NAME] nor KEY = VALUE";
    if (t->count == 0)
        return "a setting before the first [NAME]";
    const char *value = equals + 1;
    size_t value_len = (size_t)(at + len - value);
    size_t key_len = (size_t)(equals - at);
    trim(&at, &key_len);
    trim(&value, &value_len);
    return set(&t->list[t->count - 1], at, key_len, value, value_len);
}

bool targets_parse(const char *text, size_t len, struct targets *t, unsigned *line_number,
                   const char **why)
{
    *why = NULL;
    *line_number = 0;
    for (size_t at = 0; at < len && *why == NULL;) {
        const char *end = memchr(text + at, '\n', len - at);
        size_t n = end != NULL ? (size_t)(end - text) - at : len - at;
        ++*line_number;
        *why = parse_line(t, text + at, n);
        at += n + 1;
    }
    for (size_t i = 0; *why == NULL && i < t->count; i++)
        if (t->list[i].line == NULL)
            *why = "the file ends and a target has no line";
    return *why == NULL;
}

void targets_free(struct targets *t)
{
    for (size_t i = 0; i < t->count; i++) {
        free(t->list[i].name);
        free(t->list[i].line);
    }
    free(t->list);
    *t = (struct targets){0};
}

/* In this directory or one above it, else in the home directory. NULL: nowhere. */
static char *find_file(void)
{
    char *dir = fs_absolute(".");
    for (;;) {
        char *file = fs_join(dir, FILE_NAME);
        if (fs_is_file(file)) {
            free(dir);
            return file;
        }
        free(file);
        if (strcmp(dir, "/") == 0)
            break;
        char *up = fs_dirname(dir);
        free(dir);
        dir = up;
    }
    free(dir);
    const char *home = getenv("HOME");
    char *file = fs_join(home != NULL ? home : "/", "." FILE_NAME);
    if (fs_is_file(file))
        return file;
    free(file);
    return NULL;
}

bool target_is_network(const struct target *t)
{
    return strncmp(t->line, "tcp:", 4) == 0 || target_is_ssh(t);
}

bool target_is_ssh(const struct target *t)
{
    return strncmp(t->line, "ssh:", 4) == 0;
}

bool targets_are_known(void)
{
    char *file = find_file();
    free(file);
    return file != NULL;
}

/* A line that any process finds, whatever its directory: paths are taken from `base`. */
static char *whole_line(const char *line, const char *base)
{
    bool is_unix = strncmp(line, "unix:", 5) == 0;
    const char *path = is_unix ? line + 5 : line;
    if (strncmp(line, "tcp:", 4) == 0 || strncmp(line, "ssh:", 4) == 0 || strncmp(line, "serial:", 7) == 0 || path[0] == '/')
        return xstrdup(line);
    char *joined = fs_join(base, path);
    char *whole = fs_absolute(joined);
    char *result = xprintf("%s%s", is_unix ? "unix:" : "", whole);
    free(whole);
    free(joined);
    return result;
}

static int choose(const struct targets *t, const char *file, const char *name,
                  struct target *found)
{
    for (size_t i = 0; i < t->count; i++) {
        const struct target *one = &t->list[i];
        if (name == NULL || strcmp(name, one->name) == 0) {
            char *base = fs_dirname(file);
            *found = (struct target){xstrdup(one->name), whole_line(one->line, base), one->speed};
            free(base);
            return 0;
        }
    }
    return name != NULL ? complain(EXIT_INPUT, "%s: there is no target %s", file, name)
                        : complain(EXIT_INPUT, "%s: it names no target", file);
}

int target_find(const char *name, struct target *found)
{
    struct targets t = {0};
    struct buf text = {0};
    unsigned line;
    const char *why;
    if (name != NULL && strpbrk(name, "/:") != NULL) {
        *found = (struct target){xstrdup(name), whole_line(name, "."), 0};
        return 0;
    }
    char *file = find_file();
    if (file == NULL)
        return complain(EXIT_USAGE,
                        "which target? --target LINE (a serial device, unix:PATH, tcp:HOST or ssh:HOST), "
                        "or a file " FILE_NAME "; qrv deploy --help shows one");
    int error = fs_read(file, &text);
    int result;
    if (error != 0)
        result = complain(EXIT_INPUT, "%s: %s", file, strerror(-error));
    else if (!targets_parse(text.data != NULL ? text.data : "", text.len, &t, &line, &why))
        result = complain(EXIT_INPUT, "%s: line %u: %s", file, line, why);
    else
        result = choose(&t, file, name, found);
    targets_free(&t);
    buf_free(&text);
    free(file);
    return result;
}
