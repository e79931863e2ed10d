/* SPDX-License-Identifier: Apache-2.0 */
/* What a GDB, or somebody who says so, sends to qdebug: framing and the text of packets. What is taken lies inside the packet, and
 * a reply is read back as what was put into it. */
#include "fuzz.h"

#include "../../services/qdebug/changes.h"
#include "../../services/qdebug/rsp.h"

#include <stdlib.h>
#include <string.h>

static void numbers(const char *text)
{
    static uint8_t bytes[RSP_PACKET_MAX / 2];
    const char *end = text + strlen(text), *at = text;
    struct rsp_thread who;
    uint64_t value;
    size_t n;
    if (rsp_number(&at, &value) && at == text)
        abort();
    if (at > end)
        abort();
    at = text;
    if (rsp_bytes(&at, bytes, sizeof bytes / 4, &n) && (n > sizeof bytes / 4 || at != text + 2 * n))
        abort();
    at = text;
    if (rsp_thread(&at, &who) && (who.pid < -1 || who.tid < -1 || at > end))
        abort();
}

/* qXfer:siginfo:write: behind OFFSET: as many bytes as there are, which fit or change nothing. */
static void write_of_siginfo(const char *text, size_t bytes)
{
    static const struct _kc_siginfo old = {.signo = 11};
    struct change all[CHANGES_MAX] = {0};
    const char *at = text, *end = text + bytes;
    uint64_t offset;
    if (!rsp_number(&at, &offset) || !rsp_skip(&at, ":"))
        return;
    size_t n = (size_t)(end - at);
    int error = changes_write(all, 1, &old, offset, at, n);
    const struct change *c = changes_find(all, 1);
    if ((error == 0) != (offset <= sizeof old && n <= sizeof old - offset) || (error == 0) != (c != NULL))
        abort();
    if (c != NULL && memcmp((const char *)&c->info + offset, at, n) != 0)
        abort();
    if (c != NULL && offset > 0 && c->info.signo != 11 && offset >= sizeof c->info.signo)
        abort();
}

static void packet(const char *text, size_t bytes)
{
    static struct rsp_action actions[RSP_ACTIONS_MAX];
    if (bytes > RSP_PACKET_MAX || text[bytes] != '\0')
        abort();
    for (const char *at = text; at < text + bytes; at++)
        if (strchr(";:,=p", *at) != NULL || at == text) {
            size_t n = rsp_actions(at, actions);
            numbers(at);
            write_of_siginfo(at + (*at == ':'), bytes - (size_t)(at - text) - (*at == ':'));
            if (n > RSP_ACTIONS_MAX)
                abort();
            for (size_t i = 0; i < n; i++)
                if (strchr("cstr", actions[i].what) == NULL)
                    abort();
        }
}

/* Whatever is sent as binary arrives as it was. */
static void there_and_back(const uint8_t *data, size_t size)
{
    static struct rsp_out o;
    static struct rsp in;
    static char line[RSP_PACKET_MAX + 4];
    enum rsp_event event = RSP_NOTHING;
    rsp_clear(&o);
    size_t put = rsp_binary(&o, data, size), n = rsp_frame(&o, line);
    memset(&in, 0, sizeof in);
    for (size_t i = 0; i < n; i++)
        event = rsp_byte(&in, (uint8_t)line[i]);
    if (put > size || event != RSP_PACKET || in.bytes != put || memcmp(in.text, data, put) != 0)
        abort();
    rsp_format(&o, "%.200s", line);
    rsp_hex(&o, data, size);
    if (o.bytes > RSP_PACKET_MAX || o.text[o.bytes] != '\0')
        abort();
}

/* More than a packet may have is refused, and the one behind it is understood. */
static void oversized(struct rsp *r, const uint8_t *data, size_t size)
{
    enum rsp_event event = rsp_byte(r, '$');
    for (size_t i = 0; i < RSP_PACKET_MAX + 100; i++)
        event = rsp_byte(r, strchr("#$}", data[i % size]) != NULL ? 'x' : data[i % size]);
    event = (rsp_byte(r, '#'), rsp_byte(r, '0'), rsp_byte(r, '0'));
    if (event != RSP_BAD)
        abort();
    for (const char *c = "$?#3f"; *c; c++)
        event = rsp_byte(r, (uint8_t)*c);
    if (event != RSP_PACKET || strcmp(r->text, "?") != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct rsp r;
    static char copy[RSP_PACKET_MAX + 1];
    memset(&r, 0, sizeof r);
    for (size_t i = 0; i < size; i++)
        if (rsp_byte(&r, data[i]) == RSP_PACKET) {
            memcpy(copy, r.text, r.bytes + 1);
            packet(copy, r.bytes);
        }
    /* Most mutations break the checksum: the text as if it had been right. */
    size_t bytes = size < RSP_PACKET_MAX ? size : RSP_PACKET_MAX;
    memcpy(copy, data, bytes);
    copy[bytes] = '\0';
    packet(copy, bytes);
    there_and_back(data, size);
    memset(&r, 0, sizeof r);
    if (size > 0 && size % 64 == 0)
        oversized(&r, data, size);
    return 0;
}
