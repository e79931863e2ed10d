/* SPDX-License-Identifier: Apache-2.0 */
/* An NFSv3 server (RFC 1813) with its MOUNT protocol on the same port, for one directory.
 *
 * As root it acts with each caller's own user and groups, which the kernel then checks. As anybody
 * else it acts as that user for every caller, and shows that user's files as user 0's. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "xdr.h"

#define RECORD_MAX (1024u * 1024u + 8192u)
#define DATA_MAX   (256u * 1024u)
#define GROUPS_MAX 16u

struct caller {
    uid_t uid;
    gid_t gid;
    unsigned ngroups;
    gid_t groups[GROUPS_MAX];
};

struct server {
    const char *path; /* of the directory, absolute */
    bool read_only, is_root;
    uint64_t verifier; /* of writes: another one each time the server starts */
};
extern struct server server;

/* Answers one call; the length of the answer in out (of RECORD_MAX bytes), or 0: the peer speaks something else. */
size_t rpc_answer(const uint8_t *call, size_t len, uint8_t *out);

/* nfs3.c, mount.c: results behind an accepted header. False: there is no such procedure. in->bad: not its arguments. */
bool nfs3_call(uint32_t proc, const struct caller *c, struct xdr_in *in, struct xdr_out *out);
void nfs3_print_counts(void); /* of calls so far, by procedure */
bool mount3_call(uint32_t proc, struct xdr_in *in, struct xdr_out *out);

/* dir.c: READDIR and READDIRPLUS. */
void nfs3_readdir(const struct caller *c, struct xdr_in *in, struct xdr_out *out, bool plus);

/* Acts as the caller until act_as_self(). */
void act_as(const struct caller *c);
void act_as_self(void);

/* Listens and serves until SIGINT or SIGTERM. Returns an exit code. */
int serve(const char *address, unsigned port);
