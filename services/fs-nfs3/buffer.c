/* SPDX-License-Identifier: Apache-2.0 */
/* Buffers for a record of the server's, which go from the connection that received it to whoever wants its content, and
 * come back. They are kept for the next record: memory of this size is mapped and unmapped each time by malloc() and
 * free(), which costs as much as its content. */
#include <stdlib.h>

#include "fsnfs.h"

#define SPARE_MAX 16u

static struct buffer *spare; /* lock */
static unsigned count;

struct buffer *buffer_get_locked(void)
{
    struct buffer *b = spare;
    if (b == NULL)
        return malloc(sizeof *b);
    spare = b->next;
    count--;
    return b;
}

void buffer_put_locked(struct buffer *b)
{
    if (b == NULL)
        return;
    if (count == SPARE_MAX) {
        free(b);
        return;
    }
    b->next = spare;
    spare = b;
    count++;
}

void buffer_tick_locked(void)
{
    if (spare != NULL)
        free(buffer_get_locked());
}
