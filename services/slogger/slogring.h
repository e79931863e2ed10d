/* SPDX-License-Identifier: Apache-2.0 */
/* Ring of log records of different length: a new one pushes the oldest out.  Pure, host-tested; no
 * lock. Invariant: records from `oldest` to `next` - 1 lie in it one behind the other, each padded
 * to 8 bytes. */
#pragma once
#include <abi/slog.h>
#include <stdbool.h>
#include <stddef.h>

struct slogring {
    uint8_t *data;
    size_t size;           /* a multiple of 8, more than two of the largest records */
    uint64_t head, tail;   /* free-running byte positions */
    uint64_t oldest, next; /* sequence numbers */
};

/* A reader's place; starts zeroed at the oldest record. */
struct slogcursor {
    uint64_t sequence;
    uint64_t position; /* of that record */
};

void slogring_init(struct slogring *ring, void *memory, size_t size);
/* Is this a record that a writer may send? */
bool slogring_is_valid(const struct qrv_slog_record *record, size_t bytes);
/* Adds a valid record; its sequence number is set here. */
void slogring_add(struct slogring *ring, const struct qrv_slog_record *header, const void *data);
/* Copies whole records into at most n bytes and moves the cursor.  0: nothing new; -1: not even one
 * fits. */
long slogring_read(const struct slogring *ring, struct slogcursor *cursor, void *buffer, size_t n);
bool slogring_has_news(const struct slogring *ring, const struct slogcursor *cursor);
void slogring_clear(struct slogring *ring);
