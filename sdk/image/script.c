/* SPDX-License-Identifier: Apache-2.0 */
#include "script.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_LINE = 1023, MAX_WORDS = 64 };

struct words {
    char *word[MAX_WORDS];
    unsigned count;
};

static void words_free(struct words *w)
{
    for (unsigned i = 0; i < w->count; i++)
        free(w->word[i]);
    w->count = 0;
}

/* Splits one line; quotes are removed. 0 or -1. */
static int split(const char *line, size_t len, unsigned number, struct words *w, struct problem *p)
{
    struct buf word = {0};
    bool open = false;
    char quote = '\0';
    for (size_t i = 0; i <= len; i++) {
        char c = i < len ? line[i] : '\0';
        if (quote != '\0' && i < len) {
            if (c == quote)
                quote = '\0';
            else
                buf_append(&word, &c, 1);
        } else if (c == '"' || c == '\'') {
            quote = c;
            open = true;
            buf_puts(&word, "");
        } else if (c == ' ' || c == '\t' || c == '\r' || i == len || (c == '#' && !open)) {
            if (open && w->count == MAX_WORDS) {
                problem_set(p, number, "more than %d words on a line of the script", MAX_WORDS);
                buf_free(&word);
                return -1;
            }
            if (open)
                w->word[w->count++] = xstrndup(word.data, word.len);
            word.len = 0;
            open = false;
            if (c == '#')
                break;
        } else if (strchr("|<>;`", c) != NULL || (unsigned char)c < 0x20) {
            problem_set(p, number,
                        "'%c' in the start script, which is not a shell: use ksh -c '...'",
                        (unsigned char)c < 0x20 ? '?' : c);
            buf_free(&word);
            return -1;
        } else {
            buf_append(&word, &c, 1);
            open = true;
        }
    }
    buf_free(&word);
    if (quote != '\0') {
        problem_set(p, number, "the quote is not closed on this line of the script");
        return -1;
    }
    return 0;
}

static bool is_priority(const char *s)
{
    char *end;
    long n = strtol(s, &end, 10);
    return s[0] >= '0' && s[0] <= '9' && n >= 1 && n <= 255 &&
           (*end == '\0' || (strchr("rfo", *end) && !end[1]));
}

/* One modifier inside [ ]: pri=10r, argv0=name, +session. */
static int check_modifier(const char *word, unsigned number, struct problem *p)
{
    if (strncmp(word, "pri=", 4) == 0) {
        if (is_priority(word + 4))
            return 0;
        problem_set(p, number, "%s: the priority is 1 to 255, then r, f or o", word);
        return -1;
    }
    if ((strncmp(word, "argv0=", 6) == 0 && word[6] != '\0') || strcmp(word, "+session") == 0)
        return 0;
    problem_set(p, number, "unknown modifier %s: pri=, argv0= and +session are known", word);
    return -1;
}

static bool is_assignment(const char *word)
{
    const char *eq = strchr(word, '=');
    if (eq == NULL || eq == word || (word[0] >= '0' && word[0] <= '9'))
        return false;
    for (const char *c = word; c < eq; c++)
        if (!((*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') ||
              *c == '_'))
            return false;
    return true;
}

static bool is_number(const char *s)
{
    return *s != '\0' && strspn(s, "0123456789.") == strlen(s);
}

static int check_command(char *const *word, unsigned count, unsigned number, struct problem *p)
{
    const char *usage = NULL;
    if (strcmp(word[0], "procmgr_symlink") == 0 && (count != 3 || word[2][0] != '/'))
        usage = "procmgr_symlink path /link";
    else if (strcmp(word[0], "waitfor") == 0 &&
             (count < 2 || count > 3 || (count == 3 && !is_number(word[2]))))
        usage = "waitfor path [seconds]";
    else if (strcmp(word[0], "reopen") == 0 && count > 2)
        usage = "reopen [path]";
    if (usage != NULL) {
        problem_set(p, number, "the form is: %s", usage);
        return -1;
    }
    for (unsigned i = 0; i + 1 < count; i++) {
        if (strcmp(word[i], "&") == 0) {
            problem_set(p, number, "& stands in the middle of the line");
            return -1;
        }
    }
    if (strcmp(word[0], "&") == 0) {
        problem_set(p, number, "& without a command");
        return -1;
    }
    return 0;
}

static int check_line(const char *line, size_t len, unsigned number, struct problem *p)
{
    struct words w = {.count = 0};
    size_t at = 0;
    int result = 0;
    bool modified = false;
    while (at < len && (line[at] == ' ' || line[at] == '\t'))
        at++;
    if (at < len && line[at] == '[') {
        const char *end = memchr(line + at, ']', len - at);
        if (end == NULL) {
            problem_set(p, number, "[ without ] on the same line of the script");
            return -1;
        }
        result = split(line + at + 1, (size_t)(end - line) - at - 1, number, &w, p);
        for (unsigned i = 0; result == 0 && i < w.count; i++)
            result = check_modifier(w.word[i], number, p);
        words_free(&w);
        at = (size_t)(end - line) + 1;
        modified = true;
    }
    if (result == 0 && at < len)
        result = split(line + at, len - at, number, &w, p);
    unsigned first = 0;
    while (first < w.count && is_assignment(w.word[first]))
        first++;
    if (result == 0 && first < w.count)
        result = check_command(w.word + first, w.count - first, number, p);
    else if (result == 0 && modified) {
        problem_set(p, number, "modifiers without a command");
        result = -1;
    }
    words_free(&w);
    return result;
}

int script_check(const char *text, size_t len, unsigned first_line, struct problem *p)
{
    for (size_t at = 0; at < len; first_line++) {
        const char *end = memchr(text + at, '\n', len - at);
        size_t line_len = end ? (size_t)(end - text) - at : len - at;
        if (line_len > MAX_LINE) {
            problem_set(p, first_line, "a line of the script is longer than %d bytes", MAX_LINE);
            return -1;
        }
        if (check_line(text + at, line_len, first_line, p) != 0)
            return -1;
        at += line_len + 1;
    }
    return 0;
}
