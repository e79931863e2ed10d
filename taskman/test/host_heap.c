/* SPDX-License-Identifier: Apache-2.0 */
#include "host_heap.h"
#include <stdlib.h>
#include <string.h>
#include "main/heap.h"

long heap_blocks, heap_allowed = -1;

static int may_allocate(void)
{
    if (heap_allowed < 0)
        return 1;
    return heap_allowed-- > 0;
}

void *heap_alloc(size_t bytes)
{
    if (!may_allocate()) {
        heap_allowed = 0;
        return NULL;
    }
    heap_blocks++;
    return calloc(1, bytes ? bytes : 1);
}

void *heap_resize(void *old, size_t bytes)
{
    void *p;

    if (!may_allocate()) {
        heap_allowed = 0;
        return NULL;
    }
    p = realloc(old, bytes);
    heap_blocks += old == NULL;
    return p;
}

void heap_free(void *p)
{
    heap_blocks -= p != NULL;
    free(p);
}

char *heap_string(const char *text)
{
    char *copy = heap_alloc(strlen(text) + 1);

    return copy ? strcpy(copy, text) : NULL;
}
