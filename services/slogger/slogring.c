/* SPDX-License-Identifier: Apache-2.0 */
#include "slogring.h"

#include <string.h>

static size_t padded(size_t data_bytes)
{
    return sizeof(struct qrv_slog_record) + ((data_bytes + 7) & ~(size_t)7);
}

static void copy_in(struct slogring *ring, const void *from, size_t n)
{
    size_t at = ring->head % ring->size;
    size_t first = n < ring->size - at ? n : ring->size - at;
    memcpy(ring->data + at, from, first);
    memcpy(ring->data, (const uint8_t *)from + first, n - first);
    ring->head += n;
}

static void copy_out(const struct slogring *ring, uint64_t position, void *to, size_t n)
{
    size_t at = position % ring->size;
    size_t first = n < ring->size - at ? n : ring->size - at;
    memcpy(to, ring->data + at, first);
    memcpy((uint8_t *)to + first, ring->data, n - first);
}

void slogring_init(struct slogring *ring, void *memory, size_t size)
{
    memset(ring, 0, sizeof *ring);
    ring->data = memory;
    ring->size = size & ~(size_t)7;
}

bool slogring_is_valid(const struct qrv_slog_record *record, size_t bytes)
{
    return bytes >= sizeof *record && record->magic == QRV_SLOG_MAGIC &&
           record->kind <= QRV_SLOG_INTS && record->severity <= 7 &&
           record->data_bytes <= QRV_SLOG_DATA_MAX && bytes >= sizeof *record + record->data_bytes;
}

void slogring_add(struct slogring *ring, const struct qrv_slog_record *header, const void *data)
{
    static const uint8_t zero[8];
    struct qrv_slog_record record = *header;
    size_t need = padded(record.data_bytes);
    while (ring->size - (ring->head - ring->tail) < need) {
        struct qrv_slog_record old;
        copy_out(ring, ring->tail, &old, sizeof old);
        ring->tail += padded(old.data_bytes);
        ring->oldest++;
    }
    record.sequence = ring->next++;
    copy_in(ring, &record, sizeof record);
    copy_in(ring, data, record.data_bytes);
    copy_in(ring, zero, need - sizeof record - record.data_bytes);
}

/* A cursor whose record was pushed out goes to the oldest one that is left. */
static void catch_up(const struct slogring *ring, struct slogcursor *cursor)
{
    if (cursor->sequence < ring->oldest || cursor->position < ring->tail) {
        cursor->sequence = ring->oldest;
        cursor->position = ring->tail;
    }
}

long slogring_read(const struct slogring *ring, struct slogcursor *cursor, void *buffer, size_t n)
{
    size_t done = 0;
    catch_up(ring, cursor);
    while (cursor->sequence != ring->next) {
        struct qrv_slog_record record;
        copy_out(ring, cursor->position, &record, sizeof record);
        size_t need = padded(record.data_bytes);
        if (need > n - done)
            return done > 0 ? (long)done : -1;
        copy_out(ring, cursor->position, (uint8_t *)buffer + done, need);
        done += need;
        cursor->position += need;
        cursor->sequence++;
    }
    return (long)done;
}

bool slogring_has_news(const struct slogring *ring, const struct slogcursor *cursor)
{
    return ring->oldest != ring->next && cursor->sequence != ring->next;
}

void slogring_clear(struct slogring *ring)
{
    ring->tail = ring->head;
    ring->oldest = ring->next;
}
