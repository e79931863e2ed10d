/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a target says on its line outside of frames: the console's text, the kernel's messages, and the last words of a
 * kernel that panics. These may begin in the middle of a frame, which then counts as damaged: of its bytes what
 * looks like text is taken. The bytes come from a broken machine: anything may be in them.
 */
#pragma once

#include "../common/buf.h"

#include <stdbool.h>
#include <stdint.h>

enum { WORDS_RUN = 12, WORDS_LINE = 200 };

struct words {
    struct buf text;  /* the last of it, 64 KiB at most */
    struct buf panic; /* from the kernel's first word on; empty: none */
    uint8_t run[WORDS_RUN];
    unsigned run_n; /* text among doubtful bytes: so many in a row are no accident */
    char line[WORDS_LINE];
    unsigned line_n;
};

/* One byte; junk: of a damaged frame, or behind one. How many bytes of text that makes: the last ones of `text`. */
unsigned words_take(struct words *w, uint8_t byte, bool junk);
/* All bytes of a line, with its frames, as a file has them. */
void words_take_line(struct words *w, const uint8_t *bytes, size_t n);
void words_free(struct words *w);
