/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_TRAIL = 8192 };

static struct tap_test *current(struct tap *t)
{
    return t->count > 0 && !t->tests[t->count - 1].ended ? &t->tests[t->count - 1] : NULL;
}

static void begin(struct tap *t, const char *name)
{
    t->tests = xrealloc(t->tests, (t->count + 1) * sizeof *t->tests);
    t->tests[t->count++] = (struct tap_test){.name = xstrdup(name), .planned = -1};
}

/* "name exit 0" */
static void end(struct tap *t, const char *text)
{
    struct tap_test *test = current(t);
    size_t n = test != NULL ? strlen(test->name) : 0;
    if (test == NULL || strncmp(text, test->name, n) != 0 || text[n] != ' ')
        return;
    test->ended = true;
    test->end = xstrdup(text + n + 1);
    test->clean_exit = strcmp(test->end, "exit 0") == 0;
}

static void keep(struct tap_test *test, const char *line)
{
    if (test->trail.len < MAX_TRAIL)
        buf_printf(&test->trail, "      %s\n", line);
}

/* "ok 3 - text # covers MsgSend:ok MsgSend_r:ok": a passed result proves cells of the coverage table. */
static void cover(struct tap_test *test, const char *line)
{
    const char *cells = strstr(line, " # covers ");
    if (cells != NULL && strstr(line, "# SKIP") == NULL)
        buf_printf(&test->cells, "%s", cells + strlen(" # covers"));
}

void tap_line(struct tap *t, const char *line)
{
    int n;
    char rest;
    struct tap_test *test = current(t);
    if (strncmp(line, "@TEST BEGIN ", 12) == 0)
        begin(t, line + 12);
    else if (strncmp(line, "@TEST END ", 10) == 0)
        end(t, line + 10);
    else if (strcmp(line, "TESTS DONE") == 0)
        t->done = true;
    else if (test == NULL)
        return;
    else if (sscanf(line, "ok %d", &n) == 1) {
        test->ok++;
        cover(test, line);
        test->skipped += strstr(line, "# SKIP") != NULL;
        if (strstr(line, "# SKIP") != NULL)
            keep(test, line);
    } else if (sscanf(line, "not ok %d", &n) == 1) {
        test->not_ok++;
        keep(test, line);
    } else if (sscanf(line, "1..%d%c", &n, &rest) == 1)
        test->planned = n;
    else if (strcmp(line, "Bail out!") == 0)
        test->bailed = true;
    else if (line[0] == '#')
        keep(test, line);
}

const char *tap_verdict(const struct tap_test *test)
{
    if (!test->ended)
        return "it did not end";
    if (test->bailed)
        return "it gave up";
    if (!test->clean_exit && (test->not_ok == 0 || strcmp(test->end, "exit 1") != 0))
        return test->end;
    if (test->clean_exit && test->not_ok > 0)
        return "exit status 0 in spite of failures";
    if (test->planned < 0)
        return "it has no plan";
    if (test->planned != test->ok + test->not_ok)
        return "the number of results is not the planned one";
    if (test->ok + test->not_ok == 0)
        return "it has no results";
    return NULL;
}

void tap_free(struct tap *t)
{
    for (size_t i = 0; i < t->count; i++) {
        free(t->tests[i].name);
        free(t->tests[i].end);
        buf_free(&t->tests[i].trail);
        buf_free(&t->tests[i].cells);
    }
    free(t->tests);
    *t = (struct tap){0};
}
