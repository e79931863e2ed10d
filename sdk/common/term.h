/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What qrv may do on a terminal and nowhere else: colour, and a progress bar on standard error. In
 * a pipe or a file, with TERM=dumb or (colour only) with NO_COLOR set, both leave no byte behind.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum term_style { TERM_PLAIN, TERM_GOOD, TERM_BAD, TERM_WARN, TERM_BOLD };

/* The escape sequence that switches stream to style, or "" where colour is not wanted. */
const char *term_style(FILE *stream, enum term_style style);

struct progress {
    const char *what; /* a few words; static text */
    uint64_t total;   /* 0: unknown, only the count is shown */
    bool shown;
    long long next_ms; /* not drawn before */
    long long start_ms;
};

/* Nothing is drawn in the first half second, so short work stays silent. */
void progress_begin(struct progress *p, const char *what, uint64_t total);
void progress_at(struct progress *p, uint64_t done); /* cheap; may be called for every block */
void progress_end(struct progress *p);               /* wipes the bar */
