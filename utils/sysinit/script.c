/* SPDX-License-Identifier: Apache-2.0 */
#include "script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    const char *at, *end;
    char *out, *out_end; /* where the next word goes in storage */
};

enum token { TOKEN_END, TOKEN_WORD, TOKEN_AMPERSAND, TOKEN_ERROR };

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static enum token fail(struct script_line *line, const char *what)
{
    snprintf(line->error, sizeof line->error, "%s", what);
    return TOKEN_ERROR;
}

/* Storage holds two bytes per input byte, so a word and its NUL always fit: checked all the same.
 */
static bool put(struct reader *in, char c)
{
    if (in->out == in->out_end)
        return false;
    *in->out++ = c;
    return true;
}

static enum token next_token(struct reader *in, struct script_line *line, char **word)
{
    while (in->at < in->end && is_blank(*in->at))
        in->at++;
    if (in->at == in->end || *in->at == '#') {
        in->at = in->end;
        return TOKEN_END;
    }
    if (*in->at == '&') {
        in->at++;
        return TOKEN_AMPERSAND;
    }
    char quote = '\0';
    *word = in->out;
    for (; in->at < in->end; in->at++) {
        char c = *in->at;
        if (quote != '\0') {
            if (c == quote)
                quote = '\0';
            else if (c == '\0' || !put(in, c))
                return fail(line, "the line holds a NUL or is too long");
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (is_blank(c) || c == '&') {
            break;
        } else if ((unsigned char)c < 0x20 || strchr("|<>;`", c) != NULL) {
            snprintf(line->error, sizeof line->error, "'%c' is for a shell: use sh -c '...'",
                     (unsigned char)c < 0x20 ? '?' : c);
            return TOKEN_ERROR;
        } else if (!put(in, c)) {
            return fail(line, "the line is too long");
        }
    }
    if (quote != '\0')
        return fail(line, "the quote is not closed");
    return put(in, '\0') ? TOKEN_WORD : fail(line, "the line is too long");
}

static bool parse_priority(const char *text, struct script_line *line)
{
    char *end;
    if (text[0] < '0' || text[0] > '9')
        return false;
    long n = strtol(text, &end, 10);
    if (n < 1 || n > 255 || (*end != '\0' && (strchr("rfo", *end) == NULL || end[1] != '\0')))
        return false;
    line->priority = (int)n;
    line->policy = *end;
    return true;
}

static bool parse_modifier(char *word, struct script_line *line)
{
    if (strcmp(word, "+session") == 0)
        line->session = true;
    else if (strncmp(word, "argv0=", 6) == 0 && word[6] != '\0')
        line->argv0 = word + 6;
    else if (strncmp(word, "pri=", 4) != 0 || !parse_priority(word + 4, line)) {
        snprintf(line->error, sizeof line->error,
                 "%.40s: not a modifier (pri=1..255[rfo], argv0=name, +session)", word);
        return false;
    }
    return true;
}

/* The part in [ ]: in->at is behind the bracket. */
static bool parse_modifiers(struct reader *in, struct script_line *line)
{
    const char *end = memchr(in->at, ']', (size_t)(in->end - in->at));
    if (end == NULL) {
        fail(line, "[ without ]");
        return false;
    }
    struct reader inside = {in->at, end, in->out, in->out_end};
    char *word;
    for (;;) {
        enum token token = next_token(&inside, line, &word);
        if (token == TOKEN_END)
            break;
        if (token == TOKEN_AMPERSAND)
            fail(line, "& among the modifiers");
        if (token != TOKEN_WORD || !parse_modifier(word, line))
            return false;
    }
    in->at = end + 1;
    in->out = inside.out;
    return true;
}

static bool is_assignment(const char *word)
{
    size_t name = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
    return name > 0 && word[name] == '=' && !(word[0] >= '0' && word[0] <= '9');
}

static bool check_builtin(struct script_line *line)
{
    const char *name = line->argv[0];
    const char *form = NULL;
    if (strcmp(name, "procmgr_symlink") == 0 && (line->argc != 3 || line->argv[2][0] != '/'))
        form = "procmgr_symlink path /link";
    else if (strcmp(name, "waitfor") == 0 &&
             (line->argc < 2 || line->argc > 3 ||
              (line->argc == 3 && script_milliseconds(line->argv[2]) < 0)))
        form = "waitfor path [seconds]";
    else if (strcmp(name, "reopen") == 0 && line->argc > 2)
        form = "reopen [path]";
    if (form != NULL)
        snprintf(line->error, sizeof line->error, "the form is: %s", form);
    return form == NULL;
}

bool script_parse(const char *text, size_t len, struct script_line *line)
{
    memset(line, 0, offsetof(struct script_line, storage));
    if (len > SCRIPT_LINE_MAX) {
        fail(line, "the line is too long");
        return false;
    }
    struct reader in = {text, text + len, line->storage, line->storage + sizeof line->storage};
    bool modified = false;
    while (in.at < in.end && is_blank(*in.at))
        in.at++;
    if (in.at < in.end && *in.at == '[') {
        in.at++;
        modified = true;
        if (!parse_modifiers(&in, line))
            return false;
    }
    for (;;) {
        char *word;
        enum token token = next_token(&in, line, &word);
        if (token == TOKEN_ERROR)
            return false;
        if (token == TOKEN_END)
            break;
        if (line->background || (token == TOKEN_AMPERSAND && line->argc == 0)) {
            fail(line,
                 line->background ? "& stands in the middle of the line" : "& without a command");
            return false;
        }
        if (token == TOKEN_AMPERSAND) {
            line->background = true;
        } else if (line->assigns + line->argc == SCRIPT_WORDS_MAX) {
            fail(line, "too many words on the line");
            return false;
        } else if (line->argc == 0 && is_assignment(word)) {
            line->assign[line->assigns++] = word;
        } else {
            line->argv[line->argc++] = word;
        }
    }
    if (line->argc == 0 && modified) {
        fail(line, "modifiers without a command");
        return false;
    }
    return line->argc == 0 || check_builtin(line);
}

long script_milliseconds(const char *text)
{
    size_t whole = strspn(text, "0123456789");
    size_t used = whole;
    if (text[used] == '.')
        used += 1 + strspn(text + used + 1, "0123456789");
    if (whole == 0 || whole > 6 || text[used] != '\0')
        return -1;
    long ms = strtol(text, NULL, 10) * 1000;
    long scale = 100;
    for (const char *c = text + whole + 1; used > whole && *c != '\0' && scale > 0;
         c++, scale /= 10)
        ms += (*c - '0') * scale;
    return ms;
}
