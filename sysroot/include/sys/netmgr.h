/* SPDX-License-Identifier: Apache-2.0 */
/* Node descriptors.  There is one node: only the local name resolves. */
#pragma once
#include <abi/limits.h>
#include <stdint.h>
#include <sys/cdefs.h>
#include <sys/types.h>

__BEGIN_DECLS

#define ND2S_DIR_SHOW    0x0001
#define ND2S_DIR_HIDE    0x0002
#define ND2S_QOS_SHOW    0x0004
#define ND2S_QOS_HIDE    0x0008
#define ND2S_NAME_SHOW   0x0010
#define ND2S_NAME_HIDE   0x0020
#define ND2S_DOMAIN_SHOW 0x0040
#define ND2S_DOMAIN_HIDE 0x0080
#define ND2S_LOCAL_STR   0x0100
#define ND2S_SEP_FORCE   0x0200

#define ND_NODE_CMP(a, b) ((int)((a) != (b)))

/* The descriptor of a node name; *endstr, when not NULL, is set to the first unused byte.  -1:
 * ENOENT. */
int netmgr_strtond(const char *nodename, char **endstr);
/* Writes the node's name, at most maxbuf bytes with NUL; returns its length, -1: EINVAL. */
int netmgr_ndtostr(unsigned flags, int nd, char *buf, size_t maxbuf);
/* What remote_nd calls the node local_nd. */
int netmgr_remote_nd(int remote_nd, int local_nd);

__END_DECLS
