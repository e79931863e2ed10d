/* SPDX-License-Identifier: Apache-2.0 */
/* 9P2000.L on the wire: building requests and reading replies.  Pure code; replies come from
 * outside and are checked here, once.  tests/fuzz runs it on the build machine. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    P9_RLERROR = 7,
    P9_TSTATFS = 8,
    P9_TLOPEN = 12,
    P9_TLCREATE = 14,
    P9_TSYMLINK = 16,
    P9_TREADLINK = 22,
    P9_TGETATTR = 24,
    P9_TSETATTR = 26,
    P9_TREADDIR = 40,
    P9_TFSYNC = 50,
    P9_TLINK = 70,
    P9_TMKDIR = 72,
    P9_TRENAMEAT = 74,
    P9_TUNLINKAT = 76,
    P9_TVERSION = 100,
    P9_TATTACH = 104,
    P9_TREAD = 116,
    P9_TWRITE = 118,
    P9_TCLUNK = 120,
    P9_TWALK = 110
};

#define P9_HEAD     7u  /* size[4] type[1] tag[2] */
#define P9_IO_HEAD  11u /* head and count[4] of Rread, Rreaddir; also a whole Rlerror */
#define P9_NOTAG    0xffffu
#define P9_NOFID    0xffffffffu
#define P9_WALK_MAX 16
#define P9_NAME_MAX 255

#define P9_QTDIR     0x80
#define P9_QTSYMLINK 0x02

struct p9_qid {
    uint8_t type;
    uint32_t version;
    uint64_t path;
};

struct p9_attr {
    struct p9_qid qid;
    uint32_t mode, uid, gid;
    uint64_t nlink, rdev, size, blksize, blocks;
    uint64_t atime, atime_ns, mtime, mtime_ns, ctime, ctime_ns;
};

struct p9_statfs {
    uint32_t type, bsize;
    uint64_t blocks, bfree, bavail, files, ffree, fsid;
    uint32_t namelen;
};

/* A request being built.  A value that finds no room sets `full`, and the rest is dropped. */
struct p9_out {
    uint8_t *data;
    uint32_t size, at;
    bool full;
};
void p9_begin(struct p9_out *o, uint8_t *data, uint32_t size, uint8_t type, uint16_t tag);
void p9_put8(struct p9_out *o, uint8_t v);
void p9_put16(struct p9_out *o, uint16_t v);
void p9_put32(struct p9_out *o, uint32_t v);
void p9_put64(struct p9_out *o, uint64_t v);
void p9_puts(struct p9_out *o, const char *text, size_t len);
/* Writes the size field; more: bytes that follow outside of the buffer. */
bool p9_end(struct p9_out *o, uint32_t more);

/* Reply of `have` bytes to a request of that type and tag.  0 and *body, *body_len; -1: nonsense;
 * or the errno value of an error reply. */
int p9_reply(const uint8_t *data, uint32_t have, uint8_t type, uint16_t tag, const uint8_t **body,
             uint32_t *body_len);

/* Bodies.  false: malformed. */
bool p9_read_qid(const uint8_t *p, uint32_t len, struct p9_qid *qid);
bool p9_read_walk(const uint8_t *p, uint32_t len, struct p9_qid *qids, unsigned max, unsigned *n);
bool p9_read_attr(const uint8_t *p, uint32_t len, struct p9_attr *a);
bool p9_read_statfs(const uint8_t *p, uint32_t len, struct p9_statfs *s);
/* Text of Rreadlink without NUL; text must have room for max bytes, the last one for a NUL. */
bool p9_read_text(const uint8_t *p, uint32_t len, char *text, size_t max);
bool p9_read_version(const uint8_t *p, uint32_t len, uint32_t *msize, bool *known);
/* The number that Rread, Rreaddir and Rwrite begin with. */
bool p9_read_count(const uint8_t *p, uint32_t len, uint32_t *count);

struct p9_entry {
    uint64_t ino, cookie; /* cookie: where the next Treaddir goes on */
    uint8_t type;         /* DT_* as the server has it */
    const char *name;     /* not terminated */
    uint16_t name_len;
};
/* The entry at *at of Rreaddir's data; false at the end or when what is left is no whole, sound
 * entry. */
bool p9_next_entry(const uint8_t *p, uint32_t len, uint32_t *at, struct p9_entry *e);
