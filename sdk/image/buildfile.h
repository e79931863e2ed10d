/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The build file: what goes into a boot image, in the manner of mkifs. This is the parser only: it
 * turns text into entries and touches no file. The grammar is documented in docs by "qrv image
 * --help".
 */
#pragma once

#include "../common/buf.h"

#include <stdbool.h>

/* The first thing that was wrong, ready to be shown as name:line: text. */
struct problem {
    char text[400];
    unsigned line;
};

void problem_set(struct problem *p, unsigned line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

enum entry_type { ENTRY_FILE, ENTRY_INLINE, ENTRY_LINK, ENTRY_DIR, ENTRY_FIFO };
enum { FROM_HOST = -1 }; /* of perms: 0755 or 0644, by the executable bit of the host file */

/* What attributes set. search and prefix point into the build's string pool. */
struct attributes {
    enum entry_type type;
    bool script;
    bool optional;
    bool raw;
    bool followlink;
    int perms;
    int dperms;
    unsigned uid;
    unsigned gid;
    long long mtime; /* -1: SOURCE_DATE_EPOCH or 0; -2: of the host file */
    const char *search;
    const char *prefix;
    const char *cd;
};

struct entry {
    struct attributes attr;
    char *target;    /* with prefix, absolute, no empty, "." or ".." component */
    char *host;      /* host file, or the text of a link; NULL for inline data and directories */
    struct buf data; /* inline contents */
    unsigned line;
};

struct define {
    const char *name;
    const char *value;
};

struct build {
    struct entry *entries;
    size_t count;
    char **pool; /* strings that attributes point to */
    size_t pool_count;
    struct buf warnings; /* lines "line: text" about attributes that have no effect here */
};

/* Names the defines may use in ${NAME}; the list ends with a NULL name and may itself be NULL. 0 or
 * -1. */
int build_parse(struct build *b, const char *text, size_t len, const struct define *defines,
                struct problem *p);
void build_free(struct build *b);
