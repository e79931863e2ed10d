/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
#ifdef __USAGE
%C - prints the system log

%C [-chtw] [-m code] [-s severity] [file]

 -c           clears the log
 -h           no header line
 -m code      only messages with this major code
 -s severity  only messages of this severity (0 shutdown to 7 debug2) and more severe ones
 -t           time with milliseconds
 -w           waits for more
 file         (default /dev/slog)
#endif
/* clang-format on */
#include <ctype.h>
#include <devctl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/slogcodes.h>
#include <time.h>
#include <unistd.h>

#include <abi/slog.h>

struct settings {
    bool clear, no_header, milliseconds, wait;
    long major;    /* -1 all */
    long severity; /* least severe one that is shown */
};

static void print_text(const char *data, unsigned n)
{
    while (n > 0 && (data[n - 1] == '\0' || data[n - 1] == '\n'))
        n--;
    for (unsigned i = 0; i < n; i++)
        putchar(isprint((unsigned char)data[i]) || data[i] == '\t' ? data[i]
                : data[i] == '\n'                                  ? ' '
                                                                   : '.');
}

static void print_record(const struct qrv_slog_record *r, const char *data,
                         const struct settings *settings)
{
    char when[32];
    time_t seconds = (time_t)(r->time_ns / 1000000000u);
    struct tm tm;
    if (r->severity > settings->severity ||
        (settings->major >= 0 &&
         (unsigned long)_SLOG_GETMAJOR(r->code) != (unsigned long)settings->major))
        return;
    strftime(when, sizeof when, "%b %d %H:%M:%S", localtime_r(&seconds, &tm));
    printf("%s", when);
    if (settings->milliseconds)
        printf(".%03u", (unsigned)(r->time_ns / 1000000u % 1000u));
    printf(" %4u %5u %5u %7d ", r->severity, _SLOG_GETMAJOR(r->code), _SLOG_GETMINOR(r->code),
           (int)r->pid);
    if (r->kind == QRV_SLOG_TEXT) {
        print_text(data, r->data_bytes);
    } else if (r->kind == QRV_SLOG_INTS) {
        for (unsigned i = 0; i + 4 <= r->data_bytes; i += 4) {
            int32_t value;
            memcpy(&value, data + i, 4);
            printf("%s%d", i > 0 ? " " : "", value);
        }
    } else {
        for (unsigned i = 0; i < r->data_bytes; i++)
            printf("%s%02x", i > 0 ? " " : "", (unsigned char)data[i]);
    }
    putchar('\n');
}

/* Prints the whole records of the buffer; how many bytes they took. */
static size_t print_buffer(const char *buffer, size_t n, const struct settings *settings)
{
    size_t at = 0;
    struct qrv_slog_record r;
    while (n - at >= sizeof r) {
        memcpy(&r, buffer + at, sizeof r);
        size_t need = sizeof r + ((r.data_bytes + 7u) & ~7u);
        if (r.magic != QRV_SLOG_MAGIC || n - at < need)
            break;
        print_record(&r, buffer + at + sizeof r, settings);
        at += need;
    }
    return at;
}

static int show(const char *path, const struct settings *settings)
{
    static char buffer[16384];
    size_t have = 0;
    int fd = open(path, (settings->clear ? O_RDWR : O_RDONLY) | (settings->wait ? 0 : O_NONBLOCK));
    if (fd == -1) {
        fprintf(stderr, "sloginfo: %s: %s\n", path, strerror(errno));
        return 1;
    }
    if (settings->clear) {
        int error = devctl(fd, (int)__DION(_DCMD_MISC, QRV_SLOG_CLEAR_CMD), NULL, 0, NULL);
        if (error != EOK)
            fprintf(stderr, "sloginfo: %s: %s\n", path, strerror(error));
        if (error != EOK || !settings->wait)
            return error != EOK;
    }
    if (!settings->no_header)
        printf("Time%*s Sev Major Minor     Pid Args\n", settings->milliseconds ? 16 : 12, "");
    for (;;) {
        ssize_t n = read(fd, buffer + have, sizeof buffer - have);
        if (n == -1 && errno == EINTR)
            continue;
        if (n <= 0) {
            if (n == -1 && errno != EAGAIN) {
                fprintf(stderr, "sloginfo: %s: %s\n", path, strerror(errno));
                return 1;
            }
            return 0;
        }
        have += (size_t)n;
        size_t used = print_buffer(buffer, have, settings);
        if (used == 0 && have >= sizeof(struct qrv_slog_record) + QRV_SLOG_DATA_MAX) {
            fprintf(stderr, "sloginfo: %s: not a log\n", path);
            return 1;
        }
        memmove(buffer, buffer + used, have - used);
        have -= used;
        fflush(stdout);
    }
}

int main(int argc, char **argv)
{
    struct settings settings = {.major = -1, .severity = 7};
    int option;
    while ((option = getopt(argc, argv, "chm:s:tw")) != -1) {
        char *end = NULL;
        switch (option) {
        case 'c':
            settings.clear = true;
            break;
        case 'h':
            settings.no_header = true;
            break;
        case 't':
            settings.milliseconds = true;
            break;
        case 'w':
            settings.wait = true;
            break;
        case 'm':
            settings.major = strtol(optarg, &end, 0);
            break;
        case 's':
            settings.severity = strtol(optarg, &end, 0);
            break;
        default:
            return 2;
        }
        if (end != NULL && (*end != '\0' || end == optarg)) {
            fprintf(stderr, "sloginfo: -%c %s: not a number\n", option, optarg);
            return 2;
        }
    }
    if (argc - optind > 1) {
        fprintf(stderr, "usage: sloginfo [-chtw] [-m code] [-s severity] [file]\n");
        return 2;
    }
    return show(optind < argc ? argv[optind] : "/dev/slog", &settings);
}
