/* SPDX-License-Identifier: Apache-2.0 */
/* Frames between "qrv exec" on the build machine and execd on the target: one byte stream each way
 * (virtio-serial port QRV_EXEC_PORT), every frame a header and `bytes` of payload.  Little-endian, as
 * both sides are. */
#pragma once
#include <stdint.h>

#define QRV_EXEC_PORT 1
#define QRV_EXEC_MAGIC 0x32455251u /* "QRE2": changes with every incompatible change */

struct qrv_exec_frame {
    uint32_t type;
    uint32_t bytes;
};
#define QRV_EXEC_START_MAX (1024u * 1024)
#define QRV_EXEC_DATA_MAX 65536u /* payload of any other frame */

/* to the target */
#define QRV_EXEC_START 1      /* struct qrv_exec_start and its strings */
#define QRV_EXEC_STDIN 2      /* bytes, as QRV_EXEC_WINDOW allows */
#define QRV_EXEC_STDIN_EOF 3
#define QRV_EXEC_SIGNAL 4     /* struct qrv_exec_signal */
#define QRV_EXEC_WINSIZE 5    /* struct qrv_exec_winsize */
#define QRV_EXEC_CLOSED 6     /* uint32_t: nobody reads descriptor 1 or 2 any more, writers get EPIPE */

/* to the build machine */
#define QRV_EXEC_HELLO 16     /* struct qrv_exec_hello: execd is there */
#define QRV_EXEC_STARTED 17   /* the program's process exists; struct qrv_exec_hello for its time */
#define QRV_EXEC_STDOUT 18
#define QRV_EXEC_STDERR 19
#define QRV_EXEC_WINDOW 20    /* uint32_t bytes of standard input: wanted, for one read() of the host (ahead 0),
                               * or taken by the program (ahead 1) */
#define QRV_EXEC_EXIT 21      /* struct qrv_exec_exit, the last frame */
#define QRV_EXEC_FAILED 22    /* struct qrv_exec_failed and text, the last frame */

#define QRV_EXEC_WINDOW_BYTES (256u * 1024) /* of standard input, sent ahead and not yet taken */

/* What the build machine's descriptor is. */
#define QRV_EXEC_FD_PIPE 0
#define QRV_EXEC_FD_TTY 1
#define QRV_EXEC_FD_NULL 2

#define QRV_EXEC_NET 1u /* start io-net, and wait until it has an address */

struct qrv_exec_winsize {
    uint16_t rows, columns;
};
/* Then NUL-terminated strings: program, cwd, argc arguments, envc variables, mounts in the form that
 * fs-9p takes.  A program without a slash is looked for along PATH. */
struct qrv_exec_start {
    uint32_t magic;
    uint32_t argc, envc, mounts;
    uint32_t uid, gid;       /* who runs the emulator */
    uint8_t fd_kind[3];
    uint8_t ahead;           /* standard input is sent before the program asks: the host can put back what is left */
    struct qrv_exec_winsize winsize;
    uint32_t umask;
    uint32_t flags;          /* QRV_EXEC_NET */
    uint64_t realtime_ns;
};
struct qrv_exec_signal {
    uint32_t signo;          /* of the target */
    uint32_t whole_group;    /* 0: the program's process only */
};
struct qrv_exec_hello {
    uint32_t magic;
    uint32_t pid;
    uint64_t entry_ns;       /* machine time at which the kernel began */
    uint64_t now_ns;         /* machine time */
    uint64_t mounted_ns;     /* STARTED: when fs-9p was there */
};
struct qrv_exec_exit {
    uint32_t is_signal;
    uint32_t code;           /* exit code or signal number */
    uint64_t now_ns;
};
struct qrv_exec_failed {
    uint32_t error;          /* errno of the target */
};
