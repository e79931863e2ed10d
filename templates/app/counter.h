/* Counts the lines, words and bytes of a text that comes in pieces. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct counter {
    unsigned long lines;
    unsigned long words;
    unsigned long bytes;
    bool in_word; /* the last byte so far belongs to a word */
};

/* Takes the next piece; begin with a counter of zeros. */
void counter_add(struct counter *counter, const char *text, size_t length);
