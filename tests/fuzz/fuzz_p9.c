/* SPDX-License-Identifier: Apache-2.0 */
/* Replies of a 9P server, as fs-9p reads them: first byte the request's type, then the reply. What
 * is taken lies inside the input. */
#include "fuzz.h"

#include "../../services/fs-9p/wire.h"

#include <stdlib.h>
#include <string.h>

static void entries(const uint8_t *body, uint32_t len)
{
    struct p9_entry e;
    uint32_t at = 0, before = 0;
    while (p9_next_entry(body, len, &at, &e)) {
        const uint8_t *name = (const uint8_t *)e.name;
        if (at <= before || at > len || name < body || name + e.name_len > body + len ||
            e.name_len == 0 || e.name_len > P9_NAME_MAX || memchr(name, '/', e.name_len) != NULL)
            abort();
        before = at;
    }
}

static void bodies(const uint8_t *body, uint32_t len)
{
    struct p9_qid qids[P9_WALK_MAX];
    struct p9_attr attr;
    struct p9_statfs statfs;
    char text[64];
    uint32_t msize;
    unsigned n;
    bool known;
    if (p9_read_walk(body, len, qids, P9_WALK_MAX, &n) && n > P9_WALK_MAX)
        abort();
    if (p9_read_attr(body, len, &attr) && (int64_t)attr.size < 0)
        abort();
    memset(text, 'x', sizeof text);
    if (p9_read_text(body, len, text, sizeof text) && memchr(text, '\0', sizeof text) == NULL)
        abort();
    p9_read_qid(body, len, qids);
    p9_read_statfs(body, len, &statfs);
    p9_read_version(body, len, &msize, &known);
    p9_read_count(body, len, &msize);
    entries(body, len);
}

/* Builds a request whose strings come from the input into a buffer that may be too small. */
static void request(const uint8_t *data, size_t size)
{
    uint8_t out[64];
    struct p9_out o;
    p9_begin(&o, out, (uint32_t)(size % sizeof out), P9_TWALK, 1);
    p9_puts(&o, (const char *)data, size);
    p9_put64(&o, size);
    if (o.at > size % sizeof out || (p9_end(&o, 0) && o.at < P9_HEAD))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *body = NULL;
    uint32_t len = 0;
    if (size == 0 || size > 1 << 16)
        return 0;
    /* Exactly as large as what was received: reading past it is an error that shows. */
    uint8_t *reply = malloc(size);
    memcpy(reply, data + 1, size - 1);
    int error = p9_reply(reply, (uint32_t)size - 1, data[0], 1, &body, &len);
    if (error == 0 && (body < reply || body + len > reply + size - 1))
        abort();
    if (error == 0)
        bodies(body, len);
    bodies(reply, (uint32_t)size - 1);
    request(data, size);
    free(reply);
    return 0;
}
