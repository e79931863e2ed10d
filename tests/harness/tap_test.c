/* SPDX-License-Identifier: Apache-2.0 */
/* The score keeper: what must not pass for a success. */
#include "common/check.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

/* The verdict on one test whose lines are given; results are its numbers. */
static const char *verdict(const char *text, int *ok, int *not_ok)
{
    struct tap t = {0};
    static char why[100];
    char *copy = xstrdup(text);
    for (char *save = NULL, *line = strtok_r(copy, "\n", &save); line != NULL;
         line = strtok_r(NULL, "\n", &save))
        tap_line(&t, line);
    const char *v = t.count == 1 ? tap_verdict(&t.tests[0]) : "not one test";
    snprintf(why, sizeof why, "%s", v ? v : "good");
    *ok = t.count ? t.tests[0].ok : 0;
    *not_ok = t.count ? t.tests[0].not_ok : 0;
    tap_free(&t);
    free(copy);
    return why;
}

/* What the passed results of one test cover. */
static const char *cells(const char *text)
{
    struct tap t = {0};
    static char out[200];
    char *copy = xstrdup(text);
    for (char *save = NULL, *line = strtok_r(copy, "\n", &save); line != NULL;
         line = strtok_r(NULL, "\n", &save))
        tap_line(&t, line);
    snprintf(out, sizeof out, "%s", t.count && t.tests[0].cells.len ? t.tests[0].cells.data : "");
    tap_free(&t);
    free(copy);
    return out;
}

#define BEGIN "@TEST BEGIN x\n"
#define END   "@TEST END x "

int main(void)
{
    int ok;
    int not_ok;
    CHECK(strcmp(verdict(BEGIN "1..2\nok 1 - a\nnoise\nok 2\n" END "exit 0\n", &ok, &not_ok),
                 "good") == 0 &&
              ok == 2,
          "a good test");
    CHECK(strcmp(verdict(BEGIN "1..2\nok 1\nnot ok 2\n" END "exit 1\n", &ok, &not_ok), "good") ==
                  0 &&
              not_ok == 1,
          "a failure is counted once");
    CHECK(strcmp(verdict(BEGIN "ok 1\n1..1\n" END "exit 0\n", &ok, &not_ok), "good") == 0,
          "the plan may come last");
    CHECK(strcmp(verdict(BEGIN "1..2\nok 1\n" END "exit 0\n", &ok, &not_ok), "good") != 0,
          "a missing result");
    CHECK(strcmp(verdict(BEGIN "1..1\nok 1\n" END "exit 1\n", &ok, &not_ok), "exit 1") == 0,
          "exit 1 without failures");
    CHECK(strcmp(verdict(BEGIN "1..1\nok 1\n" END "signal 11\n", &ok, &not_ok), "signal 11") == 0,
          "a signal");
    CHECK(strcmp(verdict(BEGIN "1..1\nnot ok 1\n" END "exit 0\n", &ok, &not_ok), "good") != 0,
          "exit 0 in spite of failures");
    CHECK(strcmp(verdict(BEGIN "ok 1\n" END "exit 0\n", &ok, &not_ok), "good") != 0, "no plan");
    CHECK(strcmp(verdict(BEGIN END "exit 0\n", &ok, &not_ok), "good") != 0, "nothing at all");
    CHECK(strcmp(verdict(BEGIN "1..0\n" END "exit 0\n", &ok, &not_ok), "good") != 0,
          "a plan of nothing");
    CHECK(strcmp(verdict(BEGIN "1..1\nok 1\n", &ok, &not_ok), "it did not end") == 0,
          "a test that does not end");
    CHECK(strcmp(verdict(BEGIN "1..1\nok 1\n@TEST END y exit 0\n", &ok, &not_ok),
                 "it did not end") == 0,
          "the end of another test");
    CHECK(strcmp(verdict(BEGIN "1..1\nok 1\nBail out!\n" END "exit 98\n", &ok, &not_ok),
                 "it gave up") == 0,
          "a test that gives up");
    CHECK(strcmp(verdict(BEGIN "1..1\nok 1\n" END "timeout 20\n", &ok, &not_ok), "timeout 20") == 0,
          "a timeout");
    CHECK(strcmp(cells(BEGIN "ok 1 - a # covers A:ok A_r:ok\nok 2\nok 3 - b # covers B:ok\n"),
                 " A:ok A_r:ok B:ok") == 0,
          "passed results cover cells");
    CHECK(strcmp(cells(BEGIN "not ok 1 - a # covers A:ok\n# covers B:ok\n"
                             "ok 2 - # SKIP no clock # covers C:ok\n"),
                 "") == 0,
          "failed, skipped and other lines do not");
    return check_done();
}
