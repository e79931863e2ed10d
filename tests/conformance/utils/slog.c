/* SPDX-License-Identifier: Apache-2.0 */
/* The system log: slogf(), slogb(), slogi() to records of /dev/slog and to sloginfo.
 * Documentation: Library Reference slogf(), slogb(), slogi(). */
#include "../tap.h"

#include <abi/slog.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/slog.h>

static char buffer[16384];

/* The newest record, which has to be of this process. */
static const struct qrv_slog_record *newest(int fd)
{
    static struct qrv_slog_record record;
    ssize_t n;
    memset(&record, 0, sizeof record);
    while ((n = read(fd, buffer, sizeof buffer)) > 0) {
        for (ssize_t at = 0; at + (ssize_t)sizeof record <= n;) {
            memcpy(&record, buffer + at, sizeof record);
            memmove(buffer + sizeof buffer - 4096, buffer + at + sizeof record,
                    (size_t)(n - at) - sizeof record < 4000 ? (size_t)(n - at) - sizeof record
                                                            : 4000);
            at += (ssize_t)(sizeof record + ((record.data_bytes + 7u) & ~7u));
        }
    }
    return &record;
}
#define NEWEST_DATA (buffer + sizeof buffer - 4096)

int main(void)
{
    const struct qrv_slog_record *r;
    tap_plan(0);
    int fd = open("/dev/slog", O_RDONLY | O_NONBLOCK);
    if (fd == -1) {
        skip("there is no slogger");
        return done();
    }
    ok(slogf(_SLOG_SETCODE(_SLOGC_TEST, 3), _SLOG_INFO, "value %d", 42) >= 0, "slogf");
    r = newest(fd);
    ok(r->pid == getpid() && r->kind == QRV_SLOG_TEXT && r->severity == _SLOG_INFO, "the record");
    ok(_SLOG_GETMAJOR(r->code) == _SLOGC_TEST && _SLOG_GETMINOR(r->code) == 3, "its code");
    ok(strncmp(NEWEST_DATA, "value 42", 8) == 0, "its text");
    uint64_t sequence = r->sequence;
    errno = 0;
    ok(read(fd, buffer, sizeof buffer) == -1, "nothing more");
    is_errno(EAGAIN, "... EAGAIN");
    struct pollfd p = {.fd = fd, .events = POLLIN};
    is_int(poll(&p, 1, 20), 0, "poll times out");
    ok(slogi(_SLOG_SETCODE(_SLOGC_TEST, 4), _SLOG_ERROR, 3, 1, -2, 3) >= 0, "slogi");
    ok(poll(&p, 1, 1000) == 1, "poll sees it");
    r = newest(fd);
    int ints[3];
    memcpy(ints, NEWEST_DATA, sizeof ints);
    ok(r->kind == QRV_SLOG_INTS && r->data_bytes == 12 && ints[1] == -2, "the integers");
    ok(r->sequence == sequence + 1, "records are counted");
    ok(slogb(_SLOG_SETCODE(_SLOGC_TEST, 5), _SLOG_DEBUG1, "\1\2\377", 3) >= 0, "slogb");
    r = newest(fd);
    ok(r->kind == QRV_SLOG_BINARY && r->data_bytes == 3, "the bytes");
    errno = 0;
    ok(slogf(_SLOG_SETCODE(_SLOGC_TEST, 1), 99, "x") == -1, "a severity that does not exist");

    int wr = open("/dev/slog", O_WRONLY);
    errno = 0;
    ok(write(wr, "garbage", 7) == -1, "what is no record is refused");
    is_errno(EINVAL, "... EINVAL");
    FILE *pipe = popen("sloginfo -h -m 0xf00", "r");
    char all[8192];
    size_t n = pipe != NULL ? fread(all, 1, sizeof all - 1, pipe) : 0;
    all[n] = '\0';
    ok(pipe != NULL && pclose(pipe) == 0 && strstr(all, "value 42") && strstr(all, "1 -2 3") &&
           strstr(all, "01 02 ff"),
       "sloginfo prints all three");
    char small[8];
    int again = open("/dev/slog", O_RDONLY | O_NONBLOCK);
    ok(read(again, small, sizeof small) == -1 && errno == EMSGSIZE, "a buffer that no record fits");
    close(again);
    close(wr);
    close(fd);
    return done();
}
