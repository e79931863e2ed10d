#include "@NAME@/ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct ring {
    size_t capacity;
    size_t first; /* where the oldest byte is */
    size_t used;
    char bytes[];
};

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

struct ring *ring_create(size_t capacity)
{
    if (capacity == 0 || capacity > (size_t)-1 - sizeof(struct ring)) {
        errno = capacity == 0 ? EINVAL : ENOMEM;
        return NULL;
    }
    struct ring *ring = malloc(sizeof *ring + capacity);
    if (ring != NULL)
        *ring = (struct ring){.capacity = capacity};
    return ring;
}

void ring_destroy(struct ring *ring)
{
    free(ring);
}

size_t ring_put(struct ring *ring, const void *data, size_t length)
{
    size_t count = smaller(length, ring->capacity - ring->used);
    size_t at = (ring->first + ring->used) % ring->capacity;
    size_t to_end = smaller(count, ring->capacity - at);
    memcpy(ring->bytes + at, data, to_end);
    memcpy(ring->bytes, (const char *)data + to_end, count - to_end);
    ring->used += count;
    return count;
}

size_t ring_get(struct ring *ring, void *data, size_t length)
{
    size_t count = smaller(length, ring->used);
    size_t to_end = smaller(count, ring->capacity - ring->first);
    memcpy(data, ring->bytes + ring->first, to_end);
    memcpy((char *)data + to_end, ring->bytes, count - to_end);
    ring->first = (ring->first + count) % ring->capacity;
    ring->used -= count;
    return count;
}

size_t ring_used(const struct ring *ring)
{
    return ring->used;
}
