/* SPDX-License-Identifier: Apache-2.0 */
/* Host test of the log ring: order, overwriting, cursors that fall behind, records that do not fit.
 * Prints TAP. */
#include "../slogring.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int results, failures;

static void check(bool pass, const char *what, int line)
{
    results++;
    failures += !pass;
    printf("%sok %d - %s\n", pass ? "" : "not ", results, what);
    if (!pass)
        printf("# failed at line %d\n", line);
}
#define OK(cond, what) check(cond, what, __LINE__)

static struct qrv_slog_record make(size_t n)
{
    struct qrv_slog_record r = {.magic = QRV_SLOG_MAGIC, .severity = 5, .data_bytes = (uint16_t)n};
    return r;
}

int main(void)
{
    enum { SIZE = 3 * (QRV_SLOG_DATA_MAX + 64) };
    uint8_t *memory = malloc(SIZE); /* exact, so that ASan sees the edge */
    struct slogring ring;
    struct slogcursor cursor = {0, 0};
    char buffer[2 * QRV_SLOG_DATA_MAX];
    slogring_init(&ring, memory, SIZE);

    OK(!slogring_has_news(&ring, &cursor) &&
           slogring_read(&ring, &cursor, buffer, sizeof buffer) == 0,
       "empty");
    struct qrv_slog_record r = make(3);
    OK(slogring_is_valid(&r, sizeof r + 3) && !slogring_is_valid(&r, sizeof r + 2),
       "length is checked");
    OK(!slogring_is_valid(&r, 4), "a stump is no record");
    r.severity = 8;
    OK(!slogring_is_valid(&r, sizeof r + 3), "severity is checked");
    r = make(QRV_SLOG_DATA_MAX + 1);
    OK(!slogring_is_valid(&r, 65535), "size is checked");
    r = make(3);
    r.magic = 0;
    OK(!slogring_is_valid(&r, sizeof r + 3), "magic is checked");

    r = make(3);
    slogring_add(&ring, &r, "abc");
    slogring_add(&ring, &r, "def");
    OK(slogring_read(&ring, &cursor, buffer, 10) == -1, "a buffer too small for one record");
    long n = slogring_read(&ring, &cursor, buffer, sizeof r + 8);
    OK(n == (long)sizeof r + 8 && memcmp(buffer + sizeof r, "abc", 3) == 0,
       "the oldest comes first, one fits");
    OK(slogring_has_news(&ring, &cursor), "there is more");
    n = slogring_read(&ring, &cursor, buffer, sizeof buffer);
    OK(n == (long)sizeof r + 8 && memcmp(buffer + sizeof r, "def", 3) == 0, "then the next");
    OK(!slogring_has_news(&ring, &cursor), "then nothing");
    slogring_clear(&ring);
    slogring_add(&ring, &r, "ghi");
    n = slogring_read(&ring, &cursor, buffer, sizeof buffer);
    OK(n > 0 && memcmp(buffer + sizeof r, "ghi", 3) == 0, "after a clear the cursor goes on");

    slogring_clear(&ring);
    bool good = true;
    static uint8_t data[QRV_SLOG_DATA_MAX];
    srand(1);
    uint64_t expect = 0;
    struct slogcursor reader = {0, 0};
    for (int i = 0; i < 50000 && good; i++) {
        size_t len = rand() % 10 ? (size_t)rand() % 100 : (size_t)rand() % (QRV_SLOG_DATA_MAX + 1);
        memset(data, (int)(ring.next & 0xff), len);
        r = make(len);
        slogring_add(&ring, &r, data);
        if (rand() % 20)
            continue;
        while ((n = slogring_read(&ring, &reader, buffer, sizeof buffer)) > 0) {
            for (long at = 0; at < n && good;) {
                struct qrv_slog_record got;
                memcpy(&got, buffer + at, sizeof got);
                good = got.magic == QRV_SLOG_MAGIC && got.sequence >= expect;
                for (unsigned k = 0; k < got.data_bytes && good; k++)
                    good = (uint8_t)buffer[at + (long)sizeof got + k] == (uint8_t)got.sequence;
                expect = got.sequence + 1;
                at += (long)(sizeof got + ((got.data_bytes + 7u) & ~7u));
            }
        }
        good = good && n == 0 && expect == ring.next;
    }
    OK(good, "random records come back whole and in order, gaps only forward");
    free(memory);
    printf("1..%d\n# %d passed, %d failed\n", results, results - failures, failures);
    return failures != 0;
}
