/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recursive descent over the bytes of a build file; the input is not trusted. Errors stop at the
 * first one. Attributes: attributes.c. A struct parser lives on the stack of build_parse() only.
 */
#include "parser.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ENTRIES = 20000, TARGET_MAX = 1000 };

void problem_set(struct problem *p, unsigned line, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    vsnprintf(p->text, sizeof p->text, format, ap);
    va_end(ap);
    p->line = line;
}

int parser_peek(const struct parser *ps)
{
    return ps->at < ps->len ? (unsigned char)ps->text[ps->at] : -1;
}

int parser_next(struct parser *ps)
{
    int c = parser_peek(ps);
    if (c != -1)
        ps->at++;
    if (c == '\n')
        ps->line++;
    return c;
}

void parser_blanks(struct parser *ps)
{
    while (parser_peek(ps) == ' ' || parser_peek(ps) == '\t' || parser_peek(ps) == '\r')
        ps->at++;
}

static bool at_line_end(const struct parser *ps)
{
    int c = parser_peek(ps);
    return c == -1 || c == '\n' || c == '#';
}

static void skip_line(struct parser *ps)
{
    while (parser_peek(ps) != -1 && parser_peek(ps) != '\n')
        ps->at++;
}

static const char *define_value(const struct parser *ps, const char *name)
{
    for (const struct define *d = ps->defines; d != NULL && d->name != NULL; d++)
        if (strcmp(d->name, name) == 0)
            return d->value;
    return NULL;
}

/* After "$": appends the value of {NAME}, or the dollar itself when no brace follows. */
static int expand_define(struct parser *ps, struct buf *out)
{
    char name[64];
    size_t n = 0;
    if (parser_peek(ps) != '{') {
        buf_puts(out, "$");
        return 0;
    }
    ps->at++;
    while (parser_peek(ps) != '}') {
        int c = parser_next(ps);
        bool good =
            (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
        if (!good || n + 1 >= sizeof name) {
            problem_set(ps->problem, ps->line, "bad variable name after ${");
            return -1;
        }
        name[n++] = (char)c;
    }
    ps->at++;
    name[n] = '\0';
    const char *value = define_value(ps, name);
    if (value == NULL) {
        problem_set(ps->problem, ps->line, "${%s} is not defined; give it with -D %s=VALUE", name,
                    name);
        return -1;
    }
    buf_puts(out, value);
    return 0;
}

int parser_word(struct parser *ps, const char *stop, struct buf *out)
{
    bool quoted = false;
    buf_puts(out, "");
    for (;;) {
        int c = parser_peek(ps);
        if (c == -1 || c == '\n' ||
            (!quoted && (c == ' ' || c == '\t' || c == '\r' || strchr(stop, c) != NULL)))
            break;
        ps->at++;
        if (c == '"')
            quoted = !quoted;
        else if (c == '$') {
            if (expand_define(ps, out) != 0)
                return -1;
        } else if (c < 0x20 || c == 0x7f) {
            problem_set(ps->problem, ps->line, "control character 0x%02x", (unsigned)c);
            return -1;
        } else {
            char byte = (char)c;
            buf_append(out, &byte, 1);
        }
    }
    if (quoted) {
        problem_set(ps->problem, ps->line, "the quote is not closed on this line");
        return -1;
    }
    return 0;
}

const char *parser_keep(struct parser *ps, const char *text)
{
    struct build *b = ps->build;
    b->pool = xrealloc(b->pool, (b->pool_count + 1) * sizeof *b->pool);
    b->pool[b->pool_count] = xstrdup(text);
    return b->pool[b->pool_count++];
}

/* Reads the inline contents after '{' up to an unescaped '}'. */
static int parse_inline(struct parser *ps, struct entry *e)
{
    unsigned opened = ps->line;
    parser_next(ps);
    if (parser_peek(ps) == '\r')
        ps->at++;
    if (parser_peek(ps) == '\n')
        parser_next(ps);
    buf_puts(&e->data, "");
    for (;;) {
        int c = parser_next(ps);
        if (c == -1) {
            problem_set(ps->problem, opened, "the inline file that begins here has no closing }");
            return -1;
        }
        if (c == '}')
            return 0;
        if (c == '\\' && parser_peek(ps) == '}')
            c = parser_next(ps);
        char byte = (char)c;
        buf_append(&e->data, &byte, 1);
    }
}

/* Joins prefix and name to an absolute target and refuses names that no archive member can have. */
static int make_target(struct parser *ps, const char *name, struct entry *e)
{
    bool absolute = name[0] == '/';
    char *full = absolute ? xstrdup(name) : xprintf("%s/%s", e->attr.prefix, name);
    struct buf clean = {0};
    buf_puts(&clean, "");
    for (char *save = NULL, *part = strtok_r(full, "/", &save); part;
         part = strtok_r(NULL, "/", &save)) {
        if (strcmp(part, "..") == 0) {
            problem_set(ps->problem, e->line, "\"..\" in the target name %s", name);
            buf_free(&clean);
            free(full);
            return -1;
        }
        if (strcmp(part, ".") != 0)
            buf_printf(&clean, "/%s", part);
    }
    free(full);
    e->target = clean.data;
    if (clean.len < 2 || clean.len > TARGET_MAX) {
        problem_set(ps->problem, e->line,
                    clean.len < 2 ? "the target name is empty" : "the target name is too long");
        return -1;
    }
    return 0;
}

/* What is right of '=': inline contents, a host file, or the text of a link. */
static int parse_value(struct parser *ps, struct entry *e)
{
    struct buf word = {0};
    if (parser_peek(ps) == '{') {
        if (e->attr.type != ENTRY_FILE) {
            problem_set(ps->problem, e->line, "only a file can have inline contents");
            return -1;
        }
        e->attr.type = ENTRY_INLINE;
        return parse_inline(ps, e);
    }
    if (parser_word(ps, "", &word) != 0 || word.len == 0) {
        if (word.len == 0 && ps->problem->line == 0)
            problem_set(ps->problem, e->line, "a file name or { is missing after =");
        buf_free(&word);
        return -1;
    }
    e->host = word.data;
    if (e->attr.type == ENTRY_DIR || e->attr.type == ENTRY_FIFO) {
        problem_set(ps->problem, e->line, "a directory or fifo has no host file");
        return -1;
    }
    return 0;
}

/* Checks what only the whole entry shows, and gives a plain "name" entry its host file. */
static int finish_entry(struct parser *ps, struct entry *e, const char *name)
{
    if (e->attr.script && e->attr.type != ENTRY_INLINE && e->attr.type != ENTRY_FILE) {
        problem_set(ps->problem, e->line, "+script needs a file");
        return -1;
    }
    if (e->attr.type == ENTRY_LINK && e->host == NULL) {
        problem_set(ps->problem, e->line, "a link needs a target: %s=where-to", name);
        return -1;
    }
    if (e->attr.type == ENTRY_FILE && e->host == NULL)
        e->host = xstrdup(name);
    for (size_t i = 0; i + 1 < ps->build->count; i++) {
        if (strcmp(ps->build->entries[i].target, e->target) == 0) {
            problem_set(ps->problem, e->line, "%s is already there, from line %u", e->target,
                        ps->build->entries[i].line);
            return -1;
        }
    }
    return 0;
}

static struct entry *add_entry(struct parser *ps, const struct attributes *attr)
{
    struct build *b = ps->build;
    if ((b->count & (b->count - 1)) == 0)
        b->entries = xrealloc(b->entries, (b->count ? b->count * 2 : 1) * sizeof *b->entries);
    struct entry *e = &b->entries[b->count++];
    *e = (struct entry){.attr = *attr, .line = ps->line};
    return e;
}

static int parse_entry(struct parser *ps, const struct attributes *attr)
{
    struct buf name = {0};
    struct entry *e = add_entry(ps, attr);
    int result = parser_word(ps, "=#", &name);
    if (result == 0)
        result = make_target(ps, name.data, e);
    parser_blanks(ps);
    if (result == 0 && parser_peek(ps) == '=') {
        ps->at++;
        parser_blanks(ps);
        result = parse_value(ps, e);
    }
    if (result == 0)
        result = finish_entry(ps, e, name.data);
    buf_free(&name);
    parser_blanks(ps);
    if (result == 0 && !at_line_end(ps)) {
        problem_set(ps->problem, ps->line, "unexpected text after the entry");
        return -1;
    }
    return result;
}

int build_parse(struct build *b, const char *text, size_t len, const struct define *defines,
                struct problem *p)
{
    struct attributes defaults = {.followlink = true,
                                  .perms = FROM_HOST,
                                  .dperms = 0755,
                                  .mtime = -1,
                                  .prefix = "/proc/boot"};
    struct parser ps = {
        .text = text, .len = len, .line = 1, .defines = defines, .build = b, .problem = p};
    *p = (struct problem){.line = 0};
    for (;;) {
        struct attributes attr = defaults;
        bool any = false;
        parser_blanks(&ps);
        while (parser_peek(&ps) == '[') {
            if (parse_attributes(&ps, &attr) != 0)
                return -1;
            any = true;
            parser_blanks(&ps);
        }
        if (at_line_end(&ps)) {
            if (any)
                defaults = attr;
            skip_line(&ps);
            if (parser_next(&ps) == -1)
                return 0;
            continue;
        }
        if (b->count >= MAX_ENTRIES) {
            problem_set(p, ps.line, "more than %d entries", MAX_ENTRIES);
            return -1;
        }
        if (parse_entry(&ps, &attr) != 0)
            return -1;
    }
}

void build_free(struct build *b)
{
    for (size_t i = 0; i < b->count; i++) {
        free(b->entries[i].target);
        free(b->entries[i].host);
        buf_free(&b->entries[i].data);
    }
    for (size_t i = 0; i < b->pool_count; i++)
        free(b->pool[i]);
    free(b->entries);
    free(b->pool);
    buf_free(&b->warnings);
    *b = (struct build){0};
}
