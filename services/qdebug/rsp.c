/* SPDX-License-Identifier: Apache-2.0 */
#include "rsp.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { BETWEEN, INSIDE, CHECKSUM };

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static void begin(struct rsp *r)
{
    r->state = INSIDE;
    r->bytes = 0;
    r->sum = 0;
    r->escaped = r->is_too_long = false;
}

static enum rsp_event between(struct rsp *r, uint8_t byte)
{
    switch (byte) {
    case '$':
        begin(r);
        return RSP_NOTHING;
    case '+':
        return RSP_ACK;
    case '-':
        return RSP_NAK;
    case 3:
        return RSP_INTERRUPT;
    default:
        return RSP_NOTHING; /* noise of the line */
    }
}

static void inside(struct rsp *r, uint8_t byte)
{
    if (byte == '$') { /* the one before lost its end */
        begin(r);
        return;
    }
    if (byte == '#') {
        r->state = CHECKSUM;
        r->digits = 0;
        r->text[r->bytes] = '\0';
        return;
    }
    r->sum = (uint8_t)(r->sum + byte);
    if (byte == '}' && !r->escaped) {
        r->escaped = true;
        return;
    }
    if (r->bytes < RSP_PACKET_MAX)
        r->text[r->bytes++] = (char)(r->escaped ? byte ^ 0x20 : byte);
    else
        r->is_too_long = true;
    r->escaped = false;
}

static enum rsp_event checksum(struct rsp *r, uint8_t byte)
{
    int value = digit((char)byte);

    if (value < 0) {
        r->state = BETWEEN;
        return byte == '$' ? between(r, byte), RSP_BAD : RSP_BAD;
    }
    r->sum = (uint8_t)(r->sum - (r->digits == 0 ? value * 16 : value));
    if (++r->digits < 2)
        return RSP_NOTHING;
    r->state = BETWEEN;
    return r->sum == 0 && !r->is_too_long && !r->escaped ? RSP_PACKET : RSP_BAD;
}

enum rsp_event rsp_byte(struct rsp *r, uint8_t byte)
{
    switch (r->state) {
    case BETWEEN:
        return between(r, byte);
    case INSIDE:
        inside(r, byte);
        return RSP_NOTHING;
    default:
        return checksum(r, byte);
    }
}

/* ---- writing */

void rsp_clear(struct rsp_out *o)
{
    o->bytes = 0;
    o->text[0] = '\0';
    o->is_full = false;
}

static void put(struct rsp_out *o, char c)
{
    if (o->bytes >= RSP_PACKET_MAX) {
        o->is_full = true;
        return;
    }
    o->text[o->bytes++] = c;
    o->text[o->bytes] = '\0';
}

void rsp_text(struct rsp_out *o, const char *text)
{
    for (; *text; text++)
        put(o, *text);
}

void rsp_format(struct rsp_out *o, const char *format, ...)
{
    char text[256];
    va_list ap;

    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    rsp_text(o, text);
}

void rsp_hex(struct rsp_out *o, const void *data, size_t bytes)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *p = data;

    for (size_t i = 0; i < bytes; i++) {
        put(o, digits[p[i] >> 4]);
        put(o, digits[p[i] & 15]);
    }
}

size_t rsp_binary(struct rsp_out *o, const void *data, size_t bytes)
{
    const char *p = data;
    size_t i = 0;

    for (; i < bytes && o->bytes + 2 <= RSP_PACKET_MAX; i++) {
        bool escapes = p[i] == '#' || p[i] == '$' || p[i] == '}' || p[i] == '*';
        if (escapes)
            put(o, '}');
        put(o, escapes ? (char)(p[i] ^ 0x20) : p[i]);
    }
    return i;
}

size_t rsp_frame(const struct rsp_out *o, char line[RSP_PACKET_MAX + 4])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t sum = 0;

    line[0] = o->is_notification ? '%' : '$';
    memcpy(line + 1, o->text, o->bytes);
    for (size_t i = 0; i < o->bytes; i++)
        sum = (uint8_t)(sum + (uint8_t)o->text[i]);
    line[o->bytes + 1] = '#';
    line[o->bytes + 2] = digits[sum >> 4];
    line[o->bytes + 3] = digits[sum & 15];
    return o->bytes + 4;
}

/* ---- reading */

bool rsp_skip(const char **at, const char *text)
{
    size_t n = strlen(text);

    if (strncmp(*at, text, n) != 0)
        return false;
    *at += n;
    return true;
}

bool rsp_number(const char **at, uint64_t *value)
{
    unsigned n = 0;
    int d;

    *value = 0;
    for (; (d = digit(**at)) >= 0; (*at)++) {
        if (++n > 16)
            return false;
        *value = *value << 4 | (unsigned)d;
    }
    return n > 0;
}

bool rsp_pair(const char **at, uint64_t *first, uint64_t *second)
{
    return rsp_number(at, first) && rsp_skip(at, ",") && rsp_number(at, second);
}

bool rsp_bytes(const char **at, void *data, size_t max, size_t *count)
{
    uint8_t *p = data;

    for (*count = 0; digit(**at) >= 0; *at += 2) {
        int high = digit((*at)[0]), low = digit((*at)[1]);
        if (low < 0 || *count >= max)
            return false;
        p[(*count)++] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static bool one_id(const char **at, int32_t *id)
{
    uint64_t value;

    if (rsp_skip(at, "-1")) {
        *id = -1;
        return true;
    }
    if (!rsp_number(at, &value) || value > INT32_MAX)
        return false;
    *id = (int32_t)value;
    return true;
}

bool rsp_thread(const char **at, struct rsp_thread *t)
{
    t->pid = 0;
    t->tid = -1;
    if (!rsp_skip(at, "p"))
        return one_id(at, &t->tid);
    if (!one_id(at, &t->pid))
        return false;
    return rsp_skip(at, ".") ? one_id(at, &t->tid) : true;
}

bool rsp_fits(const struct rsp_thread *who, int32_t pid, int32_t tid)
{
    return (who->pid <= 0 || who->pid == pid) && (who->tid <= 0 || who->tid == tid);
}

static bool one_action(const char **at, struct rsp_action *a)
{
    uint64_t signo = 0;
    char what = **at;

    *a = (struct rsp_action){.what = what, .thread = {-1, -1}};
    if (what == '\0' || !strchr("cCsStr", what))
        return false;
    (*at)++;
    if (what == 'C' || what == 'S') {
        if (!rsp_number(at, &signo) || signo > 255)
            return false;
        a->what = what == 'C' ? 'c' : 's';
        a->signo = (uint8_t)signo;
    }
    if (what == 'r' && !rsp_pair(at, &a->from, &a->to))
        return false;
    return rsp_skip(at, ":") ? rsp_thread(at, &a->thread) : true;
}

size_t rsp_actions(const char *at, struct rsp_action actions[RSP_ACTIONS_MAX])
{
    size_t n = 0;

    while (rsp_skip(&at, ";")) {
        if (n == RSP_ACTIONS_MAX || !one_action(&at, &actions[n++]))
            return 0;
    }
    return *at == '\0' ? n : 0;
}
