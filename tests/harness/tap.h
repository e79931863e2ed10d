/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads what the target runner (tests/conformance/runner) writes on the console, line by line, and
 * keeps the score. Lines that are neither TAP nor the runner's are ignored: the kernel and other
 * programs talk too.
 */
#pragma once

#include "common/buf.h"

#include <stdbool.h>

struct tap_test {
    char *name;
    int ok;
    int not_ok;
    int skipped;
    int planned;     /* -1: no plan seen */
    bool ended;      /* the runner said so */
    bool clean_exit; /* exit 0 */
    bool bailed;
    char *end;        /* "exit 0", "signal 11" ... */
    struct buf cells; /* what its passed results cover, each with a blank in front */
    struct buf trail; /* failing lines and diagnostics, for the report */
};

struct tap {
    struct tap_test *tests;
    size_t count;
    bool done; /* the runner's last line was seen */
};

void tap_line(struct tap *t, const char *line);
void tap_free(struct tap *t);

/*
 * What counts against a test beyond its "not ok" lines: NULL, or a text (static or inside test). A
 * program that exits with a status although all results are ok, that does not keep its plan, or
 * that says nothing.
 */
const char *tap_verdict(const struct tap_test *test);
