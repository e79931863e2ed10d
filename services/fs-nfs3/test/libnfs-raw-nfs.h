/* SPDX-License-Identifier: Apache-2.0 */
/* In place of libnfs's header: the types of RFC 1813 that the cache uses. */
#pragma once

#include <stdint.h>

#define NFS3_FHSIZE 64

enum { NF3REG = 1, NF3DIR = 2 };

typedef struct nfstime3 {
    uint32_t seconds, nseconds;
} nfstime3;

struct fattr3 {
    int type;
    uint32_t nlink;
    uint64_t size;
    nfstime3 mtime, ctime;
};
