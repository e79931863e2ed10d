/* Tests counter.c. Prints TAP; exit status 0 when all is well. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "counter.h"

static int number;
static int failed;

static void check(bool good, const char *what)
{
    printf("%sok %d - %s\n", good ? "" : "not ", ++number, what);
    failed += !good;
}

static bool counts(const char *text, unsigned long lines, unsigned long words)
{
    struct counter whole = {0};
    struct counter pieces = {0};
    counter_add(&whole, text, strlen(text));
    for (const char *p = text; *p != '\0'; p++)
        counter_add(&pieces, p, 1); /* cutting it anywhere changes nothing */
    return whole.lines == lines && whole.words == words && whole.bytes == strlen(text) &&
           pieces.lines == lines && pieces.words == words && pieces.bytes == strlen(text);
}

int main(void)
{
    printf("1..5\n");
    check(counts("", 0, 0), "nothing");
    check(counts("word", 0, 1), "a word without a newline");
    check(counts("two words\n", 1, 2), "a line");
    check(counts("  \t\n\n ", 2, 0), "blanks only");
    check(counts("a b\nc\n\nd", 3, 4), "several lines");
    return failed != 0;
}
