/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of ONC RPC (RFC 5531): their head, their AUTH_UNIX credential, and who they are for. */
#include "server.h"

#include <grp.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "node.h"

#define PROGRAM_NFS   100003u
#define PROGRAM_MOUNT 100005u
enum { SUCCESS, PROG_UNAVAIL, PROG_MISMATCH, PROC_UNAVAIL, GARBAGE_ARGS };
enum { AUTH_NONE = 0, AUTH_UNIX = 1, AUTH_MAX_BYTES = 400 };

struct server server;

/* The groups of this thread alone, as the user ids below are. */
static bool set_groups(size_t n, const gid_t *groups)
{
    return syscall(SYS_setgroups, n, groups) == 0;
}

/* False: there is no such user or group here (-1, or outside of a container's range), and the calls below would leave
 * root in its place. */
static bool can_act_as(const struct caller *c)
{
    if (!server.is_root)
        return true;
    bool can = set_groups(c->ngroups, c->groups) || c->uid == 0;
    setfsgid(c->gid);
    setfsuid(c->uid);
    can = can && (gid_t)setfsgid((gid_t)-1) == c->gid && (uid_t)setfsuid((uid_t)-1) == c->uid &&
          c->uid != (uid_t)-1 && c->gid != (gid_t)-1;
    act_as_self();
    return can;
}

void act_as(const struct caller *c)
{
    if (!server.is_root)
        return;
    set_groups(c->ngroups, c->groups);
    setfsgid(c->gid);
    setfsuid(c->uid);
}

void act_as_self(void)
{
    if (!server.is_root)
        return;
    setfsuid(0);
    setfsgid(0);
    set_groups(0, NULL);
}

static void read_unix(const uint8_t *data, uint32_t len, struct caller *c, bool *bad)
{
    struct xdr_in in = {data, data + len, data == NULL};
    uint32_t n;
    xdr_u32(&in); /* a stamp, the caller's name for its machine */
    xdr_bytes(&in, 255, &n);
    c->uid = xdr_u32(&in);
    c->gid = xdr_u32(&in);
    n = xdr_u32(&in);
    for (uint32_t i = 0; i < n && !in.bad; i++) {
        gid_t group = xdr_u32(&in);
        if (i < GROUPS_MAX)
            c->groups[c->ngroups++] = group;
    }
    *bad = in.bad;
}

/* Nobody in particular, until a credential says otherwise. */
static void read_caller(struct xdr_in *in, struct caller *c)
{
    uint32_t len;
    bool bad = false;
    *c = (struct caller){.uid = 65534, .gid = 65534};
    uint32_t flavor = xdr_u32(in);
    const uint8_t *data = xdr_bytes(in, AUTH_MAX_BYTES, &len);
    if (flavor == AUTH_UNIX && !in->bad)
        read_unix(data, len, c, &bad);
    in->bad |= bad;
    xdr_u32(in); /* the verifier says nothing */
    xdr_bytes(in, AUTH_MAX_BYTES, &len);
}

static void accepted(struct xdr_out *out, uint32_t xid, uint32_t stat)
{
    out->at = 0;
    out->bad = false;
    xdr_put32(out, xid);
    xdr_put32(out, 1); /* a reply, accepted, no verifier */
    xdr_put32(out, 0);
    xdr_put32(out, AUTH_NONE);
    xdr_put32(out, 0);
    xdr_put32(out, stat);
}

static void dispatch(uint32_t xid, uint32_t program, uint32_t version, uint32_t proc,
                     const struct caller *c, struct xdr_in *in, struct xdr_out *out)
{
    if (program != PROGRAM_NFS && program != PROGRAM_MOUNT) {
        accepted(out, xid, PROG_UNAVAIL);
        return;
    }
    if (version != 3) {
        accepted(out, xid, PROG_MISMATCH);
        xdr_put32(out, 3);
        xdr_put32(out, 3);
        return;
    }
    accepted(out, xid, SUCCESS);
    bool known = program == PROGRAM_NFS ? nfs3_call(proc, c, in, out) : mount3_call(proc, in, out);
    if (!known)
        accepted(out, xid, PROC_UNAVAIL);
    else if (in->bad || out->bad)
        accepted(out, xid, GARBAGE_ARGS);
}

size_t rpc_answer(const uint8_t *call, size_t len, uint8_t *data)
{
    struct xdr_in in = {call, call + len, false};
    struct xdr_out out = {data, 0, RECORD_MAX, false};
    struct caller c;
    uint32_t xid = xdr_u32(&in), direction = xdr_u32(&in), rpc = xdr_u32(&in);
    uint32_t program = xdr_u32(&in), version = xdr_u32(&in), proc = xdr_u32(&in);
    read_caller(&in, &c);
    if (in.bad || direction != 0)
        return 0;
    if (rpc != 2) { /* denied: the versions that there are */
        const uint32_t words[] = {xid, 1, 1, 0, 2, 2};
        for (unsigned i = 0; i < 6; i++)
            xdr_put32(&out, words[i]);
        return out.at;
    }
    if (!can_act_as(&c)) { /* denied: AUTH_ERROR, AUTH_BADCRED */
        const uint32_t words[] = {xid, 1, 1, 1, 1};
        for (unsigned i = 0; i < 5; i++)
            xdr_put32(&out, words[i]);
        return out.at;
    }
    nodes_trim();
    dispatch(xid, program, version, proc, &c, &in, &out);
    return out.at;
}
