/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the SDK is: found from the running program (<sdk>/bin/qrv), so that no environment variable
 * is needed and the tree may be moved. In the source tree (out/build/host/qrv) the parts lie below
 * out/.
 */
#pragma once

#include "exit.h"

#include <stdbool.h>

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
