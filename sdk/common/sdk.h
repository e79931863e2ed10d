/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the SDK is: found from the running program (<sdk>/bin/qrv), so that no environment variable
 * is needed and the tree may be moved. In the source tree (out/build/host/qrv) the parts lie below
 * out/.
 */
#pragma once

#include <stdbool.h>

/* Exit codes of qrv; stable, documented in qrv --help. */
enum {
    EXIT_OK = 0,
    EXIT_FAILED = 1,        /* a check found something, or the work failed */
    EXIT_USAGE = 2,         /* bad command line */
    EXIT_INPUT = 3,         /* bad input file: the message names file and line */
    EXIT_MISSING = 4,       /* a part of the host or the SDK is missing */
    EXIT_TIMEOUT = 124,     /* qrv run: --timeout passed */
    EXIT_NOT_STARTED = 125, /* qrv run: the machine was not started */
    EXIT_SCRIPT = 126,      /* qrv run --script: the target did not say what was expected */
};

struct sdk {
    char *root;    /* top directory, or out/ in the source tree */
    char *sysroot; /* target root */
    char *images;  /* kernel and boot image */
    char *share;   /* templates and cmake files */
    bool installed;
};

/* Heap strings that live as long as the program. */
const struct sdk *sdk_locate(void);

/* "qrv VERB: error: ..." on stderr; returns code, so that a caller can write return die(...). */
int complain(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));
void set_verb(const char *verb);
