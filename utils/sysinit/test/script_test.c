/* SPDX-License-Identifier: Apache-2.0 */
/* Host test of the start script's parser: lines it takes, lines it refuses, and random bytes.
 * Prints TAP. Built with -DFUZZ it is a libFuzzer target instead. */
#include "../script.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct script_line line;

/* True when everything the parser hands out lies inside its storage and is terminated. */
static bool is_sane(bool accepted)
{
    if (!accepted)
        return line.error[0] != '\0' && memchr(line.error, '\0', sizeof line.error) != NULL;
    if (line.argv[line.argc] != NULL || line.assign[line.assigns] != NULL)
        return false;
    for (unsigned i = 0; i < line.argc + line.assigns; i++) {
        const char *word = i < line.argc ? line.argv[i] : line.assign[i - line.argc];
        if (word < line.storage || word >= line.storage + sizeof line.storage ||
            memchr(word, '\0', (size_t)(line.storage + sizeof line.storage - word)) == NULL)
            return false;
    }
    for (unsigned i = 0; i < line.assigns; i++) {
        if (strchr(line.assign[i], '=') == NULL)
            return false;
    }
    return line.priority >= 0 && line.priority <= 255;
}

#ifdef FUZZ
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!is_sane(script_parse((const char *)data, size, &line)))
        abort();
    return 0;
}
#else
static int results, failures;

static void check(bool pass, const char *what, int number)
{
    results++;
    failures += !pass;
    printf("%sok %d - %s\n", pass ? "" : "not ", results, what);
    if (!pass)
        printf("# failed at line %d; error \"%s\"\n", number, line.error);
}
#define OK(cond, what) check(cond, what, __LINE__)

static bool parse(const char *text)
{
    bool accepted = script_parse(text, strlen(text), &line);
    return is_sane(accepted) && accepted;
}

static bool refused(const char *text)
{
    bool accepted = script_parse(text, strlen(text), &line);
    return is_sane(accepted) && !accepted;
}

static bool words(unsigned n, const char *first, const char *last)
{
    return line.argc == n && strcmp(line.argv[0], first) == 0 &&
           strcmp(line.argv[n - 1], last) == 0;
}

int main(void)
{
    OK(parse("") && line.argc == 0, "an empty line");
    OK(parse("  # comment | ;") && line.argc == 0, "a comment");
    OK(parse("ls -l /dev") && words(3, "ls", "/dev") && !line.background, "a command");
    OK(parse("slogger &") && words(1, "slogger", "slogger") && line.background,
       "a command in the background");
    OK(parse("slogger&") && words(1, "slogger", "slogger") && line.background,
       "... without a blank");
    OK(parse("echo 'a b' \"c  d\" e'f'g # x") && words(4, "echo", "efg"), "quotes");
    OK(strcmp(line.argv[1], "a b") == 0 && strcmp(line.argv[2], "c  d") == 0, "... keep blanks");
    OK(parse("echo '' '&' '#'") && line.argc == 4 && !line.background, "empty and quoted words");
    OK(parse("echo a#b") && words(2, "echo", "a#b"), "# inside a word");
    OK(parse("PATH=/proc/boot") && line.argc == 0 && line.assigns == 1, "an assignment");
    OK(parse("A=1 B='x y' cmd C=2") && line.assigns == 2 && words(2, "cmd", "C=2"),
       "assignments before a command");
    OK(parse("1A=x") && line.argc == 1, "a name does not begin with a digit");
    OK(parse("[pri=21f argv0=-sh +session] sh -i") && line.priority == 21 && line.policy == 'f' &&
           line.session && strcmp(line.argv0, "-sh") == 0,
       "modifiers");
    OK(parse("[pri=9] x") && line.priority == 9 && line.policy == 0, "a priority without a policy");
    OK(parse("waitfor /dev/ser1 2.5") && script_milliseconds("2.5") == 2500, "waitfor with a time");
    OK(script_milliseconds("0.05") == 50 && script_milliseconds("10") == 10000 &&
           script_milliseconds("1.") == 1000,
       "times");
    OK(script_milliseconds("") < 0 && script_milliseconds("1x") < 0 &&
           script_milliseconds(".5") < 0 && script_milliseconds("9999999") < 0,
       "no times");
    OK(refused("a | b") && refused("a > b") && refused("a; b") && refused("a `b`"),
       "shell syntax is refused");
    OK(refused("echo 'x"), "an open quote");
    OK(refused("&") && refused("a & b") && refused("a & &"), "& in the wrong place");
    OK(refused("[pri=0] x") && refused("[pri=256] x") && refused("[pri=10x] x") &&
           refused("[foo] x"),
       "bad modifiers");
    OK(refused("[pri=10 x") && refused("[pri=10]"), "modifiers without end or command");
    OK(refused("waitfor") && refused("waitfor a b") && refused("waitfor a 1 2"), "waitfor's form");
    OK(refused("procmgr_symlink a") && refused("procmgr_symlink a b") &&
           parse("procmgr_symlink a /b"),
       "procmgr_symlink's form");
    OK(refused("reopen a b") && parse("reopen"), "reopen's form");

    char text[SCRIPT_LINE_MAX + 2];
    memset(text, 'x', sizeof text);
    OK(script_parse(text, SCRIPT_LINE_MAX, &line) &&
           !script_parse(text, SCRIPT_LINE_MAX + 1, &line),
       "longest line");
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = i % 2 ? ' ' : 'x';
    OK(!script_parse(text, 2 * SCRIPT_WORDS_MAX + 1, &line) &&
           script_parse(text, 2 * SCRIPT_WORDS_MAX, &line),
       "most words");

    static const char likely[] = "[]&#'\"= \t=pri+sesAB|";
    bool good = true;
    srand(1);
    for (int round = 0; round < 200000 && good; round++) {
        char random[64];
        size_t len = (size_t)rand() % sizeof random;
        for (size_t i = 0; i < len; i++)
            random[i] = rand() % 4 ? likely[(size_t)rand() % (sizeof likely - 1)] : (char)rand();
        good = is_sane(script_parse(random, len, &line));
    }
    OK(good, "random bytes");
    printf("1..%d\n# %d passed, %d failed\n", results, results - failures, failures);
    return failures != 0;
}
#endif
