#include "counter.h"

#include <ctype.h>

void counter_add(struct counter *counter, const char *text, size_t length)
{
    counter->bytes += length;
    for (size_t i = 0; i < length; i++) {
        bool blank = isspace((unsigned char)text[i]) != 0;
        counter->lines += text[i] == '\n';
        counter->words += !blank && !counter->in_word;
        counter->in_word = !blank;
    }
}
