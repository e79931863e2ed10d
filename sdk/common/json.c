/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Length of the well-formed UTF-8 sequence at p (at most limit bytes), or 0. Overlong forms,
 * surrogates and numbers above U+10FFFF are not well-formed. */
static size_t utf8_length(const unsigned char *p, size_t limit)
{
    unsigned char low = 0x80;
    unsigned char high = 0xbf;
    size_t n;
    if (p[0] < 0x80)
        return 1;
    if (p[0] < 0xc2 || p[0] > 0xf4)
        return 0;
    n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    if (n > limit)
        return 0;
    if (p[0] == 0xe0)
        low = 0xa0;
    else if (p[0] == 0xed)
        high = 0x9f;
    else if (p[0] == 0xf0)
        low = 0x90;
    else if (p[0] == 0xf4)
        high = 0x8f;
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    return n;
}

static void quote(struct buf *b, const char *bytes, size_t left)
{
    static const char named[] = "\b\f\n\r\t";
    const unsigned char *p = (const unsigned char *)bytes;
    buf_puts(b, "\"");
    while (left > 0) {
        size_t n = utf8_length(p, left);
        const char *name = *p != '\0' && n == 1 ? strchr(named, *p) : NULL;
        if (n == 0)
            buf_puts(b, "\xef\xbf\xbd");
        else if (*p == '"' || *p == '\\')
            buf_printf(b, "\\%c", *p);
        else if (name != NULL)
            buf_printf(b, "\\%c", "bfnrt"[name - named]);
        else if (*p < 0x20 || *p == 0x7f)
            buf_printf(b, "\\u%04x", *p);
        else
            buf_append(b, p, n);
        n = n ? n : 1;
        p += n;
        left -= n;
    }
    buf_puts(b, "\"");
}

void buf_json(struct buf *b, const char *text)
{
    quote(b, text, strlen(text));
}

/* The comma before a member, and its key. */
static void member(struct json *j, const char *key, bool own_line)
{
    if (j->depth > 0) {
        unsigned level = j->depth - 1;
        assert((j->close[level] == '}') == (key != NULL));
        own_line = own_line && j->close[level] == ']';
        if (j->some[level])
            buf_puts(&j->out, own_line ? "," : ", ");
        if (own_line)
            buf_printf(&j->out, "\n%*s", (int)j->depth, "");
        j->some[level] = true;
        j->lines[level] = j->lines[level] || own_line;
    } else
        assert(key == NULL && j->out.len == 0);
    if (key != NULL) {
        buf_json(&j->out, key);
        buf_puts(&j->out, ": ");
    }
}

static void begin(struct json *j, const char *open, char close)
{
    assert(j->depth < JSON_DEPTH);
    buf_puts(&j->out, open);
    j->close[j->depth] = close;
    j->some[j->depth] = false;
    j->lines[j->depth] = false;
    j->depth++;
}

void json_object(struct json *j, const char *key)
{
    member(j, key, true);
    begin(j, "{", '}');
}

void json_array(struct json *j, const char *key)
{
    member(j, key, false);
    begin(j, "[", ']');
}

void json_end(struct json *j)
{
    assert(j->depth > 0);
    j->depth--;
    if (j->lines[j->depth])
        buf_printf(&j->out, "\n%*s", (int)j->depth, "");
    buf_append(&j->out, &j->close[j->depth], 1);
}

void json_text(struct json *j, const char *key, const char *bytes, size_t len)
{
    member(j, key, false);
    quote(&j->out, bytes, len);
}

void json_string(struct json *j, const char *key, const char *text)
{
    if (text != NULL) {
        json_text(j, key, text, strlen(text));
        return;
    }
    member(j, key, false);
    buf_puts(&j->out, "null");
}

void json_number(struct json *j, const char *key, int64_t number)
{
    member(j, key, false);
    buf_printf(&j->out, "%" PRId64, number);
}

void json_bool(struct json *j, const char *key, bool value)
{
    member(j, key, false);
    buf_puts(&j->out, value ? "true" : "false");
}

void json_print(struct json *j)
{
    assert(j->depth == 0);
    fwrite(j->out.data, 1, j->out.len, stdout);
    putchar('\n');
    buf_free(&j->out);
    *j = (struct json){0};
}
