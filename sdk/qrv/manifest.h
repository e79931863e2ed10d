/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SDK's MANIFEST: every shipped file with what it has to be, and where it comes from. Text, one
 * line each, fields separated by tabs, "-" where a field has no meaning:
 *     #qrv-manifest 2           then #KEY VALUE lines (version, commit, date, host, glibc, ...)
 *     f MODE SIZE SHA256 - LICENCE ORIGIN PATH         a file; MODE is octal
 *     l 777 - - TARGET LICENCE ORIGIN PATH             a symbolic link
 * Paths are relative, strictly ascending in byte order, without "." or ".." parts. installer/pack
 * writes it and install.sh reads it too. It is foreign bytes: nothing in it leads outside the SDK.
 */
#pragma once

#include "../common/buf.h"

#include <stdbool.h>
#include <stdint.h>

#define MANIFEST_NAME           "MANIFEST"
#define MANIFEST_SIGNATURE_NAME "MANIFEST.minisig"

struct manifest_entry {
    char type; /* 'f' or 'l' */
    unsigned mode;
    uint64_t size;       /* bytes; 0 for links */
    const char *sha256;  /* 64 digits in lower case; NULL for links */
    const char *target;  /* NULL for files */
    const char *licence; /* SPDX expression */
    const char *origin;
    const char *path;
};

struct manifest {
    char *text;     /* what all strings point into */
    char **headers; /* "key\0value" each */
    size_t header_count;
    struct manifest_entry *entries;
    size_t count;
};

/* NULL, or what is wrong with it (static text) and in which line. m is to be freed in any case. */
const char *manifest_parse(struct manifest *m, const char *bytes, size_t len, size_t *line);
const char *manifest_header(const struct manifest *m, const char *key); /* NULL: not there */
void manifest_free(struct manifest *m);

/* What was found: one of "altered", "missing", "mode", "link", "replaced", "extra". */
struct finding {
    const char *kind;
    char *path;
};
struct findings {
    struct finding *list;
    size_t count;
};

/* Compares the tree at root with m: is each entry there, are its bytes, link target and executable
 * bit right. strict: and is there nothing else. */
void manifest_compare(const struct manifest *m, const char *root, bool strict,
                      struct findings *found);
void findings_free(struct findings *found);

/*
 * Reads and compares in one go: "KIND PATH" lines in findings. The number of entries, -EBADMSG for
 * a file that is no manifest, or another -errno.
 */
long manifest_verify(const char *root, struct buf *findings);
