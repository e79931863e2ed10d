/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the entries of a build file to the members of an archive: finds host files, strips programs,
 * makes the directories in between, and turns a target outside /proc/boot into a procmgr_symlink
 * line of the script.
 */
#pragma once

#include "buildfile.h"
#include "cpio.h"

struct collect_options {
    const char *const
        *search; /* directories for host files, NULL-terminated; tried in order, after cd= */
    const char *build_dir; /* directory of the build file: last in the search, base of ./ and ../ */
    bool strip;            /* drop the sections of programs that are not loaded */
    bool allow_missing;    /* treat every host file as +optional */
    uint32_t mtime;        /* of members without an mtime attribute */
    struct buf *inputs;    /* if not NULL: NUL-terminated paths of all host files that were read */
    struct buf *notes; /* if not NULL: "line: text" lines, e.g. optional files that are missing */
};

/* 0, or -1 with the problem set; a is to be freed by the caller in both cases. */
int collect(const struct build *b, const struct collect_options *options, struct archive *a,
            struct problem *p);

/* Reads one host file into m->data, stripped if asked for and possible. 0 or -errno; *host_mode is
 * its st_mode. */
int collect_read(const char *path, bool strip, struct member *m, unsigned *host_mode);
