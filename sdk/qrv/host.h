/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What qrv doctor knows about the build machine's distribution: which it is, and the line that
 * installs something on it. Pure functions over the texts of /etc/os-release and /etc/group.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct release {
    char id[32];       /* debian, ubuntu, fedora; "" when unknown */
    char like[64];     /* ID_LIKE */
    char codename[32]; /* bookworm */
    char name[80];     /* for messages: "Debian GNU/Linux 12 (bookworm)" */
};

/* Values that are quoted, too long or nonsense are cut or left out; never fails. */
void release_parse(const char *text, size_t len, struct release *r);

enum host_package { HOST_CMAKE, HOST_NINJA, HOST_QEMU, HOST_CROSS_GCC, HOST_GDB };

/* The command that installs it here, or says where to get it; a heap string. */
char *release_fix(const struct release *r, enum host_package package);

/* Name of a group in the text of /etc/group, and whether user is listed in it. False: not found. */
bool group_find(const char *text, size_t len, gid_t gid, const char *user, char *name,
                size_t name_size, bool *is_member);

/* The highest minor number of "GLIBC_2.<minor>" in a file's bytes, or -1. */
int glibc_needed(const char *bytes, size_t len);
