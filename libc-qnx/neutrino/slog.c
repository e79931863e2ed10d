/* SPDX-License-Identifier: Apache-2.0 */
/* slogf() and friends: one write() to /dev/slog is one record.  The descriptor stays open; it is
 * taken high and is opened anew when the program has closed it or the logger was started later. */
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/slog.h>
#include <sys/uio.h>
#include <unistd.h>
#include <abi/slog.h>
#include "kcall.h"

static int log_fd = -1;

static int open_log(void)
{
    int fd = open("/dev/slog", O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (fd == -1)
        return -1;
    int high = fcntl(fd, F_DUPFD_CLOEXEC, 200);
    if (high != -1) {
        close(fd);
        fd = high;
    }
    int old = -1;
    if (!__atomic_compare_exchange_n(&log_fd, &old, fd, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
        close(fd); /* another thread was first */
        fd = old;
    }
    return fd;
}

static int put(int opcode, int severity, int kind, const void *data, size_t n)
{
    struct qrv_slog_record rec = {.magic = QRV_SLOG_MAGIC,
                                  .code = (uint32_t)opcode,
                                  .severity = (uint8_t)severity,
                                  .kind = (uint8_t)kind,
                                  .data_bytes = (uint16_t)n};
    struct iovec v[2] = {{&rec, sizeof rec}, {(void *)data, n}};
    if (severity < _SLOG_SHUTDOWN || severity > _SLOG_DEBUG2) {
        errno = EINVAL;
        return -1;
    }
    for (int tries = 0; tries < 2; tries++) {
        int fd = __atomic_load_n(&log_fd, __ATOMIC_SEQ_CST);
        if (fd == -1 && (fd = open_log()) == -1)
            return -1;
        ssize_t rc = writev(fd, v, 2);
        if (rc >= 0)
            return (int)n;
        if (errno != EBADF && errno != ESRCH)
            return -1;
        __atomic_compare_exchange_n(&log_fd, &fd, -1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    }
    return -1;
}

int vslogf(int opcode, int severity, const char *fmt, va_list arg)
{
    char text[1024];
    int n = vsnprintf(text, sizeof text, fmt, arg);
    if (n < 0)
        return -1;
    if ((size_t)n >= sizeof text)
        n = sizeof text - 1;
    return put(opcode, severity, QRV_SLOG_TEXT, text, (size_t)n);
}

int slogf(int opcode, int severity, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int rc = vslogf(opcode, severity, fmt, ap);
    va_end(ap);
    return rc;
}

int slogb(int opcode, int severity, const void *data, int size)
{
    if (size < 0 || size > QRV_SLOG_DATA_MAX) {
        errno = EINVAL;
        return -1;
    }
    return put(opcode, severity, QRV_SLOG_BINARY, data, (size_t)size);
}

int slogi(int opcode, int severity, int nargs, ...)
{
    int values[32];
    va_list ap;
    if (nargs < 0 || nargs > 32) {
        errno = EINVAL;
        return -1;
    }
    va_start(ap, nargs);
    for (int i = 0; i < nargs; i++)
        values[i] = va_arg(ap, int);
    va_end(ap);
    return put(opcode, severity, QRV_SLOG_INTS, values, (size_t)nargs * sizeof(int));
}
