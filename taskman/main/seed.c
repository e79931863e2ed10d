/* SPDX-License-Identifier: Apache-2.0 */
/* rng-seed: entropy that a boot loader leaves in /chosen of the device tree (QEMU and U-Boot do).
 * A walk of the structure block with every offset checked; a tree that is damaged simply gives no
 * seed. */
#include <string.h>
#include "main/heap.h"
#include "main/kcall.h"
#include "main/main.h"
#include "main/rng.h"

#define FDT_MAX        (1u << 20)
#define TOKEN_BEGIN    1u
#define TOKEN_END_NODE 2u
#define TOKEN_PROPERTY 3u
#define TOKEN_NOP      4u

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

struct walk {
    const uint8_t *fdt;
    uint32_t bytes, at, strings;
    int depth;
    int chosen; /* depth of /chosen while inside it */
};

/* One token; false at the end or at damage.  A seed found goes to the generator. */
static int step(struct walk *w)
{
    uint32_t token, length, name;
    const char *text;

    if (w->at > w->bytes - 4)
        return 0;
    token = be32(w->fdt + w->at);
    w->at += 4;
    if (token == TOKEN_NOP)
        return 1;
    if (token == TOKEN_END_NODE) {
        if (w->depth-- == w->chosen)
            w->chosen = 0;
        return w->depth > 0;
    }
    if (token == TOKEN_BEGIN) {
        text = (const char *)w->fdt + w->at;
        if (!memchr(text, '\0', w->bytes - w->at))
            return 0;
        if (++w->depth == 2 && strcmp(text, "chosen") == 0)
            w->chosen = 2;
        w->at += ((uint32_t)strlen(text) + 4) & ~3u;
        return w->at <= w->bytes;
    }
    if (token != TOKEN_PROPERTY || w->bytes < 8 || w->at > w->bytes - 8)
        return 0;
    length = be32(w->fdt + w->at);
    name = be32(w->fdt + w->at + 4);
    w->at += 8;
    if (length > w->bytes - w->at || w->strings > w->bytes || name >= w->bytes - w->strings)
        return 0;
    text = (const char *)w->fdt + w->strings + name;
    if (w->chosen && w->depth == 2 && memchr(text, '\0', w->bytes - w->strings - name) &&
        strcmp(text, "rng-seed") == 0)
        rng_mix(w->fdt + w->at, length);
    w->at += (length + 3) & ~3u;
    return w->at <= w->bytes;
}

void seed_random(void)
{
    uint8_t head[40];
    struct walk w = {0};
    uint8_t *fdt;

    if (kcall(TM_FDT, (long)head, sizeof(head), 0, 0, 0, 0) != (long)sizeof(head) ||
        be32(head) != 0xd00dfeedu)
        return;
    w.bytes = be32(head + 4);
    w.at = be32(head + 8);
    w.strings = be32(head + 12);
    if (w.bytes < sizeof(head) || w.bytes > FDT_MAX)
        return;
    fdt = heap_alloc(w.bytes);
    if (!fdt)
        return;
    w.fdt = fdt;
    if (kcall(TM_FDT, (long)fdt, w.bytes, 0, 0, 0, 0) == (long)w.bytes)
        while (step(&w))
            ;
    memset(fdt, 0, w.bytes);
    heap_free(fdt);
}
