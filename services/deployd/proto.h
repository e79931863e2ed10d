/* SPDX-License-Identifier: Apache-2.0 */
/* What "qrv deploy" and deployd say to each other over one reliable byte stream: a channel of
 * devc-mux (docs/architecture/mux.md) or a TCP connection, or what an SSH server starts.  Numbers are little endian; a message is its
 * head and `bytes` bytes.  The host asks, one thing at a time.  A message whose content changes gets a
 * new number: an older side says that it does not know it. */
#pragma once
#include <stdint.h>

#define DEPLOY_MAGIC    0x51u
#define DEPLOY_PORT     8001  /* of TCP, when none is named */
#define DEPLOY_PIECE    8192u /* content in one message, at most */
#define DEPLOY_DATA_MAX (DEPLOY_PIECE + 8u)
/* What "deployd -s" says first. */
#define DEPLOY_GREETING "\nqrv-deployd 1\n"
#define DEPLOY_HASH     8u /* first bytes of the SHA-256 of a chunk */

struct deploy_head {
    uint8_t magic, type;
    uint16_t bytes;
};

enum deploy_type {
    /* host */
    DEPLOY_RUN = 5,   /* arguments, each with its NUL */
    DEPLOY_SHELL,     /* rows (2), columns (2), name of the channel: a shell there */
    DEPLOY_REBOOT,
    DEPLOY_RUN_INPUT, /* RUN with standard input, which INPUT brings; without bytes: its end */
    DEPLOY_INPUT,
    DEPLOY_RUN_APART, /* RUN and RUN_INPUT, but STARTED is the first answer, and standard error comes as ERROR_BYTES */
    DEPLOY_RUN_APART_INPUT, /* the host waits for STARTED before it sends input: an older deployd would lose that */
    DEPLOY_BEGIN = 16, /* struct deploy_file and the path: a file is to get this content */
    DEPLOY_PUT,        /* offset (8), content */
    DEPLOY_COPY,       /* struct deploy_copy: a range of the old file, to the same content in the new */
    DEPLOY_ZERO,       /* offset (8), bytes (8) that are zero */
    DEPLOY_COMMIT,     /* check and rename */
    DEPLOY_GET,        /* offset (8), path */
    DEPLOY_LIST,       /* path of a directory */
    DEPLOY_MAKE,       /* mode (4), path of a directory that is to be there */
    DEPLOY_LINK,       /* content of a symbolic link and its path, each with its NUL */
    /* target */
    DEPLOY_DONE = 65, /* GET: SHA-256 of the whole file */
    DEPLOY_SAME,      /* BEGIN: nothing to do */
    DEPLOY_DIFFERS,   /* COMMIT: the content is not what was announced */
    DEPLOY_BYTES = 69, /* GET, RUN: content, output */
    DEPLOY_EXIT,       /* RUN: wait status (4) */
    DEPLOY_ERROR,      /* errno (4), text: it ends what was going on */
    DEPLOY_STARTED,    /* RUN_APART: the command runs */
    DEPLOY_ERROR_BYTES, /* RUN_APART: what it wrote to its standard error */
    DEPLOY_CHUNKS = 80, /* struct deploy_chunk, of the old file, then of what has arrived; none: the end */
    DEPLOY_FILE,        /* GET: struct deploy_file without SHA-256 */
    DEPLOY_ENTRY        /* LIST: mode (4), name */
};

enum deploy_flags { DEPLOY_SET_TIME = 1, DEPLOY_SET_OWNER = 2 };

struct deploy_file {
    uint64_t size;
    int64_t mtime_s;
    uint32_t mtime_ns, mode, uid, gid;
    uint32_t flags;
    uint32_t chunk_bits; /* chunks of 2 to the power of this in the mean; see chunk.h */
    uint8_t sha256[32];
};

struct deploy_copy {
    uint64_t to, from, bytes;
};

struct deploy_chunk {
    uint32_t bytes;
    uint8_t hash[DEPLOY_HASH];
};
