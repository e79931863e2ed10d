/* SPDX-License-Identifier: Apache-2.0 */
/* Much data through pipes: nothing is lost or reordered, and writes up to PIPE_BUF do not mix.
 * Documentation: POSIX write(). */
#include "../tap.h"

#include <limits.h>
#include <sys/wait.h>

#define STREAM_BYTES (512 * 1024)
#define WRITERS      4
#define RECORDS      200

static unsigned next_random(unsigned *seed)
{
    *seed = *seed * 1103515245u + 12345u;
    return *seed >> 16 & 0x7fff;
}

static void test_stream(void)
{
    static unsigned char block[20000];
    int fd[2], status;
    if (pipe(fd) != 0)
        bail_out("pipe");
    pid_t pid = fork();
    if (pid == 0) {
        unsigned seed = 1;
        close(fd[0]);
        for (unsigned sent = 0; sent < STREAM_BYTES;) {
            unsigned n = next_random(&seed) % sizeof block + 1;
            if (n > STREAM_BYTES - sent)
                n = STREAM_BYTES - sent;
            for (unsigned i = 0; i < n; i++)
                block[i] = (unsigned char)((sent + i) % 251);
            if (write(fd[1], block, n) != (ssize_t)n)
                _exit(1);
            sent += n;
        }
        _exit(0);
    }
    close(fd[1]);
    unsigned seed = 7, got = 0;
    int good = 1;
    for (;;) {
        ssize_t n = read(fd[0], block, next_random(&seed) % sizeof block + 1);
        if (n <= 0)
            break;
        for (ssize_t i = 0; i < n; i++)
            good = good && block[i] == (unsigned char)((got + (unsigned)i) % 251);
        got += (unsigned)n;
    }
    is_int(got, STREAM_BYTES, "all bytes of a long stream arrive");
    ok(good, "... in order");
    ok(waitpid(pid, &status, 0) == pid && status == 0,
       "... and the writer saw every write complete");
    close(fd[0]);
}

/* Each record is PIPE_BUF bytes of one letter. */
static void test_atomic(void)
{
    static char record[PIPE_BUF];
    int fd[2], counts[WRITERS] = {0};
    pid_t pid[WRITERS];
    if (pipe(fd) != 0)
        bail_out("pipe");
    for (int w = 0; w < WRITERS; w++) {
        pid[w] = fork();
        if (pid[w] == 0) {
            memset(record, 'a' + w, sizeof record);
            for (int i = 0; i < RECORDS; i++) {
                if (write(fd[1], record, sizeof record) != (ssize_t)sizeof record)
                    _exit(1);
            }
            _exit(0);
        }
    }
    close(fd[1]);
    int good = 1;
    for (;;) {
        size_t have = 0;
        ssize_t n = 1;
        while (have < sizeof record && (n = read(fd[0], record + have, sizeof record - have)) > 0)
            have += (size_t)n;
        if (have < sizeof record)
            break;
        for (size_t i = 1; i < sizeof record; i++)
            good = good && record[i] == record[0];
        if (record[0] >= 'a' && record[0] < 'a' + WRITERS)
            counts[record[0] - 'a']++;
    }
    ok(good, "writes of PIPE_BUF bytes by %d processes do not mix", WRITERS);
    for (int w = 0; w < WRITERS; w++) {
        int status;
        ok(waitpid(pid[w], &status, 0) == pid[w] && status == 0 && counts[w] == RECORDS,
           "writer %d: all %d records", w, RECORDS);
    }
    close(fd[0]);
}

int main(void)
{
    tap_plan(0);
    test_stream();
    test_atomic();
    return done();
}
