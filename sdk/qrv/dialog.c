/* SPDX-License-Identifier: Apache-2.0 */
#include "dialog.h"

#include "../common/sdk.h"

#include <stdlib.h>
#include <string.h>

enum { DEFAULT_SECONDS = 30, SEND_SECONDS = 10, REPORT_SECONDS = 2 };

static const struct {
    const char *name;
    enum { NO_ARG, TEXT, MAY_TEXT, NUMBER, MAY_NUMBER } arg;
} verbs[] = {[DLG_TIMEOUT] = {"timeout", NUMBER}, [DLG_EXPECT] = {"expect", TEXT},
             [DLG_FORBID] = {"forbid", TEXT},     [DLG_SEND] = {"send", MAY_TEXT},
             [DLG_TYPE] = {"type", TEXT},         [DLG_SLEEP] = {"sleep", NUMBER},
             [DLG_WAIT] = {"wait", NO_ARG},       [DLG_QUIT] = {"quit", MAY_NUMBER}};

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Replaces escapes in place; false for an unknown one. A NUL byte cannot be typed. */
static bool unescape(char *text)
{
    char *to = text;
    for (char *from = text; *from != '\0'; from++) {
        static const char names[] = "rnts\\";
        static const char values[] = "\r\n\t \\";
        if (*from != '\\') {
            *to++ = *from;
            continue;
        }
        from++;
        const char *known = *from ? strchr(names, *from) : NULL;
        if (known != NULL)
            *to++ = values[known - names];
        else if (*from == 'x' && from[1] && hex(from[1]) >= 0 && hex(from[2]) >= 0 &&
                 (from[1] != '0' || from[2] != '0')) {
            *to++ = (char)(hex(from[1]) * 16 + hex(from[2]));
            from += 2;
        } else
            return false;
    }
    *to = '\0';
    return true;
}

static const char *parse_argument(struct step *s, char *arg)
{
    char *end = arg;
    switch (verbs[s->verb].arg) {
    case NO_ARG:
        return *arg != '\0' ? "this statement takes no argument" : NULL;
    case MAY_NUMBER:
        if (*arg == '\0')
            return NULL;
        /* fall through */
    case NUMBER:
        s->number = strtod(arg, &end);
        if (end == arg || *end != '\0' || !(s->number >= 0 && s->number <= 86400))
            return "a number is needed here";
        if (s->verb == DLG_QUIT && s->number > 255)
            return "an exit code is at most 255";
        return NULL;
    case TEXT:
        if (*arg == '\0')
            return "the text is missing";
        /* fall through */
    default:
        if (!unescape(arg))
            return "unknown escape: \\r \\n \\t \\s \\\\ and \\xNN are known";
        s->text = xstrdup(arg);
        return NULL;
    }
}

static const char *parse_line(struct dialog *d, char *line, unsigned number)
{
    line += strspn(line, " \t");
    size_t len = strlen(line);
    while (len > 0 && strchr(" \t\r", line[len - 1]) != NULL)
        line[--len] = '\0';
    if (len == 0 || line[0] == '#')
        return NULL;
    size_t n = strcspn(line, " \t");
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strlen(verbs[i].name) != n || strncmp(verbs[i].name, line, n) != 0)
            continue;
        struct step s = {.verb = (enum dialog_verb)i, .line = number};
        const char *why = parse_argument(&s, line + n + strspn(line + n, " \t"));
        if (why != NULL)
            return why;
        d->steps = xrealloc(d->steps, (d->count + 1) * sizeof *d->steps);
        d->steps[d->count++] = s;
        return NULL;
    }
    return "unknown statement; expect, forbid, send, type, timeout, sleep, wait and quit are known";
}

int dialog_parse(struct dialog *d, const char *text, size_t len, unsigned *line, const char **why)
{
    *line = 1;
    for (size_t at = 0; at < len; (*line)++) {
        const char *end = memchr(text + at, '\n', len - at);
        size_t n = end ? (size_t)(end - text) - at : len - at;
        char *copy = xstrndup(text + at, n);
        *why = strlen(copy) != n ? "a NUL byte" : parse_line(d, copy, *line);
        free(copy);
        if (*why != NULL)
            return -1;
        at += n + 1;
    }
    return 0;
}

void dialog_free(struct dialog *d)
{
    for (size_t i = 0; i < d->count; i++)
        free(d->steps[i].text);
    free(d->steps);
    *d = (struct dialog){0};
}

static void explain(const char *name, const struct step *s, const struct console *c,
                    enum console_result r)
{
    fprintf(stderr, "\n%s:%u: %s \"%s\": ", name, s->line, verbs[s->verb].name,
            s->text ? s->text : "");
    if (r == CONSOLE_TIMEOUT)
        fprintf(stderr, "not within the time\n");
    else if (r == CONSOLE_FORBIDDEN)
        fprintf(stderr, "the forbidden text \"%s\" appeared\n", c->offence);
    else
        fprintf(stderr, "the machine ended first\n");
}

static long long earlier(long long a, long long b)
{
    return a < b ? a : b;
}

/* Plays one step; CONSOLE_OK to go on. */
static enum console_result play(const struct step *s, struct console *c, double *seconds,
                                long long deadline)
{
    enum console_result r;
    long long now = console_now_ms();
    switch (s->verb) {
    case DLG_TIMEOUT:
        *seconds = s->number;
        return CONSOLE_OK;
    case DLG_EXPECT:
        return console_expect(c, s->text, earlier(deadline, now + (long long)(*seconds * 1000)));
    case DLG_FORBID:
        if (c->forbid_count < CONSOLE_MAX_FORBID)
            c->forbidden[c->forbid_count++] = s->text;
        return CONSOLE_OK;
    case DLG_SEND:
    case DLG_TYPE:
        if (!console_send(c, s->text, strlen(s->text), now + SEND_SECONDS * 1000))
            return CONSOLE_END;
        if (s->verb == DLG_SEND && !console_send(c, "\r", 1, now + SEND_SECONDS * 1000))
            return CONSOLE_END;
        return CONSOLE_OK;
    case DLG_SLEEP:
        r = console_pump(c, earlier(deadline, now + (long long)(s->number * 1000)));
        return r == CONSOLE_TIMEOUT && console_now_ms() < deadline ? CONSOLE_OK : r;
    default:
        return CONSOLE_OK;
    }
}

/* Copies what still comes within two seconds. */
static void finish_report(struct console *c)
{
    long long limit = console_now_ms() + REPORT_SECONDS * 1000;
    while (console_now_ms() < limit && console_pump(c, limit) != CONSOLE_END)
        ;
}

int dialog_play(const struct dialog *d, const char *name, struct console *c, long long deadline)
{
    double seconds = DEFAULT_SECONDS;
    for (size_t i = 0; i < d->count; i++) {
        const struct step *s = &d->steps[i];
        if (s->verb == DLG_QUIT) {
            console_stop(c);
            return (int)s->number;
        }
        bool is_wait = s->verb == DLG_WAIT;
        enum console_result r =
            is_wait ? console_wait(c, deadline) : play(s, c, &seconds, deadline);
        if (is_wait && r == CONSOLE_END)
            return console_exit_code(c);
        if (r == CONSOLE_OK)
            continue;
        if (r == CONSOLE_FORBIDDEN) /* what was forbidden is mostly the first line of a report */
            finish_report(c);
        bool over = r == CONSOLE_TIMEOUT && console_now_ms() >= deadline;
        console_stop(c);
        explain(name, s, c, r);
        return over ? EXIT_TIMEOUT : EXIT_SCRIPT;
    }
    console_stop(c);
    return EXIT_OK;
}
