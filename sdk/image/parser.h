/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by buildfile.c and attributes.c only: the reading position and the lexical helpers. */
#pragma once

#include "buildfile.h"

struct parser {
    const char *text;
    size_t len;
    size_t at;
    unsigned line;
    const struct define *defines;
    struct build *build;
    struct problem *problem;
};

int parser_peek(const struct parser *ps); /* -1 at the end */
int parser_next(struct parser *ps);
void parser_blanks(struct parser *ps);

/*
 * Reads a word up to a blank, the end of the line or a byte of stop; quotes protect, ${NAME} is
 * replaced. out is always a valid string afterwards. 0, or -1 with the problem set.
 */
int parser_word(struct parser *ps, const char *stop, struct buf *out);

/* Copies text into the build's pool, where it stays until build_free(). */
const char *parser_keep(struct parser *ps, const char *text);

/* Reads one [ ... ] group into attr. 0, or -1 with the problem set. */
int parse_attributes(struct parser *ps, struct attributes *attr);
