/*
 * A ring buffer: bytes go in at one end and come out at the other, in order. It takes no lock; when
 * several threads use one ring, they agree among themselves.
 */
#pragma once

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define @ID@_PUBLIC __attribute__((visibility("default")))

struct ring;

/* A ring for at most capacity bytes, or NULL with errno: EINVAL for a capacity of 0, ENOMEM. */
@ID@_PUBLIC struct ring *ring_create(size_t capacity);

/* Takes NULL too. */
@ID@_PUBLIC void ring_destroy(struct ring *ring);

/* Puts in what fits of the length bytes at data; how many those were. */
@ID@_PUBLIC size_t ring_put(struct ring *ring, const void *data, size_t length);

/* Takes out at most length bytes, the oldest first; how many those were. */
@ID@_PUBLIC size_t ring_get(struct ring *ring, void *data, size_t length);

/* How many bytes are in it. */
@ID@_PUBLIC size_t ring_used(const struct ring *ring);

#ifdef __cplusplus
}
#endif
