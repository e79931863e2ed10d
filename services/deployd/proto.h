/* SPDX-License-Identifier: Apache-2.0 */
/* What "qrv deploy" and deployd say to each other over one reliable byte stream: a channel of
 * devc-mux (docs/architecture/mux.md) or a TCP connection.  Numbers are little endian; a message is its head and
 * `bytes` bytes.  The host asks, one thing at a time. */
#pragma once
#include <stdint.h>

#define DEPLOY_MAGIC      0x51u
#define DEPLOY_PORT       8001           /* of TCP, when none is named */
#define DEPLOY_BLOCK      2048u          /* of a file; the last one may be shorter */
#define DEPLOY_DATA_MAX   (DEPLOY_BLOCK + 4u)
#define DEPLOY_HASH       8u             /* first bytes of the SHA-256 of a block */
#define DEPLOY_SIZE_MAX   (1u << 30)

struct deploy_head {
    uint8_t magic, type;
    uint16_t bytes;
};

enum deploy_type {
    /* host */
    DEPLOY_BEGIN = 1, /* struct deploy_file and the path: a file is to get this content */
    DEPLOY_PUT,       /* number of the block (4), content */
    DEPLOY_COMMIT,    /* check and rename */
    DEPLOY_GET,       /* offset (8), path */
    DEPLOY_RUN,       /* arguments, each with its NUL */
    DEPLOY_SHELL,     /* rows (2), columns (2), name of the channel: a shell there */
    DEPLOY_REBOOT,
    DEPLOY_RUN_INPUT, /* RUN with standard input, which INPUT brings; without bytes: its end */
    DEPLOY_INPUT,
    /* target */
    DEPLOY_HASHES = 64, /* of blocks that are there, in order; none: that is all */
    DEPLOY_DONE,
    DEPLOY_SAME,     /* BEGIN: nothing to do */
    DEPLOY_DIFFERS,  /* COMMIT: the content is not what was announced */
    DEPLOY_FILE,     /* GET: struct deploy_file */
    DEPLOY_BYTES,    /* GET, RUN: content, output */
    DEPLOY_EXIT,     /* RUN: wait status (4) */
    DEPLOY_ERROR     /* errno (4), text: it ends what was going on */
};

struct deploy_file {
    uint64_t size;
    uint32_t mode, reserved;
    uint8_t sha256[32];
};
