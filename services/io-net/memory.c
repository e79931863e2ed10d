/* SPDX-License-Identifier: Apache-2.0 */
/* Memory for lwIP (port/lwipopts.h). Packets come and go by the thousand a second, and malloc() gives pages back to the
 * system, and takes them again, for every few of them: that costs more than the protocols. What has the size of a frame, of its place in a
 * queue, or of a segment of the loopback interface, is kept for the next one, up to a number of each. One thread. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <lwip/opt.h>

#define CLASSES 3u

union block {
    union block *next; /* of the spare ones */
    struct {
        unsigned class; /* CLASSES: of no class */
        _Alignas(16) char bytes[];
    } used;
};

static struct {
    size_t over, bytes;
    unsigned most, count;
    union block *spare;
} classes[CLASSES] = {{.over = 64, .bytes = 256, .most = 128},
                      {.over = 1024, .bytes = 2048, .most = 128},
                      {.over = 4096, .bytes = 9216, .most = 32}};

static unsigned class_of(size_t n)
{
    unsigned i = 0;
    while (i < CLASSES && (n <= classes[i].over || n > classes[i].bytes))
        i++;
    return i;
}

void *net_malloc(size_t n)
{
    unsigned class = class_of(n);
    union block *b = class < CLASSES ? classes[class].spare : NULL;
    if (b != NULL) {
        classes[class].spare = b->next;
        classes[class].count--;
    } else {
        size_t bytes = class < CLASSES ? classes[class].bytes : n;
        b = bytes <= SIZE_MAX - sizeof *b ? malloc(sizeof *b + bytes) : NULL;
    }
    if (b == NULL)
        return NULL;
    b->used.class = class;
    return b->used.bytes;
}

void *net_calloc(size_t count, size_t n)
{
    size_t all;
    void *p = __builtin_mul_overflow(count, n, &all) ? NULL : net_malloc(all);
    return p != NULL ? memset(p, 0, all) : NULL;
}

void net_free(void *p)
{
    union block *b = (union block *)(void *)((char *)p - offsetof(union block, used.bytes));
    unsigned class = b->used.class;
    if (class == CLASSES || classes[class].count == classes[class].most) {
        free(b);
        return;
    }
    b->next = classes[class].spare;
    classes[class].spare = b;
    classes[class].count++;
}
