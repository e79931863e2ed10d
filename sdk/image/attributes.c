/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attributes of a build file: [perms=0755 +raw] name. Three classes: those that act, those that
 * mkifs knows and that change nothing here (a warning), and those whose absence would give a wrong
 * image (an error).
 */
#include "parser.h"

#include <stdlib.h>
#include <string.h>

static const char *const no_effect[] = {"autolink",  "autoso",     "code",        "data",
                                        "compress",  "keeplinked", "keepsection", "page_align",
                                        "pagesizes", NULL};
static const char *const unsupported[] = {
    "bigendian", "chain", "filter", "image",  "linker",      "module",  "mime", "phys_align",
    "physical",  "ram",   "secure", "sha512", "unlink_list", "virtual", NULL};

static bool listed(const char *const *list, const char *name)
{
    for (; *list != NULL; list++)
        if (strcmp(*list, name) == 0)
            return true;
    return false;
}

static int number(struct parser *ps, const char *name, const char *value, int base, long long max,
                  long long *out)
{
    char *end;
    if (value[0] < '0' || value[0] > '9')
        end = (char *)value;
    else
        *out = strtoll(value, &end, base);
    if (end == value || *end != '\0' || *out > max) {
        if (base == 8)
            problem_set(ps->problem, ps->line, "%s=%s is not an octal number up to 0%llo", name,
                        value, (unsigned long long)max);
        else
            problem_set(ps->problem, ps->line, "%s=%s is not a number up to %lld", name, value,
                        max);
        return -1;
    }
    return 0;
}

static int set_type(struct parser *ps, struct attributes *attr, const char *value)
{
    static const struct {
        const char *name;
        enum entry_type type;
    } types[] = {
        {"file", ENTRY_FILE}, {"link", ENTRY_LINK}, {"dir", ENTRY_DIR}, {"fifo", ENTRY_FIFO}};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(types[i].name, value) == 0) {
            attr->type = types[i].type;
            return 0;
        }
    }
    problem_set(ps->problem, ps->line, "type=%s is not file, link, dir or fifo", value);
    return -1;
}

/* Returns 1 when name is none of these. */
static int set_number(struct parser *ps, struct attributes *attr, const char *name,
                      const char *value)
{
    long long n = 0;
    bool from_host = strcmp(value, "*") == 0;
    if (strcmp(name, "perms") == 0 || strcmp(name, "dperms") == 0) {
        if (!from_host && number(ps, name, value, 8, 07777, &n) != 0)
            return -1;
        if (name[0] == 'p')
            attr->perms = from_host ? FROM_HOST : (int)n;
        else
            attr->dperms = from_host ? 0755 : (int)n;
        return 0;
    }
    if (strcmp(name, "uid") == 0 || strcmp(name, "gid") == 0) {
        if (!from_host && number(ps, name, value, 10, 0x7fffffff, &n) != 0)
            return -1;
        *(name[0] == 'u' ? &attr->uid : &attr->gid) = (unsigned)n;
        return 0;
    }
    if (strcmp(name, "mtime") == 0) {
        if (!from_host && number(ps, name, value, 10, 0xffffffffLL, &n) != 0)
            return -1;
        attr->mtime = from_host ? -2 : n;
        return 0;
    }
    return 1;
}

static int set_value(struct parser *ps, struct attributes *attr, const char *name,
                     const char *value)
{
    int result = set_number(ps, attr, name, value);
    if (result != 1)
        return result;
    if (strcmp(name, "type") == 0)
        return set_type(ps, attr, value);
    if (strcmp(name, "search") == 0) {
        attr->search = parser_keep(ps, value);
        return 0;
    }
    if (strcmp(name, "cd") == 0) {
        attr->cd = parser_keep(ps, value);
        return 0;
    }
    if (strcmp(name, "prefix") == 0) {
        attr->prefix = parser_keep(ps, value);
        return 0;
    }
    if (listed(no_effect, name)) {
        buf_printf(&ps->build->warnings, "%u: attribute %s has no effect in a QRV image\n",
                   ps->line, name);
        return 0;
    }
    problem_set(ps->problem, ps->line, "attribute %s is %s", name,
                listed(unsupported, name)
                    ? "not supported: a QRV image is a cpio archive, see qrv image --help"
                    : "unknown");
    return -1;
}

static int set_flag(struct parser *ps, struct attributes *attr, const char *name, bool on)
{
    if (strcmp(name, "script") == 0)
        attr->script = on;
    else if (strcmp(name, "optional") == 0)
        attr->optional = on;
    else if (strcmp(name, "raw") == 0)
        attr->raw = on;
    else if (strcmp(name, "followlink") == 0)
        attr->followlink = on;
    else if (listed(no_effect, name))
        buf_printf(&ps->build->warnings, "%u: attribute %s has no effect in a QRV image\n",
                   ps->line, name);
    else {
        problem_set(ps->problem, ps->line, "attribute %c%s is %s", on ? '+' : '-', name,
                    listed(unsupported, name) ? "not supported: a QRV image is a cpio archive"
                                              : "unknown");
        return -1;
    }
    return 0;
}

static int parse_one(struct parser *ps, struct attributes *attr)
{
    struct buf name = {0};
    struct buf value = {0};
    int first = parser_peek(ps);
    int result;
    if (first == '+' || first == '-')
        ps->at++;
    result = parser_word(ps, "=]", &name);
    if (result == 0 && name.len == 0) {
        problem_set(ps->problem, ps->line, "an attribute name is missing");
        result = -1;
    } else if (result == 0 && parser_peek(ps) == '=' && first != '+' && first != '-') {
        ps->at++;
        result = parser_word(ps, "]", &value);
        if (result == 0)
            result = set_value(ps, attr, name.data, value.data);
    } else if (result == 0 && (first == '+' || first == '-')) {
        result = set_flag(ps, attr, name.data, first == '+');
    } else if (result == 0) {
        problem_set(ps->problem, ps->line,
                    "attribute %s needs a value (%s=...) or a sign (+%s, -%s)", name.data,
                    name.data, name.data, name.data);
        result = -1;
    }
    buf_free(&name);
    buf_free(&value);
    return result;
}

int parse_attributes(struct parser *ps, struct attributes *attr)
{
    parser_next(ps);
    for (;;) {
        parser_blanks(ps);
        int c = parser_peek(ps);
        if (c == ']') {
            ps->at++;
            return 0;
        }
        if (c == -1 || c == '\n') {
            problem_set(ps->problem, ps->line, "[ without ] on the same line");
            return -1;
        }
        if (parse_one(ps, attr) != 0)
            return -1;
    }
}
