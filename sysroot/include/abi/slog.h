/* SPDX-License-Identifier: Apache-2.0 */
/* Records of the system log: what slogf() writes to /dev/slog and sloginfo reads from it.
 * One write() is one record.  A read() gives whole records, oldest first. */
#pragma once
#include <stdint.h>

#define QRV_SLOG_MAGIC 0x474f4c53u /* "SLOG" */
#define QRV_SLOG_DATA_MAX 4032

#define QRV_SLOG_TEXT 0
#define QRV_SLOG_BINARY 1
#define QRV_SLOG_INTS 2

struct qrv_slog_record {
    uint32_t magic;
    uint32_t code;       /* _SLOG_SETCODE() */
    uint8_t severity;    /* _SLOG_SHUTDOWN 0 .. _SLOG_DEBUG2 7 */
    uint8_t kind;        /* QRV_SLOG_* */
    uint16_t data_bytes; /* that follow the header; in the log padded to 8 */
    int32_t pid;         /* slogger fills this and the next two in */
    uint64_t sequence;   /* counts up by one: a gap shows what was overwritten */
    uint64_t time_ns;    /* CLOCK_REALTIME */
};

/* devctl of class _DCMD_MISC: forgets all records (the descriptor must be open for writing) */
#define QRV_SLOG_CLEAR_CMD 1
